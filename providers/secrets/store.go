// Package secrets is the edge to where a cloud keeps secrets.
package secrets

import (
	"context"
	"errors"
)

var (
	// ErrNotFound says that the secret does not exist.
	ErrNotFound = errors.New("not found")
	// ErrExists says that a secret of that name exists already.
	ErrExists = errors.New("already exists")
	// ErrConflict says that the secret changed since it was read: read it again.
	ErrConflict = errors.New("changed since it was read")
)

// Store keeps secrets, each a text with versions. Values never appear in errors.
type Store interface {
	// GetSecret returns the current value by name, or by what the cloud itself calls the
	// secret; ErrNotFound when it does not exist.
	// A secret that is scheduled for deletion is an error of its own that says so.
	GetSecret(ctx context.Context, name string) (Secret, error)
	// CreateSecret makes the secret; ErrExists when the name is taken.
	CreateSecret(ctx context.Context, name, value string, tags map[string]string) error
	// PutSecret writes a new version if ifVersion is still the current one, else
	// ErrConflict: two writers cannot lose each other's keys.
	PutSecret(ctx context.Context, name, value, ifVersion string) error
}

// Secret is the current version of a secret.
type Secret struct {
	Value, Version string
}
