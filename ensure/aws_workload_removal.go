package ensure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

// removeFirst deletes what the configuration no longer has in the reverse order of the
// steps, before the first step that could delete what it needs: the objects in a cluster
// before the cluster, a site before its roles and databases, Karpenter's pools before
// its rights. Steps by themselves delete forwards. The guards of all steps are asked
// before anything goes.
//
// It costs previews, so it looks only when a part of the workload is gone.
func (w *awsWorkload) removeFirst(ctx context.Context, r *run) error {
	if w.removed {
		return nil
	}
	w.removed = true
	gone, err := w.goneParts(ctx)
	if err != nil || len(gone) == 0 {
		return err
	}
	if r.partial() || r.options.DryRun {
		r.say(Warning, "no longer configured: %s: a run deletes what later steps have of it first", strings.Join(gone, ", "))
		return nil
	}
	r.say(Warning, "no longer configured: %s", strings.Join(gone, ", "))
	var removals []removal
	var stopped []error
	for _, step := range []*stackStep{
		w.sites.stackStep, w.helm.stackStep, w.clusters.stackStep, w.eks.stackStep, w.postgres.stackStep, w.persistent.stackStep,
	} {
		found, err := w.removals(ctx, r, step)
		var guarded *GuardError
		switch {
		case errors.As(err, &guarded):
			stopped = append(stopped, err)
		case err != nil:
			return fmt.Errorf("find out what step %s would delete: %w", step.Name, err)
		case slices.Contains([]string{"sites", "helm", "clusters"}, step.Name) && len(found.urns) > 0:
			removals = append(removals, found)
		}
	}
	if len(stopped) > 0 {
		return errors.Join(stopped...)
	}
	for _, removal := range removals {
		if err := removal.apply(ctx, r); err != nil {
			return fmt.Errorf("delete what step %s no longer has: %w", removal.step.Name, err)
		}
	}
	return nil
}

// goneParts are the parts of the workload that the state has and the configuration has not.
func (w *awsWorkload) goneParts(ctx context.Context) ([]string, error) {
	values, exists, err := w.helm.stack.Outputs(ctx)
	if err != nil || !exists {
		return nil, err
	}
	plain, _, _ := output.Plain(values["parts"])
	list, _ := plain.([]any)
	parts := awsworkload.Parts(w.workload)
	var gone []string
	for _, item := range list {
		if part, ok := item.(string); ok && !slices.Contains(parts, part) {
			gone = append(gone, part)
		}
	}
	return gone, nil
}

// removal is what one step deletes early.
type removal struct {
	step            *stackStep
	urns, unprotect []string
}

// removals previews a step with what the others gave so far, and picks what it deletes.
func (w *awsWorkload) removals(ctx context.Context, r *run, step *stackStep) (removal, error) {
	found := removal{step: step}
	exists, err := step.stack.Exists(ctx)
	if err != nil || !exists {
		return found, err
	}
	for _, needed := range step.needs {
		if err := needed.resolve(ctx, r); err != nil {
			return found, err
		}
		defer func() { needed.resolved = false }() // the step itself comes later in this run
	}
	if err := step.stack.Lock(ctx); err != nil {
		return found, err
	}
	defer step.stack.Unlock(ctx)
	if step.prepare != nil {
		if err := step.prepare(ctx, r); err != nil {
			return found, err
		}
	}
	operation := step.operation(r, false)
	if err := step.stack.Recover(ctx, operation); err != nil {
		return found, err
	}
	operation.Events = nil
	plan, err := step.stack.Preview(ctx, operation)
	if err != nil {
		return found, err
	}
	deletes := *plan
	deletes.Changes = slices.DeleteFunc(slices.Clone(plan.Changes), func(change engine.Change) bool { return change.Kind != engine.Delete })
	if found.unprotect, err = guard(&deletes, r.options.AllowReplace); err != nil {
		return found, fmt.Errorf("step %s: %w", step.Name, err)
	}
	for _, change := range deletes.Changes {
		found.urns = append(found.urns, change.URN)
	}
	found.urns, err = step.stack.Removable(ctx, found.urns)
	return found, err
}

// apply shows, asks and deletes.
func (removal removal) apply(ctx context.Context, r *run) error {
	step := removal.step
	if err := step.stack.Lock(ctx); err != nil {
		return err
	}
	defer step.stack.Unlock(ctx)
	operation := step.operation(r, false)
	operation.Targets, operation.Excludes, operation.Unprotect = removal.urns, nil, removal.unprotect
	if r.options.Preview {
		operation.Display = r.display()
	}
	plan, err := step.stack.Destroy(ctx, operation, true)
	if err != nil || len(plan.Changes) == 0 {
		return err
	}
	r.say(Warning, "%d resources of step %s go first", len(plan.Changes), step.Name)
	if err := r.confirm(ctx, Question{Changes: count(plan)}); err != nil {
		return err
	}
	operation.Events, operation.Display = step.operation(r, true).Events, r.display()
	_, err = step.stack.Destroy(ctx, operation, false)
	return err
}
