package aws

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	awsedge "github.com/ptd-go/ptd/providers/aws"
)

func TestOpenZFSGrows(t *testing.T) {
	t.Parallel()
	files := newWorld(t).of(openZFSType)
	assert.EqualError(t, files.Update(fields{"storageCapacity": 64.0}),
		"BadRequest: The target storage capacity of 64 GiB is less than the current storage capacity of 128 GiB of "+files.ID+": storage capacity cannot be decreased")
	assert.EqualError(t, files.Update(fields{"storageCapacity": 140.0}),
		"BadRequest: The target storage capacity of 140 GiB must be at least 10 percent greater than the current storage capacity of 128 GiB of "+files.ID)
	files.MustUpdate(fields{"storageCapacity": 150.0})
	files.MustUpdate(fields{"storageCapacity": 165.0})
}

func TestMountTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	subnet := w.MustCreate(subnetType, "third", fields{"vpcId": w.id("vpc"), "cidrBlock": "10.10.2.0/24", "availabilityZone": "us-east-2a"})
	target := func(subnet string) fields { return fields{"fileSystemId": w.id("elastic files"), "subnetId": subnet} }
	w.Refuses(mountTargetType, "second", target(subnet.ID),
		"MountTargetConflict: mount target already exists in this AZ ("+w.id("elastic files")+" has "+w.id("mount target")+" in us-east-2a)")
	other := w.MustCreate(vpcType, "other", fields{"cidrBlock": "10.11.0.0/16"})
	elsewhere := w.MustCreate(subnetType, "elsewhere", fields{"vpcId": other.ID, "cidrBlock": "10.11.0.0/24", "availabilityZone": "us-east-2b"})
	w.Refuses(mountTargetType, "second", target(elsewhere.ID),
		"MountTargetConflict: requested subnet for new mount target is not in the same VPC as existing mount targets ("+w.id("mount target")+")")
	w.MustCreate(mountTargetType, "second", target(w.id("subnet b")))
}

func TestBucketsThatHoldSomethingStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"public access", "bucket policy", "versioning", "lifecycle"} {
		w.made[name].MustDelete()
	}
	bucket := w.of(bucketType)
	w.change(t, bucket, fields{"objects": 3.0})
	bucket.Stays("BucketNotEmpty: The bucket you tried to delete is not empty: ptd-examples holds 3 objects")
	bucket.MustUpdate(fields{"forceDestroy": true})
	bucket.MustDelete()
}

func TestRulesWithTargetsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.of(eventRuleType).Stays("ValidationException: Rule can't be deleted since it has targets")
	w.of(eventTargetType).MustDelete()
	w.of(eventRuleType).MustDelete()
}

func TestEventTargetsAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.MustCreate(eventTargetType, "other", w.of(eventTargetType).Changed(fields{"targetId": nil}))
	assert.Regexp(t, `^rule-pulumi-[0-9a-f]{26}$`, target.ID)
}

// TestOpenZFSDiffers makes sure of what replaces a file system, and of what the provider does
// not read.
func TestOpenZFSDiffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	given := w.of(openZFSType).Changed(fields{
		"securityGroupIds": several(w.id("group"), w.id("other group")), "rootVolumeConfiguration": fields{"copyTagsToSnapshots": true, "dataCompressionType": "NONE"},
	})
	files := w.MustCreate(openZFSType, "main", given)
	changed, _ := files.Diff(fields{"securityGroupIds": several(w.id("other group"), w.id("group"))})
	assert.Empty(t, changed)
	_, replacing := files.Diff(fields{"rootVolumeConfiguration": fields{"copyTagsToSnapshots": false, "dataCompressionType": "NONE"}})
	assert.Equal(t, []string{"rootVolumeConfiguration"}, replacing)
	_, replacing = files.Diff(fields{"rootVolumeConfiguration": fields{"copyTagsToSnapshots": true, "dataCompressionType": "ZSTD"}})
	assert.Empty(t, replacing)
	files.Refresh()
	changed, _ = files.Diff(nil)
	assert.Empty(t, changed, "groups are not read")
	imported, _, err := w.Known(openZFSType, "main", files.ID).Read()
	assert.NoError(t, err)
	assert.NotContains(t, imported, "securityGroupIds", "an import has none")
}

// TestGroupsOfMountTargets makes sure that a group which a mount target has cannot go, whoever
// gave it to it.
func TestGroupsOfMountTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account, err := Accounts(w.cloud).Account(context.Background(), anyAccount, "us-east-2")
	require.NoError(t, err)
	targets := account.MountTargets()
	group := w.MustCreate(securityGroupType, "nodes", fields{"vpcId": w.id("vpc"), "name": "nodes"})
	target := w.of(mountTargetType)
	require.NoError(t, targets.SetSecurityGroups(context.Background(), target.ID, []string{group.ID}))
	group.Stays("DependencyViolation: SecurityGroup nodes (" + group.ID + ") cannot be deleted: MountTarget " + target.ID + " still uses it")
	found, err := targets.WithSecurityGroup(context.Background(), group.ID)
	require.NoError(t, err)
	assert.Equal(t, []awsedge.MountTarget{{ID: target.ID, FileSystemID: w.id("elastic files"), SecurityGroups: []string{group.ID}}}, found)
	changed, _ := target.Diff(nil)
	assert.Empty(t, changed, "groups that are not given stay")
	require.NoError(t, targets.SetSecurityGroups(context.Background(), target.ID, []string{w.id("group")}))
	group.MustDelete()
}
