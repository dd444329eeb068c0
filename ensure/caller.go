package ensure

import (
	"context"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/ensure/step"
)

// What a caller of New needs of package step.
type (
	// Runner runs the selected steps of a target.
	Runner = step.Runner
	// Options choose what a run does.
	Options = step.Options
	// Step describes one step of a target's pipeline.
	Step = step.Description
	// UserInterface is what a run needs of whoever started it; Display and Question go
	// with it.
	UserInterface = step.UserInterface
	Display       = step.Display
	Question      = step.Question

	// Event is something that a run tells its user.
	Event          = step.Event
	RunStarted     = step.RunStarted
	StepStarted    = step.StepStarted
	ResourceChange = step.ResourceChange
	Diagnostic     = step.Diagnostic
	Progress       = step.Progress
	StepFinished   = step.StepFinished
	Summary        = step.Summary
	Kept           = step.Kept
	Next           = step.Next
	Result         = step.Result
	Operation      = step.Operation
	Changes        = step.Changes
	Severity       = step.Severity
)

// The results, operations and severities of events.
const (
	Succeeded = step.Succeeded
	Failed    = step.Failed
	Skipped   = step.Skipped
	Declined  = step.Declined
	Previewed = step.Previewed

	Create  = step.Create
	Update  = step.Update
	Replace = step.Replace
	Delete  = step.Delete
	Same    = step.Same

	Info    = step.Info
	Warning = step.Warning
	Error   = step.Error
)

// ErrInterrupted says that the user interrupted the run between operations.
var ErrInterrupted = step.ErrInterrupted

// WithInterrupts gives the run of the returned context the user's requests to stop:
// the first ends running operations and writes state, the second stops at once.
func WithInterrupts(ctx context.Context, requests <-chan struct{}) context.Context {
	return engine.WithInterrupts(ctx, requests)
}

// Printable is text of others in one line that does to a terminal nothing but show it:
// control characters, and those that are not seen, are shown as Go writes them.
func Printable(text string) string { return engine.Printable(text) }

// PrintableLines is Printable of each line of a text; those after the first are indented.
func PrintableLines(text string) string { return engine.PrintableLines(text) }
