package aws

import (
	"context"
	"fmt"
	"maps"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

// Accounts implements the calls behind ptd's actions on the sandbox's store. The
// caller is the admin role of every account.
func Accounts(cloud *sandbox.Cloud) awsedge.Cloud { return accounts{cloud} }

type accounts struct{ cloud *sandbox.Cloud }

func (a accounts) Account(_ context.Context, accountID, region string) (awsedge.Account, error) {
	return &account{cloud: a.cloud, id: accountID, region: region}, nil
}

// account implements all of the narrow interfaces; the accessors only choose one.
type account struct {
	cloud      *sandbox.Cloud
	id, region string
}

func (a *account) Identity(context.Context) (awsedge.Identity, error) {
	return awsedge.Identity{AccountID: a.id, ARN: callerARN(a.id)}, nil
}
func (a *account) Buckets() awsedge.Buckets   { return bucketCalls{a} }
func (a *account) Keys() awsedge.Keys         { return keyCalls{a} }
func (a *account) Policies() awsedge.Policies { return policyCalls{a} }
func (a *account) Secrets() awsedge.Secrets   { return secretCalls{a} }

// do runs a call alone, with the faults that match it.
func (a *account) do(operation, typ, name string, call func() error) error {
	after, err := a.cloud.Fault(operation, typ, name)
	if err == nil {
		err = a.cloud.Do(call)
	}
	if err == nil {
		after()
	}
	return err
}

// named finds an object of the account by a property.
func (a *account) named(typ, property, value string) *sandbox.Object {
	for _, object := range a.cloud.OfType(typ) {
		inRegion := object.Region == "" || object.Region == a.region
		if object.Account == a.id && inRegion && (object.String(property) == value || object.ID == value) {
			return object
		}
	}
	return nil
}

// change writes a changed copy of an object.
func (a *account) change(object *sandbox.Object, inputs, outputs map[string]any) error {
	changed := *object
	changed.Inputs, changed.Outputs = maps.Clone(object.Inputs), maps.Clone(object.Outputs)
	if changed.Outputs == nil {
		changed.Outputs = map[string]any{}
	}
	maps.Copy(changed.Inputs, inputs)
	maps.Copy(changed.Outputs, outputs)
	return a.cloud.Put(&changed)
}

func anyTags(tags map[string]string) map[string]any {
	converted := map[string]any{}
	for key, value := range tags {
		converted[key] = value
	}
	return converted
}

func stringTags(object *sandbox.Object) map[string]string {
	tags := map[string]string{}
	converted, _ := object.Get("tags").(map[string]any)
	for key, value := range converted {
		tags[key], _ = value.(string)
	}
	return tags
}

type bucketCalls struct{ *account }

// settings are kept as outputs of the bucket: they are not what a Pulumi resource
// of the bucket would have as inputs.
func (b bucketCalls) bucket(name string) (*sandbox.Object, error) {
	for _, object := range b.cloud.OfType(bucketType) {
		if object.ID == name && object.Account != b.id {
			return nil, fmt.Errorf("bucket %s is forbidden: it belongs to another account", name)
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

type keyCalls struct{ *account }

func (k keyCalls) describe(object *sandbox.Object) awsedge.Key {
	key := awsedge.Key{
		ID: object.ID, ARN: object.String("arn"), Enabled: object.Get("isEnabled") != false,
		Rotation: object.Get("enableKeyRotation") == true,
	}
	for _, alias := range k.cloud.OfType(aliasType) {
		if alias.Account == k.id && alias.Region == k.region && alias.String("targetKeyId") == object.ID {
			key.Aliases = append(key.Aliases, alias.ID)
		}
	}
	return key
}

// find looks a key up by id, ARN or alias.
func (k keyCalls) find(name string) (*sandbox.Object, error) {
	if alias := k.named(aliasType, "name", name); alias != nil {
		name = alias.String("targetKeyId")
	}
	object := k.named(keyType, "arn", name)
	if object == nil {
		return nil, fmt.Errorf("key %s: %w", name, awsedge.ErrNotFound)
	}
	return object, nil
}

func (k keyCalls) DescribeKey(_ context.Context, name string) (key awsedge.Key, err error) {
	err = k.do("read", keyType, name, func() error {
		object, err := k.find(name)
		if err == nil {
			key = k.describe(object)
		}
		return err
	})
	return key, err
}

func (k keyCalls) FindKeys(_ context.Context, tags map[string]string) (keys []awsedge.Key, err error) {
	err = k.do("read", keyType, "", func() error {
		for _, object := range k.cloud.OfType(keyType) {
			has := stringTags(object)
			all := object.Account == k.id && object.Region == k.region
			for key, value := range tags {
				all = all && has[key] == value
			}
			if all {
				keys = append(keys, k.describe(object))
			}
		}
		return nil
	})
	return keys, err
}

func (k keyCalls) CreateKey(_ context.Context, description string, tags map[string]string) (key awsedge.Key, err error) {
	err = k.do("create", keyType, "", func() error {
		id := uuid(sandbox.Digest(32, k.id, k.region, "key", fmt.Sprint(len(k.cloud.OfType(keyType)))))
		object := &sandbox.Object{
			Provider: "aws", Type: keyType, ID: id, Account: k.id, Region: k.region,
			Inputs:  map[string]any{"description": description, "tags": anyTags(tags)},
			Outputs: map[string]any{"arn": fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", k.region, k.id, id), "keyId": id},
		}
		key = k.describe(object)
		return k.cloud.Put(object)
	})
	return key, err
}

func (k keyCalls) EnableKeyRotation(_ context.Context, name string) error {
	return k.do("update", keyType, name, func() error {
		object, err := k.find(name)
		if err != nil {
			return err
		}
		return k.change(object, map[string]any{"enableKeyRotation": true}, nil)
	})
}

func (k keyCalls) CreateAlias(_ context.Context, alias, keyID string) error {
	return k.do("create", aliasType, alias, func() error {
		if k.named(aliasType, "name", alias) != nil {
			return fmt.Errorf("alias %s: %w", alias, awsedge.ErrExists)
		}
		object, err := k.find(keyID)
		if err != nil {
			return err
		}
		return k.cloud.Put(&sandbox.Object{
			Provider: "aws", Type: aliasType, ID: alias, Account: k.id, Region: k.region, References: []string{object.Key()},
			Inputs: map[string]any{"name": alias, "targetKeyId": object.ID},
		})
	})
}

type policyCalls struct{ *account }

func (p policyCalls) GetPolicy(_ context.Context, arn string) (policy awsedge.Policy, err error) {
	err = p.do("read", policyType, arn, func() error {
		object := p.named(policyType, "arn", arn)
		if object == nil {
			return fmt.Errorf("policy %s: %w", arn, awsedge.ErrNotFound)
		}
		policy = awsedge.Policy{ARN: object.ID, Name: object.Name(), Document: object.String("policy")}
		return nil
	})
	return policy, err
}

func (p policyCalls) CreatePolicy(_ context.Context, name, description, document string, tags map[string]string) (policy awsedge.Policy, err error) {
	for _, problem := range policyDocument("policy", "Resource", 6144)(sandbox.Inputs{"policy": document}) {
		return policy, fmt.Errorf("policy %s: %s", name, problem.Text)
	}
	err = p.do("create", policyType, name, func() error {
		arn := fmt.Sprintf("arn:aws:iam::%s:policy/%s", p.id, name)
		if p.named(policyType, "arn", arn) != nil {
			return fmt.Errorf("policy %s: %w", name, awsedge.ErrExists)
		}
		policy = awsedge.Policy{ARN: arn, Name: name, Document: document}
		return p.cloud.Put(&sandbox.Object{
			Provider: "aws", Type: policyType, ID: arn, Account: p.id,
			Inputs:  map[string]any{"name": name, "description": description, "policy": document, "tags": anyTags(tags), "path": "/"},
			Outputs: map[string]any{"arn": arn},
		})
	})
	return policy, err
}

type secretCalls struct{ *account }

func (s secretCalls) find(name string) (*sandbox.Object, error) {
	object := s.named(secretType, "name", name)
	if object == nil {
		return nil, fmt.Errorf("secret %s: %w", name, awsedge.ErrNotFound)
	}
	if object.Get("deletedDate") != nil {
		return nil, fmt.Errorf("InvalidRequestException: secret %s is scheduled for deletion: restore it, or wait until it is gone", name)
	}
	return object, nil
}

func (s secretCalls) GetSecret(_ context.Context, name string) (secret awsedge.Secret, err error) {
	err = s.do("read", secretType, name, func() error {
		object, err := s.find(name)
		if err == nil {
			secret = awsedge.Secret{Value: object.String("secretString"), Version: object.String("versionId")}
		}
		return err
	})
	return secret, err
}

func (s secretCalls) CreateSecret(_ context.Context, name, value string, tags map[string]string) error {
	return s.do("create", secretType, name, func() error {
		if s.named(secretType, "name", name) != nil {
			return fmt.Errorf("secret %s: %w", name, awsedge.ErrExists)
		}
		return s.cloud.Put(newSecret(s.id, s.region, name, value, anyTags(tags)))
	})
}

func (s secretCalls) PutSecret(_ context.Context, name, value, ifVersion string) error {
	return s.do("update", secretType, name, func() error {
		object, err := s.find(name)
		if err != nil {
			return err
		}
		if object.String("versionId") != ifVersion {
			return fmt.Errorf("secret %s: %w", name, awsedge.ErrConflict)
		}
		revision, _ := object.Get("revision").(float64)
		return s.change(object, nil, map[string]any{
			"secretString": value, "revision": revision + 1, "versionId": version(value, revision+1),
		})
	})
}
