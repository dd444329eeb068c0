package step

import (
	"context"
	"fmt"
	"slices"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/stacks/output"
)

// Target is the name of the target.
func (r *Run) Target() string { return r.pipeline.Target }

// DryRun tells whether nothing may be changed.
func (r *Run) DryRun() bool { return r.options.DryRun }

// Destroys tells whether this run takes away what there is.
func (r *Run) Destroys() bool { return r.options.Destroy }

// Refresh tells whether state takes in what reality is before this run's preview.
func (r *Run) Refresh() bool { return r.options.Refresh }

// AllowReplace are the URNs of guarded resources that this run may replace or delete.
func (r *Run) AllowReplace() []string { return slices.Clone(r.options.AllowReplace) }

// Selected tells whether the step of a name is part of this run.
func (r *Run) Selected(name string) bool { return slices.Contains(r.selected, r.pipeline.find(name)) }

// stepName is the name of the running step.
func (r *Run) stepName() string {
	if r.step == nil {
		return ""
	}
	return r.step.describe().Name
}

// Say reports a message of the running step.
func (r *Run) Say(severity Severity, format string, args ...any) {
	r.diagnose(Diagnostic{Step: r.stepName(), Severity: severity, Message: fmt.Sprintf(format, args...)})
}

// diagnose reports a message; but for an error once a run, although previews and later steps
// find the same again.
func (r *Run) diagnose(diagnostic Diagnostic) {
	said := diagnostic
	said.Step = ""
	if diagnostic.Severity != Error && r.told[said] {
		return
	}
	r.told[said] = true
	r.ui.Event(diagnostic)
}

// print passes on a line that the program of a custom step printed. The program runs in the
// preview and again in the apply: what both print is told once.
func (r *Run) print(inThis map[string]int, line string) {
	inThis[line]++
	if inThis[line] <= r.printed[r.step][line] {
		return
	}
	if r.printed[r.step] == nil {
		r.printed[r.step] = map[string]int{}
	}
	r.printed[r.step][line] = inThis[line]
	r.ui.Event(Diagnostic{Step: r.stepName(), Severity: Info, Message: r.stepName() + ": " + line})
}

// change counts a change of the running step and reports it unless it is Same.
func (r *Run) change(change ResourceChange) {
	if change.URN == "" && change.Planned && r.repeats(change) {
		change.Operation = Same
	}
	r.changes.Count(change.Operation)
	if change.Operation != Same {
		change.Step = r.stepName()
		r.ui.Event(change)
	}
}

// repeats remembers what an action would do, and tells whether the step that the
// running one continues would have done it already.
func (r *Run) repeats(change ResourceChange) bool {
	r.acts[r.step] = append(r.acts[r.step], change)
	d := of(r.step)
	if d == nil || d.continues == nil {
		return false
	}
	return slices.ContainsFunc(r.acts[d.continues], func(earlier ResourceChange) bool {
		return earlier.Operation == change.Operation && earlier.Type == change.Type && earlier.Name == change.Name &&
			slices.Equal(earlier.Keys, change.Keys)
	})
}

// confirm asks before changes are applied.
func (r *Run) confirm(ctx context.Context, question Question) error {
	if r.options.AutoApply {
		return nil
	}
	question.Step = r.stepName()
	agreed, err := r.ui.Confirm(ctx, question)
	if err != nil {
		return fmt.Errorf("ask before applying: %w", err)
	}
	if !agreed {
		return fmt.Errorf("step %s was %w: nothing of it was applied", r.stepName(), ErrDeclined)
	}
	return nil
}

// Partial tells whether the run is limited to some resources.
func (r *Run) Partial() bool {
	return len(r.options.TargetResources)+len(r.options.ExcludeResources) > 0
}

// display returns where the engine's display goes; nil for nowhere.
func (r *Run) display() *engine.Display {
	display := r.ui.Display()
	if display == nil {
		return nil
	}
	return &engine.Display{
		Writer: display.Writer, Color: display.Color, Interactive: display.Interactive, Verbose: display.Verbose,
	}
}

// drift describes what a refresh found.
func drift(change engine.Change) string {
	if change.Kind == engine.Delete {
		return fmt.Sprintf("%s no longer exists", change.URN)
	}
	text := fmt.Sprintf("%s has drifted", change.URN)
	for i, difference := range change.Differences {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		text += fmt.Sprintf("%s%s is %q, was %q", separator, difference.Path, difference.New, difference.Old)
	}
	return text
}

// resourceChange is a change of the engine as an event.
func resourceChange(change engine.Change) ResourceChange {
	described := ResourceChange{
		Operation: Operation(change.Kind), URN: change.URN, Type: change.Type, Name: change.Name, Planned: change.Planned,
	}
	for _, difference := range change.Differences {
		described.Keys = append(described.Keys, difference.Path)
	}
	if change.Kind == engine.Delete && change.RetainOnDelete {
		described.Note = "kept in the cloud"
	}
	return described
}

// count turns a plan into numbers.
func count(plan *engine.Plan) Changes {
	changes := Changes{Same: plan.Unchanged}
	for _, change := range plan.Changes {
		changes.Count(Operation(change.Kind))
	}
	return changes
}

// Outputs reads the outputs of a step's stack, or with step "" of all of them, from
// state: step, output, value. Secrets read "[secret]" unless shown. Steps that were
// never applied are left out; asking for such a step by name is an error.
func (p *Runner) Outputs(ctx context.Context, step string, showSecrets bool) (map[string]map[string]any, error) {
	named := p.pipeline.find(step)
	if step != "" && named == nil {
		return nil, p.pipeline.unknownStep(step)
	}
	outputs := map[string]map[string]any{}
	for _, candidate := range p.pipeline.Steps {
		if named != nil && named != candidate {
			continue
		}
		name := candidate.describe().Name
		stack := p.stack(candidate)
		if stack == nil {
			if named != nil {
				return nil, fmt.Errorf("step %s of %s has no outputs: it is not a Pulumi stack", name, p.pipeline.Target)
			}
			continue
		}
		values, exists, err := p.told(ctx, candidate)
		if err != nil {
			return nil, err
		}
		switch {
		case exists:
			outputs[name] = output.Public(values, showSecrets)
		case named != nil:
			return nil, fmt.Errorf("step %s of %s was never applied: run `ptd ensure %s --start-at-step %s`",
				name, p.pipeline.Target, p.pipeline.Target, p.run(quiet{}).firstMissing(ctx, named).describe().Name)
		}
	}
	return outputs, nil
}
