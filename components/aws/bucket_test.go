package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const bucketType = "aws:s3/bucket:Bucket"

func makeBucket(args *BucketArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewBucket(ctx, "demo01-staging-ppm-bucket", args)
		return err
	}
}

// encrypted is the encryption of every bucket.
var encrypted = map[string]any{"rule": map[string]any{
	"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "aws:kms"}, "bucketKeyEnabled": true,
}}

// The lifecycle rules of every bucket.
var (
	incompleteUploads = map[string]any{
		"id": "incomplete-uploads", "enabled": true, "abortIncompleteMultipartUploadDays": 7.0,
	}
	noncurrentVersions = map[string]any{
		"id": "noncurrent-versions", "enabled": true, "noncurrentVersionExpiration": map[string]any{"days": 30.0},
		"expiration": map[string]any{"expiredObjectDeleteMarker": true},
	}
)

func TestBucket(t *testing.T) {
	t.Parallel()
	const name, physical = "demo01-staging-ppm-bucket", "ptd-demo01-staging-ppm-0123456"
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		bucket, err := NewBucket(ctx, name, &BucketArgs{
			BucketPrefix: "ptd-demo01-staging-ppm-", Protect: true, RetainOnDelete: true,
			Tags: map[string]string{"posit.team/managed-by": "test"},
		})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"name": physical, "arn": "arn:aws:s3:::" + physical},
			map[string]pulumi.Output{"name": bucket.Name, "arn": bucket.ARN})
		return nil
	})
	r.Golden(t, "bucket")
	r.Find(t, bucketType, name).Exactly(t, map[string]any{
		"acl": "private", "bucketPrefix": "ptd-demo01-staging-ppm-",
		"tags":                              map[string]any{"posit.team/managed-by": "test"},
		"serverSideEncryptionConfiguration": encrypted,
		"lifecycleRules":                    []any{incompleteUploads, noncurrentVersions},
	})
	assert.Equal(t, []string{"bucket", "bucketPrefix"}, r.Find(t, bucketType, name).Ignore, "no name replaces it")
	r.Find(t, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name+"-public-access-block").Exactly(t, map[string]any{
		"bucket": physical, "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	})
	r.Find(t, "aws:s3/bucketPolicy:BucketPolicy", name+"-tls-only").Exactly(t, map[string]any{
		"bucket": physical, "policy": tlsOnly("arn:aws:s3:::" + physical).JSON(),
	})
	r.Find(t, versioningType, name+"-versioning").Exactly(t, map[string]any{
		"bucket": physical, "versioningConfiguration": map[string]any{"status": "Enabled"},
	})
	for _, reg := range r.All("") {
		if reg.Custom && (!reg.Protect || !reg.Retain) {
			t.Errorf("%s %s: protect %v, retain %v", reg.Type, reg.Name, reg.Protect, reg.Retain)
		}
	}
}

const versioningType = "aws:s3/bucketVersioningV2:BucketVersioningV2"

func TestBucketOptions(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-ppm-bucket"
	r := componenttest.Run(t, makeBucket(&BucketArgs{Bucket: "ptd-demo01-staging-loki", Unversioned: true, ExpireDays: 90, ForceDestroy: true}))
	r.Find(t, bucketType, name).Exactly(t, map[string]any{
		"acl": "private", "bucket": "ptd-demo01-staging-loki", "forceDestroy": true, "tags": map[string]any{},
		"serverSideEncryptionConfiguration": encrypted,
		"lifecycleRules": []any{incompleteUploads, noncurrentVersions, map[string]any{
			"id": "objects", "enabled": true, "expiration": map[string]any{"days": 90.0},
		}},
	})
	if found := r.All(versioningType); len(found) > 0 {
		t.Errorf("versioning of an unversioned bucket: %v", found[0].Args())
	}
	for _, reg := range r.All("") {
		if reg.Protect || reg.Retain {
			t.Errorf("%s %s: protect %v, retain %v", reg.Type, reg.Name, reg.Protect, reg.Retain)
		}
	}
	r = componenttest.Run(t, makeBucket(&BucketArgs{Bucket: "ptd-demo01-staging-loki", NoncurrentVersionDays: 3}))
	rules := r.Find(t, bucketType, name).Args()["lifecycleRules"].([]any)
	if got := fmt.Sprint(rules[1].(map[string]any)["noncurrentVersionExpiration"]); got != "map[days:3]" {
		t.Errorf("noncurrent versions expire after %s", got)
	}
}

func TestBucketPreview(t *testing.T) {
	t.Parallel()
	componenttest.SamePreview(t, makeBucket(&BucketArgs{BucketPrefix: "ptd-demo01-staging-ppm-"}))
}

func TestBucketErrors(t *testing.T) {
	t.Parallel()
	const either = "bucket demo01-staging-ppm-bucket: either a name or a prefix is required"
	componenttest.Fails(t, makeBucket(nil), either)
	componenttest.Fails(t, makeBucket(&BucketArgs{}), either)
	componenttest.Fails(t, makeBucket(&BucketArgs{Bucket: "a", BucketPrefix: "b"}), either)
	componenttest.Fails(t, makeBucket(&BucketArgs{BucketPrefix: strings.Repeat("a", MaxBucketPrefix+1)}), "has 38 characters, at most 37 are possible")
	componenttest.Fails(t, makeBucket(&BucketArgs{Bucket: "a", ExpireDays: -1}), "days cannot be negative: 0 for noncurrent versions, -1 for objects")
	componenttest.Run(t, makeBucket(&BucketArgs{BucketPrefix: strings.Repeat("a", MaxBucketPrefix)}))
}

func ExampleNewBucket() {
	program := func(ctx *pulumi.Context) error {
		bucket, err := NewBucket(ctx, "demo01-staging-ppm-bucket", &BucketArgs{
			BucketPrefix:   "ptd-demo01-staging-ppm-",
			Protect:        true,
			RetainOnDelete: true,
		})
		if err != nil {
			return err
		}
		ctx.Export("packagemanager_bucket", bucket.Name)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, reg := range mocks.All("") {
		fmt.Println(reg.Type, reg.Name)
	}
	// Output:
	// aws:s3/bucket:Bucket demo01-staging-ppm-bucket
	// ptd:aws:Bucket demo01-staging-ppm-bucket
	// aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock demo01-staging-ppm-bucket-public-access-block
	// aws:s3/bucketPolicy:BucketPolicy demo01-staging-ppm-bucket-tls-only
	// aws:s3/bucketVersioningV2:BucketVersioningV2 demo01-staging-ppm-bucket-versioning
}
