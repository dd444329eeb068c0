package main

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/ptd-go/ptd/ensure"
)

// interruptible returns a context for a run that the user may interrupt, and a channel
// that is closed when that happens. The first interrupt ends the run in order, the
// second at once; after it the next one ends the process as usual. That the terminal has
// gone, or nobody reads any more what the run writes, is a first interrupt and never a
// second: each write says it again. Call stop when the run is over.
func (p *program) interruptible(ctx context.Context) (run context.Context, interrupted <-chan struct{}, stop func()) {
	received, unsubscribe := p.signals()
	requests, first, over := make(chan struct{}, 2), make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	// Whoever reads stderr may have stopped reading: the run is not kept from ending by that.
	texts, told := make(chan string, 2), make(chan struct{})
	go func() {
		defer close(told)
		for text := range texts {
			fmt.Fprintf(p.stderr, "\n%s\n", text)
		}
	}()
	go func() {
		defer close(texts)
		for count := 0; count < 2; {
			var signal os.Signal
			select {
			case signal = <-received:
			case <-over:
				return
			}
			lost := signal == syscall.SIGHUP || signal == syscall.SIGPIPE
			switch {
			case count == 0:
				close(first)
				texts <- reasons[signal] + ": cancelling what is not begun, ending what is, and saving state; interrupt again to stop at once"
			case lost:
				continue
			default:
				unsubscribe()
				texts <- "second interrupt: stopping at once; what was in flight may exist without being in the state, which the next run checks"
			}
			count++
			requests <- struct{}{}
		}
	}()
	return ensure.WithInterrupts(ctx, requests), first, func() {
		unsubscribe()
		close(over)
		cancel()
		<-told
	}
}

// reasons are what signals say.
var reasons = map[os.Signal]string{
	os.Interrupt: "interrupt", syscall.SIGTERM: "interrupt",
	syscall.SIGHUP: "the terminal has gone", syscall.SIGPIPE: "nobody reads what this run writes any more",
}
