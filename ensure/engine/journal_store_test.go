package engine

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

const (
	stateKey   = ".pulumi/stacks/project/target.json"
	journalKey = stateKey + ".journal"
)

// countingStore counts the bytes that are written to a bucket, and tells of each change
// before it is made.
type countingStore struct {
	store
	before func(operation, key string)

	mutex   sync.Mutex
	journal int // bytes in objects of journals
	objects int // of journals
}

func (c *countingStore) write(ctx context.Context, key string, content []byte) error {
	c.mutex.Lock()
	if path.Dir(key) == journalKey {
		c.journal += len(content)
		c.objects++
	}
	c.mutex.Unlock()
	c.tell("write", key)
	return c.store.write(ctx, key, content)
}

func (c *countingStore) remove(ctx context.Context, key string) error {
	c.tell("remove", key)
	return c.store.remove(ctx, key)
}

func (c *countingStore) tell(operation, key string) {
	if c.before != nil {
		c.before(operation, key)
	}
}

// remote is a store that is not a directory, with the objects of another one.
func remote(t testing.TB, objects map[string]string) *countingStore {
	blobs := memblob.OpenBucket(nil)
	t.Cleanup(func() { blobs.Close() })
	for key, content := range objects {
		require.NoError(t, blobs.WriteAll(context.Background(), key, []byte(content), nil))
	}
	return &countingStore{store: &bucket{blobs: blobs}}
}

// all are the objects of a store.
func (c *countingStore) all(t testing.TB) map[string]string {
	ctx, blobs := context.Background(), c.store.(*bucket).blobs
	found, list := map[string]string{}, blobs.List(&blob.ListOptions{})
	for {
		object, err := list.Next(ctx)
		if err == io.EOF {
			return found
		}
		require.NoError(t, err)
		content, err := blobs.ReadAll(ctx, object.Key)
		require.NoError(t, err)
		found[object.Key] = string(content)
	}
}

// journals are the keys of journals' objects.
func (c *countingStore) journals(t testing.TB) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.all(t))), func(key string) bool { return path.Dir(key) != journalKey })
}

// on opens the stack of a world on another store.
func (w *world) on(store store) *Stack {
	stack := w.stack()
	stack.backend.store = store
	return stack
}

// TestDeathOnARemoteStore dies before each change of a store that can only replace
// objects, and goes on from what it held then: nothing is made twice or forgotten.
func TestDeathOnARemoteStore(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	type death struct {
		objects map[string]string
		things  map[resource.ID]resource.PropertyMap
		made    int
	}
	var deaths []death
	store := remote(t, nil)
	store.before = func(_, key string) {
		w.cloud.mutex.Lock()
		defer w.cloud.mutex.Unlock()
		deaths = append(deaths, death{store.all(t), maps.Clone(w.cloud.objects), w.cloud.made})
	}
	for _, program := range []pulumi.RunFunc{chain(4, 1), chain(5, 2), chain(3, 2)} {
		deaths = nil
		require.NoError(t, w.applyTo(w.on(store), program))
		assert.Empty(t, store.journals(t))
		journaled := 0
		for i, death := range deaths {
			v, died := newWorld(t), remote(t, death.objects)
			v.directory = w.directory // whose key encrypts the secrets
			v.cloud.objects, v.cloud.made = death.things, death.made
			if len(died.journals(t)) > 1 {
				journaled++
			}
			_, err := v.on(died).Cancel(ctx, true)
			require.NoError(t, err)
			require.NoError(t, v.applyTo(v.on(died), program), "death %d", i)
			assert.Len(t, v.cloud.objects, len(w.cloud.objects), "death %d", i)
			plan, err := v.on(died).Preview(ctx, v.operation(program))
			require.NoError(t, err)
			assert.Empty(t, plan.Changes, "death %d", i)
			assert.Empty(t, died.journals(t), "death %d", i)
		}
		assert.Greater(t, journaled, 3, "deaths within a journal of several objects")
	}
}

// TestStaleJournal leaves objects of a journal that is in the state already.
func TestStaleJournal(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	store := remote(t, nil)
	require.NoError(t, w.applyTo(w.on(store), chain(2, 1)))
	var ended map[string]string // the state is written, nothing of the journal is removed
	store.before = func(operation, key string) {
		if operation == "remove" && path.Dir(key) == journalKey && ended == nil {
			ended = store.all(t)
		}
	}
	require.NoError(t, w.applyTo(w.on(store), chain(4, 1)))
	store.before = nil
	state := store.all(t)[stateKey]
	require.NotEmpty(t, ended)
	maps.DeleteFunc(ended, func(key, _ string) bool { return strings.HasPrefix(key, ".pulumi/locks/") })
	require.Equal(t, state, ended[stateKey])

	later := maps.Clone(ended) // another program has changed the state since
	later[stateKey] = strings.Replace(state, "{", "{ ", 1)
	without := func(objects map[string]string, suffix string) map[string]string {
		return maps.Collect(func(yield func(string, string) bool) {
			for key, content := range objects {
				if path.Dir(key) == journalKey && strings.HasSuffix(key, suffix) {
					continue
				}
				if !yield(key, content) {
					return
				}
			}
		})
	}
	for name, objects := range map[string]map[string]string{
		"all": ended, "all but the first": without(ended, firstPart),
		"all but the first, and the state was changed": without(later, firstPart),
		"one in the middle":                            without(without(later, firstPart), lastPart),
	} {
		stale := remote(t, objects)
		require.NotEmpty(t, stale.journals(t), name)
		exported, err := w.on(stale).Export(ctx) // a reader without a lock
		require.NoError(t, err, name)
		assert.Contains(t, string(exported.Deployment), "thing03", name)
		plan, err := w.on(stale).Preview(ctx, w.operation(chain(4, 1)))
		require.NoError(t, err, name)
		assert.Empty(t, plan.Changes, name)
		require.NoError(t, w.applyTo(w.on(stale), chain(4, 1)), name)
		assert.Empty(t, stale.journals(t), name)
		assert.Len(t, w.cloud.objects, 4, name)
	}

	// Before the state was changed the journal had not been folded: nothing is lost in silence.
	err := w.on(remote(t, without(later, lastPart))).Lock(ctx)
	require.ErrorContains(t, err, "changed by another program since a run of ptd died")

	// What is left of an older run does not count beside the journal of a later one.
	require.NoError(t, w.applyTo(w.on(store), chain(4, 1)))
	var dying map[string]string
	v := newWorld(t)
	v.directory = w.directory
	store.before = func(operation, key string) {
		if operation == "write" && path.Dir(key) == journalKey && len(store.journals(t)) > 2 && dying == nil {
			w.cloud.mutex.Lock()
			defer w.cloud.mutex.Unlock()
			dying, v.cloud.objects, v.cloud.made = store.all(t), maps.Clone(w.cloud.objects), w.cloud.made
		}
	}
	require.NoError(t, w.applyTo(w.on(store), chain(6, 1)))
	for key, content := range ended {
		if path.Dir(key) == journalKey {
			dying[key] = content
		}
	}
	died := remote(t, dying)
	_, err = v.on(died).Cancel(ctx, true)
	require.NoError(t, err)
	require.NoError(t, v.applyTo(v.on(died), chain(6, 1)))
	assert.Empty(t, died.journals(t))
	assert.Len(t, v.cloud.objects, 6)
}

// journaled applies a chain to a new remote store and returns how much its journal wrote.
func journaled(t testing.TB, n int) (bytes, objects int) {
	w, store := newWorld(t), remote(t, nil)
	require.NoError(t, w.applyTo(w.on(store), chain(n, 2000)))
	require.Len(t, w.cloud.objects, n)
	return store.journal, store.objects
}

// TestRemoteJournalGrowsLinearly holds that four times the resources write four times
// the bytes.
func TestRemoteJournalGrowsLinearly(t *testing.T) {
	few, _ := journaled(t, 8)
	many, objects := journaled(t, 32)
	assert.Less(t, float64(many), 4.2*float64(few))
	assert.LessOrEqual(t, objects, 2*32+8)
	assert.Less(t, many, 32*(4*2000+6000), "a begin and an end of each, with inputs and outputs")
}

func BenchmarkRemoteJournal(b *testing.B) {
	for _, n := range []int{25, 50, 100, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				bytes, objects := journaled(b, n)
				b.ReportMetric(float64(bytes)/float64(n), "B/resource")
				b.ReportMetric(float64(objects)/float64(n), "objects/resource")
			}
		})
	}
}
