package step

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/ensure/engine"
)

// ErrDeclined says that the user said no.
var ErrDeclined = errors.New("declined")

// ErrInterrupted says that the user interrupted the run between operations.
var ErrInterrupted = errors.New("interrupted")

// WithInterrupts gives the run of the returned context the user's requests to stop:
// the first ends running operations and writes state, the second stops at once.
func WithInterrupts(ctx context.Context, requests <-chan struct{}) context.Context {
	return engine.WithInterrupts(ctx, requests)
}

// Run is one run of a pipeline, as its steps see it.
type Run struct {
	*Runner
	ui      UserInterface
	step    Step    // the running step
	taker   Step    // the one that takes outputs: it, or one that removes what it no longer has
	changes Changes // of the running step
	note    string  // of the running step
	kept    []Kept
	remains []Remaining

	// outputs are those of the stacks that this run was at, or read from the state; nil
	// ones are unknown.
	outputs map[Step]resource.PropertyMap
	// plans are those of a dry run.
	plans map[Step]*engine.Plan
	// acts are what actions would do in a dry run, by step.
	acts map[Step][]ResourceChange
	// takenOver are the URNs whose creates take over what is there.
	takenOver map[string]bool
	// left are URNs of what steps no longer have and another deletes (see late).
	left map[Step][]string
	// foreseen are the URNs and patterns of options that match only what this run would make.
	foreseen []string
	// told are the messages of the run, without their steps.
	told map[Diagnostic]bool

	// printed counts the lines that programs of custom steps printed.
	printed map[Step]map[string]int

	removed   bool // what is no longer configured was removed
	tunnelled bool // the tunnel is open, or not needed
}

// Run runs the selected steps in order and stops at the first that fails or is
// declined. It always returns a Summary with one entry for each selected step, and
// reports it as the last event.
func (p *Runner) Run(ctx context.Context, ui UserInterface) Summary {
	r := p.run(ui)
	began := time.Now()
	names := make([]string, len(p.selected))
	for i, step := range p.selected {
		names[i] = step.describe().Name
	}
	ui.Event(RunStarted{Target: p.pipeline.Target, Steps: names, DryRun: p.options.DryRun, Destroy: p.options.Destroy})

	summary := Summary{Target: p.pipeline.Target, Result: p.success()}
	if summary.Err = r.check(ctx); summary.Err != nil {
		summary.Result = Failed
	}
	for _, step := range p.selected {
		var finished StepFinished
		if summary.Err != nil {
			finished = StepFinished{Step: step.describe().Name, Result: Skipped}
		} else {
			finished, summary.Err = r.runStep(ctx, step)
		}
		if summary.Err != nil && finished.Result != Skipped {
			summary.Result = finished.Result
			summary.Resume = r.resume(ctx, step)
		}
		summary.Steps = append(summary.Steps, finished)
		summary.Changes.Add(finished.Changes)
		ui.Event(finished)
	}
	summary.Kept, summary.Next = r.kept, r.next(ctx, &summary)
	summary.Duration = time.Since(began)
	ui.Event(summary)
	return summary
}

// check refuses before the first step what later ones would; nothing has run then.
func (r *Run) check(ctx context.Context) error {
	if r.options.Cancel {
		return nil
	}
	if r.pipeline.Place != nil {
		if err := r.pipeline.Place(ctx, r); err != nil {
			return err
		}
	}
	if err := r.checkNeeds(ctx); err != nil {
		return err
	}
	if r.pipeline.Check != nil && !r.options.Destroy {
		if err := r.pipeline.Check(ctx, r); err != nil {
			return err
		}
	}
	return r.checkNamed(ctx)
}

// run begins a run that knows of no outputs yet.
func (p *Runner) run(ui UserInterface) *Run {
	return &Run{
		Runner: p, ui: ui, outputs: map[Step]resource.PropertyMap{}, plans: map[Step]*engine.Plan{},
		acts: map[Step][]ResourceChange{}, takenOver: map[string]bool{}, left: map[Step][]string{}, told: map[Diagnostic]bool{}, printed: map[Step]map[string]int{}, tunnelled: p.pipeline.Direct,
	}
}

// success is the result of a step, or run, in which nothing went wrong.
func (p *Runner) success() Result {
	if p.options.DryRun {
		return Previewed
	}
	return Succeeded
}

// runStep runs one step, whatever it does: a panic is a failure of the step, so that
// the run still reports what it did.
func (r *Run) runStep(ctx context.Context, step Step) (finished StepFinished, err error) {
	described := step.describe()
	r.step, r.taker, r.changes, r.note = step, step, Changes{}, ""
	began := time.Now()
	started := StepStarted{Step: described.Name}
	if described.Project != "" {
		started.Stack = fmt.Sprintf("organization/%s/%s", described.Project, r.pipeline.Target)
	}
	r.ui.Event(started)
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("step %s: %w", described.Name, apply.Panicked(recovered))
		}
		finished = StepFinished{Step: described.Name, Result: r.success(), Changes: r.changes, Duration: time.Since(began), Note: r.note}
		switch {
		case errors.Is(err, ErrDeclined):
			finished.Result = Declined
		case err != nil:
			finished.Result = Failed
		}
	}()
	if engine.Interrupted(ctx) {
		return finished, fmt.Errorf("step %s: %w", described.Name, ErrInterrupted)
	}
	switch {
	case r.options.Cancel:
		err = step.cancel(ctx, r)
	case len(r.options.TargetResources) > 0 && len(r.ownedBy(step, r.options.TargetResources)) == 0:
		r.note = "left out: it has none of --target-resources"
	case r.options.Destroy:
		err = step.destroy(ctx, r)
	default:
		err = step.converge(ctx, r)
	}
	err = r.advised(ctx, step, err)
	if err != nil && !errors.Is(err, ErrDeclined) {
		err = underStep(described.Name, err)
	}
	return finished, err
}

// resume returns the arguments of the command that goes on at the given step. It names no
// resources that are gone, or of steps that do not come again: that would be an error.
func (r *Run) resume(ctx context.Context, step Step) []string {
	o := r.stillNamed(ctx, step)
	arguments := []string{"ensure", r.pipeline.Target}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"--destroy", o.Destroy}, {"--cancel", o.Cancel}, {"--force", o.Force}, {"--dry-run", o.DryRun}, {"--refresh", o.Refresh},
		{"--auto-apply", o.AutoApply}, {"--preview=false", !o.Preview},
	} {
		if flag.set {
			arguments = append(arguments, flag.name)
		}
	}
	for _, list := range []struct {
		name   string
		values []string
	}{
		{"--only-steps", o.OnlySteps}, {"--target-resources", o.TargetResources},
		{"--exclude-resources", o.ExcludeResources}, {"--allow-replace", o.AllowReplace},
		{"--allow-take-over", o.AllowTakeOver},
	} {
		if len(list.values) > 0 {
			arguments = append(arguments, list.name, strings.Join(list.values, ","))
		}
	}
	return append(arguments, "--start-at-step", step.describe().Name)
}
