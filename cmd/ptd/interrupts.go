package main

import (
	"context"
	"fmt"

	"github.com/ptd-go/ptd/ensure"
)

// interruptible returns a context for a run that the user may interrupt, and a channel
// that is closed when that happens. The first interrupt ends the run in order, the
// second at once; after it the next one ends the process as usual. Call stop when the
// run is over.
func (p *program) interruptible(ctx context.Context) (run context.Context, interrupted <-chan struct{}, stop func()) {
	received, unsubscribe := p.signals()
	requests, first, over := make(chan struct{}, 2), make(chan struct{}), make(chan struct{})
	told := []string{
		"interrupt: cancelling what is not begun, ending what is, and saving state; interrupt again to stop at once",
		"second interrupt: stopping at once; what was in flight may exist without being in the state, which the next run checks",
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for i, text := range told {
			select {
			case <-received:
			case <-over:
				return
			}
			fmt.Fprintf(p.stderr, "\n%s\n", text)
			if i == 0 {
				close(first)
			} else {
				unsubscribe()
			}
			requests <- struct{}{}
		}
	}()
	return ensure.WithInterrupts(ctx, requests), first, func() {
		unsubscribe()
		close(over)
		cancel()
	}
}
