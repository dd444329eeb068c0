package step

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ptd-go/ptd/ensure/engine"
)

// destroy deletes a stack's resources but those that must stay.
func (r *Run) destroy(ctx context.Context, step stacked) (err error) {
	stack := r.stack(step)
	exists, err := stack.Exists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		r.note = "was never applied"
		return nil
	}
	if reason, err := r.occupied(ctx, step); err != nil || reason != "" {
		if reason != "" {
			r.note = "kept"
			r.kept = append(r.kept, Kept{Step: r.stepName(), Type: "stack", Name: stack.Name(), Reason: reason})
			r.remains = append(r.remains, Remaining{Step: r.stepName(), Cause: engine.Needed})
		}
		return err
	}
	if err := r.openTunnel(ctx, step); err != nil {
		return err
	}
	if !r.options.DryRun {
		if err := stack.Lock(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stack.Unlock(ctx)) }()
	}
	taken := r.configured(ctx, step)
	providers := r.providers(ctx, step, taken)
	if _, err := r.settle(ctx, step, taken); err != nil {
		return err
	}
	operation := r.operation(step, taken, r.options.DryRun)
	operation.Providers = providers
	if r.pipeline.Unprotected {
		operation.Unprotect = []string{engine.Everything}
	}
	if err := r.spare(ctx, step, &operation); err != nil || operation.Targets != nil && len(operation.Targets) == 0 {
		return err
	}
	if r.options.Preview || r.options.DryRun {
		operation.Display = r.display()
	}
	plan, err := stack.Destroy(ctx, operation, true)
	if err != nil {
		return err
	}
	if r.options.DryRun {
		r.plans[step] = plan
	}
	if len(plan.Changes) == 0 {
		return nil
	}
	if r.options.DryRun {
		return r.release(ctx, step.definition())
	}
	if err := r.confirm(ctx, Question{Changes: count(plan), Destroy: true, Type: r.Target()}); err != nil {
		return err
	}
	if err := r.release(ctx, step.definition()); err != nil {
		return err
	}
	operation.Events, operation.Display = r.operation(step, taken, true).Events, r.display()
	_, err = stack.Destroy(ctx, operation, false)
	return err
}

// occupied says why a destroy keeps all of a step's stack, "" when it does not.
func (r *Run) occupied(ctx context.Context, step Step) (reason string, err error) {
	for _, later := range r.pipeline.Steps {
		d := of(later)
		if d == nil {
			continue
		}
		for _, occupied := range d.occupies {
			if occupied.Step != step {
				continue
			}
			resources, err := r.stack(later).Resources(ctx, occupied.Type)
			if err != nil {
				return "", err
			}
			if plan := r.plans[later]; plan != nil { // by a dry run, after which the state still has what would be gone
				resources = slices.DeleteFunc(resources, func(resource engine.Resource) bool {
					return slices.ContainsFunc(plan.Changes, func(change engine.Change) bool {
						return change.URN == resource.URN && change.Kind == engine.Delete
					})
				})
			}
			if len(resources) > 0 {
				return fmt.Sprintf(occupied.Reason, len(resources)), nil
			}
		}
	}
	return "", nil
}

// configured gathers what the stack's providers are configured with. What that needs may
// be gone already, which does not keep the rest from being destroyed.
func (r *Run) configured(ctx context.Context, step stacked) gathered {
	d := step.definition()
	if d.destroyedWithoutItsProgram {
		return gathered{}
	}
	for _, needed := range d.needs {
		if _, err := r.resolve(ctx, needed); err != nil {
			r.Say(Warning, "the providers are configured as in the state: %v", err)
			return gathered{}
		}
	}
	taken, err := d.gather(ctx, r)
	if err != nil {
		r.Say(Warning, "the providers are configured as in the state: %v", err)
		return gathered{}
	}
	taken.forgets = false
	return taken
}

// spare leaves out of a destroy what must stay, and says which and why. An empty,
// non-nil list of targets means that nothing is left to destroy.
func (r *Run) spare(ctx context.Context, step Step, operation *engine.Operation) error {
	targets, kept, err := r.stack(step).Destructible(ctx, *operation)
	if err != nil {
		return err
	}
	for _, resource := range kept {
		r.kept = append(r.kept, Kept{Step: r.stepName(), Type: resource.Type, Name: resource.Name, Reason: resource.Reason})
		r.remains = append(r.remains, Remaining{Step: r.stepName(), URN: resource.URN, Type: resource.Type, Name: resource.Name, Cause: resource.Cause})
	}
	if len(kept) > 0 {
		r.note = fmt.Sprintf("%d resources kept", len(kept))
	}
	operation.Targets, operation.Excludes = targets, nil
	return nil
}
