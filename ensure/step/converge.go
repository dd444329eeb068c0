package step

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
)

// converge previews, guards, asks and applies a stack, and does what follows it.
func (r *Run) converge(ctx context.Context, step stacked) (err error) {
	d, stack := step.definition(), r.stack(step)
	if err := r.openTunnel(ctx, step); err != nil {
		return err
	}
	if err := r.removeFirst(ctx, step); err != nil {
		return err
	}
	for _, needed := range d.needs {
		if _, err := r.resolve(ctx, needed); err != nil {
			return err
		}
	}
	if !r.options.DryRun {
		if err := stack.Lock(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stack.Unlock(ctx)) }()
	}
	taken, err := d.gather(ctx, r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, taken.done()) }()
	drifted, err := r.settle(ctx, step, taken)
	if err != nil {
		return err
	}
	if drifted && taken.close == nil { // what was gathered from the state is what it said before
		if taken, err = d.gather(ctx, r); err != nil {
			return err
		}
	}
	plan, unprotect, err := r.preview(ctx, step, taken)
	if err != nil {
		return err
	}
	r.outputs[step] = plan.Outputs
	if r.options.DryRun {
		return errors.Join(r.release(ctx, d), r.follow(ctx, d, plan.Outputs))
	}
	if len(plan.Changes) == 0 && !plan.OutputsChange {
		if err := r.release(ctx, d); err != nil {
			return err
		}
		// The state already says all of this: it is not written again.
		r.changes.Same += plan.Unchanged
		return r.follow(ctx, d, plan.Outputs)
	}
	if len(plan.Changes) > 0 {
		if err := r.confirm(ctx, Question{Changes: count(plan)}); err != nil {
			return err
		}
	}
	if err := r.release(ctx, d); err != nil {
		return err
	}
	if taken.forgets {
		if err := stack.Forget(ctx); err != nil {
			return err
		}
	}
	operation := r.operation(step, taken, true)
	operation.Display, operation.Unprotect = r.display(), unprotect
	if len(r.takenOver) > 0 {
		operation.CreateWith = r.takeOver
	}
	applied, err := stack.Up(ctx, operation, plan)
	if err != nil {
		return err
	}
	r.outputs[step] = applied.Outputs
	return r.follow(ctx, d, applied.Outputs)
}

// done removes what was made to run the program.
func (g gathered) done() error {
	if g.close == nil {
		return nil
	}
	return g.close()
}

// operation describes one operation of the engine, whose changes count if counted.
func (r *Run) operation(step stacked, taken gathered, counted bool) engine.Operation {
	d := step.definition()
	settings := d.config
	if settings == nil {
		settings = r.pipeline.Config
	}
	printed := map[string]int{} // by the program of a custom step, in this operation
	return engine.Operation{
		Program: taken.program, Executable: taken.executable, Directory: taken.directory, Host: r.environment.Host(), Config: settings,
		Targets: r.ownedBy(step, r.options.TargetResources), Excludes: append(r.ownedBy(step, r.options.ExcludeResources), r.left[step]...),
		Anew: taken.forgets, Retain: r.retained(taken), Force: r.pipeline.Forced,
		Hold: func(typ string) bool {
			// A namespace is retained in a cluster that stays; one that goes takes it along.
			return r.pipeline.Guarded[typ] || typ == "kubernetes:core/v1:Namespace" && !r.pipeline.Unprotected
		},
		Events: func(event engine.Event) {
			if line, ok := event.(engine.Diagnostic); ok && line.Severity == diag.Infoerr && taken.executable != "" {
				r.print(printed, line.Message)
				return
			}
			r.report(event, counted)
		},
		HistoryLimit: r.options.HistoryLimit,
	}
}

// retained tells what a delete leaves alone; custom programs decide that themselves.
func (r *Run) retained(taken gathered) func(typ string) bool {
	if taken.executable != "" {
		return nil
	}
	return r.pipeline.Retained
}

// report passes an event of the engine on.
func (r *Run) report(event engine.Event, counted bool) {
	switch event := event.(type) {
	case engine.Diagnostic:
		severity := Info
		switch event.Severity {
		case diag.Error:
			severity = Error
		case diag.Warning:
			severity = Warning
		}
		r.diagnose(Diagnostic{Step: r.stepName(), Severity: severity, URN: event.URN, Message: event.Message})
	case engine.Progress:
		r.ui.Event(Progress{
			Step: r.stepName(), Operation: Operation(event.Kind), URN: event.URN, Type: event.Type, Name: event.Name,
			Status: event.Status, Ended: event.Ended,
		})
	case engine.Change:
		if counted {
			r.change(resourceChange(event))
		}
	}
}

// settle takes in what a run that died left open, and with --refresh what reality is.
// A dry run leaves both to its preview.
// drifted tells that it is not what the state said.
func (r *Run) settle(ctx context.Context, step stacked, taken gathered) (drifted bool, err error) {
	if r.options.DryRun {
		return false, nil
	}
	stack, operation := r.stack(step), r.operation(step, taken, false)
	if err := stack.Recover(ctx, operation); err != nil || !r.options.Refresh || taken.forgets {
		return false, err
	}
	operation.Providers = r.providers(ctx, step, taken)
	found, err := stack.Refresh(ctx, operation)
	if err != nil {
		return false, err
	}
	r.sayDrift(found.Changes)
	return len(found.Changes) > 0, nil
}

// sayDrift says what a refresh found: what was in something that is gone, which was said, in one
// line.
func (r *Run) sayDrift(changes []engine.Change) {
	gone := 0
	for _, change := range changes {
		if change.GoneWith && change.Kind == engine.Delete {
			gone++
			continue
		}
		if change.Kind != engine.Delete && len(change.Differences) == 0 {
			continue // only what the state keeps beside the inputs
		}
		r.Say(Warning, "%s", drift(change))
	}
	if gone > 0 {
		r.Say(Warning, "%d resources of step %s were in what was deleted, and are gone with it", gone, r.stepName())
	}
}

// providers are the inputs of the stack's providers by its program, for operations
// that do not run it. Those in the state serve when the program cannot run.
func (r *Run) providers(ctx context.Context, step stacked, taken gathered) map[string]resource.PropertyMap {
	if taken.program == nil && taken.executable == "" {
		return nil
	}
	found, err := r.stack(step).Providers(ctx, r.operation(step, taken, false))
	if err != nil && len(found) == 0 {
		r.Say(Warning, "the providers are configured as in the state, which may be out of date, because the program fails: %v", err)
	}
	return found
}

// preview finds out what an up would do, shows it, and guards it; unprotect are the
// protected resources that the user allowed to replace or delete.
func (r *Run) preview(ctx context.Context, step stacked, taken gathered) (plan *engine.Plan, unprotect []string, err error) {
	earlier := r.plans[step.definition().continues]
	silent, told := r.operation(step, taken, false), false
	if r.options.Refresh && r.options.DryRun {
		silent.Refresh, silent.Providers = true, r.providers(ctx, step, taken)
	}
	operation := silent
	if earlier == nil {
		operation.Events = r.operation(step, taken, r.options.DryRun).Events
		if r.options.Preview || r.options.DryRun {
			operation.Display = r.display()
		}
	}
	if types, _ := r.late(step); len(types) > 0 {
		plan, told, err = r.previewLate(ctx, step, silent, operation)
	} else {
		plan, err = r.stack(step).Preview(ctx, operation)
		told = true
	}
	if err != nil {
		return nil, nil, err
	}
	if r.options.DryRun {
		r.plans[step] = plan
		if earlier == nil {
			r.sayDrift(plan.Drifted)
		}
	}
	if earlier != nil {
		plan = plan.Beyond(earlier)
	}
	switch {
	case told && earlier == nil:
	case r.options.DryRun:
		r.tell(plan)
	case operation.Display != nil:
		operation.Display.Show(plan)
	}
	if unprotect, err = guard(plan, r.pipeline.Guarded, r.pipeline.Settings, r.options.AllowReplace); err != nil {
		return nil, nil, err
	}
	return plan, unprotect, r.guardExisting(ctx, step, plan, operation)
}

// tell counts, reports and shows a plan that was made in silence.
func (r *Run) tell(plan *engine.Plan) {
	r.changes.Same += plan.Unchanged
	for _, change := range plan.Changes {
		r.change(resourceChange(change))
	}
	if display := r.display(); display != nil {
		display.Show(plan)
	}
}

// release takes off what was attached to things of others, unless only some resources were
// asked for.
func (r *Run) release(ctx context.Context, d definition) error {
	if d.releases == nil || r.Partial() {
		return nil
	}
	return d.releases(ctx, r)
}

// follow does what follows the stack, unless only some resources were asked for.
func (r *Run) follow(ctx context.Context, d definition, values resource.PropertyMap) error {
	if d.after == nil {
		return nil
	}
	if r.Partial() {
		r.Say(Info, "what follows the stack is left out, because the run is limited to some resources")
		return nil
	}
	return d.after(ctx, r, values)
}

// applyTo previews, asks and applies as converge does, but only to some resources of the
// stack, which must be locked.
func (r *Run) applyTo(ctx context.Context, step stacked, taken gathered, urns []string) error {
	operation := r.operation(step, taken, false)
	operation.Targets, operation.Excludes, operation.Display = urns, nil, r.display()
	var plan *engine.Plan
	if !r.options.AutoApply {
		preview := operation
		if !r.options.Preview {
			preview.Display = nil
		}
		var err error
		if plan, err = r.stack(step).Preview(ctx, preview); err != nil || len(plan.Changes) == 0 {
			return err
		}
		if err := r.confirm(ctx, Question{Changes: count(plan)}); err != nil {
			return err
		}
	}
	operation.Events = r.operation(step, taken, true).Events
	same := r.changes.Same // what is not touched belongs to another step
	_, err := r.stack(step).Up(ctx, operation, plan)
	r.changes.Same = same
	return err
}

// cancel releases the stack's lock.
func (r *Run) cancel(ctx context.Context, step stacked) error {
	if r.options.DryRun {
		return errors.New("--cancel cannot be combined with --dry-run")
	}
	stack := r.stack(step)
	released, err := stack.Cancel(ctx, r.options.Force)
	if err != nil {
		return err
	}
	for _, lock := range released {
		r.Say(Info, "released the lock of %s, which was held by %s", stack.Name(), lock)
	}
	if r.note = "was not locked"; len(released) > 0 {
		r.note = "lock released"
	}
	return nil
}

// openTunnel opens the way into the private network before the first step that needs it.
func (r *Run) openTunnel(ctx context.Context, step Step) error {
	if r.tunnelled || !step.describe().Proxy {
		return nil
	}
	note, err := r.environment.OpenTunnel(ctx)
	if err != nil {
		return fmt.Errorf("open the tunnel into the private network of %s: %w", r.Target(), err)
	}
	r.tunnelled = true
	if note != "" {
		r.Say(Info, "%s", note)
	}
	return nil
}
