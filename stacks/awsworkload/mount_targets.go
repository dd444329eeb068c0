package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// maxMountTargetGroups is how many security groups EFS takes.
const maxMountTargetGroups = 5

// MountTargetsIn says which nodes reach the file systems that clusters name.
type MountTargetsIn struct {
	Config *config.AWSWorkload
	// SecurityGroupID is the group of the nodes for EFS (PersistentOutputs); nil when it is
	// not known yet, which only a dry run may meet.
	SecurityGroupID *string
}

// AttachMountTargets adds the nodes' group to the mount targets of the file systems that
// efs_config names, unless it says that others manage them. Groups that are there stay.
// It belongs after every run of eks. A mount target is a part of somebody else's file
// system, and has no resource for one of its groups: so it is an action.
// (docs/reference/aws-workload-eks.md 4.4, 21.2)
func AttachMountTargets(ctx context.Context, targets aws.MountTargets, in MountTargetsIn, dryRun bool) ([]Change, error) {
	var changes []Change
	var done []string
	for _, cluster := range in.Config.SortedClusters() {
		if cluster.EFSConfig == nil || !cluster.EFSConfig.MountTargetsManaged || slices.Contains(done, cluster.EFSConfig.FileSystemID) {
			continue
		}
		id := cluster.EFSConfig.FileSystemID
		done = append(done, id)
		made, err := attachMountTargets(ctx, targets, id, in.SecurityGroupID, dryRun)
		changes = append(changes, made...)
		if err != nil {
			return changes, fmt.Errorf("let the nodes of %s reach file system %s: %w", in.Config.Name, id, err)
		}
	}
	return changes, nil
}

func attachMountTargets(ctx context.Context, targets aws.MountTargets, fileSystem string, group *string, dryRun bool) ([]Change, error) {
	if !dryRun && (group == nil || *group == "") {
		return nil, errors.New("persistent has made no security group for EFS: run it first")
	}
	found, err := targets.MountTargets(ctx, fileSystem)
	if err != nil {
		return nil, fmt.Errorf("list its mount targets: %w", err)
	}
	if len(found) == 0 {
		return []Change{{
			Operation: Same, Type: mountTargetType, Name: fileSystem, Note: "the file system has no mount targets: nodes cannot reach it",
		}}, nil
	}
	var changes []Change
	for _, target := range found {
		change := Change{Operation: Same, Type: mountTargetType, Name: target.ID, Planned: dryRun}
		switch {
		case group != nil && slices.Contains(target.SecurityGroups, *group):
			change.Planned = false
		case len(target.SecurityGroups) >= maxMountTargetGroups:
			return changes, fmt.Errorf("mount target %s has %d security groups, and EFS takes no more: remove one, or set efs_config.mount_targets_managed to false",
				target.ID, len(target.SecurityGroups))
		default:
			change.Operation, change.Keys = Update, []string{"securityGroups"}
			if dryRun {
				break
			}
			if err := targets.SetSecurityGroups(ctx, target.ID, append(slices.Clone(target.SecurityGroups), *group)); err != nil {
				return changes, fmt.Errorf("add group %s to mount target %s: %w", *group, target.ID, err)
			}
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// DetachMountTargets takes the nodes' group off all mount targets that have it, but for those
// of file systems that stays holds for. One that has no other group keeps it, and says so.
func DetachMountTargets(ctx context.Context, targets aws.MountTargets, group string, stays func(fileSystem string) bool, dryRun bool) ([]Change, error) {
	found, err := targets.WithSecurityGroup(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("list the mount targets that have the nodes' security group %s: %w", group, err)
	}
	var changes []Change
	for _, target := range found {
		if stays(target.FileSystemID) {
			continue
		}
		change := Change{Operation: Update, Type: mountTargetType, Name: target.ID, Keys: []string{"securityGroups"}, Planned: dryRun}
		left := slices.DeleteFunc(slices.Clone(target.SecurityGroups), func(other string) bool { return other == group })
		switch {
		case len(left) == 0:
			change = Change{Operation: Same, Type: mountTargetType, Name: target.ID, Note: fmt.Sprintf(
				"it has no other security group than the nodes' %s, which cannot go before it has: give it one (file system %s)", group, target.FileSystemID)}
		case !dryRun:
			if err := targets.SetSecurityGroups(ctx, target.ID, left); err != nil {
				return changes, fmt.Errorf("take group %s off mount target %s of file system %s: %w", group, target.ID, target.FileSystemID, err)
			}
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// KeepsMountTargets tells whether the mount targets of a file system stay as they are: those
// that a cluster names, but in a destroy only where others manage them.
func KeepsMountTargets(workload *config.AWSWorkload, id string, destroyed bool) bool {
	for _, cluster := range workload.SortedClusters() {
		if efs := cluster.EFSConfig; efs != nil && efs.FileSystemID == id && (!destroyed || !efs.MountTargetsManaged) {
			return true
		}
	}
	return false
}
