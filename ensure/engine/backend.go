package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// BackendOptions say where the state of a target's stacks is kept.
type BackendOptions struct {
	// URL of the store: s3://, azblob:// or file://.
	URL string
	// SecretsProvider encrypts the secrets in the state of stacks that have no state
	// yet: awskms://, azurekeyvault://, ptd-key-file://, or "passphrase". Existing state
	// says itself what encrypted it.
	SecretsProvider string
	// Passphrase goes with SecretsProvider "passphrase".
	Passphrase string
	// KeyFile is the path of the key of secrets providers of KeyFileScheme. It is made
	// when it does not exist, and there is no state yet that needs it.
	KeyFile string
	// Prepare is called before state is written; nil for nothing.
	Prepare func() error
}

// Backend is a state store and a secrets provider, opened once and shared by all
// stacks of a run.
type Backend struct {
	options BackendOptions
	secrets managers

	mutex    sync.Mutex
	store    store // nil until something is looked for
	verified bool  // its layout is ours
	checked  bool  // see checkSecrets
}

// NewBackend describes a backend. Nothing is opened, or made, before a stack needs it.
func NewBackend(options BackendOptions) *Backend {
	return &Backend{options: options, secrets: managers{options: options}}
}

// Close releases the connection to the store.
func (b *Backend) Close() error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.store == nil {
		return nil
	}
	return b.store.close()
}

// open connects to the store; exists tells whether it holds Pulumi state yet.
func (b *Backend) open(ctx context.Context) (exists bool, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.store == nil {
		if b.store, err = openStore(context.WithoutCancel(ctx), b.options.URL); err != nil {
			return false, fmt.Errorf("open state backend %s: %w", b.options.URL, err)
		}
	}
	exists, err = b.store.exists(ctx, metadata)
	if err != nil {
		return false, fmt.Errorf("look for Pulumi state in %s: %w", b.options.URL, err)
	}
	switch {
	case !exists:
		return false, b.checkEmpty(ctx)
	case b.verified:
		return true, nil
	}
	err = b.checkVersion(ctx)
	b.verified = err == nil
	return true, err
}

// Stack names a stack; nothing is read yet.
func (b *Backend) Stack(project, name string) *Stack {
	return &Stack{
		backend: b,
		project: &workspace.Project{
			Name:    tokens.PackageName(project),
			Runtime: workspace.NewProjectRuntimeInfo(runtimeName, nil),
		},
		name: name,
	}
}
