package aws

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const bucketType = "aws:s3/bucket:Bucket"

const noBucket = "NoSuchBucket: The specified bucket does not exist: %s"

func buckets() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		bucketType: {
			// Pulumi's own fork of the resource does not compute the prefix, nor read it: a program
			// that goes from the one to the other replaces the bucket (pulumi-aws,
			// patches: internal/service/s3legacy/bucket_legacy.go).
			Args: shape(s3.BucketArgs{}), AutoName: "bucket", Replace: []string{"bucket", "bucketPrefix"},
			Naming:   &sandbox.Naming{Separator: "-", Digits: 7, Prefix: "Prefix", PrefixStays: true},
			Unread:   []string{"acl", "bucketPrefix", "forceDestroy"},
			Computed: []string{"bucket", "serverSideEncryptionConfiguration", "versioning"},
			Equal:    meanings(samePolicy, "policy"),
			Defaults: map[string]any{"acl": "private", "forceDestroy": false},
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
			// A person says in the document that a bucket holds something: "objects": 3. Whether it
			// is emptied is what the state says (terraform-provider-aws, internal/service/s3/bucket.go).
			Delete: func(o *sandbox.Operation) error {
				held, _ := o.Old.Get("objects").(float64)
				if held > 0 && !o.Inputs.Flag("forceDestroy") {
					return fmt.Errorf("BucketNotEmpty: The bucket you tried to delete is not empty: %s holds %v objects", o.ID, held)
				}
				return nil
			},
		},
		accessBlockType: ofBucket(sandbox.Type{
			Args: shape(s3.BucketPublicAccessBlockArgs{}),
			Defaults: map[string]any{
				"blockPublicAcls": false, "blockPublicPolicy": false, "ignorePublicAcls": false, "restrictPublicBuckets": false,
			},
		}),
		bucketPolicyType: ofBucket(sandbox.Type{
			Args: shape(s3.BucketPolicyArgs{}), Check: policyDocument("policy", "Resource", 20480), Equal: meanings(samePolicy, "policy"),
		}),
		versioningType: ofBucket(sandbox.Type{
			Args: shape(s3.BucketVersioningV2Args{}), Replace: []string{"expectedBucketOwner"},
			Check: rule.Within("versioningConfiguration", rule.OneOf("status", "Enabled", "Suspended", "Disabled")),
			Admit: admitVersioning,
			// S3 cannot switch versioning off again: the provider suspends it.
			Delete: func(o *sandbox.Operation) error {
				if bucket := o.Object(bucketType, o.ID); bucket != nil && statusOf(o.Old.Inputs) == "Enabled" {
					return o.Cloud.Put(withOutput(bucket, "versioningStatus", "Suspended"))
				}
				return nil
			},
		}),
		lifecycleType: ofBucket(sandbox.Type{Args: shape(s3.BucketLifecycleConfigurationV2Args{}), Replace: []string{"expectedBucketOwner"}}),
	}
}

// The settings of a bucket that are resources of their own.
const (
	accessBlockType  = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	bucketPolicyType = "aws:s3/bucketPolicy:BucketPolicy"
	versioningType   = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	lifecycleType    = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
)

// ofBucket is a setting that a bucket has once. S3 only knows to put it: a second resource
// takes the place of the first, and the deletion of either takes the setting away.
func ofBucket(typ sandbox.Type) sandbox.Type {
	typ.Replace = append(typ.Replace, "bucket")
	typ.References = []sandbox.Reference{rule.Reference("bucket", bucketType, noBucket)}
	typ.Overwrites = func(sandbox.Inputs) bool { return true }
	typ.Create = named("bucket", "", "")
	return typ
}

func statusOf(versioning sandbox.Inputs) string {
	status, _ := versioning.Map("versioningConfiguration").Text("status")
	return status
}

// admitVersioning refuses, also in a preview, to disable what was enabled once
// (terraform-provider-aws, internal/service/s3/bucket_versioning.go).
func admitVersioning(o *sandbox.Operation, _ bool) error {
	old := o.Object(versioningType, o.ID)
	if o.ID == "" || old == nil || statusOf(o.Inputs) != "Disabled" || statusOf(old.Inputs) == "Disabled" {
		return nil
	}
	return fmt.Errorf("versioning_configuration.status cannot be updated from '%s' to 'Disabled'", statusOf(old.Inputs))
}

// withOutput is a copy of an object that has another output.
func withOutput(object *sandbox.Object, name string, value any) *sandbox.Object {
	changed := *object
	changed.Outputs = maps.Clone(object.Outputs)
	if changed.Outputs == nil {
		changed.Outputs = map[string]any{}
	}
	changed.Outputs[name] = value
	return &changed
}
