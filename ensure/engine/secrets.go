package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/pkg/v3/secrets/service"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

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
	if manager, ok := m.opened[identity(typ, state)]; ok {
		return manager, nil
	}
	manager, err := m.open(ctx, typ, state)
	if err != nil {
		return nil, fmt.Errorf("open the state's secrets (%s): %w", typ, err)
	}
	return m.remember(manager), nil
}

// open opens a manager of one of the types that Pulumi has for any backend
// (pkg/backend/secrets/providers.go).
func (m *managers) open(ctx context.Context, typ string, state json.RawMessage) (secrets.Manager, error) {
	switch typ {
	case passphrase.Type:
		return m.withPassphrase(state)
	case cloudType:
		return m.openCloud(ctx, state)
	case service.Type:
		return service.NewServiceSecretsManagerFromState(ctx, state)
	}
	return nil, fmt.Errorf("ptd knows no secrets provider of this type")
}

func (m *managers) withPassphrase(state json.RawMessage) (secrets.Manager, error) {
	if m.options.Passphrase == "" {
		return passphrase.NewPromptingPassphraseSecretsManagerFromState(state)
	}
	// With the phrase at hand no environment variable and no prompt is involved.
	var described struct {
		Salt string `json:"salt"`
	}
	if err := json.Unmarshal(state, &described); err != nil {
		return nil, fmt.Errorf("read the salt: %w", err)
	}
	manager, err := passphrase.GetPassphraseSecretsManager(m.options.Passphrase, described.Salt)
	if err != nil {
		return nil, &KeyError{Key: "a passphrase", Err: err}
	}
	return manager, nil
}

// new returns the manager for stacks without state, making it at the first call.
func (m *managers) new(ctx context.Context) (secrets.Manager, error) {
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
		manager, err = m.newCloud(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open secrets provider %s: %w", m.options.SecretsProvider, err)
	}
	m.fresh = m.remember(manager)
	return m.fresh, nil
}

// kind is the type of the managers that new makes.
func (m *managers) kind() string {
	if m.options.SecretsProvider == passphrase.Type {
		return passphrase.Type
	}
	return cloudType
}

// remember keeps a manager for whoever asks for it next, and makes it encrypt and
// decrypt many values at once, each one once.
func (m *managers) remember(manager secrets.Manager) secrets.Manager {
	if m.opened == nil {
		m.opened = map[string]secrets.Manager{}
	}
	batching := stack.NewBatchingCachingSecretsManager(manager)
	m.opened[identity(manager.Type(), manager.State())] = batching
	return batching
}

// identity is the same for descriptions of a manager that differ in white space: state
// files are indented.
func identity(typ string, state json.RawMessage) string {
	var compact bytes.Buffer
	if err := json.Compact(&compact, state); err != nil {
		return typ + " " + string(state) // opening it will say what is wrong
	}
	return typ + " " + compact.String()
}

// secretsManager returns what encrypts the stack's state.
func (s *Stack) secretsManager(ctx context.Context, snapshot *deploy.Snapshot) (secrets.Manager, error) {
	if snapshot != nil && snapshot.SecretsManager != nil {
		return snapshot.SecretsManager, nil
	}
	if err := s.backend.checkSecrets(ctx); err != nil {
		return nil, err
	}
	return s.backend.secrets.new(ctx)
}

// checkSecretsManager finds for a dry run what secretsManager would fail with, and makes no key.
func (s *Stack) checkSecretsManager(ctx context.Context, snapshot *deploy.Snapshot) error {
	if snapshot != nil && snapshot.SecretsManager != nil {
		return nil
	}
	if err := s.backend.checkSecrets(ctx); err != nil {
		return err
	}
	options := s.backend.options
	if !strings.HasPrefix(options.SecretsProvider, KeyFileScheme+"://") || options.KeyFile == "" {
		return nil
	}
	return checkKeyFile(options.KeyFile)
}

// checkSecrets opens, once, the secrets of a stack that is there already: a key or a
// passphrase that was lost is not to be replaced by another one with the next new stack.
func (b *Backend) checkSecrets(ctx context.Context) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.checked || b.store == nil {
		return nil
	}
	projects, err := b.store.directories(ctx, path.Join(workspace.BookkeepingDir, workspace.StackDir))
	if err != nil {
		return fmt.Errorf("look for the stacks of %s: %w", b.options.URL, err)
	}
	for _, project := range projects {
		list, err := b.store.list(ctx, project)
		if err != nil {
			return fmt.Errorf("look for the stacks of %s: %w", b.options.URL, err)
		}
		for _, object := range list {
			if path.Ext(object.key) != ".json" {
				continue
			}
			content, _, err := b.store.read(ctx, object.key)
			if err != nil {
				return fmt.Errorf("read %s in %s: %w", object.key, b.options.URL, err)
			}
			var state struct {
				Checkpoint struct {
					Latest struct {
						Secrets *apitype.SecretsProvidersV1 `json:"secrets_providers"`
					}
				}
			}
			// State that cannot be read is told by whoever needs it.
			if json.Unmarshal(content, &state) != nil || state.Checkpoint.Latest.Secrets == nil {
				continue
			}
			described := state.Checkpoint.Latest.Secrets
			if described.Type != b.secrets.kind() {
				continue // a stack that is still encrypted in another way
			}
			if _, err := b.secrets.OfType(ctx, described.Type, described.State); err != nil {
				return err
			}
			b.checked = true
			return nil
		}
	}
	return nil
}
