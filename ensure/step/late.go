package step

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
)

// late are the types of which a step leaves what its stack no longer has: those of
// Stack.DeletesLate in the step itself, and in the one that continues it unless this run has
// all steps in between, whose objects let go. by is the step that deletes.
func (r *Run) late(step stacked) (types []string, by Step) {
	first := step.definition().continues
	if first == nil {
		first = step
	}
	if types = of(first).deletesLate; len(types) == 0 || len(r.options.TargetResources) > 0 { // those are asked for
		return nil, nil
	}
	by = r.pipeline.continuing(first)
	if by == Step(step) {
		between := r.pipeline.Steps[slices.Index(r.pipeline.Steps, first)+1 : slices.Index(r.pipeline.Steps, by)]
		if !slices.ContainsFunc(between, func(step Step) bool { return of(step) != nil && !slices.Contains(r.selected, step) }) {
			return nil, nil
		}
	}
	return types, by
}

// continuing is the step that runs the stack of an earlier one; nil for none.
func (p Pipeline) continuing(first Step) Step {
	at := slices.IndexFunc(p.Steps, func(step Step) bool { d := of(step); return d != nil && d.continues == first })
	if at < 0 {
		return nil
	}
	return p.Steps[at]
}

// previewLate previews in silence, and again without the deletes that come late, if there are
// any, which the step's operations leave out from now on. told says that the plan was shown.
func (r *Run) previewLate(ctx context.Context, step stacked, silent, loud engine.Operation) (plan *engine.Plan, told bool, err error) {
	plan, err = r.stack(step).Preview(ctx, silent)
	if err != nil {
		return nil, false, err
	}
	types, by := r.late(step)
	var names []string
	for _, change := range plan.Changes {
		if change.Kind != engine.Delete || !slices.ContainsFunc(parts(change.URN), func(part string) bool { return slices.Contains(types, part) }) {
			continue
		}
		r.left[step] = append(r.left[step], change.URN)
		if slices.Contains(types, change.Type) { // the others are parts of it
			names = append(names, change.Name)
		}
	}
	if len(r.left[step]) == 0 {
		return plan, false, nil
	}
	when := "step " + by.describe().Name + " deletes it"
	if by == Step(step) || !slices.Contains(r.selected, by) {
		when = "the next run of all steps deletes it"
	}
	r.Say(Info, "no longer configured, and stays until the objects of later steps have let go: %s: %s", strings.Join(names, ", "), when)
	loud.Excludes = append(slices.Clone(loud.Excludes), r.left[step]...)
	plan, err = r.stack(step).Preview(ctx, loud)
	return plan, true, err
}

// parts are the types of a resource and what it is a part of.
func parts(urn string) []string { return strings.Split(string(resource.URN(urn).QualifiedType()), "$") }
