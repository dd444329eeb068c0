package step

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
)

// Failure is one error of an operation.
type Failure = engine.Failure

// AdvisedError is a failure that somebody outside has to act on, with what they need.
type AdvisedError struct {
	Err error
	// Advice says what to do, each once; of several lines the first says it in short.
	Advice []string
}

func (e *AdvisedError) Error() string {
	return e.Err.Error() + "\n\nwhat to do:\n" + indented(strings.Join(e.Advice, "\n"))
}

func (e *AdvisedError) Unwrap() error { return e.Err }

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// Advise says what somebody outside has to do about a failure; "" for nothing. state is that of
// the step that failed.
type Advise func(ctx context.Context, state State, failure Failure) (string, error)

// advised adds to the failure of a step what to do about it.
func (r *Run) advised(ctx context.Context, step Step, err error) error {
	if err == nil || r.pipeline.Advise == nil || errors.Is(err, ErrDeclined) || errors.Is(err, ErrInterrupted) || errors.Is(err, engine.ErrCanceled) {
		return err
	}
	failures := []Failure{{Message: err.Error()}}
	var failed *engine.OperationError
	if errors.As(err, &failed) {
		failures = failed.Failures
	}
	var advice []string
	for _, failure := range failures {
		text, unknown := r.pipeline.Advise(ctx, State{r.stack(step)}, failure)
		if unknown != nil {
			r.Say(Warning, "what to do about it could not be found out: %v", unknown)
		} else if text != "" && !slices.Contains(advice, text) {
			advice = append(advice, text)
		}
	}
	if len(advice) == 0 {
		return err
	}
	return &AdvisedError{Err: err, Advice: advice}
}

// told are the outputs of a step's stack in state, with those that its resources tell although
// the step has not come to its end.
func (p *Runner) told(ctx context.Context, step Step) (values resource.PropertyMap, exists bool, err error) {
	stack := p.stack(step)
	values, exists, err = stack.Outputs(ctx)
	d := of(step)
	if err != nil || !exists || d == nil || d.tells == nil {
		return values, exists, err
	}
	values, err = d.tells(ctx, State{stack}, values)
	return values, true, err
}
