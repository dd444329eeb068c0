package ensure

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/backend"
	backendsecrets "github.com/pulumi/pulumi/pkg/v3/backend/secrets"
	pulumiengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/providers"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	sdkproviders "github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	ptdconfig "github.com/ptd-go/ptd/stacks/config"
)

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
					stack.update(b)
				}
			}))
		}
		b.ReportMetric(median(full).Seconds(), "s/ensure")
		b.ReportMetric(median(bare).Seconds(), "s/bare")
		b.ReportMetric(median(full).Seconds()/median(bare).Seconds(), "ensure/bare")
	}
}

// BenchmarkSites shows how an ensure with nothing to change grows with sites.
func BenchmarkSites(b *testing.B) {
	for _, sites := range []int{1, 5, 20, 50} {
		b.Run(fmt.Sprint(sites), func(b *testing.B) {
			directory, target := b.TempDir(), loadTarget(b, "minimal01-staging")
			for i := 1; i < sites; i++ {
				site := target.AWSWorkload.Sites["main"]
				site.Domain = fmt.Sprintf("site%02d.staging.example.com", i)
				target.AWSWorkload.Sites[fmt.Sprintf("site%02d", i)] = site
			}
			first := timed(func() { converge(b, directory, target) })
			for b.Loop() {
				var times []time.Duration
				for range 3 {
					times = append(times, timed(func() { require.False(b, converge(b, directory, target).Changes.Any()) }))
				}
				b.ReportMetric(median(times).Seconds(), "s/ensure")
				b.ReportMetric(median(times).Seconds()/float64(sites), "s/site")
				b.ReportMetric(first.Seconds(), "s/first")
			}
		})
	}
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
	environment, err := OpenSandbox(directory)
	require.NoError(t, err)
	pipeline, err := New(target, environment, Options{AutoApply: true, Preview: true})
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

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// bareStack is a program with its state in memory.
type bareStack struct {
	name, target string
	program      pulumi.RunFunc
	plugins      map[string]func() (plugin.Provider, error)
	state        *apitype.UntypedDeployment
	snapshot     *deploy.Snapshot
}

// converged collects the programs of a converged pipeline, with what they were given.
func converged(t testing.TB, directory string, target *ptdconfig.Target) []*bareStack {
	t.Helper()
	environment, err := OpenSandbox(directory)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, environment.Close()) })
	pipeline, err := New(target, environment, Options{AutoApply: true})
	require.NoError(t, err)
	require.NoError(t, pipeline.Run(context.Background(), quiet{}).Err)
	var stacks []*bareStack
	for _, step := range pipeline.all {
		var stack *stackStep
		switch step := step.(type) {
		case *stackStep:
			stack = step
		case *repriseStep:
			stack = step.stackStep
		default:
			continue
		}
		state, err := stack.stack.Export(context.Background())
		require.NoError(t, err)
		stacks = append(stacks, &bareStack{
			name: stack.Project, target: target.Name, state: state, plugins: environment.plugins().Simulated,
			program: stack.operation(&run{Pipeline: pipeline, ui: quiet{}}, false).Program,
		})
	}
	return stacks
}

// update runs the engine once over the program, which finds nothing to do.
func (s *bareStack) update(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	if s.snapshot == nil {
		var err error
		s.snapshot, err = stack.DeserializeUntypedDeployment(ctx, s.state, backendsecrets.DefaultProvider)
		require.NoError(t, err)
	}
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
		loaders = append(loaders, deploytest.NewProviderLoader(name, *version, s.plugins[string(name)], deploytest.WithoutGrpc))
	}
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	host = deploytest.NewPluginHostF(sink, sink, runtime, loaders...)()

	events := make(chan pulumiengine.Event)
	go func() {
		for range events {
		}
	}()
	cancelContext, _ := cancel.NewContext(ctx)
	manager := backend.NewSnapshotManager(inMemory{}, s.snapshot.SecretsManager, s.snapshot, nil)
	_, changes, err := pulumiengine.Update(pulumiengine.UpdateInfo{
		Root:    os.TempDir(),
		Project: &workspace.Project{Name: tokens.PackageName(s.name), Runtime: workspace.NewProjectRuntimeInfo("go", nil)},
		Target: &deploy.Target{
			Name: tokens.MustParseStackName(s.target), Organization: "organization",
			Config: config.Map{}, Decrypter: config.NopDecrypter, Snapshot: s.snapshot,
		},
	}, &pulumiengine.Context{Cancel: cancelContext, Events: events, SnapshotManager: manager},
		pulumiengine.UpdateOptions{Host: host, Parallel: 16}, false)
	require.NoError(t, err)
	require.NoError(t, manager.Close())
	close(events)
	for operation, count := range changes {
		require.Equal(t, deploy.OpSame, operation, "%d %s", count, operation)
	}
}

type inMemory struct{}

func (inMemory) Save(apitype.TypedDeployment) error { return nil }
