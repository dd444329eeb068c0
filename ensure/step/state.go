package step

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
)

// Resource is a resource as a stack's state has it.
type Resource = engine.Resource

// State is what a stack's state says, which may be more than its outputs.
type State struct{ stack *engine.Stack }

// State is that of the stack of the step of a name.
func (r *Run) State(name string) (State, error) {
	step := r.pipeline.find(name)
	if step == nil || r.stack(step) == nil {
		return State{}, fmt.Errorf("look at the state of step %s: %s has no such stack", name, r.Target())
	}
	return State{r.stack(step)}, nil
}

// Outputs are the stack's outputs as the last run left them; exists is false for a stack
// that was never applied.
func (s State) Outputs(ctx context.Context) (values resource.PropertyMap, exists bool, err error) {
	return s.stack.Outputs(ctx)
}

// Resources are those of a type.
func (s State) Resources(ctx context.Context, typ string) ([]engine.Resource, error) {
	return s.stack.Resources(ctx, typ)
}

// Begun are the resources of a type whose creation a run that died has begun.
func (s State) Begun(ctx context.Context, typ string) ([]engine.Resource, error) {
	return s.stack.Begun(ctx, typ)
}

// resolve returns what is known of the outputs of a step's stack: by this run, else from
// the state. A stack that was never applied is an error, but in a dry run all its outputs
// are unknown, which is nil.
func (r *Run) resolve(ctx context.Context, step Step) (resource.PropertyMap, error) {
	if values, known := r.outputs[step]; known {
		return values, nil
	}
	values, exists, err := r.stack(step).Outputs(ctx)
	if err != nil {
		return nil, err
	}
	if !exists && !r.options.DryRun {
		return nil, r.needsOutputs(ctx, r.stepName(), step)
	}
	if !exists {
		values = nil
	}
	r.outputs[step] = values
	return values, nil
}
