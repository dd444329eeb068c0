package step

import (
	"context"
	"io"
)

// Options choose what a run does. The zero value previews silently, asks, and applies.
type Options struct {
	// DryRun previews every selected step and changes nothing, anywhere.
	DryRun bool
	// Preview shows the preview before asking. Without it the preview still runs, is
	// counted and guarded, and the question is still asked.
	Preview bool
	// AutoApply applies without asking. The guard still stops a run.
	AutoApply bool
	// Refresh reads the real state of every resource first; with DryRun nothing of it
	// is saved.
	Refresh bool
	// Cancel releases the lock of each selected stack, and does nothing else. While the run
	// that holds it lives on this host it is an error, unless Force insists.
	Cancel, Force bool
	// HistoryLimit is how many operations of each stack its history keeps, with the state
	// that each led to; 0 is engine.DefaultHistoryLimit.
	HistoryLimit int
	// Destroy destroys the selected steps in reverse order.
	Destroy bool
	// StartAtStep leaves out the steps before this one (in the order of the run).
	StartAtStep string
	// OnlySteps leaves out all steps but these.
	OnlySteps []string
	// TargetResources and ExcludeResources are URNs that limit every operation.
	TargetResources, ExcludeResources []string
	// AllowReplace are URNs of guarded resources that this run may replace or delete.
	AllowReplace []string
	// AllowTakeOver are URNs of resources whose creates may take over what others made.
	AllowTakeOver []string
}

// UserInterface is what a run needs of whoever started it. Its methods are called
// from one goroutine.
type UserInterface interface {
	// Event tells what happened.
	Event(Event)
	// Confirm asks; an error means that there is nobody to ask.
	Confirm(ctx context.Context, question Question) (bool, error)
	// Display says where and how the engine shows previews and progress; nil for not at all.
	Display() *Display
}

// Display is where the engine's own display goes.
type Display struct {
	Writer      io.Writer
	Color       bool
	Interactive bool // the writer is a terminal
	Verbose     bool // also show what does not change
}

// Question is asked before something is applied or destroyed.
type Question struct {
	Step    string
	Changes Changes
	Destroy bool
	// Type is what must be typed to agree: the target's name for a destroy; "" when
	// yes or no will do.
	Type string
}
