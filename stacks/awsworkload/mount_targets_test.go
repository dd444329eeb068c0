package awsworkload

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// fakeMountTargets are the mount targets of file systems.
type fakeMountTargets map[string][]aws.MountTarget

func (f fakeMountTargets) MountTargets(_ context.Context, fileSystem string) ([]aws.MountTarget, error) {
	targets, ok := f[fileSystem]
	if !ok {
		return nil, aws.ErrNotFound
	}
	return targets, nil
}

func (f fakeMountTargets) WithSecurityGroup(_ context.Context, group string) ([]aws.MountTarget, error) {
	if group == "sg-denied" {
		return nil, errDenied
	}
	var found []aws.MountTarget
	for _, fileSystem := range slices.Sorted(maps.Keys(f)) {
		for _, target := range f[fileSystem] {
			if target.FileSystemID = fileSystem; slices.Contains(target.SecurityGroups, group) {
				found = append(found, target)
			}
		}
	}
	return found, nil
}

func (f fakeMountTargets) SetSecurityGroups(_ context.Context, id string, groups []string) error {
	if id == "fsmt-denied" {
		return errDenied
	}
	for _, targets := range f {
		for i := range targets {
			if targets[i].ID == id {
				targets[i].SecurityGroups = groups
			}
		}
	}
	return nil
}

func withFileSystem(t *testing.T, managed bool) *config.AWSWorkload {
	return load(t, "demo01-staging", func(w *config.AWSWorkload) {
		eachCluster(func(c *config.AWSCluster) {
			c.EFSConfig = &config.EFSConfig{FileSystemID: "fs-1", MountTargetsManaged: managed}
		})(w)
		w.Clusters["20250401"] = w.Clusters["20250115"] // the same file system
	})
}

func TestAttachMountTargets(t *testing.T) {
	t.Parallel()
	group := "sg-nodes"
	cloud := fakeMountTargets{"fs-1": {{ID: "fsmt-1", SecurityGroups: []string{"sg-other"}}, {ID: "fsmt-2", SecurityGroups: []string{"sg-nodes"}}}}
	in := MountTargetsIn{Config: withFileSystem(t, true), SecurityGroupID: &group}
	run := func(dryRun bool, want ...Change) {
		t.Helper()
		got, err := AttachMountTargets(context.Background(), cloud, in, dryRun)
		if err != nil {
			t.Fatal(err)
		}
		assert.Equal(t, want, got, "changes")
	}
	same := func(id string) Change { return Change{Operation: Same, Type: mountTargetType, Name: id} }
	update := Change{Operation: Update, Type: mountTargetType, Name: "fsmt-1", Keys: []string{"securityGroups"}}
	planned := update
	planned.Planned = true
	run(true, planned, same("fsmt-2"))
	assert.Equal(t, []string{"sg-other"}, cloud["fs-1"][0].SecurityGroups, "a dry run wrote")
	run(false, update, same("fsmt-2"))
	assert.Equal(t, []string{"sg-other", "sg-nodes"}, cloud["fs-1"][0].SecurityGroups)
	run(false, same("fsmt-1"), same("fsmt-2"))

	in.SecurityGroupID = nil // in the first plan of all steps
	unknown := planned
	unknown.Name = "fsmt-2"
	run(true, planned, unknown)
	in.Config = withFileSystem(t, false)
	run(false)
}

func TestAttachMountTargetsErrors(t *testing.T) {
	t.Parallel()
	group, none := "sg-nodes", ""
	full := []string{"sg-1", "sg-2", "sg-3", "sg-4", "sg-5"}
	for _, test := range []struct {
		cloud fakeMountTargets
		group *string
		want  string
	}{
		{fakeMountTargets{}, &group, "let the nodes of demo01-staging reach file system fs-1: list its mount targets: not found"},
		{fakeMountTargets{}, &none, "persistent has made no security group for EFS: run it first"},
		{fakeMountTargets{}, nil, "persistent has made no security group for EFS: run it first"},
		{fakeMountTargets{"fs-1": {{ID: "fsmt-denied"}}}, &group, "add group sg-nodes to mount target fsmt-denied: access denied"},
		{fakeMountTargets{"fs-1": {{ID: "fsmt-1", SecurityGroups: full}}}, &group, "mount target fsmt-1 has 5 security groups, and EFS takes no more"},
	} {
		_, err := AttachMountTargets(context.Background(), test.cloud, MountTargetsIn{Config: withFileSystem(t, true), SecurityGroupID: test.group}, false)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got error %v, want one that says %q", err, test.want)
		}
	}
	changes, err := AttachMountTargets(context.Background(), fakeMountTargets{"fs-1": nil},
		MountTargetsIn{Config: withFileSystem(t, true), SecurityGroupID: &group}, false)
	if err != nil || len(changes) != 1 || changes[0].Note == "" {
		t.Errorf("a file system without mount targets: %v, %v", changes, err)
	}
}

func TestDetachMountTargets(t *testing.T) {
	t.Parallel()
	cloud := fakeMountTargets{
		"fs-1": {{ID: "fsmt-1", SecurityGroups: []string{"sg-other", "sg-nodes"}}, {ID: "fsmt-2", SecurityGroups: []string{"sg-other"}}},
		"fs-2": {{ID: "fsmt-3", SecurityGroups: []string{"sg-nodes", "sg-other"}}}, "fs-3": {{ID: "fsmt-4", SecurityGroups: []string{"sg-nodes"}}},
	}
	run := func(dryRun bool) []Change {
		t.Helper()
		changes, err := DetachMountTargets(context.Background(), cloud, "sg-nodes", func(id string) bool { return id == "fs-2" }, dryRun)
		assert.NoError(t, err)
		return changes
	}
	alone := Change{Operation: Same, Type: mountTargetType, Name: "fsmt-4",
		Note: "it has no other security group than the nodes' sg-nodes, which cannot go before it has: give it one (file system fs-3)"}
	update := Change{Operation: Update, Type: mountTargetType, Name: "fsmt-1", Keys: []string{"securityGroups"}, Planned: true}
	assert.Equal(t, []Change{update, alone}, run(true))
	assert.Equal(t, []string{"sg-other", "sg-nodes"}, cloud["fs-1"][0].SecurityGroups, "a dry run wrote")
	update.Planned = false
	assert.Equal(t, []Change{update, alone}, run(false))
	assert.Equal(t, []string{"sg-other"}, cloud["fs-1"][0].SecurityGroups)
	assert.Equal(t, []string{"sg-nodes", "sg-other"}, cloud["fs-2"][0].SecurityGroups, "it stays")
	assert.Equal(t, []Change{alone}, run(false))

	none := func(string) bool { return false }
	_, err := DetachMountTargets(context.Background(), cloud, "sg-denied", none, false)
	assert.EqualError(t, err, "list the mount targets that have the nodes' security group sg-denied: access denied")
	cloud = fakeMountTargets{"fs-1": {{ID: "fsmt-denied", SecurityGroups: []string{"sg-other", "sg-nodes"}}}}
	_, err = DetachMountTargets(context.Background(), cloud, "sg-nodes", none, false)
	assert.EqualError(t, err, "take group sg-nodes off mount target fsmt-denied of file system fs-1: access denied")
	for _, managed := range []bool{true, false} {
		assert.True(t, KeepsMountTargets(withFileSystem(t, managed), "fs-1", false))
		assert.Equal(t, !managed, KeepsMountTargets(withFileSystem(t, managed), "fs-1", true))
		assert.False(t, KeepsMountTargets(withFileSystem(t, managed), "fs-2", false))
	}
}
