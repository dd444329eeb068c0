package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/ensure"
)

// TestExitCodes is the whole table, of the function and of the program.
func TestExitCodes(t *testing.T) {
	failure := errors.New("step persistent: no")
	for _, result := range []ensure.Result{ensure.Succeeded, ensure.Previewed, ensure.Failed, ensure.Declined, ensure.Skipped} {
		for _, withError := range []bool{false, true} {
			for _, changes := range []ensure.Changes{{}, {Same: 3}, {Create: 1}, {Update: 1}, {Replace: 1}, {Delete: 1}} {
				for _, detailed := range []bool{false, true} {
					good := !withError && (result == ensure.Succeeded || result == ensure.Previewed)
					want := exitSuccess
					switch {
					case !good:
						want = exitFailure
					case detailed && changes.Any():
						want = exitChanges
					}
					d := newDesk(t)
					summary := ensure.Summary{Target: "demo01-staging", Result: result, Changes: changes}
					if withError {
						summary.Err = failure
					}
					d.runner.play = func(_ context.Context, ui ensure.UserInterface) ensure.Summary {
						ui.Event(summary)
						return summary
					}
					words := []string{"ensure", "demo01-staging", "--sandbox"}
					if detailed {
						words = append(words, "--detailed-exitcode")
					}
					assert.Equal(t, want, d.run(words...), "%s, error %t, %+v, detailed %t", result, withError, changes, detailed)
					assert.Equal(t, 1, d.runner.closed)
				}
			}
		}
	}
}

// TestCloseFails pins that a run whose environment cannot be closed failed.
func TestCloseFails(t *testing.T) {
	d := newDesk(t)
	d.runner.closing = errors.New("disk full")
	assert.Equal(t, 1, d.run("ensure", "demo01-staging", "--sandbox", "--detailed-exitcode"))
	assert.Equal(t, "disk full", lastLine(d.stderr.String())[len("error: "):])
}
