package step

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
)

// TakeOver says of a type what its creates do with an object that is there already.
type TakeOver struct {
	// Of tells of which types a create takes over what is there, instead of failing.
	Of func(typ string) bool
	// Force makes such a create take what others have set, too.
	Force func(inputs resource.PropertyMap) resource.PropertyMap
	// By tells who made an object that a provider has read, and whether that were programs
	// such as ptd.
	By func(object resource.PropertyMap) (who string, programs bool)
}

// TakeOverError says that a plan would take over what others made. Nothing was applied.
type TakeOverError struct{ Objects []TakenOver }

// TakenOver is one object that a plan would take over.
type TakenOver struct {
	URN, Type, ID string
	By            string // who made it
}

func (e *TakeOverError) Error() string {
	var text strings.Builder
	text.WriteString("the plan would take over what others made, change it, and delete it when ptd no longer has it:")
	for _, object := range e.Objects {
		fmt.Fprintf(&text, "\n  %s %s", object.Type, object.ID)
		fmt.Fprintf(&text, "\n    made by %s; in the plan it is %s", object.By, object.URN)
		fmt.Fprintf(&text, "\n    to allow it: --allow-take-over %s", shellQuote(object.URN))
	}
	text.WriteString("\nelse give one of the two another name, or delete the other one\nnothing was applied")
	return text.String()
}

// takeOver lets creates have what others have set in the objects that are taken over.
func (r *Run) takeOver(urn string, inputs resource.PropertyMap) resource.PropertyMap {
	if !r.takenOver[urn] {
		return inputs
	}
	return r.pipeline.TakeOver.Force(inputs)
}

// guardExisting stops a plan whose creates would take over what others made, and tells of
// what programs such as ptd made, which such a run may have lost.
func (r *Run) guardExisting(ctx context.Context, step stacked, plan *engine.Plan, operation engine.Operation) error {
	rule := r.pipeline.TakeOver
	if rule.Of == nil {
		return nil
	}
	operation.Events, operation.Channel, operation.Display = nil, nil, nil
	found, err := r.stack(step).Existing(ctx, operation, plan, rule.Of)
	if err != nil {
		r.Say(Warning, "whether the plan takes over what is there already is not known: %v", err)
	}
	var stopped []TakenOver
	for _, object := range found {
		who, programs := rule.By(object.Outputs)
		allowed := slices.Contains(r.options.AllowTakeOver, object.Change.URN)
		if programs || allowed || object.Change.Retained {
			r.Say(Warning, "%s %s is there already, made by %s: it is taken over", object.Change.Type, object.ID, who)
			r.takenOver[object.Change.URN] = true
			continue
		}
		stopped = append(stopped, TakenOver{URN: object.Change.URN, Type: object.Change.Type, ID: object.ID, By: who})
	}
	if len(stopped) == 0 {
		return nil
	}
	slices.SortFunc(stopped, func(a, b TakenOver) int { return strings.Compare(a.URN, b.URN) })
	return &TakeOverError{Objects: stopped}
}
