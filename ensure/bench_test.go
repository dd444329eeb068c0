package ensure

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/display"
	pulumiengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/providers"
	statestack "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	sdkproviders "github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/step"
	ptdconfig "github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// limited reports a figure, and fails the benchmark when it is over what is promised.
func limited(b *testing.B, value, limit float64, unit string) {
	b.Helper()
	b.ReportMetric(value, unit)
	b.Logf("%.4g %s, at most %.4g", value, unit, limit)
	if value > limit {
		b.Errorf("%.4g %s is over %.4g", value, unit, limit)
	}
}

// BenchmarkNothingToChange compares an ensure of a converged workload with the same
// programs on the bare engine: the engine's own test host, state in memory, the same
// simulated providers, no display, lock, backend or secrets provider.
func BenchmarkNothingToChange(b *testing.B) {
	directory := b.TempDir()
	target := loadTarget(b, "demo01-staging")
	converge(b, directory, target)
	stacks := converged(b, directory, target)
	for b.Loop() {
		var full, bare []time.Duration
		for range 7 { // interleaved, so that both meet the same machine
			full = append(full, timed(func() { require.False(b, converge(b, directory, target).Changes.Any()) }))
			bare = append(bare, timed(func() {
				for _, stack := range stacks {
					changes := stack.update(b, stack.snapshot, stack.plugins)
					delete(changes, deploy.OpRead) // what somebody else made is looked at each time
					require.Equal(b, []display.StepOp{deploy.OpSame}, slices.Collect(maps.Keys(changes)))
				}
			}))
		}
		limited(b, ratio(full, bare), 1.5, "ensure/bare")
		b.ReportMetric(median(full).Seconds(), "s/ensure")
		b.ReportMetric(median(bare).Seconds(), "s/bare")
	}
}

// BenchmarkFirst compares the first ensure of a workload, in an empty sandbox, with
// the same programs on the bare engine, in an empty sandbox of their own.
func BenchmarkFirst(b *testing.B) {
	target := loadTarget(b, "demo01-staging")
	stacks := converged(b, b.TempDir(), target) // programs that know of no cluster yet
	for b.Loop() {
		var full, bare []time.Duration
		for range 5 {
			directory := b.TempDir()
			full = append(full, timed(func() { require.True(b, converge(b, directory, target).Changes.Any()) }))
			environment, err := OpenSandbox(b.TempDir())
			require.NoError(b, err)
			bootstrap, err := New(target, environment, Options{AutoApply: true, OnlySteps: []string{"bootstrap"}})
			require.NoError(b, err)
			require.NoError(b, bootstrap.Run(context.Background(), quiet{}).Err)
			plugins, seen := simulatedPlugins(environment.cloud, target).Simulated, map[string]bool{}
			bare = append(bare, timed(func() {
				for _, stack := range stacks {
					var before *deploy.Snapshot
					if seen[stack.name] { // the second program of a stack finds it made
						before = stack.snapshot
					}
					seen[stack.name] = true
					stack.update(b, before, plugins)
				}
			}))
			require.NoError(b, environment.Close())
		}
		limited(b, ratio(full, bare), 3, "ensure/bare")
		b.ReportMetric(median(full).Seconds(), "s/ensure")
		b.ReportMetric(median(bare).Seconds(), "s/bare")
	}
}

// BenchmarkSites shows how a first ensure, and one with nothing to change, grow with
// sites, and BenchmarkClusters how they grow with releases side by side.
func BenchmarkSites(b *testing.B) { growth(b, []int{1, 5, 20, 50}, withSites) }

func BenchmarkClusters(b *testing.B) { growth(b, []int{1, 2, 4}, withClusters) }

// BenchmarkDestroy compares the destroy of a large workload, which leaves what is protected,
// with its first run.
func BenchmarkDestroy(b *testing.B) {
	target := withClusters(withSites(loadTarget(b, "demo01-staging"), 50), 3)
	for b.Loop() {
		directory := b.TempDir()
		first := timed(func() { converge(b, directory, target) })
		destroy := timed(func() { require.Positive(b, destroyed(b, directory, target).Changes.Delete) })
		limited(b, destroy.Seconds()/first.Seconds(), 1, "destroy/first")
		b.ReportMetric(first.Seconds(), "s/first")
		b.ReportMetric(destroy.Seconds(), "s/destroy")
	}
}

// growth measures workloads of some sizes: no worse than linear. The exponent is that of
// time over size, which is 1 when twice the size takes twice the time; noise is let pass.
func growth(b *testing.B, sizes []int, of func(target *ptdconfig.Target, size int) *ptdconfig.Target) {
	for b.Loop() {
		first, again := make([]time.Duration, len(sizes)), make([]time.Duration, len(sizes))
		for i, size := range sizes {
			target := of(loadTarget(b, "demo01-staging"), size)
			var firsts, agains []time.Duration
			for range 3 {
				directory := b.TempDir()
				firsts = append(firsts, timed(func() { converge(b, directory, target) }))
				agains = append(agains, timed(func() { require.False(b, converge(b, directory, target).Changes.Any()) }))
			}
			first[i], again[i] = median(firsts), median(agains)
			b.ReportMetric(first[i].Seconds(), fmt.Sprintf("s/first-%d", size))
			b.ReportMetric(again[i].Seconds(), fmt.Sprintf("s/again-%d", size))
		}
		limited(b, exponent(sizes, first), 1.2, "exponent/first")
		limited(b, exponent(sizes, again), 1.2, "exponent/again")
	}
}

// exponent is the steepest growth between two neighbouring sizes.
func exponent(sizes []int, times []time.Duration) float64 {
	steepest := 0.0
	for i := 1; i < len(sizes); i++ {
		growth := math.Log(times[i].Seconds()/times[i-1].Seconds()) / math.Log(float64(sizes[i])/float64(sizes[i-1]))
		steepest = max(steepest, growth)
	}
	return steepest
}

// withSites gives a target sites like its main one, and no others. Each has a load
// balancer, because one takes 25 certificates.
func withSites(target *ptdconfig.Target, sites int) *ptdconfig.Target {
	workload := target.AWSWorkload
	main := workload.Sites[ptdconfig.MainSite]
	workload.LoadBalancerPerSite = true
	workload.Sites = map[string]ptdconfig.AWSSite{ptdconfig.MainSite: main}
	for i := 1; i < sites; i++ {
		site := main
		site.Domain = fmt.Sprintf("site%02d.staging.example.com", i)
		workload.Sites[fmt.Sprintf("site%02d", i)] = site
	}
	return target
}

// withClusters gives a target releases like its only one.
func withClusters(target *ptdconfig.Target, clusters int) *ptdconfig.Target {
	for _, cluster := range target.AWSWorkload.Clusters {
		for i := 1; i < clusters; i++ {
			target.AWSWorkload.Clusters[fmt.Sprintf("2026010%d", i)] = cluster
		}
		return target
	}
	return target
}

func loadTarget(t testing.TB, name string) *ptdconfig.Target {
	t.Helper()
	tree, err := ptdconfig.OpenTree("../testdata/targets")
	require.NoError(t, err)
	target, err := tree.Load(name)
	require.NoError(t, err)
	return target
}

// quiet is a user interface that nobody looks at.
type quiet struct{}

func (quiet) Event(Event)                                     {}
func (quiet) Confirm(context.Context, Question) (bool, error) { return true, nil }
func (quiet) Display() *Display                               { return nil }

// converge opens the sandbox and runs the whole pipeline, as the command line does.
func converge(t testing.TB, directory string, target *ptdconfig.Target) Summary {
	t.Helper()
	return ran(t, directory, target, Options{AutoApply: true, Preview: true})
}

// destroyed is converge in the other direction.
func destroyed(t testing.TB, directory string, target *ptdconfig.Target) Summary {
	t.Helper()
	return ran(t, directory, target, Options{AutoApply: true, Preview: true, Destroy: true})
}

func ran(t testing.TB, directory string, target *ptdconfig.Target, options Options) Summary {
	t.Helper()
	environment, err := OpenSandbox(directory)
	require.NoError(t, err)
	pipeline, err := New(target, environment, options)
	require.NoError(t, err)
	summary := pipeline.Run(context.Background(), quiet{})
	require.NoError(t, summary.Err)
	require.NoError(t, environment.Close())
	return summary
}

func timed(run func()) time.Duration {
	began := time.Now()
	run()
	return time.Since(began)
}

// ratio is the median of the ratios of neighbours, which met the same machine.
func ratio(full, bare []time.Duration) float64 {
	ratios := make([]float64, len(full))
	for i := range full {
		ratios[i] = full[i].Seconds() / bare[i].Seconds()
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// bareStack is a program with its state in memory.
type bareStack struct {
	name, target string
	program      pulumi.RunFunc
	plugins      map[string]func() (plugin.Provider, error)
	snapshot     *deploy.Snapshot // when converged
}

// converged collects the programs of a converged pipeline, with what they were given.
func converged(t testing.TB, directory string, target *ptdconfig.Target) []*bareStack {
	t.Helper()
	// Without it the bare engine waits a second for each plugin that it looks up.
	t.Setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
	environment, err := OpenSandbox(directory)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, environment.Close()) })
	require.NoError(t, environment.Prepare(target))
	pipeline, err := pipelineOf(target, environment)
	require.NoError(t, err)
	var stacks []*bareStack
	for _, step := range pipeline.Steps {
		if program := given(step); program != nil {
			stacks = append(stacks, &bareStack{
				name: reflect.ValueOf(step).Elem().FieldByName("Project").String(), target: target.Name,
				program: program, plugins: simulatedPlugins(environment.cloud, target).Simulated,
			})
		}
	}
	runner, err := step.New(pipeline, &bound{environment, target}, Options{AutoApply: true})
	require.NoError(t, err)
	require.NoError(t, runner.Run(context.Background(), quiet{}).Err)
	for _, stack := range stacks {
		backend, err := environment.Backend(target)
		require.NoError(t, err)
		state, err := backend.Stack(stack.name, target.Name).Export(context.Background())
		require.NoError(t, err)
		stack.snapshot, err = statestack.DeserializeUntypedDeployment(context.Background(), state, sandboxKey(filepath.Join(directory, "state", "key")))
		require.NoError(t, err)
	}
	return stacks
}

// given makes a step.Stack of any types remember what its program was given in a run, and
// returns the program with that; nil for other steps.
func given(of step.Step) pulumi.RunFunc {
	field := reflect.ValueOf(of).Elem().FieldByName("Program")
	if !field.IsValid() {
		return nil
	}
	program, in := reflect.ValueOf(field.Interface()), reflect.Value{}
	field.Set(reflect.MakeFunc(field.Type(), func(arguments []reflect.Value) []reflect.Value {
		in = arguments[1]
		return program.Call(arguments)
	}))
	return func(ctx *pulumi.Context) error {
		results := program.Call([]reflect.Value{reflect.ValueOf(ctx), in})
		if err, _ := results[1].Interface().(error); err != nil {
			return err
		}
		return output.Export(ctx, results[0].Interface())
	}
}

// update runs the engine once over the program, from the state before.
func (s *bareStack) update(t testing.TB, before *deploy.Snapshot, plugins map[string]func() (plugin.Provider, error),
) display.ResourceChanges {
	t.Helper()
	ctx := context.Background()
	var host plugin.Host
	runtime := deploytest.NewLanguageRuntimeF(func(info plugin.RunInfo, _ *deploytest.ResourceMonitor) error {
		program, err := pulumi.NewContext(ctx, pulumi.RunInfo{
			Project: info.Project, Stack: info.Stack, Organization: info.Organization, Parallel: info.Parallel,
			DryRun: info.DryRun, MonitorAddr: info.MonitorAddress, EngineAddr: host.ServerAddr(),
		})
		if err != nil {
			return err
		}
		defer program.Close()
		return pulumi.RunWithContext(program, s.program)
	})
	var loaders []*deploytest.ProviderLoader
	for _, resource := range s.snapshot.Resources { // the test host wants the very version that a program asks for
		if !sdkproviders.IsProviderType(resource.Type) {
			continue
		}
		name := sdkproviders.GetProviderPackage(resource.Type)
		version, err := providers.GetProviderVersion(resource.Inputs)
		require.NoError(t, err)
		if version == nil {
			version = &semver.Version{}
		}
		loaders = append(loaders, deploytest.NewProviderLoader(name, *version, plugins[string(name)], deploytest.WithoutGrpc))
	}
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	host = deploytest.NewPluginHostF(sink, sink, runtime, loaders...)()

	events := make(chan pulumiengine.Event)
	go func() {
		for range events {
		}
	}()
	cancelContext, _ := cancel.NewContext(ctx)
	manager, err := pulumiengine.NewJournalSnapshotManager(forgetful{}, before, s.snapshot.SecretsManager)
	require.NoError(t, err)
	_, changes, err := pulumiengine.Update(pulumiengine.UpdateInfo{
		Root:    os.TempDir(),
		Project: &workspace.Project{Name: tokens.PackageName(s.name), Runtime: workspace.NewProjectRuntimeInfo("go", nil)},
		Target: &deploy.Target{
			Name: tokens.MustParseStackName(s.target), Organization: "organization",
			Config: config.Map{}, Decrypter: config.NopDecrypter, Snapshot: before,
		},
	}, &pulumiengine.Context{Cancel: cancelContext, Events: events, SnapshotManager: manager},
		pulumiengine.UpdateOptions{Host: host, Parallel: 16}, false)
	require.NoError(t, err)
	require.NoError(t, manager.Close())
	close(events)
	return changes
}

// forgetful is a journal that nobody reads.
type forgetful struct{}

func (forgetful) AddJournalEntry(pulumiengine.JournalEntry) error { return nil }
func (forgetful) Close() error                                    { return nil }
