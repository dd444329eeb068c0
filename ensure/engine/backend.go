package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	backendsecrets "github.com/pulumi/pulumi/pkg/v3/backend/secrets"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/cloud"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// BackendOptions say where the state of a target's stacks is kept.
type BackendOptions struct {
	// URL of the store: s3://, azblob:// or file://.
	URL string
	// SecretsProvider encrypts the secrets in the state of stacks that have no state
	// yet: awskms://, azurekeyvault://, the scheme of a KeyFile, or "passphrase".
	// Existing state says itself what encrypted it.
	SecretsProvider string
	// Passphrase goes with SecretsProvider "passphrase".
	Passphrase string
}

// Backend is a state store and a secrets provider, opened once and shared by all
// stacks of a run.
type Backend struct {
	options BackendOptions
	secrets managers

	mutex  sync.Mutex
	bucket *blob.Bucket // nil until the store is there
}

// NewBackend describes a backend. Nothing is opened, or made, before a stack needs it.
func NewBackend(options BackendOptions) *Backend {
	return &Backend{options: options, secrets: managers{options: options}}
}

// Close releases the connection to the store.
func (b *Backend) Close() error {
	if b.bucket == nil {
		return nil
	}
	return b.bucket.Close()
}

// metadata is the file that marks a store as one of Pulumi's.
const metadata = workspace.BookkeepingDir + "/meta.yaml"

// open connects to the store; exists tells whether it holds Pulumi state yet.
func (b *Backend) open(ctx context.Context) (exists bool, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.bucket == nil {
		bucket, err := b.openBucket(context.WithoutCancel(ctx))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		b.bucket = bucket
	}
	exists, err = b.bucket.Exists(ctx, metadata)
	if gcerrors.Code(err) == gcerrors.NotFound { // the bucket itself does not exist
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for Pulumi state in %s: %w", b.options.URL, err)
	}
	return exists, nil
}

// address is the URL of the store as the blob library takes it. In a local store a
// file and its attributes cannot be written at once, so that a killed process would
// leave state that cannot be read: attributes are not written. And a temporary file
// is only renamed at once if it is on the same file system.
func (b *Backend) address() (*url.URL, error) {
	u, err := url.Parse(b.options.URL)
	if err != nil {
		return nil, fmt.Errorf("state backend %q: %w", b.options.URL, err)
	}
	if u.Scheme == "file" {
		query := u.Query()
		query.Set("metadata", "skip")
		query.Set("no_tmp_dir", "true")
		u.RawQuery = query.Encode()
	}
	return u, nil
}

// openBucket opens the store. For a local one that does not exist the error is
// os.ErrNotExist.
func (b *Backend) openBucket(ctx context.Context) (*blob.Bucket, error) {
	u, err := b.address()
	if err != nil {
		return nil, err
	}
	if u.Scheme == "file" {
		if _, err := os.Stat(filepath.FromSlash(u.Path)); err != nil {
			return nil, fmt.Errorf("open state backend: %w", err)
		}
	}
	bucket, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("open state backend %s: %w", b.options.URL, err)
	}
	if prefix := strings.Trim(u.Path, "/"); u.Scheme != "file" && prefix != "" {
		bucket = blob.PrefixedBucket(bucket, prefix+"/")
	}
	return bucket, nil
}

// pulumi opens Pulumi's own view of the store for one project. This writes the
// store's metadata file when the store is new.
func (b *Backend) pulumi(ctx context.Context, project *workspace.Project) (diy.Backend, error) {
	u, err := b.address()
	if err != nil {
		return nil, err
	}
	if u.Scheme == "file" {
		if err := os.MkdirAll(filepath.FromSlash(u.Path), 0o700); err != nil {
			return nil, fmt.Errorf("make the directory of the state backend: %w", err)
		}
	}
	opened, err := diy.New(ctx, discard(), u.String(), project)
	if err != nil {
		return nil, fmt.Errorf("open state backend %s: %w", b.options.URL, err)
	}
	return opened, nil
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

// managers builds secrets managers, each one once: opening one costs a call to the
// key service, or half a second of key derivation. It is what Pulumi calls a
// secrets provider.
type managers struct {
	options BackendOptions

	mutex  sync.Mutex
	fresh  secrets.Manager
	opened map[string]secrets.Manager
}

// OfType returns the manager that a state file describes.
func (m *managers) OfType(ctx context.Context, typ string, state json.RawMessage) (secrets.Manager, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if manager, ok := m.opened[typ+"\x00"+string(state)]; ok {
		return manager, nil
	}
	if typ != passphrase.Type || m.options.Passphrase == "" {
		manager, err := backendsecrets.DefaultProvider.OfType(ctx, typ, state)
		if err != nil {
			return nil, err
		}
		return m.remember(manager), nil
	}
	// With the phrase at hand no environment variable and no prompt is involved.
	var described struct {
		Salt string `json:"salt"`
	}
	if err := json.Unmarshal(state, &described); err != nil {
		return nil, fmt.Errorf("read the salt of the state's passphrase: %w", err)
	}
	manager, err := passphrase.GetPassphraseSecretsManager(m.options.Passphrase, described.Salt)
	if err != nil {
		return nil, fmt.Errorf("open the state's secrets with the passphrase: %w", err)
	}
	return m.remember(stack.NewBatchingCachingSecretsManager(manager)), nil
}

// new returns the manager for stacks without state, making it at the first call.
func (m *managers) new() (secrets.Manager, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.fresh != nil {
		return m.fresh, nil
	}
	var manager secrets.Manager
	var err error
	if m.options.SecretsProvider == passphrase.Type {
		_, manager, err = passphrase.NewPassphraseSecretsManager(m.options.Passphrase)
	} else {
		manager, err = cloud.NewCloudSecretsManager(&workspace.ProjectStack{}, m.options.SecretsProvider, false)
	}
	if err != nil {
		return nil, fmt.Errorf("open secrets provider %s: %w", m.options.SecretsProvider, err)
	}
	m.fresh = m.remember(stack.NewBatchingCachingSecretsManager(manager))
	return m.fresh, nil
}

func (m *managers) remember(manager secrets.Manager) secrets.Manager {
	if m.opened == nil {
		m.opened = map[string]secrets.Manager{}
	}
	m.opened[manager.Type()+"\x00"+string(manager.State())] = manager
	return manager
}
