package engine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLostLock has the lock of a run released while it makes the second of four things,
// and another run work meanwhile: the first one begins nothing more and leaves the state
// alone, and the next run has all that both have made.
func TestLostLock(t *testing.T) {
	for name, second := range map[string]func(w *world) error{
		"nobody": nil,
		"a run that applies the same": func(w *world) error {
			return w.applyTo(w.stack(), chain(4, 1))
		},
		"a run that fails": func(w *world) error {
			stack, ctx := w.stack(), context.Background()
			require.NoError(w.t, stack.Lock(ctx))
			defer stack.Unlock(ctx)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, ctx := newWorld(t), context.Background()
			first := w.stack()
			require.NoError(t, first.Lock(ctx))
			created := 0
			var between map[string]string
			w.cloud.before = func(string, resource.URN) error {
				created++
				if created != 2 {
					return nil
				}
				w.cloud.before = nil
				_, err := w.stack().Cancel(ctx, true)
				require.NoError(t, err)
				if second != nil {
					v := &world{t: t, directory: w.directory, cloud: w.cloud, host: w.host}
					require.NoError(t, second(v))
				}
				w.cloud.before = func(string, resource.URN) error {
					t.Error("something was begun without the lock")
					return nil
				}
				between = w.files()
				return nil
			}
			_, err := first.Up(ctx, w.operation(chain(4, 1)), nil)
			var lost *LockLostError
			require.ErrorAs(t, err, &lost)
			assert.Equal(t, between[stateFile], w.files()[stateFile], "the state is not its own any more")
			require.NoError(t, first.Unlock(ctx))
			w.cloud.before = nil
			require.NoError(t, w.apply(chain(4, 1)))
			assert.Len(t, w.cloud.objects, 4, "nothing is made twice, or forgotten")
			for path := range w.files() {
				assert.NotContains(t, path, ".left-")
			}
			plan, err := w.stack().Preview(ctx, w.operation(chain(4, 1)))
			require.NoError(t, err)
			assert.Empty(t, plan.Changes)
		})
	}
}

// TestLockIsLostBetweenOperations has it released while a user thinks about a question.
func TestLockIsLostBetweenOperations(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	require.NoError(t, w.apply(chain(2, 1)))
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	_, err := w.stack().Cancel(ctx, true)
	require.NoError(t, err)
	before := w.files()
	_, err = stack.Up(ctx, w.operation(chain(4, 1)), nil)
	var lost *LockLostError
	require.ErrorAs(t, err, &lost)
	require.ErrorAs(t, stack.Forget(ctx), &lost)
	assert.Equal(t, before, w.files())
	assert.Len(t, w.cloud.objects, 2)
}

// TestHolderLives takes the lock of processes: one that lives, one of another host, one
// that has died, and one that has the number of one that died.
func TestHolderLives(t *testing.T) {
	sleeping := exec.Command("sleep", "60")
	require.NoError(t, sleeping.Start())
	defer sleeping.Wait()
	defer sleeping.Process.Kill()
	host, err := os.Hostname()
	require.NoError(t, err)
	started, over := processStart(sleeping.Process.Pid)
	require.NotEmpty(t, started)
	require.False(t, over)
	died := exec.Command("true")
	require.NoError(t, died.Start())
	require.Eventually(t, func() bool { _, over := processStart(died.Process.Pid); return over }, 10e9, 1e6, "nobody has waited for it yet")
	defer died.Wait()
	for name, test := range map[string]struct {
		lock  Lock
		lives bool
	}{
		"lives":            {Lock{Host: host, Process: sleeping.Process.Pid, Started: started}, true},
		"pulumi's":         {Lock{Host: host, Process: sleeping.Process.Pid}, true},
		"elsewhere":        {Lock{Host: host + "x", Process: sleeping.Process.Pid, Started: started}, false},
		"died":             {Lock{Host: host, Process: died.Process.Pid}, false},
		"another process":  {Lock{Host: host, Process: sleeping.Process.Pid, Started: started + "1"}, false},
		"says no process":  {Lock{Host: host}, false},
		"a process of all": {Lock{Host: host, Process: -1}, false},
	} {
		lives, _, err := test.lock.lives()
		require.NoError(t, err)
		assert.Equal(t, test.lives, lives, name)
	}
}

// TestJournalOfTheLiving has a run that was cut off from its lock, and still ends what it
// had begun: nobody takes its journal in before it is over.
func TestJournalOfTheLiving(t *testing.T) {
	w := newWorld(t)
	var dying map[string]string
	w.cloud.after = func(string, resource.URN) { dying = w.files() }
	require.NoError(t, w.apply(chain(2, 1)))
	sleeping := exec.Command("sleep", "60")
	require.NoError(t, sleeping.Start())
	started, _ := processStart(sleeping.Process.Pid)
	own, err := newLock()
	require.NoError(t, err)
	journal := stateFile + ".journal"
	text := strings.ReplaceAll(dying[journal], fmt.Sprintf(`"pid":%d,`, own.Process), fmt.Sprintf(`"pid":%d,`, sleeping.Process.Pid))
	dying[journal] = strings.ReplaceAll(text, `"started":"`+own.Started, `"started":"`+started)
	require.NotEqual(t, text, dying[journal])
	w.restore(dying)
	require.NoError(t, w.cancel())
	var ending *EndingError
	require.ErrorAs(t, w.stack().Lock(context.Background()), &ending)
	assert.Equal(t, sleeping.Process.Pid, ending.Holder.Process)
	require.NoError(t, sleeping.Process.Kill())
	_ = sleeping.Wait()
	require.NoError(t, w.apply(chain(2, 1)))
	assert.Len(t, w.cloud.objects, 2)
	assert.NoFileExists(t, filepath.Join(w.directory, journal))
}
