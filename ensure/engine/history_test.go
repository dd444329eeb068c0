package engine

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// past lists what is kept of a stack's past, by file.
func (w *world) past() []string {
	var found []string
	for file := range w.files() {
		if strings.Contains(file, "/history/") || strings.Contains(file, "/backups/") {
			found = append(found, path.Base(file))
		}
	}
	slices.Sort(found)
	return found
}

// TestHistoryGrowsWithChangesOnly refreshes what has not changed, and applies it again.
func TestHistoryGrowsWithChangesOnly(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	refresh := func() {
		stack := w.stack()
		require.NoError(t, stack.Lock(ctx))
		defer stack.Unlock(ctx)
		_, err := stack.Refresh(ctx, w.operation(nil))
		require.NoError(t, err)
	}
	require.NoError(t, w.apply(chain(2, 1)))
	first := w.past()
	assert.Len(t, first, 3)
	refresh()
	require.NoError(t, w.apply(chain(2, 1)))
	assert.Equal(t, first, w.past())
	for _, object := range w.cloud.objects {
		delete(object, "content")
	}
	refresh()
	assert.Len(t, w.past(), 6, "drift is a change")
}

// TestHistoryLimit keeps the newest operations, and what is nobody's history.
func TestHistoryLimit(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	for size := range 5 {
		if size == 1 {
			files := w.files()
			for _, name := range []string{
				"backups/project/target/target.notes.json", "history/project/target/other-1.history.json", "history/project/target/target-1.history.json.gz",
			} {
				files["/state/.pulumi/"+name] = "{}"
			}
			w.restore(files)
		}
		stack := w.stack()
		require.NoError(t, stack.Lock(ctx))
		operation := w.operation(chain(2, size+1))
		operation.HistoryLimit = 2
		_, err := stack.Up(ctx, operation, nil)
		require.NoError(t, err)
		require.NoError(t, stack.Unlock(ctx))
	}
	kept := slices.DeleteFunc(w.past(), func(name string) bool { return !strings.HasPrefix(name, "target") })
	assert.Len(t, kept, 2*3+1, "%v", kept)
	assert.Contains(t, kept, "target.notes.json")
	assert.Contains(t, w.past(), "other-1.history.json")
	last := slices.Max(slices.DeleteFunc(w.past(), func(name string) bool { return !strings.HasSuffix(name, ".checkpoint.json") }))
	files := w.files()
	for file := range maps.Keys(files) {
		if path.Base(file) == last {
			assert.Equal(t, files[stateFile], files[file], "the newest is what the state is")
		}
	}
}
