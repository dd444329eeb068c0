package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func open(t *testing.T, directory string) *Cloud {
	t.Helper()
	cloud, err := Open(directory)
	require.NoError(t, err)
	t.Cleanup(func() { _ = cloud.Close() }) // also when the test closed it
	return cloud
}

func put(t *testing.T, cloud *Cloud, objects ...*Object) {
	t.Helper()
	for _, object := range objects {
		require.NoError(t, cloud.Do(func() error { return cloud.Put(object) }))
	}
}

func ids(t *testing.T, cloud *Cloud) []string {
	t.Helper()
	objects, err := cloud.List()
	require.NoError(t, err)
	list := make([]string, len(objects))
	for i, object := range objects {
		list[i] = object.ID
	}
	return list
}

func thing(id string, references ...string) *Object {
	return &Object{Provider: "test", Type: "test:index:Thing", ID: id, Inputs: map[string]any{"name": id}, References: references}
}

func TestProcessesShareASandbox(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	clouds := []*Cloud{open(t, directory), open(t, directory)}
	var group sync.WaitGroup
	for i, cloud := range clouds {
		for n := range 40 {
			group.Go(func() {
				assert.NoError(t, cloud.Do(func() error { return cloud.Put(thing(fmt.Sprintf("thing-%d-%d", i, n))) }))
			})
		}
	}
	group.Wait()
	assert.Len(t, ids(t, clouds[0]), 80)
	assert.Equal(t, ids(t, clouds[0]), ids(t, clouds[1]))

	require.NoError(t, clouds[0].Close()) // folds the journal while the other has it open
	put(t, clouds[1], thing("last"))
	assert.Len(t, ids(t, open(t, directory)), 81)
}

func TestNothingWrittenIsLost(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	cloud := open(t, directory)
	put(t, cloud, thing("first"), thing("second"))
	require.NoError(t, cloud.Do(func() error { return cloud.Remove(thing("first").Key()) }))
	// The process dies in the middle of a line: nobody was told that this is written.
	path := filepath.Join(directory, journal)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(content, `{"put":{"type":"test:index:Thing","id":"ha`...), 0o600))

	next := open(t, directory)
	assert.Equal(t, []string{"second"}, ids(t, next))
	put(t, next, thing("third"))
	require.NoError(t, next.Close())
	assert.Equal(t, []string{"second", "third"}, ids(t, open(t, directory)))
	folded, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Empty(t, folded)
}

func TestEditedDocument(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	cloud := open(t, directory)
	put(t, cloud, thing("first"))
	require.NoError(t, cloud.Close())

	other := open(t, directory)
	path := filepath.Join(directory, document)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	edited := strings.Replace(string(content), `"name": "first"`, `"name": "by hand"`, 1)
	require.NoError(t, os.WriteFile(path, []byte(edited), 0o600))
	list, err := other.List()
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "by hand", list[0].Name())
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, content, want string }{
		"document":      {document, "{", "cloud.json is damaged: unexpected end of JSON input; correct it, or start again with `ptd sandbox reset`"},
		"null object":   {document, `{"objects": {"a": null}}`, `cloud.json: object "a" is null`},
		"journal":       {journal, "?\n", "cloud.journal is damaged: invalid character '?' looking for beginning of value; start again with `ptd sandbox reset`"},
		"faults":        {"faults.json", `[{"nht": 1}]`, `faults.json: json: unknown field "nht"`},
		"exit of fault": {"faults.json", `[{"nth": 1, "exit": "now"}]`, `faults.json: exit of fault 1 is "now", want before or after`},
		"delay":         {"faults.json", `[{"delay": "2"}]`, `faults.json: delay of fault 1: time: missing unit in duration "2"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(directory, test.file), []byte(test.content), 0o600))
			_, err := Open(directory)
			require.Error(t, err)
			assert.Contains(t, err.Error(), directory+string(filepath.Separator)+test.want)
		})
	}
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	directory := filepath.Join(t.TempDir(), "below", "sandbox")
	cloud := open(t, directory)
	put(t, cloud, thing("first"))
	require.NoError(t, cloud.Close())
	require.NoError(t, filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, path)
		return nil
	}))
}

// What ptd has made goes, what it has not stays and is named.
func TestReset(t *testing.T) {
	t.Parallel()
	write := func(file string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	}
	foreign := t.TempDir()
	for _, name := range []string{"thesis.txt", lockFile} {
		write(filepath.Join(foreign, name))
	}
	_, err := Reset(foreign)
	assert.ErrorContains(t, err, foreign+" is not a sandbox (it has no file ptd-sandbox)")
	write(filepath.Join(foreign, marker))
	_, err = Reset(foreign)
	assert.ErrorContains(t, err, "is not a sandbox", "somebody else's file of that name")
	assert.FileExists(t, filepath.Join(foreign, "thesis.txt"))

	for name, others := range map[string][]string{
		"ptd's alone": nil,
		"with others": {"faults.json", "state/demo01/main.tf", "state/demo01/.pulumi/stacks/notes.txt", "state/mine/x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := filepath.Join(t.TempDir(), "sandbox")
			cloud := open(t, directory)
			put(t, cloud, thing("first"))
			_, err := Reset(directory)
			assert.ErrorContains(t, err, "a run of ptd has "+directory+" open")
			require.NoError(t, cloud.Close())
			for _, own := range []string{"real.json", "state/key", "state/demo01/.pulumi/meta.yaml", "state/demo01/.pulumi/stacks/p/s.json.bak", "state/demo01/.pulumi/stacks/p/s.json.journal",
				"state/demo01/.pulumi/locks/organization/p/s/1.json"} {
				write(filepath.Join(directory, own))
			}
			for _, other := range others {
				write(filepath.Join(directory, other))
			}
			outside := filepath.Join(t.TempDir(), "outside.json")
			write(outside)
			if others != nil {
				require.NoError(t, os.Symlink(filepath.Dir(outside), filepath.Join(directory, "state", "demo01", ".pulumi", "backups")))
				others = append(others, "state/demo01/.pulumi/backups")
			}
			left, err := Reset(directory)
			require.NoError(t, err)
			assert.ElementsMatch(t, others, left)
			assert.FileExists(t, outside)
			if others == nil {
				assert.NoDirExists(t, directory)
			}
			left, err = Reset(directory)
			if others == nil {
				assert.NoError(t, err, "there is nothing to reset")
				return
			}
			assert.Error(t, err)
			assert.Empty(t, left)
			assert.NoFileExists(t, filepath.Join(directory, document))
			assert.NoFileExists(t, filepath.Join(directory, "state", "key"))
		})
	}
}

// Reset through a link leaves the link, and the directory it leads to.
func TestResetOfALink(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(directory, link))
	cloud := open(t, link)
	put(t, cloud, thing("first"))
	require.NoError(t, cloud.Close())
	left, err := Reset(link)
	require.NoError(t, err)
	assert.Empty(t, left)
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	assert.Empty(t, entries)
	_, err = os.Lstat(link)
	assert.NoError(t, err)
}

// Who only looks makes nothing, and sees all the same what others are said to have.
func TestLookingMakesNothing(t *testing.T) {
	t.Parallel()
	directory := filepath.Join(t.TempDir(), "sandbox")
	cloud := open(t, directory)
	require.NoError(t, cloud.DeclareExternal(*thing("by-others")))
	assert.Equal(t, []string{"by-others"}, ids(t, cloud))
	assert.NoDirExists(t, directory)
	put(t, cloud, thing("by-ptd"))
	require.NoError(t, cloud.Close())
	assert.FileExists(t, filepath.Join(directory, marker))
	assert.Equal(t, []string{"by-others", "by-ptd"}, ids(t, open(t, directory)))
}

// The sandbox of an earlier ptd has no marker: the next change in it makes one. What is no
// sandbox is not made one over somebody's file.
func TestSandboxOfAnEarlierProgram(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	cloud := open(t, directory)
	put(t, cloud, thing("first"))
	require.NoError(t, cloud.Close())
	require.NoError(t, os.Remove(filepath.Join(directory, marker)))
	next := open(t, directory)
	assert.Equal(t, []string{"first"}, ids(t, next))
	assert.NoFileExists(t, filepath.Join(directory, marker))
	put(t, next, thing("second"))
	require.NoError(t, next.Close())
	_, err := Reset(directory)
	require.NoError(t, err)

	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, document), []byte(`{"weather": "fine"}`), 0o600))
	cloud = open(t, other)
	assert.ErrorContains(t, cloud.Do(func() error { return cloud.Put(thing("first")) }), "is not a simulated cloud of ptd's")
}

func TestDeclareExternal(t *testing.T) {
	t.Parallel()
	cloud := open(t, t.TempDir())
	put(t, cloud, &Object{Type: "test:index:Thing", ID: "made", Inputs: map[string]any{"name": "by ptd"}})
	for _, id := range []string{"made", "found"} {
		require.NoError(t, cloud.DeclareExternal(Object{Type: "test:index:Thing", ID: id, Inputs: map[string]any{"name": "by others"}}))
	}
	list, err := cloud.List()
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, "by others", list[0].Name())
	assert.True(t, list[0].External)
	assert.Equal(t, "by ptd", list[1].Name())
	assert.False(t, list[1].External)
}
