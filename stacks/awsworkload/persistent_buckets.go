package awsworkload

import (
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
)

// makeBuckets makes the buckets of Package Manager, Chronicle, Mimir and Loki, and
// the password that the workload has at its control room's Mimir
// (docs/reference/aws-workload-base.md 4.8, 4.11). Mimir and Loki write an object once and
// expire it themselves: old versions of theirs would only cost.
func (p *persistent) makeBuckets() error {
	for _, bucket := range []struct {
		logical string
		args    aws.BucketArgs
		name    *pulumi.StringOutput
		arn     *pulumi.StringOutput
	}{
		{p.name + "-ppm-bucket", aws.BucketArgs{BucketPrefix: p.config.PackageManagerBucketPrefix()}, &p.outputs.PackageManagerBucket, nil},
		{p.name + "-chronicle-bucket", aws.BucketArgs{BucketPrefix: p.config.ChronicleBucketPrefix()}, &p.outputs.ChronicleBucket, nil},
		{
			p.name + "-" + p.name + "-mimir-bucket", aws.BucketArgs{Bucket: p.config.MimirBucket(), Unversioned: true},
			&p.outputs.MimirBucket, &p.mimirARN,
		},
		{
			p.name + "-" + p.name + "-loki-bucket", aws.BucketArgs{Bucket: p.config.LokiBucket(), Unversioned: true},
			&p.outputs.LokiBucket, &p.lokiARN,
		},
	} {
		bucket.args.Protect, bucket.args.Tags = p.config.ProtectPersistentResources, p.tags
		bucket.args.ForceDestroy, bucket.args.RetainOnDelete = p.config.ForceDestroyBuckets, !p.config.ForceDestroyBuckets
		made, err := aws.NewBucket(p.ctx, bucket.logical, &bucket.args, p.child)
		if err != nil {
			return err
		}
		*bucket.name = made.Name
		if bucket.arn != nil {
			*bucket.arn = made.ARN
		}
	}
	password, err := random.NewRandomPassword(p.ctx, p.name+"-mimir", &random.RandomPasswordArgs{
		Length: pulumi.Int(36), Special: pulumi.Bool(true), OverrideSpecial: pulumi.String("-/_"),
	}, p.child)
	if err != nil {
		return err
	}
	p.outputs.MimirPassword = pulumi.ToSecret(password.Result).(pulumi.StringOutput)
	return nil
}
