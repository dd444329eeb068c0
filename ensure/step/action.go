package step

import (
	"context"
	"slices"

	"github.com/ptd-go/ptd/stacks/action"
)

// Action is a step that is no Pulumi stack: one function plans it and does it.
type Action struct {
	Name, Description string
	// Proxy is true when it reaches into the private network.
	Proxy bool
	// Do makes what is missing, or with plan says what it would do. It never deletes.
	Do func(ctx context.Context, r *Run, plan bool) ([]action.Change, error)
	// Outlives says why a destroy keeps what the action made.
	Outlives string
}

func (a *Action) describe() Description {
	return Description{Name: a.Name, Description: a.Description, Proxy: a.Proxy}
}

func (a *Action) converge(ctx context.Context, r *Run) error {
	planned, err := a.Do(ctx, r, true)
	if err != nil || r.options.DryRun {
		r.Did(planned)
		return err
	}
	var changes Changes
	for _, change := range planned {
		changes.Count(Operation(change.Operation))
	}
	if !changes.Any() {
		r.Did(planned)
		return nil
	}
	if r.options.Preview {
		for _, change := range planned {
			r.show(change)
		}
	}
	if err := r.confirm(ctx, Question{Changes: changes}); err != nil {
		return err
	}
	done, err := a.Do(ctx, r, false)
	r.Did(done)
	return err
}

// destroy implements Step: what there is outlives the target's stacks.
func (a *Action) destroy(ctx context.Context, r *Run) error {
	existing, err := a.Do(ctx, r, true)
	if err != nil {
		return err
	}
	for _, object := range existing {
		if object.Operation != action.Create {
			r.kept = append(r.kept, Kept{Step: a.Name, Type: object.Type, Name: object.Name, Reason: a.Outlives})
		}
	}
	r.note = "kept"
	return nil
}

func (a *Action) cancel(_ context.Context, r *Run) error {
	r.note = "has no lock"
	return nil
}

// Did counts and reports what was done outside of Pulumi, or would be.
func (r *Run) Did(changes []action.Change) {
	for _, change := range changes {
		r.change(actionChange(change))
		if change.Operation == action.Same && change.Note != "" {
			r.Say(Info, "%s: %s", change.Name, change.Note)
		}
	}
}

// show reports a planned change of an action without counting it.
func (r *Run) show(change action.Change) {
	if change.Operation == action.Same {
		return
	}
	described := actionChange(change)
	described.Step = r.stepName()
	r.ui.Event(described)
}

func actionChange(change action.Change) ResourceChange {
	return ResourceChange{
		Operation: Operation(change.Operation), Type: change.Type, Name: change.Name,
		Keys: slices.Clone(change.Keys), Note: change.Note, Planned: change.Planned,
	}
}
