package engine

import (
	"slices"
	"strings"
	"sync"

	engine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// outcome is what one run of the engine found or did.
type outcome struct {
	Plan
	providers map[string]resource.PropertyMap // known inputs of explicit providers
	failures  []Failure                       // in the order of time
	violated  []Failure                       // deviations from the plan
	changed   bool                            // something of the stack is not what it was
}

// watcher receives the engine's events of one operation, keeps what the outcome
// needs, and passes them on to the display and the caller.
type watcher struct {
	stack     *Stack
	operation Operation
	dryRun    bool
	events    chan engine.Event
	logged    chan engine.Event
	done      chan struct{}
	finishing sync.Once
	outcome   outcome
	working   map[resource.URN]Progress
	looking   map[resource.URN]bool // what the refresh of a preview looks at
}

func newWatcher(s *Stack, kind apitype.UpdateKind, operation Operation, dryRun bool) *watcher {
	w := &watcher{
		stack: s, operation: operation, dryRun: dryRun,
		events: make(chan engine.Event), logged: make(chan engine.Event, 16), done: make(chan struct{}),
		working: map[resource.URN]Progress{}, looking: map[resource.URN]bool{},
	}
	if dryRun {
		w.outcome.constraints = &constraints{resources: map[resource.URN]*constraint{}}
	}
	go w.watch(kind)
	return w
}

// log adds a message of the program or a plugin to the events.
func (w *watcher) log(severity diag.Severity, urn resource.URN, message string) {
	w.say(engine.DiagEventPayload{URN: urn, Message: message + "\n", Severity: severity, Color: colors.Never})
}

// status adds what a plugin waits for to the events.
func (w *watcher) status(severity diag.Severity, urn resource.URN, message string) {
	w.say(engine.DiagEventPayload{URN: urn, Message: message + "\n", Severity: severity, Color: colors.Never, Ephemeral: true})
}

func (w *watcher) say(payload engine.DiagEventPayload) {
	if payload.Severity == diag.Debug {
		return
	}
	event := engine.NewEvent(payload)
	select {
	case w.logged <- event:
	case <-w.done: // a plugin that still talks after the end
	}
}

func (w *watcher) watch(kind apitype.UpdateKind) {
	defer close(w.done)
	show, end := w.operation.Display.start(w.stack, kind, w.dryRun)
	defer end()
	for {
		var event engine.Event
		var open bool
		select {
		case event = <-w.logged:
		case event, open = <-w.events:
			if !open { // what was said before the end is still told
				select {
				case event = <-w.logged:
				default:
					return
				}
			}
			if event.Type == engine.CancelEvent {
				continue // the display ends when all is said
			}
		}
		payload, ok := event.Payload().(engine.DiagEventPayload)
		if ok && !payload.Ephemeral && (said(payload) || w.follows(payload)) {
			continue
		}
		if ok {
			if payload.Severity == diag.Error {
				payload.Message = cause(strings.Replace(colors.Never.Colorize(payload.Message), beforeStep, "", 1)) + "\n"
			}
			event = engine.NewEvent(payload)
		}
		show(event)
		w.note(event)
	}
}

// said tells whether a message says only what an operation's error says anyway: that
// it failed, or, of each resource in turn, that the state cannot be written.
func said(payload engine.DiagEventPayload) bool {
	if payload.Severity != diag.Error {
		return false
	}
	message := diagnostic(payload).Message
	return endings[message] || strings.Contains(message, errUnwritable.Error())
}

// endings are the engine's last words.
var endings = map[string]bool{
	"update failed": true, "preview failed": true, "update canceled": true, "preview canceled": true,
}

// beforeStep is how the engine begins the message of a step that was kept from beginning.
const beforeStep = "pre-step event returned an error: "

// follows tells whether a message says no more than a failure that was told before it: the
// same, or that something could not go on after it.
func (w *watcher) follows(payload engine.DiagEventPayload) bool {
	if payload.Severity != diag.Error {
		return false
	}
	message := diagnostic(payload)
	failure := Failure{URN: message.URN, Message: cause(message.Message)}
	return slices.ContainsFunc(w.outcome.failures, func(earlier Failure) bool {
		return consequence(failure.Message) || failure.repeats(earlier)
	})
}

// finish ends the watching and returns what was seen. It may be called again.
func (w *watcher) finish() *outcome {
	w.finishing.Do(func() { close(w.events) })
	<-w.done
	return &w.outcome
}

// note keeps what an event says and tells the caller of it.
func (w *watcher) note(event engine.Event) {
	switch payload := event.Payload().(type) {
	case engine.DiagEventPayload:
		if payload.Severity == diag.Debug {
			return
		}
		if payload.Ephemeral {
			w.progress(payload.URN, diagnostic(payload).Message)
			return
		}
		message := diagnostic(payload)
		if message.Severity == diag.Error {
			w.outcome.failures = append(w.outcome.failures, Failure{URN: message.URN, Message: message.Message})
		}
		w.tell(message)
	case engine.ResourcePreEventPayload:
		if w.dryRun {
			var planned *resource.State
			if payload.Metadata.New != nil {
				planned = payload.Metadata.New.State
			}
			w.outcome.constraints.note(payload.Metadata.Op, payload.Metadata.URN, planned)
		}
		if providers.IsProviderType(payload.Metadata.Type) && !payload.Internal {
			w.provider(payload.Metadata)
		}
		w.begin(payload.Metadata)
		w.looking[payload.Metadata.URN] = payload.Metadata.Op == deploy.OpRefresh
		// A preview's steps are reported once, when planned; the rest when done.
		if w.dryRun && !payload.Internal {
			w.step(payload.Metadata, true)
		}
	case engine.ResourceOperationFailedPayload:
		w.ended(payload.Metadata.URN)
	case engine.ResourceOutputsEventPayload:
		w.ended(payload.Metadata.URN)
		if w.dryRun && w.looking[payload.Metadata.URN] {
			w.found(payload.Metadata)
		}
		w.outcome.changed = w.outcome.changed || changes(payload.Metadata)
		if payload.Metadata.Type == resource.RootStackType && payload.Metadata.Res != nil {
			w.outputs(payload.Metadata)
		}
		if !w.dryRun && !payload.Internal {
			w.step(payload.Metadata, false)
		}
	}
}

// changes tells whether a step that was done changed anything of the stack's own: what it
// only reads changes by itself.
func changes(metadata engine.StepEventMetadata) bool {
	external := metadata.New != nil && metadata.New.State != nil && metadata.New.State.External ||
		metadata.Old != nil && metadata.Old.State != nil && metadata.Old.State.External
	return metadata.Op != deploy.OpSame && metadata.Op != deploy.OpRead && metadata.Type != resource.RootStackType && !external
}

// begin tells that the work on a resource begins. Components are no work of their own.
func (w *watcher) begin(metadata engine.StepEventMetadata) {
	kind, known := kinds[metadata.Op]
	switch metadata.Op {
	case deploy.OpCreateReplacement, deploy.OpDeleteReplaced:
		kind, known = Replace, true
	}
	custom := metadata.Res != nil && metadata.Res.Custom
	if w.dryRun || !known || !custom || kind == Same || providers.IsProviderType(metadata.Type) {
		return
	}
	begun := Progress{Kind: kind, URN: string(metadata.URN), Type: string(metadata.Type), Name: metadata.URN.Name()}
	w.working[metadata.URN] = begun
	w.tell(begun)
}

// progress tells how the work on a resource stands.
func (w *watcher) progress(urn resource.URN, status string) {
	if working, ok := w.working[urn]; ok {
		working.Status = status
		w.working[urn] = working
		w.tell(working)
	}
}

func (w *watcher) ended(urn resource.URN) {
	if working, ok := w.working[urn]; ok {
		working.Ended = true
		delete(w.working, urn)
		w.tell(working)
	}
}

func (w *watcher) provider(metadata engine.StepEventMetadata) {
	if metadata.New == nil || metadata.New.State == nil || metadata.New.State.Inputs.ContainsUnknowns() {
		return
	}
	if w.outcome.providers == nil {
		w.outcome.providers = map[string]resource.PropertyMap{}
	}
	w.outcome.providers[string(metadata.URN)] = metadata.New.State.Inputs
}

func (w *watcher) outputs(metadata engine.StepEventMetadata) {
	if metadata.New != nil && metadata.New.State != nil {
		w.outcome.Outputs = metadata.New.State.Outputs
	}
}

func (w *watcher) step(metadata engine.StepEventMetadata, planned bool) {
	change, ok := change(metadata, planned)
	if !ok || change.Type == string(resource.RootStackType) {
		return
	}
	switch {
	case change.Kind == Same:
		w.outcome.Unchanged++
	case change.Kind == Drift && len(change.Differences) == 0:
		return
	default:
		w.outcome.Changes = append(w.outcome.Changes, change)
	}
	w.tell(change)
}

// found keeps what the refresh of a preview has found.
func (w *watcher) found(metadata engine.StepEventMetadata) {
	delete(w.looking, metadata.URN)
	change, ok := change(metadata, true)
	if metadata.New == nil {
		change.Kind = Delete
	}
	if ok && (change.Kind == Delete || len(change.Differences) > 0) {
		w.outcome.Drifted = append(w.outcome.Drifted, change)
	}
}

func (w *watcher) tell(event Event) {
	if w.operation.Events != nil {
		w.operation.Events(event)
	}
	if w.operation.Channel != nil {
		w.operation.Channel <- event
	}
}
