package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const bucketType = "aws:s3/bucket:Bucket"

const noBucket = "NoSuchBucket: The specified bucket does not exist: %s"

func buckets() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		bucketType: {
			Args: shape(s3.BucketArgs{}), AutoName: "bucket", Replace: []string{"bucket", "bucketPrefix"},
			Defaults: map[string]any{"forceDestroy": false},
			Outputs: []string{
				"arn", "bucketDomainName", "bucketRegionalDomainName", "hostedZoneId", "region", "tagsAll", "bucket",
			},
			Unique: rule.UniqueEverywhere("BucketAlreadyExists: The requested bucket name %s is not available: "+
				"the bucket namespace is shared by all users of the system", "bucket"),
			Check: rule.All(rule.Exclusive("bucket", "bucketPrefix"),
				rule.Matches("bucket", `^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$`, "is not a valid bucket name (3 to 63 lowercase letters, digits, dots and hyphens)"),
				rule.Matches("bucketPrefix", `^[a-z0-9][a-z0-9.\-]{0,36}$`, "is not a valid bucket prefix of at most 37 characters"),
				rule.OneOf("acl", "private", "public-read", "public-read-write", "aws-exec-read", "authenticated-read", "log-delivery-write")),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "bucket")
				o.ID = name
				o.Outputs["arn"], o.Outputs["region"] = "arn:aws:s3:::"+name, o.Region
				o.Outputs["bucketDomainName"] = name + ".s3.amazonaws.com"
				o.Outputs["bucketRegionalDomainName"] = fmt.Sprintf("%s.s3.%s.amazonaws.com", name, o.Region)
				return err
			},
			// A person says in the document that a bucket holds something: "objects": 3.
			Delete: func(o *sandbox.Operation) error {
				held, _ := o.Old.Get("objects").(float64)
				if held > 0 && !sandbox.Inputs(o.Old.Inputs).Flag("forceDestroy") {
					return fmt.Errorf("BucketNotEmpty: The bucket you tried to delete is not empty: %s holds %v objects", o.ID, held)
				}
				return nil
			},
		},
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ofBucket(sandbox.Type{Args: shape(s3.BucketPublicAccessBlockArgs{})}),
		"aws:s3/bucketPolicy:BucketPolicy": ofBucket(sandbox.Type{
			Args: shape(s3.BucketPolicyArgs{}), Check: policyDocument("policy", "Resource", 20480),
		}),
		"aws:s3/bucketVersioningV2:BucketVersioningV2":                         ofBucket(sandbox.Type{Args: shape(s3.BucketVersioningV2Args{})}),
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": ofBucket(sandbox.Type{Args: shape(s3.BucketLifecycleConfigurationV2Args{})}),
	}
}

// ofBucket is a setting that a bucket has once.
func ofBucket(typ sandbox.Type) sandbox.Type {
	typ.Replace = []string{"bucket"}
	typ.References = []sandbox.Reference{rule.Reference("bucket", bucketType, noBucket)}
	typ.Unique = rule.Unique("OperationAborted: bucket %s has this setting already", "bucket")
	typ.Create = named("bucket", "", "")
	return typ
}
