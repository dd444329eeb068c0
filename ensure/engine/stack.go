package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/backenderr"
	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Stack is one Pulumi stack of a backend. It need not exist: Preview works without
// state, and Lock creates it.
type Stack struct {
	backend *Backend
	project *workspace.Project
	name    string

	store     lockable
	reference backend.StackReference
	locked    bool

	// The state, if it was read under the lock and not written since, and the digest of
	// its file.
	current *apitype.TypedDeployment
	digest  string
}

// lockable is Pulumi's backend with the half of its lock that its interface leaves out.
type lockable interface {
	diy.Backend
	Unlock(ctx context.Context, stack backend.StackReference)
}

// Name returns the fully qualified name, organization/<project>/<name>.
func (s *Stack) Name() string {
	return fmt.Sprintf("organization/%s/%s", s.project.Name, s.name)
}

// Project returns the name of the stack's project.
func (s *Stack) Project() string { return string(s.project.Name) }

// May tells whether a URN, or a pattern of URNs, may be of a resource of this stack.
func (s *Stack) May(urn string) bool {
	own := fmt.Sprintf("urn:pulumi:%s::%s::", s.name, s.project.Name)
	literal, _, pattern := strings.Cut(urn, "*")
	if pattern && len(literal) < len(own) {
		return strings.HasPrefix(own, literal)
	}
	return strings.HasPrefix(urn, own)
}

// open opens Pulumi's view of the store once.
func (s *Stack) open(ctx context.Context) (lockable, backend.StackReference, error) {
	if s.store != nil {
		return s.store, s.reference, nil
	}
	opened, err := s.backend.pulumi(ctx, s.project)
	if err != nil {
		return nil, nil, err
	}
	store, ok := opened.(lockable)
	if !ok {
		return nil, nil, fmt.Errorf("state backend %s: %T has no Unlock", s.backend.options.URL, opened)
	}
	reference, err := store.ParseStackReference(s.Name())
	if err != nil {
		return nil, nil, fmt.Errorf("name of stack %s: %w", s.Name(), err)
	}
	s.store, s.reference = store, reference
	return store, reference, nil
}

// Lock creates the stack if it does not exist and takes its lock, which every
// operation that is not a dry run needs. When somebody else has it the error is a
// *LockedError.
func (s *Stack) Lock(ctx context.Context) error {
	store, reference, err := s.open(ctx)
	if err != nil {
		return err
	}
	existing, err := store.GetStack(ctx, reference)
	if err != nil {
		return fmt.Errorf("look for stack %s: %w", s.Name(), err)
	}
	if existing == nil {
		if _, err = store.CreateStack(ctx, reference, "", nil, nil); err != nil {
			var exists *backenderr.StackAlreadyExistsError
			if !errors.As(err, &exists) { // another process may just have made it
				return s.classifyLock(ctx, fmt.Errorf("create stack %s: %w", s.Name(), err))
			}
		}
	}
	if err := store.Lock(ctx, reference); err != nil {
		return s.classifyLock(ctx, fmt.Errorf("lock stack %s: %w", s.Name(), err))
	}
	s.locked = true
	if err := s.fold(ctx); err != nil {
		s.Unlock(ctx)
		return err
	}
	return nil
}

// fold writes into the state what a run that died left in its journal.
func (s *Stack) fold(ctx context.Context) error {
	_, journaled, err := s.backend.read(ctx, s.journalPath())
	if err != nil || !journaled {
		return err
	}
	state, err := s.deployment(ctx)
	if err != nil || state == nil {
		return err
	}
	return s.write(ctx, *state)
}

// Unlock gives the lock back.
func (s *Stack) Unlock(ctx context.Context) {
	if s.locked {
		s.store.Unlock(context.WithoutCancel(ctx), s.reference)
		s.locked, s.current = false, nil
	}
}

// Cancel removes all locks of the stack, whoever holds them, and returns them.
func (s *Stack) Cancel(ctx context.Context) ([]Lock, error) {
	locks, err := s.locks(ctx)
	if err != nil || len(locks) == 0 {
		return nil, err
	}
	store, reference, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := store.CancelCurrentUpdate(ctx, reference); err != nil {
		return nil, fmt.Errorf("release the lock of stack %s: %w", s.Name(), err)
	}
	return locks, nil
}

// Exists tells whether the stack has state.
func (s *Stack) Exists(ctx context.Context) (bool, error) {
	snapshot, err := s.snapshot(ctx)
	return snapshot != nil, err
}

// Outputs returns the stack's outputs as they are in its state, secrets as secrets.
// exists is false when the stack has no state or was never applied to the end.
func (s *Stack) Outputs(ctx context.Context) (outputs resource.PropertyMap, exists bool, err error) {
	snapshot, err := s.snapshot(ctx)
	if err != nil {
		return nil, false, err
	}
	root := rootOf(snapshot)
	if root == nil {
		return nil, false, nil
	}
	return root.Outputs, true, nil
}

// Resource is a resource as a stack's state has it.
type Resource struct {
	URN, Name       string
	Provider        string // its logical name
	Inputs, Outputs resource.PropertyMap
}

// Resources lists the resources of a type in the stack's state; none when it was never
// applied.
func (s *Stack) Resources(ctx context.Context, typ string) ([]Resource, error) {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return nil, err
	}
	var found []Resource
	for _, state := range snapshot.Resources {
		if string(state.Type) == typ && !state.Delete {
			found = append(found, Resource{string(state.URN), state.URN.Name(), providerOf(state), state.Inputs, state.Outputs})
		}
	}
	return found, nil
}

// providerOf is the logical name of a resource's provider, "" for one without.
func providerOf(state *resource.State) string {
	reference, err := providers.ParseReference(state.Provider)
	if err != nil {
		return ""
	}
	return reference.URN().Name()
}

// Removable are those of the URNs that can be deleted by themselves: nothing else in the
// state needs them.
func (s *Stack) Removable(ctx context.Context, urns []string) ([]string, error) {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return nil, err
	}
	goes := map[resource.URN]bool{}
	for _, urn := range urns {
		goes[resource.URN(urn)] = true
	}
	// State lists a resource after all that it needs, so one walk backwards finds everything.
	for _, state := range slices.Backward(snapshot.Resources) {
		if goes[state.URN] || state.Delete {
			continue
		}
		for _, needed := range needs(state) {
			delete(goes, needed)
		}
	}
	return slices.DeleteFunc(slices.Clone(urns), func(urn string) bool { return !goes[resource.URN(urn)] }), nil
}

// Forget empties the state and leaves what it described alone: for resources that
// are gone together with what held them. The stack must be locked.
func (s *Stack) Forget(ctx context.Context) error {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return err
	}
	snapshot.Resources, snapshot.PendingOperations = nil, nil
	return s.save(ctx, snapshot)
}

// rootOf finds the resource that stands for the stack itself.
func rootOf(snapshot *deploy.Snapshot) *resource.State {
	if snapshot == nil {
		return nil
	}
	for _, state := range snapshot.Resources {
		if state.Type == resource.RootStackType && !state.Delete {
			return state
		}
	}
	return nil
}

// Export returns the state as the pulumi command line exports it, secrets
// encrypted. A stack without state is a *NotAppliedError.
func (s *Stack) Export(ctx context.Context) (*apitype.UntypedDeployment, error) {
	state, err := s.deployment(ctx)
	if err != nil {
		return nil, err
	}
	if state == nil {
		return nil, &NotAppliedError{Stack: s.Name()}
	}
	content, err := json.Marshal(state.Deployment)
	if err != nil {
		return nil, fmt.Errorf("export stack %s: %w", s.Name(), err)
	}
	return &apitype.UntypedDeployment{Version: state.Version, Features: state.Features, Deployment: content}, nil
}

// Import replaces the state with an exported one, creating the stack if necessary.
// It takes the lock itself.
func (s *Stack) Import(ctx context.Context, exported *apitype.UntypedDeployment) error {
	if err := s.Lock(ctx); err != nil {
		return err
	}
	s.Unlock(ctx)
	store, existing, err := s.existing(ctx)
	if err != nil {
		return err
	}
	if err := store.ImportDeployment(ctx, existing, exported); err != nil {
		return s.classifyLock(ctx, fmt.Errorf("import stack %s: %w", s.Name(), err))
	}
	return nil
}

// existing finds the stack in the store; nil when there is none. It writes nothing.
func (s *Stack) existing(ctx context.Context) (lockable, backend.Stack, error) {
	exists, err := s.backend.open(ctx)
	if err != nil || !exists {
		return nil, nil, err
	}
	store, reference, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	existing, err := store.GetStack(ctx, reference)
	if err != nil {
		return nil, nil, fmt.Errorf("look for stack %s: %w", s.Name(), err)
	}
	return store, existing, nil
}

// snapshot reads the state; nil when there is none. The caller owns what it gets:
// operations change it.
func (s *Stack) snapshot(ctx context.Context) (*deploy.Snapshot, error) {
	state, err := s.deployment(ctx)
	if err != nil || state == nil {
		return nil, err
	}
	snapshot, err := stack.DeserializeDeploymentV3(ctx, *state.Deployment, &s.backend.secrets)
	if err == nil {
		err = snapshot.VerifyIntegrity()
	}
	if err != nil {
		return nil, s.unreadable(err)
	}
	return snapshot, nil
}

// deployment reads the state as it is stored; nil when there is none. Nobody else
// writes the state of a locked stack, so that it is read once between two writes.
func (s *Stack) deployment(ctx context.Context) (*apitype.TypedDeployment, error) {
	if s.current == nil {
		exists, err := s.backend.open(ctx)
		if err != nil || !exists {
			return nil, err
		}
		content, exists, err := s.backend.read(ctx, s.path())
		if err != nil {
			return nil, s.unreadable(err)
		}
		if !exists {
			return s.foreign(ctx)
		}
		state, err := s.parse(ctx, content)
		if err != nil {
			return nil, s.unreadable(err)
		}
		if !s.locked {
			return applied(state), nil
		}
		s.current, s.digest = state, digest(content)
	}
	return applied(s.current), nil
}

// applied is nil for the state of a stack that was only created.
func applied(state *apitype.TypedDeployment) *apitype.TypedDeployment {
	if state.Deployment == nil {
		return nil
	}
	return state
}

// parse reads the content of the state's file, and the journal of a run that died.
func (s *Stack) parse(ctx context.Context, content []byte) (*apitype.TypedDeployment, error) {
	checkpoint, version, features, err := stack.UnmarshalVersionedCheckpointToLatestCheckpoint(encoding.JSON, content)
	if err != nil {
		return nil, err
	}
	state, _, err := s.replay(ctx, content,
		apitype.TypedDeployment{Deployment: checkpoint.Latest, Version: version, Features: features})
	return &state, err
}

// foreign reads state that is not where the pulumi of today writes it, compressed or
// in the layout without projects, if there is any.
func (s *Stack) foreign(ctx context.Context) (*apitype.TypedDeployment, error) {
	store, existing, err := s.existing(ctx)
	if err != nil || existing == nil {
		return nil, err
	}
	exported, err := store.ExportDeployment(ctx, existing)
	if err != nil {
		return nil, s.unreadable(err)
	}
	deployment, err := stack.UnmarshalUntypedDeployment(ctx, exported)
	if err != nil {
		return nil, s.unreadable(err)
	}
	return &apitype.TypedDeployment{Version: exported.Version, Features: exported.Features, Deployment: deployment}, nil
}

func (s *Stack) unreadable(err error) error {
	return &StateError{Stack: s.Name(), URL: s.backend.options.URL, Path: s.path(), Err: err}
}

// save writes a snapshot outside of an operation.
func (s *Stack) save(ctx context.Context, snapshot *deploy.Snapshot) error {
	serialized, version, features, err := stack.SerializeDeploymentWithMetadata(ctx, snapshot, false)
	if err != nil {
		return fmt.Errorf("write state of stack %s: %w", s.Name(), err)
	}
	return s.write(ctx, apitype.TypedDeployment{Deployment: serialized, Version: version, Features: features})
}

// secretsManager returns what encrypts the stack's state.
func (s *Stack) secretsManager(snapshot *deploy.Snapshot) (secrets.Manager, error) {
	if snapshot != nil && snapshot.SecretsManager != nil {
		return snapshot.SecretsManager, nil
	}
	return s.backend.secrets.new()
}

func discard() diag.Sink {
	return diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
}
