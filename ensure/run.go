package ensure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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

// run is one run of a pipeline.
type run struct {
	*Pipeline
	ui      UserInterface
	step    string  // the running step
	changes Changes // of the running step
	note    string  // of the running step
	kept    []Kept
	// In a dry run, what actions would do, by step, and the step that the running one
	// continues: what that one would do is not told again.
	acts      map[string][]ResourceChange
	continues string
}

// Run runs the selected steps in order and stops at the first that fails or is
// declined. It always returns a Summary with one entry for each selected step, and
// reports it as the last event.
func (p *Pipeline) Run(ctx context.Context, ui UserInterface) Summary {
	r := &run{Pipeline: p, ui: ui}
	began := time.Now()
	names := make([]string, len(p.selected))
	for i, step := range p.selected {
		names[i] = step.describe().Name
	}
	ui.Event(RunStarted{Target: p.target.Name, Steps: names, DryRun: p.options.DryRun, Destroy: p.options.Destroy})

	summary := Summary{Target: p.target.Name, Result: p.success()}
	for _, step := range p.selected {
		var finished StepFinished
		if summary.Err != nil {
			finished = StepFinished{Step: step.describe().Name, Result: Skipped}
		} else {
			finished, summary.Err = r.runStep(ctx, step)
		}
		if summary.Err != nil && finished.Result != Skipped {
			summary.Result = finished.Result
			summary.Resume = p.resume(finished.Step)
		}
		summary.Steps = append(summary.Steps, finished)
		summary.Changes.Add(finished.Changes)
		ui.Event(finished)
	}
	summary.Kept, summary.Duration = r.kept, time.Since(began)
	ui.Event(summary)
	return summary
}

// success is the result of a step, or run, in which nothing went wrong.
func (p *Pipeline) success() Result {
	if p.options.DryRun {
		return Previewed
	}
	return Succeeded
}

// runStep runs one step, whatever it does: a panic is a failure of the step, so that
// the run still reports what it did.
func (r *run) runStep(ctx context.Context, step runnable) (finished StepFinished, err error) {
	described := step.describe()
	r.step, r.changes, r.note, r.continues = described.Name, Changes{}, "", ""
	began := time.Now()
	started := StepStarted{Step: described.Name}
	if described.Project != "" {
		started.Stack = fmt.Sprintf("organization/%s/%s", described.Project, r.target.Name)
	}
	r.ui.Event(started)
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("step %s panicked: %v", r.step, recovered)
		}
		finished = StepFinished{Step: r.step, Result: r.success(), Changes: r.changes, Duration: time.Since(began), Note: r.note}
		switch {
		case errors.Is(err, ErrDeclined):
			finished.Result = Declined
		case err != nil:
			finished.Result = Failed
		}
	}()
	if engine.Interrupted(ctx) {
		return finished, fmt.Errorf("step %s: %w", r.step, ErrInterrupted)
	}
	switch {
	case r.options.Cancel:
		err = step.cancel(ctx, r)
	case len(r.options.TargetResources) > 0 && len(ownedBy(step, r.options.TargetResources)) == 0:
		r.note = "left out: it has none of --target-resources"
	case r.options.Destroy:
		err = step.destroy(ctx, r)
	default:
		err = step.converge(ctx, r)
	}
	if err != nil && !errors.Is(err, ErrDeclined) {
		err = fmt.Errorf("step %s: %w", r.step, err)
	}
	return finished, err
}

// resume returns the arguments of the command that goes on at the given step.
func (p *Pipeline) resume(step string) []string {
	o := p.options
	arguments := []string{"ensure", p.target.Name}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"--destroy", o.Destroy}, {"--cancel", o.Cancel}, {"--dry-run", o.DryRun}, {"--refresh", o.Refresh},
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
	} {
		if len(list.values) > 0 {
			arguments = append(arguments, list.name, strings.Join(list.values, ","))
		}
	}
	return append(arguments, "--start-at-step", step)
}

// change counts a change of the running step and reports it unless it is Same.
func (r *run) change(change ResourceChange) {
	if change.URN == "" && change.Planned {
		if r.repeats(change) {
			change.Operation = Same
		}
	}
	r.changes.Count(change.Operation)
	if change.Operation != Same {
		change.Step = r.step
		r.ui.Event(change)
	}
}

// repeats remembers what an action would do, and tells whether the step that the
// running one continues would have done it already.
func (r *run) repeats(change ResourceChange) bool {
	if r.acts == nil {
		r.acts = map[string][]ResourceChange{}
	}
	r.acts[r.step] = append(r.acts[r.step], change)
	return slices.ContainsFunc(r.acts[r.continues], func(earlier ResourceChange) bool {
		return earlier.Operation == change.Operation && earlier.Type == change.Type && earlier.Name == change.Name &&
			slices.Equal(earlier.Keys, change.Keys)
	})
}

// say reports a message of the runner.
func (r *run) say(severity Severity, format string, args ...any) {
	r.ui.Event(Diagnostic{Step: r.step, Severity: severity, Message: fmt.Sprintf(format, args...)})
}

// confirm asks before changes are applied.
func (r *run) confirm(ctx context.Context, question Question) error {
	if r.options.AutoApply {
		return nil
	}
	question.Step = r.step
	agreed, err := r.ui.Confirm(ctx, question)
	if err != nil {
		return fmt.Errorf("ask before applying: %w", err)
	}
	if !agreed {
		return fmt.Errorf("step %s was %w: nothing of it was applied", r.step, ErrDeclined)
	}
	return nil
}

// partial tells whether the run is limited to some resources.
func (r *run) partial() bool {
	return len(r.options.TargetResources)+len(r.options.ExcludeResources) > 0
}
