// Package aws is the edge to Amazon Web Services: the narrow interfaces behind
// ptd's actions (what is not a Pulumi resource), and the explicit Pulumi provider
// that the stacks use.
//
// The interfaces are as narrow as the calls that ptd makes. Every look-up tells
// "absent" (ErrNotFound) from "failed to look" (any other error), so that a denied
// or throttled call never leads to an attempt to create.
package aws

import (
	"context"

	"github.com/ptd-go/ptd/providers/secrets"
)

var (
	// ErrNotFound says that the object asked for does not exist.
	ErrNotFound = secrets.ErrNotFound
	// ErrExists says that an object of that name exists already.
	ErrExists = secrets.ErrExists
	// ErrConflict says that the object changed since it was read: read it again.
	ErrConflict = secrets.ErrConflict
)

// ElsewhereError says that a bucket is the account's, but in another region than the one that
// was asked: HeadBucket answers 301, with the region in X-Amz-Bucket-Region (Amazon S3 API
// Reference, HeadBucket).
type ElsewhereError struct{ Bucket, Region string }

func (e *ElsewhereError) Error() string {
	return "bucket " + e.Bucket + " is in region " + e.Region
}

// Account is one AWS account in one region, reached with one set of credentials.
type Account interface {
	// Identity returns the account and the principal that the credentials belong to.
	Identity(ctx context.Context) (Identity, error)
	Buckets() Buckets
	Clusters() Clusters
	Databases() Databases
	Keys() Keys
	MountTargets() MountTargets
	Policies() Policies
	Secrets() Secrets
}

// Cloud hands out accounts. A workload needs two: its own and its control room's.
type Cloud interface {
	Account(ctx context.Context, accountID, region string) (Account, error)
}

// Identity is what STS GetCallerIdentity answers.
type Identity struct {
	AccountID string
	ARN       string
}

// Buckets are the S3 calls of bootstrap. HeadBucket and the Get calls return
// ErrNotFound when the bucket (or the setting) does not exist, and an *ElsewhereError when
// the bucket is in another region.
type Buckets interface {
	HeadBucket(ctx context.Context, bucket string) error
	// CreateBucket makes the bucket with BucketOwnerEnforced ownership in the
	// account's region.
	CreateBucket(ctx context.Context, bucket string) error
	BucketSettings(ctx context.Context, bucket string) (BucketSettings, error)
	PutBucketVersioning(ctx context.Context, bucket string) error
	// PutBucketEncryption sets default encryption with the given KMS key (an alias
	// or ARN), bucket keys on.
	PutBucketEncryption(ctx context.Context, bucket, kmsKey string) error
	PutPublicAccessBlock(ctx context.Context, bucket string) error
	PutBucketPolicy(ctx context.Context, bucket, document string) error
	PutBucketTags(ctx context.Context, bucket string, tags map[string]string) error
}

// BucketSettings is what a bucket has of the settings that bootstrap converges.
type BucketSettings struct {
	Versioned           bool
	KMSKey              string // "" when the default encryption is not aws:kms
	PublicAccessBlocked bool   // all four blocks are on
	Policy              string // "" when there is none
	Tags                map[string]string
}

// Keys are the KMS calls of bootstrap.
type Keys interface {
	// DescribeKey looks a key up by id, ARN or alias ("alias/..."); ErrNotFound when absent.
	DescribeKey(ctx context.Context, key string) (Key, error)
	// FindKeys lists the enabled customer-managed keys that carry all the tags.
	FindKeys(ctx context.Context, tags map[string]string) ([]Key, error)
	// CreateKey makes a symmetric key with the default key policy.
	CreateKey(ctx context.Context, description string, tags map[string]string) (Key, error)
	EnableKeyRotation(ctx context.Context, key string) error
	CreateAlias(ctx context.Context, alias, keyID string) error
}

// Key describes a KMS key.
type Key struct {
	ID, ARN  string
	Enabled  bool
	Rotation bool
	Aliases  []string
}

// Policies are the IAM calls of bootstrap.
type Policies interface {
	// GetPolicy returns the policy with its default version's document; ErrNotFound when absent.
	GetPolicy(ctx context.Context, arn string) (Policy, error)
	// CreatePolicy makes a customer-managed policy; ErrExists when the name is taken.
	CreatePolicy(ctx context.Context, name, description, document string, tags map[string]string) (Policy, error)
}

// Policy is a customer-managed IAM policy.
type Policy struct {
	ARN, Name, Document string
}

// Secrets is Secrets Manager. Names are secret names or ARNs.
type Secrets = secrets.Store

// Secret is the current version of a secret's string value.
type Secret = secrets.Secret
