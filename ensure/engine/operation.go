package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	pulumidisplay "github.com/pulumi/pulumi/pkg/v3/display"
	engine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/result"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Operation is what preview, up, refresh and destroy have in common.
type Operation struct {
	// Program is the stack's program. Refresh and Destroy need none.
	Program pulumi.RunFunc
	// Executable, when set, is run instead of Program: a Go program that calls
	// pulumi.Run.
	Executable string
	Plugins    Plugins
	// Config is the stack's configuration ("aws:region"), as the pulumi command line
	// would have it in a file.
	Config map[string]string
	// Targets and Excludes are URNs that limit the operation.
	Targets, Excludes []string
	// Unprotect are URNs, and patterns of URNs, of protected resources that a destroy
	// may take, and an Up may delete or replace, all the same.
	Unprotect []string
	// Hold tells of which types a destroy leaves what is retained on deletion in the
	// state, where a later run finds it again; nil for none.
	Hold func(typ string) bool
	// Providers are inputs of explicit providers, by URN, that take the place of those in
	// the state: see Stack.Providers.
	Providers map[string]resource.PropertyMap
	// Anew takes the stack for empty: what its state describes is gone together with what
	// held it. Before an Up the state has to be emptied: see Stack.Forget.
	Anew bool
	// Refresh makes a preview look at real resources first; nothing of it is saved.
	Refresh bool
	// Events receives what happens, in order; it is called from one goroutine, and has
	// been called for everything when the operation returns.
	Events func(Event)
	// Channel receives the same, for whoever waits for events among other things. It
	// must be drained, and is closed when a preview, up, refresh or destroy has ended.
	Channel chan<- Event
	// Display shows what happens with Pulumi's own display; nil for not at all.
	Display *Display
	// Parallel limits concurrent resource operations; 0 is 16.
	Parallel int
}

// Plan is what a preview found, and what an Up with it may do.
type Plan struct {
	// Outputs of the stack, as far as they are known; unknown ones are computed values.
	Outputs resource.PropertyMap
	// Changes are all changes except Same.
	Changes []Change
	// Unchanged counts the resources that stay the same.
	Unchanged int
	// OutputsChange is true when the outputs are not those in the state.
	OutputsChange bool

	constraints *deploy.Plan
}

// Preview finds out what Up would do. It writes nothing and needs no lock. It takes
// nothing for protected: that a change would destroy what is, it says in the change.
func (s *Stack) Preview(ctx context.Context, operation Operation) (*Plan, error) {
	before, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if operation.Anew && before != nil {
		before.Resources, before.PendingOperations = nil, nil
	}
	protected := unprotect(before, []string{Everything})
	reconfigure(before, operation.Providers)
	outcome, err := s.run(ctx, "preview", apitype.PreviewUpdate, operation, before, nil, true)
	if err != nil {
		return nil, err
	}
	plan := outcome.Plan
	for i := range plan.Changes {
		plan.Changes[i].Protected = protected[resource.URN(plan.Changes[i].URN)]
	}
	root := rootOf(before)
	plan.OutputsChange = root == nil || !root.Outputs.DeepEquals(plan.Outputs)
	return &plan, nil
}

// Up applies the program. With a plan, it does nothing that the plan did not show: a
// deviation is a *PlanViolatedError. The stack must be locked.
func (s *Stack) Up(ctx context.Context, operation Operation, plan *Plan) (*Plan, error) {
	before, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	unprotect(before, operation.Unprotect)
	outcome, err := s.run(ctx, "apply", apitype.UpdateUpdate, operation, before, plan, false)
	if outcome == nil {
		return nil, err
	}
	return &outcome.Plan, err
}

// Refresh makes the state follow what the resources really are. The changes of the
// result are Drift. The stack must be locked.
func (s *Stack) Refresh(ctx context.Context, operation Operation) (*Plan, error) {
	before, err := s.snapshot(ctx)
	if err != nil || before == nil {
		return &Plan{}, err
	}
	reconfigure(before, operation.Providers)
	outcome, err := s.run(ctx, "refresh", apitype.RefreshUpdate, operation, before, nil, false)
	if outcome == nil {
		return nil, err
	}
	return &outcome.Plan, err
}

// Destroy deletes the stack's resources, or with preview finds out what it would
// delete. What must stay has to be left out by targets: see Destructible. The stack
// must be locked unless it is a preview.
func (s *Stack) Destroy(ctx context.Context, operation Operation, preview bool) (*Plan, error) {
	before, err := s.snapshot(ctx)
	if err != nil || before == nil {
		return &Plan{}, err
	}
	unprotect(before, operation.Unprotect)
	reconfigure(before, operation.Providers)
	outcome, err := s.run(ctx, "destroy", apitype.DestroyUpdate, operation, before, nil, preview)
	if outcome == nil {
		return nil, err
	}
	return &outcome.Plan, err
}

// Providers runs the program, as a preview does, and returns the inputs of its explicit
// providers: those in the state may be out of date (a password that was rotated), and
// neither refresh nor destroy run the program. What was found before a failure comes
// with it.
func (s *Stack) Providers(ctx context.Context, operation Operation) (map[string]resource.PropertyMap, error) {
	before, err := s.snapshot(ctx)
	if err != nil || before == nil {
		return nil, err
	}
	unprotect(before, []string{Everything})
	operation.Events, operation.Channel, operation.Display, operation.Refresh = nil, nil, nil, false
	operation.Targets, operation.Excludes = nil, nil
	outcome, err := s.run(ctx, "preview", apitype.PreviewUpdate, operation, before, nil, true)
	if outcome == nil {
		return nil, err
	}
	return outcome.providers, err
}

// reconfigure gives the providers in the state other inputs.
func reconfigure(snapshot *deploy.Snapshot, inputs map[string]resource.PropertyMap) {
	if snapshot == nil {
		return
	}
	for _, state := range snapshot.Resources {
		if fresh, ok := inputs[string(state.URN)]; ok && !state.Delete {
			state.Inputs = fresh
		}
	}
}

// outcome is what one run of the engine found or did.
type outcome struct {
	Plan
	providers map[string]resource.PropertyMap // known inputs of explicit providers
	failures  []Failure
	violated  []Failure // deviations from the plan
	unreached []Failure // parts of the plan that did not come
}

// run drives the engine once.
func (s *Stack) run(ctx context.Context, verb string, kind apitype.UpdateKind, operation Operation,
	before *deploy.Snapshot, plan *Plan, dryRun bool,
) (*outcome, error) {
	if !dryRun && !s.locked {
		return nil, fmt.Errorf("%s stack %s: it is not locked", verb, s.Name())
	}
	if Interrupted(ctx) {
		return nil, ErrCanceled
	}
	manager, err := s.secretsManager(before)
	if err != nil {
		return nil, fmt.Errorf("%s stack %s: %w", verb, s.Name(), err)
	}
	directory, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("%s stack %s: %w", verb, s.Name(), err)
	}

	watch := newWatcher(s, kind, operation, dryRun)
	plugins, err := newHost(ctx, directory, operation, watch.log)
	if err != nil {
		return nil, fmt.Errorf("%s stack %s: %w", verb, s.Name(), err)
	}
	target := &deploy.Target{
		Name: tokens.MustParseStackName(s.name), Organization: "organization",
		Config: configMap(operation.Config), Decrypter: config.NopDecrypter, Snapshot: before,
	}
	options := engine.UpdateOptions{
		Host: plugins, Parallel: int32(operation.Parallel), ParallelDiff: true,
		Targets: deploy.NewUrnTargets(operation.Targets), Excludes: deploy.NewUrnTargets(operation.Excludes),
		Refresh: operation.Refresh, GeneratePlan: kind == apitype.PreviewUpdate,
	}
	if options.Parallel == 0 {
		options.Parallel = 16
	}
	if plan != nil {
		options.Plan = plan.constraints.Clone()
	}
	cancelContext, stop := cancellation(ctx)
	defer stop()
	engineContext := &engine.Context{Cancel: cancelContext, Events: watch.events, BackendClient: noReferences{}}

	var recorded *journal
	if !dryRun {
		if err := s.checkWritable(ctx); err != nil {
			return nil, err
		}
		if recorded, err = s.journal(context.WithoutCancel(ctx), manager); err != nil {
			return nil, err
		}
		if engineContext.SnapshotManager, err = engine.NewJournalSnapshotManager(recorded, before, manager); err != nil {
			return nil, fmt.Errorf("%s stack %s: %w", verb, s.Name(), err)
		}
	}
	update := engine.UpdateInfo{Root: directory, Project: s.project, Target: target}
	started := time.Now()
	var constraints *deploy.Plan
	var counts pulumidisplay.ResourceChanges
	var failure error
	switch kind {
	case apitype.RefreshUpdate:
		_, counts, failure = engine.Refresh(update, engineContext, options, dryRun)
	case apitype.DestroyUpdate:
		_, counts, failure = engine.Destroy(update, engineContext, options, dryRun)
	default:
		constraints, counts, failure = engine.Update(update, engineContext, options, dryRun)
	}
	outcome := watch.finish()
	outcome.constraints = tolerant(constraints)
	if recorded != nil {
		// State that could not be written comes before all other failures.
		if err := s.commit(ctx, recorded); err != nil {
			if len(outcome.failures) == 0 {
				return outcome, err
			}
			return outcome, errors.Join(err, s.classify(verb, outcome, failure, false))
		}
		if err := s.record(ctx, kind, started, counts, failure != nil); err != nil && failure == nil {
			return outcome, err
		}
	}
	return outcome, s.classify(verb, outcome, failure, cancelContext.CancelErr() != nil)
}

// commit writes the state that a journal has led to.
func (s *Stack) commit(ctx context.Context, recorded *journal) error {
	deployment, failure := recorded.end()
	if deployment.Deployment == nil {
		return failure
	}
	if err := s.write(ctx, deployment); err != nil && failure == nil {
		return err
	}
	return failure
}

// classify turns the engine's failure into one of this package's errors.
func (s *Stack) classify(verb string, outcome *outcome, failure error, canceled bool) error {
	switch {
	case failure == nil:
		return nil
	case canceled:
		return fmt.Errorf("%s stack %s: %w", verb, s.Name(), ErrCanceled)
	case len(outcome.failures) == 0 && len(outcome.violated) > 0:
		return &PlanViolatedError{Stack: s.Name(), Failures: outcome.violated}
	case len(outcome.failures) == 0 && len(outcome.unreached) > 0:
		return &PlanViolatedError{Stack: s.Name(), Failures: outcome.unreached}
	case result.IsBail(failure):
		failure = fmt.Errorf("%s failed", verb) // its messages are the failures
	}
	return &OperationError{Operation: verb, Stack: s.Name(), Failures: outcome.failures, Err: failure}
}

func configMap(values map[string]string) config.Map {
	settings := config.Map{}
	for name, value := range values {
		settings[config.MustParseKey(name)] = config.NewValue(value)
	}
	return settings
}

// noReferences refuses stack references: outputs reach programs as typed values.
type noReferences struct{ deploy.BackendClient }

// watcher receives the engine's events of one operation, keeps what the outcome
// needs, and passes them on to the display and the caller.
type watcher struct {
	stack     *Stack
	operation Operation
	dryRun    bool
	events    chan engine.Event
	logged    chan engine.Event
	done      chan struct{}
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
	if w.operation.Channel != nil {
		defer close(w.operation.Channel)
	}
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

// finish ends the watching and returns what was seen.
func (w *watcher) finish() *outcome {
	close(w.events)
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
	case strings.Contains(failure.Message, "violates plan"):
		o.violated = append(o.violated, failure)
	default:
		o.failures = append(o.failures, failure)
	}
}

// unreached tells the engine's message about a part of the plan that did not come.
func unreached(message string) bool {
	return strings.Contains(message, "expected resource operations for")
}
