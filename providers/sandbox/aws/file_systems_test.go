package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
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
