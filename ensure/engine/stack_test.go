package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/apply"
)

// world is a stack on a file backend in a new directory, and the cloud beneath it.
type world struct {
	t         testing.TB
	directory string
	cloud     *testCloud
	host      *Host
	events    []Event
}

func newWorld(t testing.TB) *world {
	t.Helper()
	directory := t.TempDir()
	w := &world{t: t, directory: directory, cloud: newCloud()}
	plugins := w.cloud.plugins()
	plugins.Find = w.cloud.find
	w.host = NewHost(plugins)
	t.Cleanup(func() { require.NoError(t, w.host.Close()) })
	return w
}

// stack opens the stack anew, as another run would.
func (w *world) stack() *Stack {
	backend := NewBackend(BackendOptions{
		URL: "file://" + filepath.ToSlash(filepath.Join(w.directory, "state")), SecretsProvider: KeyFileScheme + "://default",
		KeyFile: filepath.Join(w.directory, "key"),
	})
	w.t.Cleanup(func() { backend.Close() })
	return backend.Stack("project", "target")
}

func (w *world) operation(program pulumi.RunFunc) Operation {
	return Operation{
		Program: program, Host: w.host, Events: func(event Event) { w.events = append(w.events, event) },
	}
}

// up applies a program as a run does: lock, recover, preview, up with its plan.
func (w *world) up(program pulumi.RunFunc) (*Plan, error) {
	w.t.Helper()
	stack, ctx := w.stack(), context.Background()
	require.NoError(w.t, stack.Lock(ctx))
	defer stack.Unlock(ctx)
	require.NoError(w.t, stack.Recover(ctx, w.operation(program)))
	plan, err := stack.Preview(ctx, w.operation(program))
	if err != nil {
		return plan, err
	}
	return stack.Up(ctx, w.operation(program), plan)
}

// files reads everything below the state directory.
func (w *world) files() map[string]string {
	content := map[string]string{}
	require.NoError(w.t, filepath.WalkDir(w.directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		content[strings.TrimPrefix(path, w.directory)] = string(data)
		return err
	}))
	return content
}

const stateFile = "/state/.pulumi/stacks/project/target.json"

// restore makes the state directory hold what files returned before.
func (w *world) restore(files map[string]string) {
	require.NoError(w.t, os.RemoveAll(filepath.Join(w.directory, "state")))
	for path, content := range files {
		file := filepath.Join(w.directory, path)
		require.NoError(w.t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(w.t, os.WriteFile(file, []byte(content), 0o600))
	}
}

func (w *world) cancel() error {
	_, err := w.stack().Cancel(context.Background(), true)
	return err
}

// database registers a thing and exports its serial and a secret.
func database(inputs pulumi.Map, options ...pulumi.ResourceOption) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := newThing(ctx, "database", inputs, options...)
		if err != nil {
			return err
		}
		ctx.Export("serial", made.Serial)
		ctx.Export("password", pulumi.ToSecret("hunter2hunter2"))
		return nil
	}
}

func TestPreviewOfNothingWritesNothingAndKnowsWhatIsUnknown(t *testing.T) {
	w := newWorld(t)
	plan, err := w.stack().Preview(context.Background(), w.operation(database(pulumi.Map{"name": pulumi.String("a")})))
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	assert.Equal(t, Create, plan.Changes[0].Kind)
	assert.True(t, plan.Outputs["serial"].ContainsUnknowns())
	assert.True(t, plan.Outputs["password"].IsSecret())
	files := w.files()
	delete(files, "/key")
	assert.Empty(t, files)
	assert.Empty(t, w.cloud.objects)
}

func TestUpThenNothing(t *testing.T) {
	w := newWorld(t)
	program := database(pulumi.Map{"name": pulumi.String("a")})
	applied, err := w.up(program)
	require.NoError(t, err)
	assert.Equal(t, "thing-1", applied.Outputs["serial"].StringValue())

	before := w.files()
	for path, content := range before {
		assert.NotContains(t, content, "hunter2hunter2", path)
	}
	plan, err := w.stack().Preview(context.Background(), w.operation(program))
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
	assert.False(t, plan.OutputsChange)
	assert.Equal(t, 1, plan.Unchanged)
	assert.Equal(t, before, w.files())

	outputs, exists, err := w.stack().Outputs(context.Background())
	require.NoError(t, err)
	assert.True(t, exists)
	assert.Equal(t, "hunter2hunter2", outputs["password"].SecretValue().Element.StringValue())
}

func TestReplacementNamesTheInputThatForcesIt(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(database(pulumi.Map{"name": pulumi.String("a"), "engine": pulumi.String("postgres"), "secret": pulumi.ToSecret("s3cret")}))
	require.NoError(t, err)
	plan, err := w.stack().Preview(context.Background(),
		w.operation(database(pulumi.Map{"name": pulumi.String("a"), "engine": pulumi.String("mysql"), "secret": pulumi.ToSecret("other")})))
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	assert.Equal(t, Replace, plan.Changes[0].Kind)
	assert.Equal(t, []Difference{
		{Path: "engine", Old: "postgres", New: "mysql", Replaces: true},
		{Path: "secret", Old: "[secret]", New: "[secret]"},
	}, plan.Changes[0].Differences)
}

func TestFailureNamesResourceAndMessageAndKeepsWhatWasMade(t *testing.T) {
	w := newWorld(t)
	w.cloud.before = func(_ string, urn resource.URN) error {
		if urn.Name() == "second" {
			return errDenied
		}
		return nil
	}
	program := func(ctx *pulumi.Context) error {
		first, err := newThing(ctx, "first", pulumi.Map{"name": pulumi.String("first")})
		if err != nil {
			return err
		}
		_, err = newThing(ctx, "second", pulumi.Map{"name": first.Serial})
		return err
	}
	_, err := w.up(program)
	var failed *OperationError
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, err.Error(), "urn:pulumi:target::project::test:index:Thing::second: ")
	assert.Contains(t, err.Error(), "AccessDenied: not allowed")
	w.cloud.before = nil
	plan, err := w.up(program)
	require.NoError(t, err)
	assert.Equal(t, 1, plan.Unchanged)
	assert.Len(t, w.cloud.objects, 2)
}

func TestProgramFailure(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(func(*pulumi.Context) error { return errors.New("no such zone") })
	require.ErrorContains(t, err, "no such zone")
	_, err = w.up(func(*pulumi.Context) error { panic("index out of range") })
	require.ErrorContains(t, err, "index out of range")
}

// A panic on a goroutine of the SDK, which nobody can recover there, is an error as well, and
// what was made before it stays known.
func TestPanicWhileApplying(t *testing.T) {
	w := newWorld(t)
	values := []string{}
	program := func(ctx *pulumi.Context) error {
		first, err := newThing(ctx, "first", pulumi.Map{"name": pulumi.String("first")})
		if err != nil {
			return err
		}
		value := apply.To(first.ID(), func(pulumi.ID) string { return values[0] }).(pulumi.StringOutput)
		_, err = newThing(ctx, "second", pulumi.Map{"name": value})
		return err
	}
	_, err := w.up(program)
	require.ErrorContains(t, err, "stack_test.go")
	require.ErrorContains(t, err, "index out of range [0] with length 0; this is a fault of ptd")
	values = append(values, "second")
	plan, err := w.up(program)
	require.NoError(t, err)
	assert.Equal(t, 1, plan.Unchanged)
	assert.Len(t, w.cloud.objects, 2)
}

func TestPlanIsKept(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	defer stack.Unlock(ctx)
	plan, err := stack.Preview(ctx, w.operation(database(pulumi.Map{"name": pulumi.String("a")})))
	require.NoError(t, err)
	_, err = stack.Up(ctx, w.operation(database(pulumi.Map{"name": pulumi.String("b")})), plan)
	var violated *PlanViolatedError
	require.ErrorAs(t, err, &violated)
	assert.Empty(t, w.cloud.objects)
}

func TestLock(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	first, second := w.stack(), w.stack()
	require.NoError(t, first.Lock(ctx))
	err := second.Lock(ctx)
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
	require.Len(t, locked.Locks, 1)
	assert.Equal(t, os.Getpid(), locked.Locks[0].Process)
	assert.Contains(t, err.Error(), "release the lock with --cancel")
	released, err := second.Cancel(ctx, true)
	require.NoError(t, err)
	assert.Len(t, released, 1)
	require.NoError(t, second.Lock(ctx))
	second.Unlock(ctx)
	released, err = second.Cancel(ctx, true)
	require.NoError(t, err)
	assert.Empty(t, released)
}

func TestRefreshFindsDrift(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	program := database(pulumi.Map{"name": pulumi.String("a")})
	_, err := w.up(program)
	require.NoError(t, err)
	w.cloud.objects["thing-1"]["name"] = resource.NewStringProperty("edited")

	before := w.files()
	operation := w.operation(program)
	operation.Refresh = true
	plan, err := w.stack().Preview(ctx, operation)
	require.NoError(t, err)
	assert.NotEmpty(t, plan.Changes)
	assert.Equal(t, before, w.files(), "a preview that refreshes saves nothing")

	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	defer stack.Unlock(ctx)
	found, err := stack.Refresh(ctx, w.operation(nil))
	require.NoError(t, err)
	require.Len(t, found.Changes, 1)
	assert.Equal(t, []Difference{{Path: "name", Old: "a", New: "edited"}}, found.Changes[0].Differences)
	plan, err = stack.Preview(ctx, w.operation(program))
	require.NoError(t, err)
	require.Len(t, plan.Changes, 1)
	assert.Equal(t, Update, plan.Changes[0].Kind)
}

func TestInterruptEndsWhatRunsAndWritesState(t *testing.T) {
	w := newWorld(t)
	requests := make(chan struct{})
	w.cloud.before = func(_ string, urn resource.URN) error {
		if urn.Name() == "first" {
			requests <- struct{}{}
		}
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ctx = WithInterrupts(ctx, requests)
	program := func(ctx *pulumi.Context) error {
		first, err := newThing(ctx, "first", pulumi.Map{"name": pulumi.String("first")})
		if err != nil {
			return err
		}
		_, err = newThing(ctx, "second", pulumi.Map{"name": first.Serial})
		return err
	}
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	_, err := stack.Up(ctx, w.operation(program), nil)
	require.ErrorIs(t, err, ErrCanceled)
	stack.Unlock(ctx)
	w.cloud.before = nil
	_, err = w.up(program)
	require.NoError(t, err)
	assert.Equal(t, 2, w.cloud.made, "what the interrupted run made is in its state")
}

func TestRecoverTakesInWhatADeadRunMade(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	program := database(pulumi.Map{"name": pulumi.String("a")})
	// The state as a process leaves it that dies within the create.
	var dying map[string]string
	w.cloud.before = func(string, resource.URN) error {
		dying = w.files()
		return nil
	}
	_, err := w.up(program)
	require.NoError(t, err)
	require.Contains(t, dying[stateFile+".journal"], "creating")
	w.cloud.before = nil

	w.restore(dying)
	require.NoError(t, w.cancel())
	outputs, _, err := w.stack().Outputs(ctx)
	require.NoError(t, err)
	assert.Empty(t, outputs, "the dead run got as far as the stack")
	_, err = w.up(program)
	require.NoError(t, err)
	assert.Len(t, w.cloud.objects, 1, "it is not made twice")
	assert.NotContains(t, w.files(), stateFile+".journal")

	w.restore(dying)
	require.NoError(t, w.cancel())
	clear(w.cloud.objects)
	_, err = w.up(program)
	require.NoError(t, err)
	assert.Len(t, w.cloud.objects, 1, "it is made when the dead run had not")

	plan, err := w.stack().Preview(ctx, w.operation(program))
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
}

func TestUnreadableState(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(database(pulumi.Map{"name": pulumi.String("a")}))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(w.directory, "state/.pulumi/stacks/project/target.json"), []byte("{"), 0o600))
	_, _, err = w.stack().Outputs(context.Background())
	var unreadable *StateError
	require.ErrorAs(t, err, &unreadable)
	assert.Contains(t, err.Error(), ".bak")
}

func TestExportAndImport(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	program := database(pulumi.Map{"name": pulumi.String("a")})
	_, err := w.up(program)
	require.NoError(t, err)
	exported, err := w.stack().Export(ctx)
	require.NoError(t, err)
	assert.NotContains(t, string(exported.Deployment), "hunter2hunter2")
	require.NoError(t, os.RemoveAll(filepath.Join(w.directory, "state")))
	_, err = w.stack().Export(ctx)
	var never *NotAppliedError
	require.ErrorAs(t, err, &never)
	require.NoError(t, w.stack().Import(ctx, exported))
	plan, err := w.stack().Preview(ctx, w.operation(program))
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
}

func TestPassphrase(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	open := func(phrase string) *Stack {
		return NewBackend(BackendOptions{
			URL: "file://" + w.directory + "/state", SecretsProvider: "passphrase", Passphrase: phrase,
		}).Stack("project", "target")
	}
	stack := open("correct")
	require.NoError(t, stack.Lock(ctx))
	_, err := stack.Up(ctx, w.operation(database(pulumi.Map{"name": pulumi.String("a")})), nil)
	require.NoError(t, err)
	stack.Unlock(ctx)
	outputs, _, err := open("correct").Outputs(ctx)
	require.NoError(t, err)
	assert.Equal(t, "hunter2hunter2", outputs["password"].SecretValue().Element.StringValue())
}

func TestBeyond(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	program := func(engine, added string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			for _, name := range []string{"first", "second", added} {
				if _, err := newThing(ctx, name, pulumi.Map{"name": pulumi.String(engine + name), "secret": pulumi.ToSecret("s")}); err != nil {
					return err
				}
				engine = ""
			}
			return nil
		}
	}
	plan := func(engine, added string) *Plan {
		plan, err := w.stack().Preview(ctx, w.operation(program(engine, added)))
		require.NoError(t, err)
		return plan
	}
	earlier := plan("a", "third")
	assert.Empty(t, plan("a", "third").Beyond(earlier).Changes)
	assert.Equal(t, 3, plan("a", "third").Beyond(earlier).Unchanged)
	beyond := plan("b", "fourth").Beyond(earlier)
	require.Len(t, beyond.Changes, 2)
	slices.SortFunc(beyond.Changes, func(a, b Change) int { return strings.Compare(string(b.Kind), string(a.Kind)) }) // what is independent comes in any order
	assert.Equal(t, Update, beyond.Changes[0].Kind)
	assert.Equal(t, []Difference{{Path: "name", Old: "afirst", New: "bfirst"}}, beyond.Changes[0].Differences)
	assert.Equal(t, Create, beyond.Changes[1].Kind)
	assert.Equal(t, "fourth", beyond.Changes[1].Name)
}

func TestChannel(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	events := make(chan Event)
	operation := w.operation(chain(3, 1))
	operation.Channel = events
	go w.stack().Preview(ctx, operation)
	names := map[string]bool{}
	for event := range events {
		if change, ok := event.(Change); ok {
			names[change.Name] = true
		}
	}
	assert.Len(t, names, 3)
}

func TestMay(t *testing.T) {
	s := NewBackend(BackendOptions{}).Stack("project", "target")
	for urn, want := range map[string]bool{
		"urn:pulumi:target::project::a:b:C::d": true, "urn:pulumi:target::project-two::a:b:C::d": false,
		"urn:pulumi:other::project::a:b:C::d": false, "**Thing::d": true, "urn:pulumi:*::project::a:b:C::d": true,
		"urn:pulumi:target::project::*": true, "urn:pulumi:target::other::*": false,
	} {
		assert.Equal(t, want, s.May(urn), urn)
	}
}
