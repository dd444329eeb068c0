package step

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/stacks/output"
)

// Stack is a step that is a Pulumi stack: a program from In to Out, with what it takes
// gathered before, and with what follows it.
type Stack[In, Out any] struct {
	Name, Description string
	// Project is the Pulumi project.
	Project string
	// Proxy is true when gathering, or the program's providers, reach into the private
	// network.
	Proxy bool
	// Needs are the steps whose outputs Gather and After take, all of them earlier.
	Needs []Step
	// Requires asks for what no stack gives and the step needs, in what follows it too: secrets
	// that an action or people make, what the control room has. It is asked before the first
	// step of a run, a dry run too, and gives a *MissingError that says what is missing; nil for
	// nothing. What an earlier step of the same run makes is not missing: see Run.Selected.
	Requires func(ctx context.Context, r *Run) error
	// Continues is the earlier step that runs the same stack; nil for none. A dry run
	// shows what this step does in addition to it, and a destroy leaves the stack to it.
	Continues Step
	// Gather reads what the program takes: earlier outputs, secrets, what is live. It
	// changes nothing.
	Gather func(ctx context.Context, r *Run) (In, error)
	// Forgets tells from what was gathered that all that the stack has is gone together
	// with what held it; nil for never. After the question the state is emptied, and all
	// is made anew.
	Forgets func(In) bool
	// Program registers the stack's resources.
	Program func(ctx *pulumi.Context, in In) (*Out, error)
	// After does what follows the stack, whether or not its outputs changed; nil for
	// nothing. In a dry run it says what it would do.
	After func(ctx context.Context, r *Run, out *Out) error
	// Releases takes off, before the stack changes or is destroyed, what steps attached to things
	// of others and the configuration no longer has, or a destroy takes away; nil for nothing.
	// In a dry run it says what it would do.
	Releases func(ctx context.Context, r *Run) error
	// DeletesEarly says that what the stack no longer has goes before earlier steps change
	// anything, because it lives in what they make.
	DeletesEarly bool
	// DeletesLate are types of which objects of later steps use what the stack makes: what it no
	// longer has of them goes in the step that continues this one, when those have let go.
	DeletesLate []string
	// Tells adds to the outputs in state what its resources tell people although the step has
	// not come to its end; nil for nothing.
	Tells func(ctx context.Context, state State, values resource.PropertyMap) (resource.PropertyMap, error)
	// Occupies are the earlier steps that a destroy keeps while this one has something.
	Occupies []Occupied
}

func (s *Stack[In, Out]) describe() Description {
	return Description{Name: s.Name, Description: s.Description, Proxy: s.Proxy, Project: s.Project}
}

func (s *Stack[In, Out]) converge(ctx context.Context, r *Run) error { return r.converge(ctx, s) }

func (s *Stack[In, Out]) cancel(ctx context.Context, r *Run) error { return r.cancel(ctx, s) }

func (s *Stack[In, Out]) destroy(ctx context.Context, r *Run) error {
	if s.Continues != nil {
		r.note = "its stack is destroyed by step " + s.Continues.describe().Name
		return nil
	}
	return r.destroy(ctx, s)
}

func (s *Stack[In, Out]) definition() definition {
	d := definition{
		Description: s.describe(), needs: s.Needs, requires: s.Requires, continues: s.Continues,
		deletesEarly: s.DeletesEarly, deletesLate: s.DeletesLate, occupies: s.Occupies, releases: s.Releases, tells: s.Tells,
		gather: func(ctx context.Context, r *Run) (gathered, error) {
			in, err := s.Gather(ctx, r)
			if err != nil {
				return gathered{}, err
			}
			return gathered{program: s.program(in), forgets: s.Forgets != nil && s.Forgets(in)}, nil
		},
	}
	if s.After != nil {
		d.after = func(ctx context.Context, r *Run, values resource.PropertyMap) error {
			out, err := s.load(r, values)
			if err != nil {
				return err
			}
			return s.After(ctx, r, out)
		}
	}
	return d
}

// program is the stack's program with what it takes; its outputs are the stack's.
func (s *Stack[In, Out]) program(in In) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		out, err := s.Program(ctx, in)
		if err != nil {
			return err
		}
		return output.Export(ctx, out)
	}
}

// Outputs are the stack's outputs as they are at this point of the run, for a step that
// needs them: those of this run, else those in the state. Outputs of a stack that was
// never applied are unknown in a dry run, and an error otherwise.
func (s *Stack[In, Out]) Outputs(ctx context.Context, r *Run) (*Out, error) {
	if d := of(r.taker); d != nil && !slices.Contains(d.needs, Step(s)) {
		return nil, fmt.Errorf("step %s takes outputs of step %s without saying that it needs that step", d.Name, s.Name)
	}
	values, err := r.resolve(ctx, s)
	if err != nil {
		return nil, err
	}
	return s.load(r, values)
}

func (s *Stack[In, Out]) load(r *Run, values resource.PropertyMap) (*Out, error) {
	out, err := output.Load[Out](values)
	if err != nil {
		return nil, fmt.Errorf("outputs of step %s: %w; run `ptd ensure %s --only-steps %s` to write them anew",
			s.Name, err, r.Target(), s.Name)
	}
	return out, nil
}

// ApplyTo previews, asks and applies the stack's program as a step does, with other
// inputs and only to some of its resources, which must hold nothing that could be lost.
// Without anybody to ask there is nothing to preview for. It belongs in what follows
// another step.
func (s *Stack[In, Out]) ApplyTo(ctx context.Context, r *Run, in In, urns []string) (err error) {
	stack := r.stack(s)
	if err := stack.Lock(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Unlock(ctx)) }()
	return r.applyTo(ctx, s, gathered{program: s.program(in)}, urns)
}
