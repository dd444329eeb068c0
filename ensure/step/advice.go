package step

import (
	"context"
	"errors"
	"strings"

	"github.com/ptd-go/ptd/ensure/engine"
)

// Failure is one error of an operation: the URN of what failed, "" for the program, and what
// its provider said.
type Failure = engine.Failure

// advise adds to the error of an operation what somebody outside has to do about it.
func (r *Run) advise(ctx context.Context, err error) error {
	var failed *engine.OperationError
	if r.pipeline.Advise == nil || !errors.As(err, &failed) {
		return err
	}
	advice, adviceErr := r.pipeline.Advise(context.WithoutCancel(ctx), r, failed.Failures)
	if len(advice) > 0 {
		err = &advisedError{err, advice}
	}
	return errors.Join(err, adviceErr)
}

// advisedError is an error that says what to do.
type advisedError struct {
	error
	advice []string
}

func (e *advisedError) Error() string {
	return e.error.Error() + "\n" + strings.Join(e.advice, "\n")
}

func (e *advisedError) Unwrap() error { return e.error }
