package step

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/engine"
)

// removeFirst deletes what the configuration no longer has in the reverse order of the
// steps, before the first step that could delete what it needs: the objects in a cluster
// before the cluster, a site before its roles and databases, Karpenter's pools before
// its rights. Steps by themselves delete forwards. The guards of all steps are asked
// before anything goes.
//
// It costs previews, so it looks only when a part of the target is gone.
func (r *Run) removeFirst(ctx context.Context, step stacked) error {
	if r.removed || r.pipeline.Gone == nil || !r.followedByEarlyDeletes(step) {
		return nil
	}
	r.removed = true
	gone, err := r.pipeline.Gone(ctx, r)
	if err != nil || len(gone) == 0 {
		return err
	}
	if r.Partial() || r.options.DryRun {
		r.Say(Warning, "no longer configured: %s: a run deletes what later steps have of it first", strings.Join(gone, ", "))
		return nil
	}
	r.Say(Warning, "no longer configured: %s", strings.Join(gone, ", "))
	var removals []removal
	var stopped []error
	for _, step := range slices.Backward(r.pipeline.Steps) {
		step, ok := step.(stacked)
		if !ok || step.definition().continues != nil || step.definition().Custom {
			continue
		}
		found, err := r.removal(ctx, step)
		var guarded *GuardError
		switch {
		case errors.As(err, &guarded):
			stopped = append(stopped, err)
		case err != nil:
			return fmt.Errorf("find out what step %s would delete: %w", step.describe().Name, err)
		case step.definition().deletesEarly && len(found.urns) > 0:
			removals = append(removals, found)
		}
	}
	if len(stopped) > 0 {
		return errors.Join(stopped...)
	}
	for _, removal := range removals {
		if err := r.remove(ctx, removal); err != nil {
			return fmt.Errorf("delete what step %s no longer has: %w", removal.step.describe().Name, err)
		}
	}
	return nil
}

// followedByEarlyDeletes tells whether a step is one that could take away what later
// steps' resources live in. A run that begins after the first step that deletes early
// deletes in the order of its steps.
func (r *Run) followedByEarlyDeletes(step Step) bool {
	deletesEarly := func(step Step) bool {
		d := of(step)
		return d != nil && d.deletesEarly
	}
	at := slices.Index(r.pipeline.Steps, step)
	return !slices.ContainsFunc(r.pipeline.Steps[:at], deletesEarly) && slices.ContainsFunc(r.pipeline.Steps[at+1:], deletesEarly)
}

// removal is what one step deletes early.
type removal struct {
	step            stacked
	taken           gathered
	urns, unprotect []string
}

// removal previews a step with what the others gave so far, and picks what it deletes.
func (r *Run) removal(ctx context.Context, step stacked) (found removal, err error) {
	found.step = step
	d, stack := step.definition(), r.stack(step)
	exists, err := stack.Exists(ctx)
	if err != nil || !exists {
		return found, err
	}
	if err := r.openTunnel(ctx, step); err != nil {
		return found, err
	}
	// The steps themselves come later in this run: what their state says now is forgotten.
	before, running := maps.Clone(r.outputs), r.taker
	r.taker = step
	defer func() { r.outputs, r.taker = before, running }()
	if err := stack.Lock(ctx); err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, stack.Unlock(ctx)) }()
	if found.taken, err = d.gather(ctx, r); err != nil || found.taken.forgets {
		return found, err
	}
	operation := r.operation(step, found.taken, false)
	if err := stack.Recover(ctx, operation); err != nil {
		return found, err
	}
	operation.Events = nil
	plan, err := stack.Preview(ctx, operation)
	if err != nil {
		return found, err
	}
	deletes := *plan
	deletes.Changes = slices.DeleteFunc(slices.Clone(plan.Changes), func(change engine.Change) bool { return change.Kind != engine.Delete })
	if found.unprotect, err = guard(&deletes, r.pipeline.Guarded, r.pipeline.Settings, r.options.AllowReplace); err != nil {
		return found, fmt.Errorf("step %s: %w", d.Name, err)
	}
	for _, change := range deletes.Changes {
		found.urns = append(found.urns, change.URN)
	}
	found.urns, err = stack.Removable(ctx, found.urns, plan)
	return found, err
}

// remove shows, asks and deletes.
func (r *Run) remove(ctx context.Context, removal removal) (err error) {
	step, stack := removal.step, r.stack(removal.step)
	if err := stack.Lock(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Unlock(ctx)) }()
	operation := r.operation(step, removal.taken, false)
	operation.Targets, operation.Excludes, operation.Unprotect = removal.urns, nil, removal.unprotect
	if r.options.Preview {
		operation.Display = r.display()
	}
	if err := stack.Release(ctx, removal.urns); err != nil {
		return err
	}
	plan, err := stack.Destroy(ctx, operation, true)
	if err != nil || len(plan.Changes) == 0 {
		return err
	}
	r.Say(Warning, "%d resources of step %s go first", len(plan.Changes), step.describe().Name)
	if err := r.confirm(ctx, Question{Changes: count(plan)}); err != nil {
		return err
	}
	operation.Events, operation.Display = r.operation(step, removal.taken, true).Events, r.display()
	_, err = stack.Destroy(ctx, operation, false)
	return err
}
