package engine

import (
	"regexp"
	"strings"
	"sync"

	engine "github.com/pulumi/pulumi/pkg/v3/engine"
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
	failures  []Failure
	violated  []Failure // deviations from the plan
	unreached []Failure // parts of the plan that did not come
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
}

func newWatcher(s *Stack, kind apitype.UpdateKind, operation Operation, dryRun bool) *watcher {
	w := &watcher{
		stack: s, operation: operation, dryRun: dryRun,
		events: make(chan engine.Event), logged: make(chan engine.Event, 16), done: make(chan struct{}),
	}
	go w.watch(kind)
	return w
}

// log adds a message of the program or a plugin to the events.
func (w *watcher) log(severity diag.Severity, urn resource.URN, message string) {
	if severity == diag.Debug {
		return
	}
	event := engine.NewEvent(engine.DiagEventPayload{
		URN: urn, Message: message + "\n", Severity: severity, Color: colors.Never,
	})
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
			if !open {
				return
			}
			if event.Type == engine.CancelEvent {
				continue // the display ends when all is said
			}
		}
		payload, ok := event.Payload().(engine.DiagEventPayload)
		if ok && said(payload) {
			continue
		}
		if ok {
			payload.Message = withoutValues(payload.Message)
			event = engine.NewEvent(payload)
		}
		if !ok || !unreached(payload.Message) {
			show(event)
		}
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

// withoutValues takes the values out of the engine's message about a deviation from the
// plan, which shows secrets, too. The names of the properties stay.
func withoutValues(message string) string {
	head, changes, found := strings.Cut(message, "properties changed: ")
	if !found || !strings.Contains(head, violation) {
		return message
	}
	var names []string
	for _, name := range changedProperty.FindAllStringSubmatch(changes, -1) {
		names = append(names, name[1])
	}
	return head + "properties changed: " + strings.Join(names, ", ") + "\n"
}

// changedProperty is how the engine begins a change: what was planned, what is done, and
// the property.
var changedProperty = regexp.MustCompile(`(?:^|, )[-+~=]{2}([\w/.-]+)`)

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
		if payload.Ephemeral || payload.Severity == diag.Debug {
			return
		}
		message := diagnostic(payload)
		if message.Severity == diag.Error {
			w.outcome.fail(Failure{URN: message.URN, Message: message.Message})
		}
		if !unreached(message.Message) {
			w.tell(message)
		}
	case engine.ResourcePreEventPayload:
		if providers.IsProviderType(payload.Metadata.Type) && !payload.Internal {
			w.provider(payload.Metadata)
		}
		// A preview's steps are reported once, when planned; the rest when done.
		if w.dryRun && !payload.Internal {
			w.step(payload.Metadata, true)
		}
	case engine.ResourceOutputsEventPayload:
		if payload.Metadata.Type == resource.RootStackType && payload.Metadata.Res != nil {
			w.outputs(payload.Metadata)
		}
		if !w.dryRun && !payload.Internal {
			w.step(payload.Metadata, false)
		}
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

func (w *watcher) tell(event Event) {
	if w.operation.Events != nil {
		w.operation.Events(event)
	}
	if w.operation.Channel != nil {
		w.operation.Channel <- event
	}
}

// fail keeps an error that the engine reported. That the program deviates from its
// plan is known by the engine's text alone; and a plan that something else cut short
// says of every resource that it was not reached, which is no news.
func (o *outcome) fail(failure Failure) {
	switch {
	case unreached(failure.Message):
		o.unreached = append(o.unreached, failure)
	case strings.Contains(failure.Message, violation):
		o.violated = append(o.violated, failure)
	default:
		o.failures = append(o.failures, failure)
	}
}

// violation is in the engine's messages about a deviation from the plan.
const violation = "violates plan"

// unreached tells the engine's message about a part of the plan that did not come.
func unreached(message string) bool {
	return strings.Contains(message, "expected resource operations for")
}
