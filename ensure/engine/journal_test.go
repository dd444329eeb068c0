package engine

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chain registers n things that need one another, with content of the given size, and
// a protected one in the middle.
func chain(n, size int) pulumi.RunFunc { return edited(n, size, "") }

// edited is a chain whose first thing has something added to its content.
func edited(n, size int, more string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var previous pulumi.StringInput = pulumi.String("")
		more := more
		for i := range n {
			made, err := newThing(ctx, fmt.Sprintf("thing%02d", i), pulumi.Map{
				"name": pulumi.Sprintf("%d after %s", i, previous), "content": pulumi.String(strings.Repeat("x", size) + more),
				"secret": pulumi.ToSecret("hunter2hunter2"),
			}, pulumi.Protect(i == n/2))
			if err != nil {
				return err
			}
			previous, more = made.Serial, ""
		}
		ctx.Export("last", previous.ToStringOutput())
		return nil
	}
}

// TestDeathAtEveryPoint dies before and after each operation of an apply, an update
// and a destroy, and at each write of state, and goes on from the files as they were
// then: nothing is made twice or forgotten.
func TestDeathAtEveryPoint(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	type death struct {
		files   map[string]string
		objects map[resource.ID]resource.PropertyMap
		made    int
	}
	var deaths []death
	note := func(string, resource.URN) error {
		w.cloud.mutex.Lock()
		defer w.cloud.mutex.Unlock()
		deaths = append(deaths, death{w.files(), maps.Clone(w.cloud.objects), w.cloud.made})
		return nil
	}
	w.cloud.before, w.cloud.after = note, func(operation string, urn resource.URN) { _ = note(operation, urn) }
	for _, program := range []pulumi.RunFunc{chain(4, 1), chain(5, 2), chain(3, 2)} {
		deaths = nil
		stack := w.stack()
		require.NoError(t, stack.Lock(ctx))
		operation := w.operation(program)
		operation.Unprotect = []string{Everything}
		_, err := stack.Up(ctx, operation, nil)
		stack.Unlock(ctx)
		require.NoError(t, err)
		want, end := len(w.cloud.objects), w.files()
		require.GreaterOrEqual(t, len(deaths), 2)
		for i, death := range deaths {
			v := newWorld(t)
			v.restore(death.files)
			v.cloud.objects, v.cloud.made = death.objects, death.made
			require.NoError(t, v.cancel())
			require.NoError(t, v.apply(program), "death %d", i)
			assert.Len(t, v.cloud.objects, want, "death %d", i)
			plan, err := v.stack().Preview(ctx, v.operation(program))
			require.NoError(t, err)
			assert.Empty(t, plan.Changes, "death %d", i)
			assert.NotContains(t, v.files(), stateFile+".journal")
		}
		// Between the writing of the state and the end of the journal.
		v := newWorld(t)
		last := maps.Clone(end)
		folded, err := journalLine{Folded: digest([]byte(end[stateFile]))}.encode()
		require.NoError(t, err)
		last[stateFile+".journal"] = deaths[len(deaths)-1].files[stateFile+".journal"] + `{"entry":{"ver` + "\n" + string(folded)
		v.restore(last)
		require.NoError(t, v.stack().Lock(ctx))
		assert.NotContains(t, v.files(), stateFile+".journal")
		assert.JSONEq(t, end[stateFile], v.files()[stateFile])
	}
}

// apply applies a program to what a dead run left, also protected things.
func (w *world) apply(program pulumi.RunFunc) error { return w.applyTo(w.stack(), program) }

func (w *world) applyTo(stack *Stack, program pulumi.RunFunc) error {
	ctx := context.Background()
	if err := stack.Lock(ctx); err != nil {
		return err
	}
	defer stack.Unlock(ctx)
	operation := w.operation(program)
	operation.Unprotect = []string{Everything}
	if err := stack.Recover(ctx, operation); err != nil {
		return err
	}
	_, err := stack.Up(ctx, operation, nil)
	return err
}

// TestReadersSeeTheJournal reads the state of a run that died without taking its lock.
func TestReadersSeeTheJournal(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	var dying map[string]string
	w.cloud.after = func(_ string, urn resource.URN) {
		if urn.Name() == "thing02" {
			dying = w.files()
		}
	}
	require.NoError(t, w.apply(chain(4, 1)))
	w.restore(dying)
	plan, err := w.stack().Preview(ctx, w.operation(chain(2, 1)))
	require.NoError(t, err)
	assert.Equal(t, 2, plan.Unchanged)
	exported, err := w.stack().Export(ctx)
	require.NoError(t, err)
	assert.Contains(t, string(exported.Deployment), "thing01")
	assert.Contains(t, string(exported.Deployment), "pending_operations")
	for path, content := range dying {
		assert.NotContains(t, content, "hunter2hunter2", path)
	}

	// Another program changes the state: nothing is lost in silence.
	edited := strings.Replace(w.files()[stateFile], "{", "{ ", 1)
	require.NoError(t, os.WriteFile(filepath.Join(w.directory, stateFile), []byte(edited), 0o600))
	_, err = w.stack().Exists(ctx)
	require.ErrorContains(t, err, "changed by another program since a run of ptd died")
	require.ErrorContains(t, err, ".journal")
}

// limitFiles lets no file grow over a size until the test ends, which fails writes
// half-way as a full disk does.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	limited := before
	limited.Cur = size
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited))
	lift = func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)) }
	t.Cleanup(lift)
	return lift
}

// TestFullDisk runs out of space while state is written: the state stays what it was,
// the error comes once and at once, and the next run goes on.
func TestFullDisk(t *testing.T) {
	const marker = "PTD_TEST_FULL_DISK"
	if os.Getenv(marker) == "" { // the limit is the whole process's
		self, err := os.Executable()
		require.NoError(t, err)
		command := exec.Command(self, "-test.run=^TestFullDisk$")
		command.Env = append(os.Environ(), marker+"=1")
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
		return
	}
	w := newWorld(t)
	require.NoError(t, w.apply(chain(2, 10)))
	before := w.files()[stateFile]

	// While the journal is written.
	lift := limitFiles(t, uint64(len(before)+20000))
	err := w.apply(chain(12, 4000))
	lift()
	require.Error(t, err)
	assert.Equal(t, 1, strings.Count(err.Error(), "file too large"), err.Error())
	assert.NotContains(t, err.Error(), "thing")
	assert.Less(t, w.cloud.made, 12, "nothing new is begun")
	assert.Equal(t, before, w.files()[stateFile])
	for _, event := range w.events {
		if diagnostic, ok := event.(Diagnostic); ok {
			assert.NotContains(t, diagnostic.Message, errUnwritable.Error())
		}
	}
	made := w.cloud.made
	require.NoError(t, w.apply(chain(12, 4000)))
	assert.Equal(t, 12, w.cloud.made, "%d were made before", made)
	assert.Len(t, w.cloud.objects, 12)

	// While the state itself is written.
	before = w.files()[stateFile]
	stack := w.stack()
	require.NoError(t, stack.Lock(context.Background()))
	state, err := stack.deployment(context.Background())
	require.NoError(t, err)
	lift = limitFiles(t, uint64(len(before)-100))
	err = stack.write(context.Background(), *state)
	require.ErrorContains(t, err, "state of stack organization/project/target: write ")
	err = stack.backend.store.write(context.Background(), stack.path(), []byte(before+before))
	require.ErrorContains(t, err, "file too large")
	lift()
	stack.Unlock(context.Background())
	assert.Equal(t, before, w.files()[stateFile])
	lift = limitFiles(t, uint64(len(before)/2))
	err = w.apply(edited(12, 4000, "!"))
	lift()
	require.Error(t, err)
	assert.Equal(t, 1, strings.Count(err.Error(), "file too large"), err.Error())
	assert.Equal(t, before, w.files()[stateFile])
	require.NoError(t, w.apply(edited(12, 4000, "!")))
	plan, err := w.stack().Preview(context.Background(), w.operation(edited(12, 4000, "!")))
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
	assert.Empty(t, slices.DeleteFunc(slices.Collect(maps.Keys(w.files())), func(path string) bool {
		return !strings.HasPrefix(filepath.Base(path), ".")
	}), "no drafts are left")
}
