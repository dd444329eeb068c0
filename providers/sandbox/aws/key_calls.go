package aws

import (
	"context"
	"fmt"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

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
