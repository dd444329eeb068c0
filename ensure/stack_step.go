package ensure

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/ensure/engine"
)

// stackStep is a step that is a Pulumi stack.
type stackStep struct {
	Step
	target      string
	stack       *engine.Stack
	host        func() *engine.Host
	config      map[string]string
	unprotected bool // the configuration lets a destroy take protected resources

	// program registers the stack's resources and returns its Outputs; a custom step
	// has an executable instead.
	program    func(ctx *pulumi.Context) (outputs any, err error)
	executable string
	// needs are the steps whose outputs program and prepare take.
	needs []*stackStep
	// prepare reads what program needs from outside of Pulumi; may be nil.
	prepare func(ctx context.Context, r *run) error
	// reconcile does what follows the stack, from its outputs, whether or not they
	// changed; may be nil. In a dry run it says what it would do.
	reconcile func(ctx context.Context, r *run) error
	// before does what must happen before anything of the step; may be nil.
	before func(ctx context.Context, r *run) error
	// keepsAll says why a destroy leaves all of the stack alone, "" when it does not; may be
	// nil.
	keepsAll func(ctx context.Context) (reason string, err error)
	// continues is the earlier step with the same stack, if there is one: a dry run
	// shows what this step does in addition to it.
	continues *stackStep
	planned   *engine.Plan // by a dry run

	// What the stack's outputs are at this point of the run; nil while unknown.
	outputs  resource.PropertyMap
	resolved bool
}

// typedStack is a stackStep whose outputs are an O.
type typedStack[O any] struct{ *stackStep }

// typed gives a step its program.
func typed[O any](step *stackStep, program func(ctx *pulumi.Context) (*O, error)) typedStack[O] {
	step.program = func(ctx *pulumi.Context) (any, error) { return program(ctx) }
	return typedStack[O]{step}
}

// Outputs returns the stack's outputs as they are at this point of the run.
func (s typedStack[O]) Outputs() (*O, error) {
	outputs, err := loadOutputs[O](s.outputs)
	if err != nil {
		return nil, fmt.Errorf("outputs of step %s: %w; run `ptd ensure %s --only-steps %s` to write them anew",
			s.Name, err, s.target, s.Name)
	}
	return outputs, nil
}

func (s *stackStep) describe() Step { return s.Step }

func (s *stackStep) pulumiStack() *engine.Stack { return s.stack }

// resolve makes the outputs of a step that did not run in this run known from state.
func (s *stackStep) resolve(ctx context.Context, r *run) error {
	if s.resolved {
		return nil
	}
	outputs, exists, err := s.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	if !exists && !r.options.DryRun {
		return fmt.Errorf("step %s needs the outputs of step %s, which was never applied: run `ptd ensure %s --start-at-step %s`",
			r.step, s.Name, s.target, s.Name)
	}
	if exists {
		s.outputs = outputs
	}
	s.resolved = true
	return nil
}

// operation describes one operation of the engine, whose changes count if counted.
func (s *stackStep) operation(r *run, counted bool) engine.Operation {
	return engine.Operation{
		Program: func(ctx *pulumi.Context) error {
			outputs, err := s.program(ctx)
			if err != nil {
				return err
			}
			return exportOutputs(ctx, outputs)
		},
		Executable: s.executable, Host: s.host(), Config: s.config,
		Targets: ownedBy(s, r.options.TargetResources), Excludes: ownedBy(s, r.options.ExcludeResources),
		Hold: func(typ string) bool {
			// A namespace is retained in a cluster that stays; one that goes takes it along.
			return guarded[typ] || typ == "kubernetes:core/v1:Namespace" && !s.unprotected
		},
		Events: func(event engine.Event) { s.report(r, event, counted) },
	}
}

// report passes an event of the engine on.
func (s *stackStep) report(r *run, event engine.Event, counted bool) {
	switch event := event.(type) {
	case engine.Diagnostic:
		severity := Info
		switch event.Severity {
		case diag.Error:
			severity = Error
		case diag.Warning:
			severity = Warning
		}
		r.ui.Event(Diagnostic{Step: r.step, Severity: severity, URN: event.URN, Message: event.Message})
	case engine.Change:
		if counted {
			r.change(resourceChange(event))
		}
	}
}

func resourceChange(change engine.Change) ResourceChange {
	described := ResourceChange{
		Operation: Operation(change.Kind), URN: change.URN, Type: change.Type, Name: change.Name, Planned: change.Planned,
	}
	for _, difference := range change.Differences {
		described.Keys = append(described.Keys, difference.Path)
	}
	if change.Kind == engine.Delete && change.RetainOnDelete {
		described.Note = "kept in the cloud"
	}
	return described
}

// converge implements runnable.
func (s *stackStep) converge(ctx context.Context, r *run) (err error) {
	if s.continues != nil {
		r.continues = s.continues.Name
	}
	if s.before != nil {
		if err := s.before(ctx, r); err != nil {
			return err
		}
	}
	for _, needed := range s.needs {
		if err := needed.resolve(ctx, r); err != nil {
			return err
		}
	}
	if !r.options.DryRun {
		if err := s.stack.Lock(ctx); err != nil {
			return err
		}
		defer s.stack.Unlock(ctx)
	}
	if s.prepare != nil {
		if err := s.prepare(ctx, r); err != nil {
			return err
		}
	}
	if err := s.settle(ctx, r); err != nil {
		return err
	}
	plan, unprotect, err := s.preview(ctx, r)
	if err != nil {
		return err
	}
	s.outputs, s.resolved = plan.Outputs, true
	if r.options.DryRun {
		return s.follow(ctx, r)
	}
	if len(plan.Changes) == 0 && !plan.OutputsChange {
		// The state already says all of this: it is not written again.
		r.changes.Same += plan.Unchanged
		return s.follow(ctx, r)
	}
	if len(plan.Changes) > 0 {
		if err := r.confirm(ctx, Question{Changes: count(plan)}); err != nil {
			return err
		}
	}
	operation := s.operation(r, true)
	operation.Display, operation.Unprotect = r.display(), unprotect
	applied, err := s.stack.Up(ctx, operation, plan)
	if err != nil {
		return err
	}
	s.outputs = applied.Outputs
	return s.follow(ctx, r)
}

// settle takes in what a run that died left open, and with --refresh what reality is.
// A dry run leaves both to its preview.
func (s *stackStep) settle(ctx context.Context, r *run) error {
	if r.options.DryRun {
		return nil
	}
	operation := s.operation(r, false)
	if err := s.stack.Recover(ctx, operation); err != nil || !r.options.Refresh {
		return err
	}
	operation.Providers = s.providers(ctx, r)
	found, err := s.stack.Refresh(ctx, operation)
	if err != nil {
		return err
	}
	for _, change := range found.Changes {
		r.say(Warning, "%s", drift(change))
	}
	return nil
}

// providers are the inputs of the stack's providers by its program, for operations
// that do not run it. Those in the state serve when the program cannot run.
func (s *stackStep) providers(ctx context.Context, r *run) map[string]resource.PropertyMap {
	if s.program == nil && s.executable == "" {
		return nil
	}
	found, err := s.stack.Providers(ctx, s.operation(r, false))
	if err != nil && len(found) == 0 {
		r.say(Warning, "the providers are configured as in the state, which may be out of date, because the program fails: %v", err)
	}
	return found
}

func drift(change engine.Change) string {
	if change.Kind == engine.Delete {
		return fmt.Sprintf("%s no longer exists", change.URN)
	}
	text := fmt.Sprintf("%s has drifted", change.URN)
	for i, difference := range change.Differences {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		text += fmt.Sprintf("%s%s is %q, was %q", separator, difference.Path, difference.New, difference.Old)
	}
	return text
}

// preview finds out what an up would do, shows it, and guards it; unprotect are the
// protected resources that the user allowed to replace or delete.
func (s *stackStep) preview(ctx context.Context, r *run) (plan *engine.Plan, unprotect []string, err error) {
	var earlier *engine.Plan
	if s.continues != nil && r.options.DryRun {
		earlier = s.continues.planned
	}
	operation := s.operation(r, r.options.DryRun && earlier == nil)
	if r.options.Refresh && r.options.DryRun {
		operation.Refresh, operation.Providers = true, s.providers(ctx, r)
	}
	if (r.options.Preview || r.options.DryRun) && earlier == nil {
		operation.Display = r.display()
	}
	plan, err = s.stack.Preview(ctx, operation)
	if err != nil {
		return nil, nil, err
	}
	s.planned = plan
	if earlier != nil {
		plan = plan.Beyond(earlier)
		s.tell(r, plan)
	}
	unprotect, err = guard(plan, r.options.AllowReplace)
	return plan, unprotect, err
}

// tell counts, reports and shows a plan that was made in silence.
func (s *stackStep) tell(r *run, plan *engine.Plan) {
	r.changes.Same += plan.Unchanged
	for _, change := range plan.Changes {
		r.change(resourceChange(change))
	}
	if display := r.display(); display != nil {
		display.Show(plan)
	}
}

// follow does what follows the stack, unless only some resources were asked for.
func (s *stackStep) follow(ctx context.Context, r *run) error {
	if s.reconcile == nil {
		return nil
	}
	if r.partial() {
		r.say(Info, "what follows the stack is left out, because the run is limited to some resources")
		return nil
	}
	return s.reconcile(ctx, r)
}

// count turns a plan into numbers.
func count(plan *engine.Plan) Changes {
	changes := Changes{Same: plan.Unchanged}
	for _, change := range plan.Changes {
		changes.Count(Operation(change.Kind))
	}
	return changes
}

// display returns where the engine's display goes; nil for nowhere.
func (r *run) display() *engine.Display {
	display := r.ui.Display()
	if display == nil {
		return nil
	}
	return &engine.Display{
		Writer: display.Writer, Color: display.Color, Interactive: display.Interactive, Verbose: display.Verbose,
	}
}

// cancel implements runnable.
func (s *stackStep) cancel(ctx context.Context, r *run) error {
	if r.options.DryRun {
		return errors.New("--cancel cannot be combined with --dry-run")
	}
	released, err := s.stack.Cancel(ctx)
	if err != nil {
		return err
	}
	for _, lock := range released {
		r.say(Info, "released the lock of %s, which was held by %s", s.stack.Name(), lock)
	}
	if r.note = "was not locked"; len(released) > 0 {
		r.note = "lock released"
	}
	return nil
}

// destroy implements runnable.
func (s *stackStep) destroy(ctx context.Context, r *run) error {
	exists, err := s.stack.Exists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		r.note = "was never applied"
		return nil
	}
	if s.keepsAll != nil {
		reason, err := s.keepsAll(ctx)
		if err != nil {
			return err
		}
		if reason != "" {
			r.note = "kept"
			r.kept = append(r.kept, Kept{Step: s.Name, Type: "stack", Name: s.stack.Name(), Reason: reason})
			return nil
		}
	}
	if !r.options.DryRun {
		if err := s.stack.Lock(ctx); err != nil {
			return err
		}
		defer s.stack.Unlock(ctx)
	}
	providers := s.configured(ctx, r)
	if err := s.settle(ctx, r); err != nil {
		return err
	}
	operation := s.operation(r, r.options.DryRun)
	operation.Providers = providers
	if s.unprotected {
		operation.Unprotect = []string{engine.Everything}
	}
	if err := s.spare(ctx, r, &operation); err != nil || operation.Targets != nil && len(operation.Targets) == 0 {
		return err
	}
	if r.options.Preview || r.options.DryRun {
		operation.Display = r.display()
	}
	plan, err := s.stack.Destroy(ctx, operation, true)
	if err != nil {
		return err
	}
	if r.options.DryRun {
		s.planned = plan
	}
	if r.options.DryRun || len(plan.Changes) == 0 {
		return nil
	}
	if err := r.confirm(ctx, Question{Changes: count(plan), Destroy: true, Type: r.target.Name}); err != nil {
		return err
	}
	operation.Events, operation.Display = s.operation(r, true).Events, r.display()
	_, err = s.stack.Destroy(ctx, operation, false)
	return err
}

// configured are the inputs of the stack's providers for a destroy. What they need may
// be gone already, which does not keep the rest from being destroyed.
func (s *stackStep) configured(ctx context.Context, r *run) map[string]resource.PropertyMap {
	for _, needed := range s.needs {
		if err := needed.resolve(ctx, r); err != nil {
			r.say(Warning, "the providers are configured as in the state: %v", err)
			return nil
		}
	}
	if s.prepare != nil {
		if err := s.prepare(ctx, r); err != nil {
			r.say(Warning, "the providers are configured as in the state: %v", err)
			return nil
		}
	}
	return s.providers(ctx, r)
}

// spare leaves out of a destroy what must stay, and says which and why. An empty,
// non-nil list of targets means that nothing is left to destroy.
func (s *stackStep) spare(ctx context.Context, r *run, operation *engine.Operation) error {
	targets, kept, err := s.stack.Destructible(ctx, *operation)
	if err != nil {
		return err
	}
	for _, resource := range kept {
		r.kept = append(r.kept, Kept{Step: s.Name, Type: resource.Type, Name: resource.Name, Reason: resource.Reason})
	}
	if len(kept) > 0 {
		r.note = fmt.Sprintf("%d resources kept", len(kept))
	}
	operation.Targets, operation.Excludes = targets, nil
	return nil
}
