package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
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

	lock   string // the key of the lock's file, once one was tried
	locked bool

	// The state, if it was read under the lock and not written since, and the digest of
	// its file.
	current *apitype.TypedDeployment
	digest  string
	// journaled is whether there was a journal beside the state when it was read.
	journaled bool
	author    *Lock // of that journal, if it says

	// What the state's file held when it was last read, locked or not, and the snapshot of
	// the deployment that was last looked at.
	parsed struct {
		digest string
		state  apitype.TypedDeployment
	}
	looked struct {
		of       *apitype.DeploymentV3
		snapshot *deploy.Snapshot
	}
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

// Exists tells whether the stack has state.
func (s *Stack) Exists(ctx context.Context) (bool, error) {
	snapshot, err := s.look(ctx)
	return snapshot != nil, err
}

// Outputs returns the stack's outputs as they are in its state, secrets as secrets.
// exists is false when the stack has no state or was never applied to the end.
func (s *Stack) Outputs(ctx context.Context) (outputs resource.PropertyMap, exists bool, err error) {
	snapshot, err := s.look(ctx)
	if err != nil {
		return nil, false, err
	}
	root := rootOf(snapshot)
	if root == nil {
		return nil, false, nil
	}
	return root.Outputs.Copy(), true, nil
}

// URNs lists the resources in the stack's state; none when it was never applied.
func (s *Stack) URNs(ctx context.Context) ([]string, error) {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return nil, err
	}
	var urns []string
	for _, state := range snapshot.Resources {
		if !state.Delete {
			urns = append(urns, string(state.URN))
		}
	}
	return urns, nil
}

// Matches tells whether a URN or a pattern, as Operation.Targets has them, is of one of the
// given URNs.
func Matches(pattern string, urns []string) bool {
	target := deploy.NewUrnTargets([]string{pattern})
	return slices.ContainsFunc(urns, func(urn string) bool { return target.Contains(resource.URN(urn)) })
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
	snapshot, err := s.look(ctx)
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

// Begun lists the resources of a type whose creation was begun, and not written as ended.
func (s *Stack) Begun(ctx context.Context, typ string) ([]Resource, error) {
	snapshot, err := s.look(ctx)
	if err != nil || snapshot == nil {
		return nil, err
	}
	var found []Resource
	for _, state := range creating(snapshot) {
		if string(state.Type) == typ {
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

// Removable are those of the URNs, which a plan deletes, that can be deleted by themselves:
// nothing else in the state needs them, but what the plan leaves the same: with it only the
// order was meant, which its program has no longer (see Release).
func (s *Stack) Removable(ctx context.Context, urns []string, plan *Plan) ([]string, error) {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return nil, err
	}
	goes, changes := map[resource.URN]bool{}, map[resource.URN]bool{}
	for _, urn := range urns {
		goes[resource.URN(urn)] = true
	}
	for _, change := range plan.Changes {
		changes[resource.URN(change.URN)] = true
	}
	// State lists a resource after all that it needs, so one walk backwards finds everything.
	for _, state := range slices.Backward(snapshot.Resources) {
		if goes[state.URN] || state.Delete {
			continue
		}
		holds := needs(state)
		if !changes[state.URN] {
			holds = holdsFirmly(state)
		}
		for _, needed := range holds {
			delete(goes, needed)
		}
	}
	return slices.DeleteFunc(slices.Clone(urns), func(urn string) bool { return !goes[resource.URN(urn)] }), nil
}

// Release takes resources that are about to be deleted out of the dependencies of those that
// stay, as the program that no longer has them would. The stack must be locked.
func (s *Stack) Release(ctx context.Context, urns []string) error {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return err
	}
	goes := map[resource.URN]bool{}
	for _, urn := range urns {
		goes[resource.URN(urn)] = true
	}
	released := false
	drop := func(list []resource.URN) []resource.URN {
		kept := slices.DeleteFunc(slices.Clone(list), func(urn resource.URN) bool { return goes[urn] })
		released = released || len(kept) < len(list)
		return kept
	}
	for _, state := range snapshot.Resources {
		if goes[state.URN] {
			continue
		}
		state.Dependencies = drop(state.Dependencies)
		for property, list := range state.PropertyDependencies {
			state.PropertyDependencies[property] = drop(list)
		}
	}
	if !released {
		return nil
	}
	return s.save(ctx, snapshot)
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
func (s *Stack) Import(ctx context.Context, exported *apitype.UntypedDeployment) (err error) {
	if err := s.Lock(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Unlock(ctx)) }()
	deployment, err := stack.UnmarshalUntypedDeployment(ctx, exported)
	if err != nil {
		return fmt.Errorf("import stack %s: %w", s.Name(), err)
	}
	return s.write(ctx, apitype.TypedDeployment{
		Version: max(exported.Version, apitype.DeploymentSchemaVersionCurrent), Features: exported.Features, Deployment: deployment,
	})
}

func discard() diag.Sink {
	return diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
}
