package step

import "time"

// Result is how a step, or a whole run, ended.
type Result string

// The results. A run has the result of its worst step: failed, then declined, then
// succeeded; a run that only looked (a dry run) is previewed.
const (
	Succeeded Result = "succeeded"
	Failed    Result = "failed"
	Skipped   Result = "skipped"  // not reached, because an earlier step failed or was declined
	Declined  Result = "declined" // the user said no
	Previewed Result = "previewed"
)

// Operation is what happens to one resource or object.
type Operation string

// The operations, in the order in which tables show them.
const (
	Create  Operation = "create"
	Update  Operation = "update"
	Replace Operation = "replace"
	Delete  Operation = "delete"
	Same    Operation = "same"
)

// Changes counts operations. A replacement counts once, as Replace.
type Changes struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
	Same    int `json:"same"`
}

// Any tells whether something other than Same happened (or would happen).
func (c Changes) Any() bool { return c.Create+c.Update+c.Replace+c.Delete > 0 }

// Count adds one operation.
func (c *Changes) Count(op Operation) {
	switch op {
	case Create:
		c.Create++
	case Update:
		c.Update++
	case Replace:
		c.Replace++
	case Delete:
		c.Delete++
	case Same:
		c.Same++
	}
}

// Add adds the counts of other.
func (c *Changes) Add(other Changes) {
	c.Create += other.Create
	c.Update += other.Update
	c.Replace += other.Replace
	c.Delete += other.Delete
	c.Same += other.Same
}

// Severity of a Diagnostic.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Event is something that a run tells its user: one of RunStarted, StepStarted,
// ResourceChange, Diagnostic, Progress, StepFinished and Summary. No event holds the value
// of a secret.
type Event interface{ event() }

// RunStarted is the first event.
type RunStarted struct {
	Target  string
	Steps   []string
	DryRun  bool
	Destroy bool
}

// StepStarted begins a step.
type StepStarted struct {
	Step string
	// Stack is the Pulumi stack of the step; "" for an action such as bootstrap.
	Stack string
}

// ResourceChange tells of one resource (or, with an empty URN, one object that an
// action made) that was changed, or that a dry run would change. Unchanged
// resources are counted, not told.
type ResourceChange struct {
	Step      string
	Operation Operation
	URN       string
	Type      string
	Name      string
	// Keys are the properties (of a secret: the keys) that change; never values.
	Keys []string
	Note string
	// Planned is true when the change would happen: it comes from a preview.
	Planned bool
}

// Diagnostic is a message of the engine, a provider, a program or the runner.
type Diagnostic struct {
	Step     string
	Severity Severity
	URN      string
	Message  string
}

// Progress tells that the work on one resource has begun, how it stands, or that it has
// ended.
type Progress struct {
	Step            string
	Operation       Operation
	URN, Type, Name string
	// Status is what the provider waits for, as it last said; "" when it has said nothing.
	Status string
	Ended  bool
}

// StepFinished ends a step. Steps that were not reached finish as Skipped, without
// having started.
type StepFinished struct {
	Step     string
	Result   Result
	Changes  Changes
	Duration time.Duration
	// Note says in a few words why the result is what it is, when that is not plain.
	Note string
}

// Summary is the last event, and what Run returns.
type Summary struct {
	Target   string
	Result   Result
	Changes  Changes
	Steps    []StepFinished
	Duration time.Duration
	// Kept names what a destroy left behind, each with the reason.
	Kept []Kept
	// Next says, in order, how to finish a destroy; nil after one that failed.
	Next []Next
	// Err is the failure, nil unless Result is Failed or Declined.
	Err error
	// Resume is the command line (the arguments after "ptd") that goes on where this
	// run stopped; nil when there is nothing to resume.
	Resume []string
}

// Kept is a resource or object that destroy left in place.
type Kept struct {
	Step, Type, Name, Reason string
}

// Next is something to do to finish what a run has left.
type Next struct {
	// Text says what and why.
	Text string
	// Command is the command line (the arguments after "ptd") that does it; nil for none.
	Command []string
}

func (RunStarted) event()     {}
func (StepStarted) event()    {}
func (ResourceChange) event() {}
func (Diagnostic) event()     {}
func (Progress) event()       {}
func (StepFinished) event()   {}
func (Summary) event()        {}
