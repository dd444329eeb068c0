package awsworkload

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// makeBuckets makes the buckets of Package Manager, Chronicle, Mimir and Loki, and
// the password that the workload has at its control room's Mimir (facts:
// aws-workload-base 4.8, 4.11).
func (p *persistent) makeBuckets() error {
	for _, bucket := range []struct {
		logical, name, prefix string
		into                  **s3.Bucket
		output                *pulumi.StringOutput
	}{
		{p.name + "-ppm-bucket", "", "ptd-" + p.name + "-ppm-", &p.packageManager, &p.outputs.PackageManagerBucket},
		{p.name + "-chronicle-bucket", "", "ptd-" + p.name + "-chronicle-", &p.chronicle, &p.outputs.ChronicleBucket},
		{p.name + "-" + p.name + "-mimir-bucket", "ptd-" + p.name + "-mimir", "", &p.mimir, &p.outputs.MimirBucket},
		{p.name + "-" + p.name + "-loki-bucket", "ptd-" + p.name + "-loki", "", &p.loki, &p.outputs.LokiBucket},
	} {
		made, err := p.bucket(bucket.logical, bucket.name, bucket.prefix)
		if err != nil {
			return err
		}
		*bucket.into, *bucket.output = made, made.Bucket
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

// bucket makes a bucket, encrypted with the account's S3 key, that nobody outside can
// be let into and that answers only over TLS.
func (p *persistent) bucket(logical, name, prefix string) (*s3.Bucket, error) {
	args := &s3.BucketArgs{
		Acl: pulumi.String("private"),
		ServerSideEncryptionConfiguration: s3.BucketServerSideEncryptionConfigurationArgs{
			Rule: s3.BucketServerSideEncryptionConfigurationRuleArgs{
				ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs{
					SseAlgorithm: pulumi.String("aws:kms"),
				},
				BucketKeyEnabled: pulumi.Bool(true),
			},
		},
		ForceDestroy: pulumi.Bool(p.config.ForceDestroyBuckets),
		Tags:         pulumi.ToStringMap(p.tags),
	}
	if name != "" {
		args.Bucket = pulumi.String(name)
	} else {
		args.BucketPrefix = pulumi.String(prefix)
	}
	bucket, err := s3.NewBucket(p.ctx, logical, args, p.child, p.protect(), pulumi.RetainOnDelete(!p.config.ForceDestroyBuckets))
	if err != nil {
		return nil, err
	}
	block, err := s3.NewBucketPublicAccessBlock(p.ctx, logical+"-public-access-block", &s3.BucketPublicAccessBlockArgs{
		Bucket:          bucket.ID(),
		BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}, p.child)
	if err != nil {
		return nil, err
	}
	// Both calls lock the bucket's policy: S3 refuses them at the same time.
	_, err = s3.NewBucketPolicy(p.ctx, logical+"-tls-only", &s3.BucketPolicyArgs{
		Bucket: bucket.ID(), Policy: bucket.Bucket.ApplyT(tlsOnlyPolicy).(pulumi.StringOutput),
	}, p.child, pulumi.DependsOn([]pulumi.Resource{block}))
	return bucket, err
}
