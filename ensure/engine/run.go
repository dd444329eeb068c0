package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	pulumidisplay "github.com/pulumi/pulumi/pkg/v3/display"
	engine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/result"
)

// run drives the engine once. Whatever it opens is closed when it returns.
func (s *Stack) run(ctx context.Context, verb string, kind apitype.UpdateKind, operation Operation,
	before *deploy.Snapshot, plan *Plan, dryRun bool,
) (*outcome, error) {
	fail := func(err error) (*outcome, error) { return nil, fmt.Errorf("%s stack %s: %w", verb, s.Name(), err) }
	if !dryRun && !s.locked {
		return fail(errors.New("it is not locked"))
	}
	if Interrupted(ctx) {
		return nil, ErrCanceled
	}
	if plan != nil && plan.constraints == nil {
		return fail(errors.New("its plan is not that of a preview"))
	}
	settings, err := configMap(operation.Config)
	if err != nil {
		return fail(err)
	}
	name, err := tokens.ParseStackName(s.name)
	if err != nil {
		return fail(err)
	}
	directory, err := workingDirectory()
	if err != nil {
		return fail(err)
	}
	watch := newWatcher(s, kind, operation, dryRun)
	defer watch.finish()
	session, err := operation.Host.newSession(ctx, operation, before, plan, watch.log)
	if err != nil {
		return fail(err)
	}
	session.status = watch.status
	// The watching hears the plugins' last words, but not what a function says that is cut
	// off from the engine.
	defer session.program.finish()
	defer watch.finish()
	defer session.Close()
	target := &deploy.Target{
		Name: name, Organization: "organization",
		Config: settings, Decrypter: config.NopDecrypter, Snapshot: before,
	}
	options := engine.UpdateOptions{
		Host: session, Parallel: int32(operation.Parallel), ParallelDiff: true,
		Targets: deploy.NewUrnTargets(operation.Targets), Excludes: deploy.NewUrnTargets(operation.Excludes),
		Refresh: operation.Refresh, GeneratePlan: kind == apitype.PreviewUpdate,
	}
	if options.Parallel == 0 {
		options.Parallel = 16
	}
	cancelContext, end := cancellation(ctx)
	defer end()
	engineContext := &engine.Context{Cancel: cancelContext, Events: watch.events, BackendClient: noReferences{}}
	var recorded *journal
	if dryRun {
		if err := s.checkSecretsManager(ctx, before); err != nil {
			return fail(err)
		}
	} else {
		if err := s.checkWritable(ctx); err != nil {
			return nil, err
		}
		manager, err := s.secretsManager(ctx, before) // which a first one makes a key for
		if err != nil {
			return fail(err)
		}
		if recorded, err = s.journal(context.WithoutCancel(ctx), manager); err != nil {
			return nil, err
		}
		if engineContext.SnapshotManager, err = engine.NewJournalSnapshotManager(recorded, before, manager); err != nil {
			_, ended := recorded.end()
			return fail(errors.Join(err, ended))
		}
	}
	var kept *keeper
	if plan != nil {
		kept = &keeper{SnapshotManager: engineContext.SnapshotManager, constraints: plan.constraints, begun: map[resource.URN]bool{}}
		engineContext.SnapshotManager = kept
	}
	update := engine.UpdateInfo{Root: directory, Project: s.project, Target: target}
	started := time.Now()
	var outputs resource.PropertyMap // before: the snapshot is changed
	if root := rootOf(before); root != nil {
		outputs = root.Outputs
	}
	var planned *deploy.Plan
	var counts pulumidisplay.ResourceChanges
	var failure error
	switch kind {
	case apitype.RefreshUpdate:
		_, counts, failure = engine.Refresh(update, engineContext, options, dryRun)
	case apitype.DestroyUpdate:
		_, counts, failure = engine.Destroy(update, engineContext, options, dryRun)
	default:
		planned, counts, failure = engine.Update(update, engineContext, options, dryRun)
	}
	canceled := cancelContext.CancelErr() != nil
	if kept != nil && failure == nil {
		for _, urn := range kept.missing() {
			watch.log(diag.Warning, urn, "the preview showed a change of this resource, but the program did not ask for it any more: nothing was done to it")
		}
	}
	closed := session.Close()
	outcome := watch.finish()
	outcome.violated = kept.violations()
	session.mark(outcome.Changes)
	session.mark(outcome.Drifted)
	if planned != nil && dryRun {
		outcome.constraints.complete(planned, outcome.Outputs)
	}
	if recorded != nil {
		// State that could not be written comes before all other failures.
		if err := s.commit(ctx, recorded); err != nil {
			if len(outcome.failures) == 0 {
				return outcome, err
			}
			return outcome, errors.Join(err, s.classify(verb, outcome, failure, false))
		}
		if outcome.changed || outcome.Outputs != nil && !outcome.Outputs.DeepEquals(outputs) {
			if err := s.record(ctx, kind, started, counts, failure != nil, operation.HistoryLimit); err != nil && failure == nil {
				return outcome, err
			}
		}
	}
	if failure == nil && closed != nil {
		return outcome, fmt.Errorf("end the plugin host of stack %s: %w", s.Name(), closed)
	}
	if failure == nil && kept != nil && !kept.constraints.checkOutputs(outcome.Outputs) {
		return outcome, &PlanViolatedError{Stack: s.Name(), Failures: []Failure{{Message: "the stack's outputs are others than its preview showed"}}}
	}
	return outcome, s.classify(verb, outcome, failure, canceled)
}

// commit writes the state that a journal has led to.
func (s *Stack) commit(ctx context.Context, recorded *journal) error {
	deployment, failure := recorded.end()
	if deployment.Deployment == nil {
		return failure
	}
	err := s.write(ctx, deployment)
	var lost *LockLostError
	switch {
	case errors.As(err, &lost): // so does failure say, if it has noticed
		return errors.Join(err, s.leave(ctx, recorded))
	case failure != nil:
		return failure
	}
	return err
}

// classify turns the engine's failure into one of this package's errors.
func (s *Stack) classify(verb string, outcome *outcome, failure error, canceled bool) error {
	if failure == nil {
		return nil
	}
	if canceled {
		return fmt.Errorf("%s stack %s: %w", verb, s.Name(), ErrCanceled)
	}
	causes := causes(outcome.failures)
	others := slices.DeleteFunc(slices.Clone(causes), func(cause Failure) bool { return slices.Contains(outcome.violated, cause) })
	if len(outcome.violated) > 0 && len(others) == 0 {
		return &PlanViolatedError{Stack: s.Name(), Failures: outcome.violated}
	}
	if result.IsBail(failure) {
		failure = fmt.Errorf("%s failed", verb) // its messages are the failures
	}
	return &OperationError{Operation: verb, Stack: s.Name(), Failures: causes, Err: failure}
}

// configMap is a stack's configuration as the engine takes it.
func configMap(values map[string]string) (config.Map, error) {
	settings := config.Map{}
	for name, value := range values {
		key, err := config.ParseKey(name)
		if err != nil {
			return nil, fmt.Errorf("configuration %q: %w", name, err)
		}
		settings[key] = config.NewValue(value)
	}
	return settings, nil
}

// noReferences refuses stack references: outputs reach programs as typed values.
type noReferences struct{ deploy.BackendClient }
