package step

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/stacks/action"
)

// checkNeeds asks, before the first step, for all that the selected steps need and no step
// before them in this run makes: the outputs of other steps, and what their Requires ask for.
// Of several steps that lack outputs it tells the first, whose remedy is that of all.
func (r *Run) checkNeeds(ctx context.Context) error {
	if r.options.Destroy {
		return r.checkInUse(ctx)
	}
	var problems []error
	said := map[string]bool{}
	for i, step := range r.selected {
		d := of(step)
		if d == nil || len(r.options.TargetResources) > 0 && len(r.ownedBy(step, r.options.TargetResources)) == 0 {
			continue
		}
		missing, err := r.neverApplied(ctx, d.needs, r.selected[:i])
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return r.needsOutputs(ctx, d.Name, missing...)
		}
		if d.requires == nil {
			continue
		}
		if err = d.requires(ctx, r); err == nil || said[err.Error()] { // persistent and its reprise need the same
			continue
		}
		said[err.Error()] = true
		if missing := (*MissingError)(nil); errors.As(err, &missing) {
			err = fmt.Errorf("step %s needs %w", d.Name, missing)
		}
		problems = append(problems, underStep(d.Name, err))
	}
	return errors.Join(problems...)
}

// neverApplied are the steps that have no outputs, but for those that run before.
func (r *Run) neverApplied(ctx context.Context, needed, before []Step) (missing []Step, err error) {
	for _, step := range needed {
		if slices.Contains(before, step) {
			continue
		}
		_, exists, err := r.stack(step).Outputs(ctx)
		if err != nil {
			return nil, err
		}
		if !exists {
			missing = append(missing, step)
		}
	}
	return missing, nil
}

// needsOutputs says that a step needs outputs of steps that were never applied, and which
// command makes them: that begins with the first step that has something to make.
func (r *Run) needsOutputs(ctx context.Context, name string, missing ...Step) error {
	first := missing[0]
	names := make([]string, len(missing))
	for i, step := range missing {
		names[i] = step.describe().Name
		if slices.Index(r.pipeline.Steps, step) < slices.Index(r.pipeline.Steps, first) {
			first = step
		}
	}
	which := "step " + names[0] + ", which was"
	if len(names) > 1 {
		which = "steps " + strings.Join(names, ", ") + ", which were"
	}
	return fmt.Errorf("step %s needs the outputs of %s never applied: run `ptd ensure %s --start-at-step %s`",
		name, which, r.Target(), r.firstMissing(ctx, first).describe().Name)
}

// checkInUse refuses to destroy what later steps live in that the run leaves: without a
// cluster, or what is in every cluster, they could neither work nor be destroyed. What such a
// step keeps by itself does not count; a step that others occupy says so when it is reached.
func (r *Run) checkInUse(ctx context.Context) error {
	if r.Partial() {
		return nil
	}
	for _, step := range r.selected {
		occupied := func(later Step) bool {
			d := of(later)
			return d != nil && slices.ContainsFunc(d.occupies, func(occupied Occupied) bool { return occupied.Step == step })
		}
		if slices.ContainsFunc(r.pipeline.Steps, occupied) {
			continue
		}
		var users []string // the last step first
		goes := []Step{step}
		for _, later := range r.pipeline.Steps {
			d := of(later)
			needs := func(gone Step) bool { return d != nil && slices.Contains(d.needs, gone) }
			if d == nil || !d.deletesEarly || !slices.ContainsFunc(goes, needs) || slices.Contains(r.selected, later) {
				continue
			}
			live, err := r.destroys(ctx, later)
			if err != nil {
				return err
			}
			if live {
				users, goes = slices.Insert(users, 0, d.Name), append(goes, later)
			}
		}
		if len(users) > 0 {
			names := slices.Clone(users)
			for _, selected := range r.selected {
				names = append(names, selected.describe().Name)
			}
			return fmt.Errorf("step %s cannot be destroyed before the steps that need it, %s: run `ptd ensure %s --destroy --only-steps %s`",
				step.describe().Name, strings.Join(users, ", "), r.Target(), strings.Join(names, ","))
		}
	}
	return nil
}

// destroys tells whether a destroy of a step would delete anything but components and providers.
func (r *Run) destroys(ctx context.Context, step Step) (bool, error) {
	operation := r.operation(step.(stacked), gathered{}, false)
	if r.pipeline.Unprotected {
		operation.Unprotect = []string{engine.Everything}
	}
	urns, _, err := r.stack(step).Destructible(ctx, operation)
	if err == nil && urns == nil {
		urns, err = r.stack(step).URNs(ctx)
	}
	return slices.ContainsFunc(urns, func(urn string) bool {
		typ := string(resource.URN(urn).Type())
		return !strings.HasPrefix(typ, "ptd:") && !strings.HasPrefix(typ, "pulumi:")
	}), err
}

// MissingError says what a step needs and nobody has made.
type MissingError struct {
	// What is missing, as the object of "the step needs", and what to do.
	What, Remedy string
}

func (e *MissingError) Error() string { return e.What + ": " + e.Remedy }

// firstMissing is the first step that has to run for the outputs of a step that was never
// applied.
func (r *Run) firstMissing(ctx context.Context, needed Step) Step {
	wanted := map[Step]bool{needed: true}
	at := slices.Index(r.pipeline.Steps, needed)
	for _, step := range slices.Backward(r.pipeline.Steps[:at+1]) {
		if d := of(step); d != nil && wanted[step] {
			for _, earlier := range d.needs {
				wanted[earlier] = true
			}
		}
	}
	for _, step := range r.pipeline.Steps[:at] {
		switch earlier := step.(type) {
		case *Action:
			planned, err := earlier.Do(ctx, r, true)
			creates := func(change action.Change) bool { return change.Operation == action.Create }
			if err == nil && slices.ContainsFunc(planned, creates) {
				return step
			}
		default:
			if !wanted[step] || r.stack(step) == nil {
				continue
			}
			if _, exists, err := r.stack(step).Outputs(ctx); err == nil && !exists {
				return step
			}
		}
	}
	return needed
}

// underStep says of an error in which step it happened, unless it says so itself.
func underStep(name string, err error) error {
	if strings.HasPrefix(err.Error(), "step "+name+" ") || strings.HasPrefix(err.Error(), "step "+name+":") {
		return err
	}
	return fmt.Errorf("step %s: %w", name, err)
}
