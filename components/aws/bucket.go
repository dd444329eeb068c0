package aws

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

const (
	// MaxBucketPrefix is how many characters a BucketArgs.BucketPrefix may have: 26
	// are added to it.
	MaxBucketPrefix = 37
	// DefaultNoncurrentVersionDays is how long overwritten and deleted objects stay.
	DefaultNoncurrentVersionDays = 30
	// incompleteUploadDays is after how long the parts of an upload that was never
	// completed are removed.
	incompleteUploadDays = 7
)

// BucketArgs says what a Bucket is like. Exactly one of Bucket and BucketPrefix is
// required.
type BucketArgs struct {
	// Bucket is the name, BucketPrefix what a name is generated from. A bucket that is there
	// keeps the name that it has, whichever of the two is given later.
	Bucket, BucketPrefix string
	// Unversioned keeps no objects that were overwritten or deleted. Without it they
	// stay for NoncurrentVersionDays, DefaultNoncurrentVersionDays if 0.
	Unversioned           bool
	NoncurrentVersionDays int
	// ExpireDays is after how long objects are deleted; 0 is never.
	ExpireDays int
	// ForceDestroy deletes the objects when the bucket is deleted, which otherwise
	// fails unless it is empty.
	ForceDestroy bool
	// Protect makes Pulumi refuse to delete the bucket. RetainOnDelete makes it forget
	// the bucket and leave it as it is.
	Protect, RetainOnDelete bool
	Tags                    map[string]string
}

// Bucket is an S3 bucket for data: encrypted, closed to the public, reached over TLS
// only, and keeping old versions of objects for a while.
type Bucket struct {
	pulumi.ResourceState

	Name pulumi.StringOutput `pulumi:"bucket"` // physical
	ARN  pulumi.StringOutput `pulumi:"arn"`
}

// NewBucket makes a Bucket with the logical name name. On a bucket that is there
// already everything is set in place.
//
// Lifecycle rules are part of the bucket resource, which would undo those of another
// resource. Versioning, public-access block and policy are resources of their own,
// children of the bucket, protected and retained like it.
//
// It is an error if there is no name or prefix, or both, if the prefix is longer than
// MaxBucketPrefix, or if a number of days is negative.
//
// (docs/reference/aws-workload-base.md 4.8; docs/reference/aws-control-room.md 7.1, 9.9)
func NewBucket(ctx *pulumi.Context, name string, args *BucketArgs, opts ...pulumi.ResourceOption) (*Bucket, error) {
	if err := checkBucket(args); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	made := &Bucket{}
	err := components.Register(ctx, "ptd:aws:Bucket", name, made, func(child pulumi.ResourceOption) error {
		keep := []pulumi.ResourceOption{pulumi.Protect(args.Protect), pulumi.RetainOnDelete(args.RetainOnDelete)}
		bucketArgs := &s3.BucketArgs{
			Acl: pulumi.String("private"),
			ServerSideEncryptionConfiguration: s3.BucketServerSideEncryptionConfigurationArgs{
				Rule: s3.BucketServerSideEncryptionConfigurationRuleArgs{
					// Without a key id it is the account's key for S3, which AWS manages.
					ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs{
						SseAlgorithm: pulumi.String("aws:kms"),
					},
					BucketKeyEnabled: pulumi.Bool(true),
				},
			},
			LifecycleRules: lifecycleRules(args),
			Tags:           tags(args.Tags),
		}
		if args.Bucket != "" {
			bucketArgs.Bucket = pulumi.String(args.Bucket)
		} else {
			bucketArgs.BucketPrefix = pulumi.String(args.BucketPrefix)
		}
		if args.ForceDestroy {
			bucketArgs.ForceDestroy = pulumi.Bool(true)
		}
		// Giving the name of a bucket instead of its prefix, or the other way round, would
		// replace it (docs/reference/aws-replacement.md part 2).
		named := pulumi.IgnoreChanges([]string{"bucket", "bucketPrefix"})
		bucket, err := s3.NewBucket(ctx, name, bucketArgs, append(keep, child, named)...)
		if err != nil {
			return err
		}

		keep = append(keep, pulumi.Parent(bucket))
		block, err := s3.NewBucketPublicAccessBlock(ctx, name+"-public-access-block", &s3.BucketPublicAccessBlockArgs{
			Bucket:          bucket.Bucket,
			BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
			IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
		}, keep...)
		if err != nil {
			return err
		}
		if _, err := s3.NewBucketPolicy(ctx, name+"-tls-only", &s3.BucketPolicyArgs{
			Bucket: bucket.Bucket,
			Policy: PolicyOf(pulumi.StringArray{bucket.Arn}, func(arns []string) PolicyDocument { return tlsOnly(arns[0]) }),
			// S3 refuses concurrent changes of a bucket's policy and public-access block.
		}, append(keep, pulumi.DependsOn([]pulumi.Resource{block}))...); err != nil {
			return err
		}
		if !args.Unversioned {
			if _, err := s3.NewBucketVersioningV2(ctx, name+"-versioning", &s3.BucketVersioningV2Args{
				Bucket: bucket.Bucket,
				VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{
					Status: pulumi.String("Enabled"),
				},
			}, keep...); err != nil {
				return err
			}
		}
		made.Name, made.ARN = bucket.Bucket, bucket.Arn
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func checkBucket(args *BucketArgs) error {
	switch {
	case args == nil || (args.Bucket == "") == (args.BucketPrefix == ""):
		return errors.New("either a name or a prefix is required")
	case len(args.BucketPrefix) > MaxBucketPrefix:
		return fmt.Errorf("prefix %q has %d characters, at most %d are possible: shorten the name it is made from",
			args.BucketPrefix, len(args.BucketPrefix), MaxBucketPrefix)
	case args.NoncurrentVersionDays < 0 || args.ExpireDays < 0:
		return fmt.Errorf("days cannot be negative: %d for noncurrent versions, %d for objects",
			args.NoncurrentVersionDays, args.ExpireDays)
	}
	return nil
}

func lifecycleRules(args *BucketArgs) s3.BucketLifecycleRuleArray {
	days := cmp.Or(args.NoncurrentVersionDays, DefaultNoncurrentVersionDays)
	rules := s3.BucketLifecycleRuleArray{
		s3.BucketLifecycleRuleArgs{
			Id: pulumi.String("incomplete-uploads"), Enabled: pulumi.Bool(true),
			AbortIncompleteMultipartUploadDays: pulumi.Int(incompleteUploadDays),
		},
		// Also without versioning, for versions from when there was.
		s3.BucketLifecycleRuleArgs{
			Id: pulumi.String("noncurrent-versions"), Enabled: pulumi.Bool(true),
			NoncurrentVersionExpiration: s3.BucketLifecycleRuleNoncurrentVersionExpirationArgs{Days: pulumi.Int(days)},
			Expiration:                  s3.BucketLifecycleRuleExpirationArgs{ExpiredObjectDeleteMarker: pulumi.Bool(true)},
		},
	}
	if args.ExpireDays > 0 {
		rules = append(rules, s3.BucketLifecycleRuleArgs{
			Id: pulumi.String("objects"), Enabled: pulumi.Bool(true),
			Expiration: s3.BucketLifecycleRuleExpirationArgs{Days: pulumi.Int(args.ExpireDays)},
		})
	}
	return rules
}

// tlsOnly denies everybody everything that is not encrypted on its way.
func tlsOnly(bucketARN string) PolicyDocument {
	return NewPolicyDocument(PolicyStatement{
		Sid: "TLSOnly", Effect: Deny, Principal: map[string][]string{"AWS": {"*"}}, Action: []string{"s3:*"},
		Resource:  []string{bucketARN, bucketARN + "/*"},
		Condition: map[string]map[string][]string{"Bool": {"aws:SecureTransport": {"false"}}},
	})
}
