package step_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/stacks/action"
	"github.com/ptd-go/ptd/stacks/output"
)

// world is an environment with a cloud of its own: islands, and houses that stand on
// them. No file of the runner or of another pipeline knows of it.
type world struct {
	cloud   *sandbox.Cloud
	backend *engine.Backend
	host    *engine.Host
	tunnels int
	broken  bool // no house can be built
}

func newWorld(t *testing.T) *world {
	t.Helper()
	directory := t.TempDir()
	cloud, err := sandbox.Open(directory)
	require.NoError(t, err)
	w := &world{cloud: cloud, backend: engine.NewBackend(engine.BackendOptions{
		URL: "file://" + filepath.ToSlash(filepath.Join(directory, "state")), SecretsProvider: "passphrase", Passphrase: "test",
	})}
	w.host = engine.NewHost(w.plugins())
	t.Cleanup(func() { require.NoError(t, errors.Join(w.host.Close(), w.backend.Close(), cloud.Close())) })
	return w
}

func (w *world) Stack(project string) (*engine.Stack, error) {
	return w.backend.Stack(project, "atlantis"), nil
}

func (w *world) OpenTunnel(context.Context) (string, error) {
	w.tunnels++
	return "a boat", nil
}

func (w *world) Host() *engine.Host { return w.host }

func (w *world) plugins() engine.Plugins {
	sea := &sandbox.Package{Name: "sea", Types: map[string]sandbox.Type{
		"sea:index:Island": {Outputs: []string{"coast"}, Create: func(o *sandbox.Operation) error {
			o.ID = "island-" + o.Name
			o.Outputs["coast"] = "coast of " + o.Name
			return nil
		}},
		"sea:index:House": {
			References: []sandbox.Reference{{Path: "coast", Types: []string{"sea:index:Island"}, By: "coast", Message: "no %s"}},
			Create: func(o *sandbox.Operation) error {
				if w.broken {
					return errors.New("no timber")
				}
				o.ID = "house-" + o.Name
				return nil
			},
		},
	}}
	return engine.Plugins{OnlySimulated: true, Simulated: map[string]func() (plugin.Provider, error){
		"sea": func() (plugin.Provider, error) { return sandbox.NewProvider(w.cloud, sea), nil },
	}}
}

// objects are the ids of all that is in the world.
func (w *world) objects(t *testing.T) []string {
	t.Helper()
	list, err := w.cloud.List()
	require.NoError(t, err)
	ids := []string{}
	for _, object := range list {
		ids = append(ids, object.ID)
	}
	slices.Sort(ids)
	return ids
}

type islandsOut struct {
	Coasts pulumi.StringMapOutput `pulumi:"coasts"`
}

type housesIn struct {
	islands []string
	coasts  pulumi.StringMapOutput
}

type housesOut struct {
	Parts pulumi.StringArrayOutput `pulumi:"parts"`
	Count pulumi.IntOutput         `pulumi:"count"`
}

type thing struct {
	pulumi.CustomResourceState
	Coast pulumi.StringOutput `pulumi:"coast"`
}

// archipelago is a pipeline of two stacks: each island of the configuration, and a house
// on each.
func archipelago(islands ...string) step.Pipeline {
	land := &step.Stack[[]string, islandsOut]{
		Name: "islands", Project: "islands",
		Gather: func(context.Context, *step.Run) ([]string, error) { return islands, nil },
		Program: func(ctx *pulumi.Context, in []string) (*islandsOut, error) {
			coasts := pulumi.StringMap{}
			for _, name := range in {
				made := &thing{}
				if err := ctx.RegisterResource("sea:index:Island", name, pulumi.Map{}, made); err != nil {
					return nil, err
				}
				coasts[name] = made.Coast
			}
			return &islandsOut{Coasts: coasts.ToStringMapOutput()}, nil
		},
		After: func(ctx context.Context, r *step.Run, out *islandsOut) error {
			_, known, err := output.Await[map[string]string](ctx, out.Coasts)
			if err == nil && !known && !r.DryRun() {
				return errors.New("the outputs are not known after the stack was applied")
			}
			r.Did([]action.Change{{Operation: action.Update, Type: "map", Name: "chart", Planned: r.DryRun()}})
			return err
		},
	}
	houses := &step.Stack[housesIn, housesOut]{
		Name: "houses", Project: "houses", Proxy: true, Needs: []step.Step{land}, DeletesEarly: true,
		Gather: func(ctx context.Context, r *step.Run) (housesIn, error) {
			out, err := land.Outputs(ctx, r)
			if err != nil {
				return housesIn{}, err
			}
			return housesIn{islands, out.Coasts}, nil
		},
		Program: func(ctx *pulumi.Context, in housesIn) (*housesOut, error) {
			for _, name := range in.islands {
				house := pulumi.Map{"coast": in.coasts.MapIndex(pulumi.String(name))}
				if err := ctx.RegisterResource("sea:index:House", name, house, &thing{}); err != nil {
					return nil, err
				}
			}
			return &housesOut{
				Parts: pulumi.ToStringArray(in.islands).ToStringArrayOutput(), Count: pulumi.Int(len(in.islands)).ToIntOutput(),
			}, nil
		},
	}
	return step.Pipeline{
		Target: "atlantis", Steps: []step.Step{land, houses}, Aliases: map[string]string{"land": "islands"},
		Guarded: map[string]bool{"sea:index:Island": true},
		Gone: func(ctx context.Context, r *step.Run) ([]string, error) {
			state, err := r.State("houses")
			if err != nil {
				return nil, err
			}
			values, _, err := state.Outputs(ctx)
			if err != nil {
				return nil, err
			}
			had, err := output.Known[[]string](values["parts"])
			return slices.DeleteFunc(had, func(part string) bool { return slices.Contains(islands, part) }), err
		},
	}
}

// listener is a user who agrees to everything.
type listener struct{ events []step.Event }

func (l *listener) Event(event step.Event)                               { l.events = append(l.events, event) }
func (l *listener) Confirm(context.Context, step.Question) (bool, error) { return true, nil }
func (l *listener) Display() *step.Display                               { return nil }

// sail runs a pipeline in a world.
func sail(t *testing.T, w *world, pipeline step.Pipeline, options step.Options) (step.Summary, []step.Event) {
	t.Helper()
	runner, err := step.New(pipeline, w, options)
	require.NoError(t, err)
	user := &listener{}
	return runner.Run(context.Background(), user), user.events
}

func TestPipelineFromNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	planned, _ := sail(t, w, archipelago("north", "south"), step.Options{DryRun: true})
	require.NoError(t, planned.Err)
	assert.Equal(t, step.Changes{Create: 4, Update: 1}, planned.Changes)
	assert.Empty(t, w.objects(t), "a dry run makes nothing")

	first, events := sail(t, w, archipelago("north", "south"), step.Options{AutoApply: true})
	require.NoError(t, first.Err)
	assert.Equal(t, planned.Changes, first.Changes)
	assert.Equal(t, []string{"house-north", "house-south", "island-north", "island-south"}, w.objects(t))
	assert.Contains(t, events, step.Event(step.Diagnostic{Step: "houses", Severity: step.Info, Message: "a boat"}))

	again, _ := sail(t, w, archipelago("north", "south"), step.Options{AutoApply: true})
	require.NoError(t, again.Err)
	assert.Equal(t, step.Changes{Update: 1, Same: 4}, again.Changes, "but for what follows the islands, nothing changes")
	assert.Equal(t, 3, w.tunnels, "one a run")
	direct := archipelago("north", "south")
	direct.Direct = true
	reached, _ := sail(t, w, direct, step.Options{DryRun: true})
	require.NoError(t, reached.Err)
	assert.Equal(t, 3, w.tunnels, "none where the network is reached without")

	runner, err := step.New(archipelago("north", "south"), w, step.Options{})
	require.NoError(t, err)
	outputs, err := runner.Outputs(context.Background(), "houses", false)
	require.NoError(t, err)
	assert.Equal(t, map[string]map[string]any{"houses": {"parts": []any{"north", "south"}, "count": 2.0}}, outputs)
}

func TestPipelineFailsAndResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.broken = true
	failed, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true})
	require.ErrorContains(t, failed.Err, "no timber")
	assert.Equal(t, []string{"ensure", "atlantis", "--auto-apply", "--preview=false", "--start-at-step", "houses"}, failed.Resume)
	assert.Equal(t, []string{"island-north"}, w.objects(t))

	w.broken = false
	resumed, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true, StartAtStep: "houses"})
	require.NoError(t, resumed.Err)
	assert.Equal(t, step.Changes{Create: 1}, resumed.Changes)

	_, err := step.New(archipelago(), w, step.Options{StartAtStep: "bridges"})
	require.EqualError(t, err, `atlantis has no step "bridges"; its steps are islands, houses`)
	aliased, err := step.New(archipelago(), w, step.Options{OnlySteps: []string{"land"}})
	require.NoError(t, err)
	assert.Equal(t, "islands", aliased.Steps()[0].Name)
}

// TestPipelineNeedsWhatIsApplied asks for a step whose needs were never applied.
func TestPipelineNeedsWhatIsApplied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	summary, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true, OnlySteps: []string{"houses"}})
	require.EqualError(t, summary.Err, "step houses needs the outputs of step islands, which was never applied: "+
		"run `ptd ensure atlantis --start-at-step islands`")
}

func TestPipelineRemovesBackwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := sail(t, w, archipelago("north", "south"), step.Options{AutoApply: true})
	require.NoError(t, first.Err)

	guarded, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true})
	var stopped *step.GuardError
	require.ErrorAs(t, guarded.Err, &stopped)
	require.Len(t, stopped.Changes, 1)
	assert.Len(t, w.objects(t), 4, "nothing went before all guards were asked")

	// The island could not go while a house stands on it.
	removed, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true, AllowReplace: []string{stopped.Changes[0].URN}})
	require.NoError(t, removed.Err)
	assert.Equal(t, 2, removed.Changes.Delete)
	assert.Equal(t, []string{"house-north", "island-north"}, w.objects(t))
}

func TestPipelineIsDestroyedBackwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := sail(t, w, archipelago("north", "south"), step.Options{AutoApply: true})
	require.NoError(t, first.Err)
	destroyed, _ := sail(t, w, archipelago("north", "south"), step.Options{AutoApply: true, Destroy: true})
	require.NoError(t, destroyed.Err)
	assert.Equal(t, step.Changes{Delete: 4}, destroyed.Changes)
	assert.Equal(t, "houses", destroyed.Steps[0].Step)
	assert.Empty(t, w.objects(t))
}

func TestPipelineIsLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	held, err := w.Stack("houses")
	require.NoError(t, err)
	require.NoError(t, held.Lock(context.Background()))
	locked, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true})
	var holder *engine.LockedError
	require.ErrorAs(t, locked.Err, &holder)
	assert.Equal(t, []string{"island-north"}, w.objects(t))

	kept, _ := sail(t, w, archipelago("north"), step.Options{Cancel: true})
	var lives *engine.HolderLivesError
	require.ErrorAs(t, kept.Err, &lives)
	released, events := sail(t, w, archipelago("north"), step.Options{Cancel: true, Force: true})
	require.NoError(t, released.Err)
	assert.Equal(t, "lock released", released.Steps[1].Note)
	assert.NotEmpty(t, events)
	free, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true})
	require.NoError(t, free.Err)
}

// TestPipelineIsChecked refuses steps that need what comes later, and outputs that are
// taken without being declared.
func TestPipelineIsChecked(t *testing.T) {
	t.Parallel()
	pipeline := archipelago("north")
	slices.Reverse(pipeline.Steps)
	_, err := step.New(pipeline, newWorld(t), step.Options{})
	require.EqualError(t, err, "step houses needs step islands, which is not before it")

	pipeline = archipelago("north")
	pipeline.Steps[1].(*step.Stack[housesIn, housesOut]).Needs = nil
	summary, _ := sail(t, newWorld(t), pipeline, step.Options{AutoApply: true})
	require.EqualError(t, summary.Err, "step houses takes outputs of step islands without saying that it needs that step")
}

// The check refuses before the first step what no run could do, a dry run too; a destroy, and
// the release of locks, are what is left then, and ask nobody.
func TestPipelineChecksFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := 0
	checked := func(refusal error, islands ...string) step.Pipeline {
		pipeline := archipelago(islands...)
		pipeline.Check = func(_ context.Context, r *step.Run) error {
			asked++
			_, err := r.State("houses")
			return errors.Join(err, refusal)
		}
		return pipeline
	}
	first, _ := sail(t, w, checked(nil, "north"), step.Options{AutoApply: true})
	require.NoError(t, first.Err)
	assert.Equal(t, 1, asked, "once a run")

	sunken := errors.New("the south is under water")
	for _, options := range []step.Options{{AutoApply: true}, {DryRun: true}, {AutoApply: true, OnlySteps: []string{"houses"}}} {
		refused, events := sail(t, w, checked(sunken, "north", "south"), options)
		require.ErrorIs(t, refused.Err, sunken)
		assert.Equal(t, step.Failed, refused.Result)
		assert.Empty(t, refused.Resume, "no step would go better")
		assert.Equal(t, step.Changes{}, refused.Changes)
		for _, finished := range refused.Steps {
			assert.Equal(t, step.Skipped, finished.Result, finished.Step)
		}
		assert.Equal(t, []string{"house-north", "island-north"}, w.objects(t), "nothing was applied")
		for _, event := range events {
			_, started := event.(step.StepStarted)
			assert.False(t, started, "no step began")
		}
	}
	assert.Equal(t, 4, asked)

	for _, options := range []step.Options{{Cancel: true}, {AutoApply: true, Destroy: true}} {
		left, _ := sail(t, w, checked(sunken, "north"), options)
		require.NoError(t, left.Err)
	}
	assert.Equal(t, 4, asked)
	assert.Empty(t, w.objects(t))
}
