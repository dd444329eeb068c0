package step

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
)

// naming is an option that names resources.
type naming struct {
	flag string
	urns []string
	// deletes says that what early deletes of other steps take away may be named, too.
	deletes bool
}

func (o Options) namings() []naming {
	return []naming{
		{flag: "--target-resources", urns: o.TargetResources}, {flag: "--exclude-resources", urns: o.ExcludeResources},
		{flag: "--allow-replace", urns: o.AllowReplace, deletes: true}, {flag: "--allow-take-over", urns: o.AllowTakeOver},
	}
}

// checkOwned refuses URNs that no selected step's stack can have.
func (p *Runner) checkOwned() error {
	if len(p.stacks) == 0 {
		return nil
	}
	var problems []error
	for _, naming := range p.options.namings() {
		steps := p.nameable(naming)
		for _, urn := range naming.urns {
			owns := func(step Step) bool { return len(p.ownedBy(step, []string{urn})) > 0 }
			if slices.ContainsFunc(steps, owns) {
				continue
			}
			reason := fmt.Sprintf("it is in none of the stacks of %s", p.pipeline.Target)
			if i := slices.IndexFunc(p.pipeline.Steps, owns); i >= 0 {
				reason = fmt.Sprintf("it belongs to step %s, which is not selected", p.pipeline.Steps[i].describe().Name)
			}
			problems = append(problems, fmt.Errorf("%s: no selected step has %s: %s", naming.flag, urn, reason))
		}
	}
	return errors.Join(problems...)
}

// nameable are the steps whose resources an option may name: the selected ones, and where
// deletes come first, all of which something may go.
func (p *Runner) nameable(naming naming) []Step {
	if naming.deletes && slices.ContainsFunc(p.selected, (&Run{Runner: p}).followedByEarlyDeletes) {
		return p.pipeline.Steps
	}
	return p.selected
}

// checkNamed refuses URNs and patterns that match nothing: no resource in the state, and none
// that this run would make, which a preview says.
func (r *Run) checkNamed(ctx context.Context) error {
	var open []naming
	stated := map[Step][]string{}
	for _, naming := range r.options.namings() {
		var known []string
		for _, step := range r.nameable(naming) {
			if _, read := stated[step]; !read && len(naming.urns) > 0 && r.stack(step) != nil {
				var err error
				if stated[step], err = r.stack(step).URNs(ctx); err != nil {
					return err
				}
			}
			known = append(known, stated[step]...)
		}
		if naming.urns = unmatched(naming.urns, known); len(naming.urns) > 0 {
			open, r.foreseen = append(open, naming), append(r.foreseen, naming.urns...)
		}
	}
	if len(open) == 0 || len(r.stacks) == 0 {
		return nil
	}
	var known []string
	for _, urns := range stated {
		known = append(known, urns...)
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
			problems = append(problems, &UnmatchedError{Flag: naming.flag, URN: urn, Nearest: nearest(urn, known)})
		}
	}
	return errors.Join(problems...)
}

// stillNamed are the options of this run, without the names that would match nothing in one
// that begins with the given step. Names that limit the run stay when none of them would:
// without them it would do more.
func (r *Run) stillNamed(ctx context.Context, step Step) Options {
	options := r.options
	if len(r.stacks) == 0 {
		return options
	}
	rest := *r.Runner
	rest.selected = r.selected[slices.Index(r.selected, step):]
	still := func(naming naming) []string {
		return slices.DeleteFunc(slices.Clone(naming.urns), func(urn string) bool {
			var known []string
			for _, step := range rest.nameable(naming) {
				if len(rest.ownedBy(step, []string{urn})) == 0 {
					continue
				}
				urns, err := r.stack(step).URNs(ctx)
				if err != nil || slices.Contains(r.foreseen, urn) {
					return false
				}
				known = append(known, urns...)
			}
			return !engine.Matches(urn, known)
		})
	}
	for _, naming := range options.namings() {
		left := still(naming)
		switch naming.flag {
		case "--target-resources":
			if len(left) > 0 {
				options.TargetResources = left
			}
		case "--exclude-resources":
			options.ExcludeResources = left
		case "--allow-replace":
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
	// Nearest are the URNs that were probably meant, the nearest first.
	Nearest []string
}

func (e *UnmatchedError) Error() string {
	text := fmt.Sprintf("%s: no resource of this run has the URN %s", e.Flag, e.URN)
	if strings.Contains(e.URN, "*") {
		text = fmt.Sprintf("%s: no resource of this run matches %s (* stands for all but a colon, ** for everything)", e.Flag, e.URN)
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
	for _, step := range r.selected {
		step, ok := step.(stacked)
		wanted := func(naming naming) bool { return len(unmatched(naming.urns, known)) > 0 }
		if !ok || !slices.ContainsFunc(open, wanted) {
			continue
		}
		mine := func(naming naming) bool { return len(looking.ownedBy(step, unmatched(naming.urns, known))) > 0 }
		if step.describe().Custom && !slices.ContainsFunc(open, mine) {
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

// nearestAtMost is how many of the nearest names an error has.
const nearestAtMost = 3

// nearest are the candidates that a URN or pattern is nearest to. Most of a URN says only
// where a resource is, so that those of its name come first, then those of its type.
func nearest(urn string, candidates []string) []string {
	type scored struct {
		candidate string
		distance  int
	}
	var near []scored
	for _, candidate := range candidates {
		if resource.URN(candidate).QualifiedType() == resource.RootStackType {
			continue
		}
		distance := distance(urn, candidate)
		if urnName(urn) != "" && urnName(urn) == urnName(candidate) {
			distance /= 2
		}
		near = append(near, scored{candidate, distance})
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.distance - b.distance })
	var names []string
	for _, s := range near[:min(nearestAtMost, len(near))] {
		names = append(names, s.candidate)
	}
	return names
}

// urnName is the logical name at the end of a URN, "" if it is a pattern.
func urnName(urn string) string {
	name := urn[strings.LastIndex(urn, "::")+1:]
	if strings.Contains(name, "*") {
		return ""
	}
	return name
}

// distance counts what has to be inserted, deleted or substituted to make one text of the
// other; a * in the first stands for anything.
func distance(pattern, text string) int {
	row := make([]int, len(text)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(pattern) {
		diagonal := row[0]
		if pattern[i] != '*' {
			row[0]++
		}
		for j := range len(text) {
			above := row[j+1]
			switch {
			case pattern[i] == '*':
				row[j+1] = min(above, row[j])
			case pattern[i] == text[j]:
				row[j+1] = diagonal
			default:
				row[j+1] = min(above, row[j], diagonal) + 1
			}
			diagonal = above
		}
	}
	return row[len(text)]
}
