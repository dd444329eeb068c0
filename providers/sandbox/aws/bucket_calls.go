package aws

import (
	"context"
	"fmt"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

type bucketCalls struct{ *account }

// settings are kept as outputs of the bucket: they are not what a Pulumi resource
// of the bucket would have as inputs.
func (b bucketCalls) bucket(name string) (*sandbox.Object, error) {
	for _, object := range b.cloud.OfType(bucketType) {
		if object.ID == name && object.Account != b.id {
			return nil, fmt.Errorf("bucket %s is forbidden: it belongs to another account", name)
		}
		if object.ID == name && object.Region != "" && object.Region != b.region {
			return nil, &awsedge.ElsewhereError{Bucket: name, Region: object.Region}
		}
	}
	object := b.named(bucketType, "bucket", name)
	if object == nil {
		return nil, fmt.Errorf("bucket %s: %w", name, awsedge.ErrNotFound)
	}
	return object, nil
}

func (b bucketCalls) HeadBucket(_ context.Context, name string) error {
	return b.do("read", bucketType, name, func() error { _, err := b.bucket(name); return err })
}

func (b bucketCalls) CreateBucket(_ context.Context, name string) error {
	return b.do("create", bucketType, name, func() error {
		for _, object := range b.cloud.OfType(bucketType) {
			if object.ID == name {
				return fmt.Errorf("bucket %s: %w", name, awsedge.ErrExists)
			}
		}
		return b.cloud.Put(&sandbox.Object{
			Provider: "aws", Type: bucketType, ID: name, Account: b.id, Region: b.region,
			Inputs:  map[string]any{"bucket": name},
			Outputs: map[string]any{"arn": "arn:aws:s3:::" + name, "region": b.region, "objectOwnership": "BucketOwnerEnforced"},
		})
	})
}

func (b bucketCalls) BucketSettings(_ context.Context, name string) (settings awsedge.BucketSettings, err error) {
	err = b.do("read", bucketType, name, func() error {
		object, err := b.bucket(name)
		if err != nil {
			return err
		}
		settings = awsedge.BucketSettings{
			Versioned: object.Get("versioned") == true, KMSKey: object.String("kmsKey"),
			PublicAccessBlocked: object.Get("publicAccessBlocked") == true, Policy: object.String("policy"), Tags: stringTags(object),
		}
		return nil
	})
	return settings, err
}

func (b bucketCalls) set(name string, outputs map[string]any) error {
	return b.do("update", bucketType, name, func() error {
		object, err := b.bucket(name)
		if err != nil {
			return err
		}
		return b.change(object, nil, outputs)
	})
}

func (b bucketCalls) PutBucketVersioning(_ context.Context, name string) error {
	return b.set(name, map[string]any{"versioned": true})
}

func (b bucketCalls) PutBucketEncryption(_ context.Context, name, kmsKey string) error {
	return b.set(name, map[string]any{"kmsKey": kmsKey})
}

func (b bucketCalls) PutPublicAccessBlock(_ context.Context, name string) error {
	return b.set(name, map[string]any{"publicAccessBlocked": true})
}

func (b bucketCalls) PutBucketPolicy(_ context.Context, name, document string) error {
	for _, problem := range policyDocument("policy", "Resource", 20480)(sandbox.Inputs{"policy": document}) {
		return fmt.Errorf("bucket %s: %s", name, problem.Text)
	}
	return b.set(name, map[string]any{"policy": document})
}

func (b bucketCalls) PutBucketTags(_ context.Context, name string, tags map[string]string) error {
	return b.do("update", bucketType, name, func() error {
		object, err := b.bucket(name)
		if err != nil {
			return err
		}
		return b.change(object, map[string]any{"tags": anyTags(tags)}, nil)
	})
}
