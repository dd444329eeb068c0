package engine

import (
	"context"

	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
)

// Interrupts are the user's requests to stop: Cancel asks running operations to end
// and writes state; Terminate stops now. Both are closed, once, when asked.
type Interrupts struct{ Cancel, Terminate <-chan struct{} }

type interruptsKey struct{}

// WithInterrupts gives the operations that run with the returned context the
// requests of requests: the first cancels, the second terminates. One keypress is
// one request, for the engine and for all it runs.
func WithInterrupts(ctx context.Context, requests <-chan struct{}) context.Context {
	canceled, terminated := make(chan struct{}), make(chan struct{})
	go func() {
		for _, stage := range []chan struct{}{canceled, terminated} {
			select {
			case _, ok := <-requests:
				if !ok {
					return
				}
				close(stage)
			case <-ctx.Done():
				return
			}
		}
	}()
	return context.WithValue(ctx, interruptsKey{}, Interrupts{Cancel: canceled, Terminate: terminated})
}

// InterruptsOf returns the requests that WithInterrupts put there; without any, nil
// channels, which never fire.
func InterruptsOf(ctx context.Context) Interrupts {
	interrupts, _ := ctx.Value(interruptsKey{}).(Interrupts)
	return interrupts
}

// Interrupted tells whether the user asked to stop.
func Interrupted(ctx context.Context) bool {
	select {
	case <-InterruptsOf(ctx).Cancel:
		return true
	default:
		return ctx.Err() != nil
	}
}

// cancellation forwards the interrupts of ctx to the engine until end is called, which
// also ends what the engine leaves waiting for them.
func cancellation(ctx context.Context) (engineContext *cancel.Context, end func()) {
	engineContext, source := cancel.NewContext(context.WithoutCancel(ctx))
	interrupts := InterruptsOf(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-interrupts.Cancel:
		case <-ctx.Done():
		case <-done:
			return
		}
		source.Cancel()
		select {
		case <-interrupts.Terminate:
			source.Terminate()
		case <-done:
		}
	}()
	return engineContext, func() {
		close(done)
		source.Terminate()
	}
}
