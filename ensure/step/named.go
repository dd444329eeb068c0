package step

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/engine"
)

// naming is an option that names resources.
type naming struct {
	flag string
	urns []string
}

func (o Options) namings() []naming {
	return []naming{
		{"--target-resources", o.TargetResources}, {"--exclude-resources", o.ExcludeResources},
		{allowReplace, o.AllowReplace}, {"--allow-take-over", o.AllowTakeOver},
	}
}

const allowReplace = "--allow-replace"

// checkNamed refuses URNs and patterns that match nothing: no resource in the state of a
// selected step, and none that this run would make, which a preview says.
func (r *Run) checkNamed(ctx context.Context) error {
	stated, err := r.stated(ctx)
	if err != nil || stated == nil {
		return err
	}
	var open []naming
	for _, naming := range r.options.namings() {
		var known []string
		for _, step := range r.nameable(naming) {
			known = append(known, stated[step]...)
		}
		if naming.urns = unmatched(naming.urns, known); len(naming.urns) > 0 {
			open, r.foreseen = append(open, naming), append(r.foreseen, naming.urns...)
		}
	}
	if len(open) == 0 {
		return nil
	}
	var known []string
	for _, step := range r.selected {
		known = append(known, stated[step]...)
	}
	if !r.options.Destroy {
		planned, err := r.planned(ctx, open)
		if err != nil {
			return fmt.Errorf("look for what %s names, which is not in the state: %w", open[0].flag, err)
		}
		known = append(known, planned...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	var problems []error
	for _, naming := range open {
		for _, urn := range unmatched(naming.urns, known) {
			problem := &UnmatchedError{Flag: naming.flag, URN: urn}
			owns := func(step Step) bool {
				return len(r.ownedBy(step, []string{urn})) > 0 && !strings.Contains(urn, "*")
			}
			i := slices.IndexFunc(r.pipeline.Steps, owns)
			switch {
			case i >= 0 && !slices.ContainsFunc(r.selected, owns):
				problem.Reason = fmt.Sprintf("it belongs to step %s, which is not selected", r.pipeline.Steps[i].describe().Name)
			case i < 0 && !strings.Contains(urn, "*"):
				problem.Reason = "it is in none of the stacks of " + r.Target()
				fallthrough
			default:
				problem.Nearest = nearest(urn, known)
			}
			problems = append(problems, problem)
		}
	}
	return errors.Join(problems...)
}

// stated are the URNs in the state, by step; nil when no option names any.
func (r *Run) stated(ctx context.Context) (map[Step][]string, error) {
	if !slices.ContainsFunc(r.options.namings(), func(naming naming) bool { return len(naming.urns) > 0 }) || len(r.stacks) == 0 {
		return nil, nil
	}
	stated := map[Step][]string{}
	for _, step := range r.pipeline.Steps {
		if r.stack(step) == nil {
			continue
		}
		var err error
		if stated[step], err = r.stack(step).URNs(ctx); err != nil {
			return nil, err
		}
	}
	return stated, nil
}

// nameable are the steps whose resources an option may name: the selected ones. What may be
// replaced is asked by others, too, such as who made databases in a server.
func (p *Runner) nameable(naming naming) []Step {
	if naming.flag == allowReplace {
		return p.pipeline.Steps
	}
	return p.selected
}

// stillNamed are the options of this run, without the names that would match nothing in one
// that begins with the given step. Names that limit the run stay when none of them would:
// without them it would do more.
func (r *Run) stillNamed(ctx context.Context, step Step) Options {
	options := r.options
	stated, err := r.stated(ctx)
	if err != nil || stated == nil {
		return options
	}
	rest := *r.Runner
	rest.selected = r.selected[slices.Index(r.selected, step):]
	for _, naming := range options.namings() {
		left := slices.DeleteFunc(slices.Clone(naming.urns), func(urn string) bool {
			return !slices.ContainsFunc(rest.nameable(naming), func(step Step) bool {
				return engine.Matches(urn, stated[step]) ||
					slices.Contains(r.foreseen, urn) && len(r.ownedBy(step, []string{urn})) > 0
			})
		})
		switch naming.flag {
		case "--target-resources":
			if len(left) > 0 {
				options.TargetResources = left
			}
		case "--exclude-resources":
			options.ExcludeResources = left
		case allowReplace:
			options.AllowReplace = left
		case "--allow-take-over":
			options.AllowTakeOver = left
		}
	}
	return options
}

// UnmatchedError says that an option names no resource of the run. Nothing was applied.
type UnmatchedError struct {
	Flag, URN string
	// Reason is why nothing can match; "" when it is not known.
	Reason string
	// Nearest are the URNs that were probably meant, the nearest first.
	Nearest []string
}

func (e *UnmatchedError) Error() string {
	text := fmt.Sprintf("%s: this run has no resource %s", e.Flag, e.URN)
	switch {
	case e.Reason != "":
		text = fmt.Sprintf("%s: no selected step has %s: %s", e.Flag, e.URN, e.Reason)
	case strings.Contains(e.URN, "*"):
		text = fmt.Sprintf("%s: this run has nothing that matches %s (* stands for all but a colon, ** for everything)", e.Flag, e.URN)
	}
	if len(e.Nearest) > 0 {
		text += "; the nearest:"
	}
	for _, urn := range e.Nearest {
		text += "\n  " + urn
	}
	return text
}

// unmatched are the URNs and patterns that match none of the known ones.
func unmatched(urns, known []string) []string {
	return slices.DeleteFunc(slices.Clone(urns), func(urn string) bool { return engine.Matches(urn, known) })
}

// planned are the URNs of what a run of the selected steps would have, as a dry run sees it, up
// to the step with which all names have a match. Custom steps, which have to be compiled, are
// looked at only when a name may be of theirs.
func (r *Run) planned(ctx context.Context, open []naming) (known []string, err error) {
	silent := *r.Runner
	silent.options = Options{DryRun: true, AllowReplace: r.options.AllowReplace}
	looking := silent.run(quiet{})
	for i, step := range r.selected {
		step, ok := step.(stacked)
		if !ok {
			continue
		}
		// A later step may have it, and takes what this one gives.
		wanted := func(naming naming) bool {
			left := unmatched(naming.urns, known)
			return slices.ContainsFunc(r.selected[i:], func(later Step) bool {
				return len(r.ownedBy(later, left)) > 0 && (later == Step(step) || !step.describe().Custom)
			})
		}
		if !slices.ContainsFunc(open, wanted) {
			continue
		}
		urns, err := looking.lookAt(ctx, step)
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", step.describe().Name, err)
		}
		known = append(known, urns...)
	}
	return known, nil
}

// lookAt previews a step in silence, and lists what it has.
func (r *Run) lookAt(ctx context.Context, step stacked) (urns []string, err error) {
	r.step, r.taker = step, step
	if err := r.openTunnel(ctx, step); err != nil {
		return nil, err
	}
	d := step.definition()
	for _, needed := range d.needs {
		if _, err := r.resolve(ctx, needed); err != nil {
			return nil, err
		}
	}
	taken, err := d.gather(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, taken.done()) }()
	plan, err := r.stack(step).Preview(ctx, r.operation(step, taken, false))
	if err != nil {
		return nil, err
	}
	r.outputs[step] = plan.Outputs
	return plan.URNs(), nil
}

// quiet is a user who is told nothing.
type quiet struct{}

func (quiet) Event(Event)                                     {}
func (quiet) Confirm(context.Context, Question) (bool, error) { return false, nil }
func (quiet) Display() *Display                               { return nil }
