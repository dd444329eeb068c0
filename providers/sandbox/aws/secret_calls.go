package aws

import (
	"context"
	"fmt"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

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
