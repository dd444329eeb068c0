package engine

import (
	"context"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Operation is what preview, up, refresh and destroy have in common.
type Operation struct {
	// Program is the stack's program. Refresh and Destroy need none.
	Program pulumi.RunFunc
	// Executable, when set, is run instead of Program: a Go program that calls
	// pulumi.Run. Directory is where it runs.
	Executable, Directory string
	// Host runs the provider plugins; other operations of the run have the same.
	Host *Host
	// Config is the stack's configuration ("aws:region"), as the pulumi command line
	// would have it in a file.
	Config map[string]string
	// Targets and Excludes are URNs that limit the operation.
	Targets, Excludes []string
	// Unprotect are URNs, and patterns of URNs, of protected resources that a destroy
	// may take, and an Up may delete or replace, all the same.
	Unprotect []string
	// Hold tells of which types a destroy leaves what is retained on deletion in the
	// state, where a later run finds it again; nil for none.
	Hold func(typ string) bool
	// Force tells of which types a destroy takes what the state retains, with its data (the
	// input forceDestroy) and its parts; nil for none.
	Force func(typ string) bool
	// Retain tells of which types a delete leaves the object alone, whatever the state says;
	// nil for none.
	Retain func(typ string) bool
	// CreateWith changes what a provider is asked to create a resource with; the state keeps
	// what the program said. nil for nothing.
	CreateWith func(urn string, inputs resource.PropertyMap) resource.PropertyMap
	// Providers are inputs of explicit providers, by URN, that take the place of those in
	// the state: see Stack.Providers.
	Providers map[string]resource.PropertyMap
	// Anew takes the stack for empty: what its state describes is gone together with what
	// held it. Before an Up the state has to be emptied: see Stack.Forget.
	Anew bool
	// Refresh makes a preview look at real resources first; nothing of it is saved.
	Refresh bool
	// Events receives what happens, in order; it is called from one goroutine, and has
	// been called for everything when the operation returns.
	Events func(Event)
	// Channel receives the same, for whoever waits for events among other things. It
	// must be drained, and is closed when a preview, up, refresh or destroy has ended,
	// however it does.
	Channel chan<- Event
	// Display shows what happens with Pulumi's own display; nil for not at all.
	Display *Display
	// HistoryLimit is how many operations the stack's history keeps; 0 is DefaultHistoryLimit.
	HistoryLimit int
	// Parallel limits concurrent resource operations; 0 is 16.
	Parallel int
}

// end tells whoever waits for events that there are no more.
func (o Operation) end() {
	if o.Channel != nil {
		close(o.Channel)
	}
}

// Plan is what a preview found, and what an Up with it may do.
type Plan struct {
	// Outputs of the stack, as far as they are known; unknown ones are computed values.
	Outputs resource.PropertyMap
	// Changes are all changes except Same.
	Changes []Change
	// Unchanged counts the resources that stay the same.
	Unchanged int
	// Drifted is what a preview with Refresh found to be otherwise than the state says.
	Drifted []Change
	// OutputsChange is true when the outputs are not those in the state.
	OutputsChange bool

	constraints *constraints
	providers   map[string]resource.PropertyMap // known inputs of explicit providers, by URN
}

// URNs are all resources that a preview saw, also those that stay the same.
func (p *Plan) URNs() []string {
	var urns []string
	for urn := range p.constraints.resources {
		urns = append(urns, string(urn))
	}
	return urns
}

// Preview finds out what Up would do. It writes nothing and needs no lock. It takes
// nothing for protected: that a change would destroy what is, it says in the change.
func (s *Stack) Preview(ctx context.Context, operation Operation) (*Plan, error) {
	defer operation.end()
	before, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if operation.Anew && before != nil {
		before.Resources, before.PendingOperations = nil, nil
	}
	protected := unprotect(before, []string{Everything})
	retain(before, operation.Retain)
	reconfigure(before, operation.Providers)
	outcome, err := s.run(ctx, "preview", apitype.PreviewUpdate, operation, before, nil, true)
	if err != nil {
		return nil, err
	}
	plan := outcome.Plan
	plan.providers = outcome.providers
	for i := range plan.Changes {
		plan.Changes[i].Protected = protected[resource.URN(plan.Changes[i].URN)]
	}
	plan.findAwaited()
	root := rootOf(before)
	plan.OutputsChange = root == nil || !root.Outputs.DeepEquals(plan.Outputs)
	return &plan, nil
}

// findAwaited fills in what replacements come from.
func (p *Plan) findAwaited() {
	made := map[resource.URN]bool{}
	for _, change := range p.Changes {
		made[resource.URN(change.URN)] = change.Kind == Create
	}
	for i, change := range p.Changes {
		held := p.constraints.resources[resource.URN(change.URN)]
		if change.Kind != Replace || held == nil {
			continue
		}
		for _, source := range held.sources {
			if made[source] {
				p.Changes[i].Awaits = append(p.Changes[i].Awaits, string(source))
			}
		}
	}
}

// Up applies the program. With a plan, it does nothing that the plan did not show, in kind:
// a deviation is a *PlanViolatedError. What the plan showed may turn out to be no change. The
// stack must be locked.
func (s *Stack) Up(ctx context.Context, operation Operation, plan *Plan) (*Plan, error) {
	defer operation.end()
	before, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	unprotect(before, operation.Unprotect)
	retain(before, operation.Retain)
	outcome, err := s.run(ctx, "apply", apitype.UpdateUpdate, operation, before, plan, false)
	if outcome == nil {
		return nil, err
	}
	return &outcome.Plan, err
}

// Refresh makes the state follow what the resources really are. The changes of the
// result are Drift. The stack must be locked.
func (s *Stack) Refresh(ctx context.Context, operation Operation) (*Plan, error) {
	defer operation.end()
	before, err := s.snapshot(ctx)
	if err != nil || before == nil {
		return &Plan{}, err
	}
	reconfigure(before, operation.Providers)
	outcome, err := s.run(ctx, "refresh", apitype.RefreshUpdate, operation, before, nil, false)
	if outcome == nil {
		return nil, err
	}
	// Of what is only read every new status counts as an update for the engine
	// (pkg/resource/deploy/step.go, RefreshStep), and differs from nothing that was asked for.
	outcome.Changes = slices.DeleteFunc(outcome.Changes, func(change Change) bool {
		return change.Kind == Update && len(change.Differences) == 0
	})
	return &outcome.Plan, err
}

// Destroy deletes the stack's resources, or with preview finds out what it would
// delete. What must stay has to be left out by targets: see Destructible. The stack
// must be locked unless it is a preview.
func (s *Stack) Destroy(ctx context.Context, operation Operation, preview bool) (*Plan, error) {
	defer operation.end()
	before, err := s.snapshot(ctx)
	if err != nil || before == nil {
		return &Plan{}, err
	}
	unprotect(before, operation.Unprotect)
	retain(before, operation.Retain)
	force(before, operation.Force)
	reconfigure(before, operation.Providers)
	operation.Targets, operation.Excludes = operation.limit(before)
	outcome, err := s.run(ctx, "destroy", apitype.DestroyUpdate, operation, before, nil, preview)
	if outcome == nil {
		return nil, err
	}
	return &outcome.Plan, err
}

// Providers runs the program, as a preview does, and returns the inputs of its explicit
// providers: those in the state may be out of date (a password that was rotated), and
// neither refresh nor destroy run the program. What was found before a failure comes
// with it.
func (s *Stack) Providers(ctx context.Context, operation Operation) (map[string]resource.PropertyMap, error) {
	before, err := s.snapshot(ctx)
	if err != nil || before == nil {
		return nil, err
	}
	unprotect(before, []string{Everything})
	operation.Events, operation.Channel, operation.Display, operation.Refresh = nil, nil, nil, false
	operation.Targets, operation.Excludes = nil, nil
	outcome, err := s.run(ctx, "preview", apitype.PreviewUpdate, operation, before, nil, true)
	if outcome == nil {
		return nil, err
	}
	return outcome.providers, err
}

// reconfigure gives the providers in the state other inputs.
func reconfigure(snapshot *deploy.Snapshot, inputs map[string]resource.PropertyMap) {
	if snapshot == nil {
		return
	}
	for _, state := range snapshot.Resources {
		if fresh, ok := inputs[string(state.URN)]; ok && !state.Delete {
			state.Inputs = fresh
		}
	}
}
