package step

import (
	"context"

	"github.com/ptd-go/ptd/ensure/engine"
)

// Cause is why a destroy leaves a resource.
type Cause = engine.Cause

// The causes.
const (
	KeptNeeded    = engine.Needed
	KeptProtected = engine.Protected
	KeptRetained  = engine.Retained
	KeptExcluded  = engine.Excluded
)

// Remaining is what a destroy has left of a step's stack, and why. A stack that stays as a
// whole has only its step.
type Remaining struct {
	Step, URN, Type, Name string
	Cause                 Cause
}

// next says how to finish what a destroy has left. What was limited to some resources is
// finished as it is; where it failed, the resumption comes first.
func (r *Run) next(ctx context.Context, summary *Summary) []Next {
	if r.pipeline.Finish == nil || !r.options.Destroy || r.options.Cancel || summary.Err != nil || len(r.options.TargetResources) > 0 {
		return nil
	}
	r.step, r.taker = nil, nil
	next, err := r.pipeline.Finish(ctx, r, r.remains)
	if err != nil {
		r.Say(Warning, "how to finish could not be found out: %v", err)
	}
	return next
}
