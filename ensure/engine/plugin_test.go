package engine

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	sdkenv "github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// TestMain is a plugin when the test binary is called like one.
func TestMain(m *testing.M) {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "pulumi-resource-") {
		if err := servePlugin(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func descriptor(name string) workspace.PluginDescriptor {
	return workspace.PluginDescriptor{Name: name, Kind: apitype.ResourcePlugin}
}

func unheard(diag.Severity, resource.URN, string) {}

// diary is where the stand-in plugin writes what happens to it, one file a process.
const diary = "STAND_IN_DIARY"

// standIn is a provider in a process of its own: its things are in memory, what it is asked
// is in its diary. A thing named "crash" ends it, "slow" waits until it is told to cancel,
// "patient" until there is a file named "go".
type standIn struct {
	*testCloud
	name     string // of its diary: when it started, and its process
	canceled chan struct{}
}

func (p *standIn) note(format string, args ...any) {
	file, err := os.OpenFile(filepath.Join(os.Getenv(diary), p.name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintf(file, format+"\n", args...)
	}
	if err != nil {
		panic(err)
	}
	file.Close()
}

func (p *standIn) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{Version: &semver.Version{Major: 1}}, nil
}

func (p *standIn) DiffConfig(_ context.Context, r plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	if r.OldInputs.DeepEquals(r.NewInputs) {
		return plugin.DiffConfigResponse{Changes: plugin.DiffNone}, nil
	}
	return plugin.DiffConfigResponse{Changes: plugin.DiffSome}, nil
}

func (p *standIn) Configure(_ context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	secret := r.Inputs["password"]
	if secret.IsSecret() {
		secret = secret.SecretValue().Element
	}
	if secret.V == "wrong" {
		p.note("refuse")
		return plugin.ConfigureResponse{}, errPassword
	}
	p.note("configure %v", secret.V)
	return plugin.ConfigureResponse{}, nil
}

func (p *standIn) SignalCancellation(context.Context) error {
	p.note("cancel")
	close(p.canceled)
	return nil
}

func (p *standIn) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if !r.Preview {
		p.note("create %s", r.URN.Name())
		switch r.URN.Name() {
		case "crash":
			os.Exit(3)
		case "denied":
			return plugin.CreateResponse{}, errDenied
		case "slow":
			<-p.canceled
		case "patient":
			p.waits(ctx, r.URN, "[1/2] Waiting for a file")
			for {
				if _, err := os.Stat(filepath.Join(os.Getenv(diary), "..", "go")); err == nil {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
	}
	return p.testCloud.Create(ctx, r)
}

// waits reports what a create waits for, as a status that is gone with the next.
func (p *standIn) waits(ctx context.Context, urn resource.URN, what string) {
	connection, err := grpc.NewClient(os.Args[len(os.Args)-1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err == nil {
		defer connection.Close()
		_, err = pulumirpc.NewEngineClient(connection).Log(ctx, &pulumirpc.LogRequest{
			Severity: pulumirpc.LogSeverity_INFO, Urn: string(urn), Message: what, Ephemeral: true,
		})
	}
	if err != nil {
		p.note("status: %v", err)
	}
}

func servePlugin() error {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	provider := &standIn{
		testCloud: newCloud(), canceled: make(chan struct{}), name: fmt.Sprintf("%d-%d", time.Now().UnixNano(), os.Getpid()),
	}
	provider.note("start %s", os.Getenv("SETTING"))
	stop := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stop,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(provider))
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	<-interrupted
	provider.note("end")
	return nil
}

// plugged is a world whose provider is the stand-in plugin.
type plugged struct {
	*world
	notes string
}

func newPlugged(t *testing.T) *plugged {
	binary, err := os.Executable()
	require.NoError(t, err)
	w := newWorld(t)
	w.directory = filepath.Join(w.directory, "store")
	notes, programs := filepath.Join(t.TempDir(), "notes"), t.TempDir()
	require.NoError(t, os.Mkdir(notes, 0o700))
	require.NoError(t, os.Symlink(binary, filepath.Join(programs, "pulumi-resource-test")))
	t.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	w.host = NewHost(Plugins{Environment: map[string]map[string]string{"test": {diary: notes, "SETTING": "own"}}})
	t.Cleanup(func() { require.NoError(t, w.host.Close()) })
	return &plugged{w, notes}
}

// diaryOf a plugin is what it noted.
type diaryOf struct {
	pid   int
	lines []string
}

// processes are the diaries of all plugins that were ever started, in their order.
func (w *plugged) processes() (diaries []diaryOf) {
	w.t.Helper()
	entries, err := os.ReadDir(w.notes) // in the order of their names
	require.NoError(w.t, err)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(w.notes, entry.Name()))
		require.NoError(w.t, err)
		_, pid, _ := strings.Cut(entry.Name(), "-")
		number, err := strconv.Atoi(pid)
		require.NoError(w.t, err)
		diaries = append(diaries, diaryOf{number, strings.Split(strings.TrimSpace(string(content)), "\n")})
	}
	return diaries
}

// wrote is what plugins noted, a line each.
func (w *plugged) wrote() (lines []string) {
	w.t.Helper()
	for _, diary := range w.processes() {
		lines = append(lines, strings.Join(diary.lines, ", "))
	}
	return lines
}

// ends closes the host, and makes sure that no plugin is left.
func (w *plugged) ends() {
	w.t.Helper()
	require.NoError(w.t, w.host.Close())
	for _, diary := range w.processes() {
		assert.ErrorIs(w.t, syscall.Kill(diary.pid, 0), syscall.ESRCH, "%v still runs", diary.lines)
	}
}

// configuredWith makes things with a provider that has a password.
func configuredWith(password pulumi.StringInput, things ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := provided(ctx, "explicit", password, things...)
		return err
	}
}

func provided(ctx *pulumi.Context, name string, password pulumi.StringInput, things ...string) (last *thing, err error) {
	var provider pulumi.ProviderResourceState
	err = ctx.RegisterResource("pulumi:providers:test", name, pulumi.Map{"password": pulumi.ToSecret(password)}, &provider)
	for _, thing := range things {
		if err == nil {
			last, err = newThing(ctx, thing, pulumi.Map{"name": pulumi.String(thing)}, pulumi.Provider(&provider))
		}
	}
	return last, err
}

// other is a stack beside the world's.
func (w *plugged) other() *Stack {
	return w.stack().backend.Stack("project", "other")
}

func (w *plugged) applyTo(stack *Stack, program pulumi.RunFunc) error {
	w.t.Helper()
	ctx := context.Background()
	require.NoError(w.t, stack.Lock(ctx))
	defer stack.Unlock(ctx)
	plan, err := stack.Preview(ctx, w.operation(program))
	if err != nil {
		return err
	}
	_, err = stack.Up(ctx, w.operation(program), plan)
	return err
}

// Operations of all stacks share one plugin for each configuration, until the host is
// closed.
func TestOnePluginForAllOperations(t *testing.T) {
	w, ctx := newPlugged(t), context.Background()
	program := configuredWith(pulumi.String("a"), "database")
	require.NoError(t, w.applyTo(w.stack(), program))
	require.NoError(t, w.applyTo(w.other(), program))
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	_, err := stack.Refresh(ctx, w.operation(nil))
	require.NoError(t, err)
	stack.Unlock(ctx)
	assert.Equal(t, []string{"start own, configure a, create database, create database"}, w.wrote())

	require.NoError(t, w.applyTo(w.stack(), configuredWith(pulumi.String("b"), "database", "more")))
	_, err = w.other().Preview(ctx, w.operation(program))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"start own, configure a, create database, create database", "start own, configure b, create more",
	}, w.wrote())
	for _, diary := range w.processes() {
		assert.NoError(t, syscall.Kill(diary.pid, 0), "it runs until the host is closed")
	}
	w.ends()
	assert.Equal(t, []string{
		"start own, configure a, create database, create database, end", "start own, configure b, create more, end",
	}, w.wrote())
	_, err = w.stack().Preview(ctx, w.operation(program))
	require.ErrorContains(t, err, "the plugin host is closed")
}

// What a preview cannot configure yet takes no plugin away from the apply.
func TestUnknownConfiguration(t *testing.T) {
	w := newPlugged(t)
	program := func(ctx *pulumi.Context) error {
		first, err := provided(ctx, "first", pulumi.String("a"), "server")
		if err != nil {
			return err
		}
		_, err = provided(ctx, "second", first.Serial, "database")
		return err
	}
	for range 2 {
		plan, err := w.stack().Preview(context.Background(), w.operation(program))
		require.NoError(t, err)
		require.Len(t, plan.Changes, 4)
	}
	assert.Equal(t, []string{"start own, configure a"}, w.wrote())
	require.NoError(t, w.applyTo(w.stack(), program))
	assert.Equal(t, []string{"start own, configure a, create server", "start own, configure thing-1, create database"}, w.wrote())
	w.ends()
}

func TestPluginAfterAFailedStep(t *testing.T) {
	w := newPlugged(t)
	require.ErrorContains(t, w.applyTo(w.stack(), configuredWith(pulumi.String("a"), "denied")), "AccessDenied")
	require.NoError(t, w.applyTo(w.stack(), configuredWith(pulumi.String("a"), "database")))
	assert.Equal(t, []string{"start own, configure a, create denied, create database"}, w.wrote())
	w.ends()
}

// A plugin that was told to cancel is ended, and another one started.
func TestPluginAfterAnInterrupt(t *testing.T) {
	w := newPlugged(t)
	requests := make(chan struct{}, 1)
	ctx := WithInterrupts(t.Context(), requests)
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	go func() {
		for !slices.Contains(w.wrote(), "start own, configure a, create slow") && t.Context().Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		requests <- struct{}{}
	}()
	_, err := stack.Up(ctx, w.operation(configuredWith(pulumi.String("a"), "slow")), nil)
	require.ErrorIs(t, err, ErrCanceled)
	stack.Unlock(ctx)
	assert.Equal(t, []string{"start own, configure a, create slow, cancel, end"}, w.wrote())
	require.NoError(t, w.applyTo(w.stack(), configuredWith(pulumi.String("a"), "slow", "database")))
	assert.Equal(t, []string{
		"start own, configure a, create slow, cancel, end", "start own, configure a, create database",
	}, w.wrote())
	w.ends()
}

// A plugin that died, at work or between operations, or that could not be configured, is
// not used again.
func TestPluginThatDied(t *testing.T) {
	w := newPlugged(t)
	require.Error(t, w.applyTo(w.stack(), configuredWith(pulumi.String("a"), "crash")))
	require.NoError(t, w.applyTo(w.stack(), configuredWith(pulumi.String("a"), "first")))
	require.NoError(t, syscall.Kill(w.processes()[1].pid, syscall.SIGKILL))
	require.NoError(t, w.applyTo(w.stack(), configuredWith(pulumi.String("a"), "first", "second")))
	assert.Equal(t, []string{
		"start own, configure a, create crash", "start own, configure a, create first", "start own, configure a, create second",
	}, w.wrote())

	for range 2 {
		err := w.applyTo(w.other(), configuredWith(pulumi.String("wrong"), "first"))
		require.ErrorContains(t, err, errPassword.Error())
	}
	assert.Equal(t, []string{"start own, refuse, end", "start own, refuse, end"}, w.wrote()[3:])
	w.ends()
}

// Plugins in different environments are different plugins.
func TestPluginsByEnvironment(t *testing.T) {
	w := newPlugged(t)
	program := configuredWith(pulumi.String("a"))
	for _, value := range []string{"one", "two", "one"} {
		t.Setenv("STAND_IN_GIVEN", value)
		_, err := w.stack().Preview(context.Background(), w.operation(program))
		require.NoError(t, err)
	}
	assert.Len(t, w.processes(), 2)
	w.ends()
}

// Two configurations at the same time, many times over, start two plugins.
func TestPluginsAtTheSameTime(t *testing.T) {
	w := newPlugged(t)
	session, err := w.host.newSession(t.Context(), Operation{}, nil, nil, unheard)
	require.NoError(t, err)
	var asking sync.WaitGroup
	for i := range 20 {
		asking.Go(func() {
			provider, err := session.Provider(descriptor("test"), sdkenv.Global())
			if !assert.NoError(t, err) {
				return
			}
			_, err = provider.Configure(t.Context(), plugin.ConfigureRequest{Inputs: resource.PropertyMap{
				"password": resource.NewStringProperty(strconv.Itoa(i % 2)),
			}})
			assert.NoError(t, err)
			_, err = provider.Check(t.Context(), plugin.CheckRequest{
				URN: "urn:pulumi:target::project::test:index:Thing::thing", News: resource.PropertyMap{},
			})
			assert.NoError(t, err)
		})
	}
	asking.Wait()
	require.NoError(t, session.Close())
	assert.ElementsMatch(t, []string{"start own, configure 0", "start own, configure 1"}, w.wrote())
	w.ends()
}

// What is worked on is told: that it began, what the plugin waits for, and that it ended.
func TestProgressOfWhatTakesLong(t *testing.T) {
	w := newPlugged(t)
	stack := w.stack()
	require.NoError(t, stack.Lock(t.Context()))
	defer stack.Unlock(context.Background())
	operation := w.operation(configuredWith(pulumi.String("a"), "patient"))
	var told []Progress
	operation.Events = func(event Event) {
		progress, ok := event.(Progress)
		if !ok {
			return
		}
		if told = append(told, progress); progress.Status != "" && !progress.Ended {
			assert.NoError(t, os.WriteFile(filepath.Join(w.notes, "..", "go"), nil, 0o600))
		}
	}
	_, err := stack.Up(t.Context(), operation, nil)
	require.NoError(t, err)
	begun := Progress{Kind: Create, URN: urnOf("patient"), Type: "test:index:Thing", Name: "patient"}
	waiting := begun
	waiting.Status = "[1/2] Waiting for a file"
	ended := waiting
	ended.Ended = true
	assert.Equal(t, []Progress{begun, waiting, ended}, told)
}
