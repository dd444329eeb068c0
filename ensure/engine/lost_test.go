package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLost takes something away from a store, or damages it: a dry run and a run say the
// same, and nothing is made anew.
func TestLost(t *testing.T) {
	const key, metadataFile = "/key", "/state/.pulumi/meta.yaml"
	write := func(file, content string) func(*world) {
		return func(w *world) {
			require.NoError(w.t, os.WriteFile(filepath.Join(w.directory, file), []byte(content), 0o600))
		}
	}
	remove := func(file string) func(*world) {
		return func(w *world) { require.NoError(w.t, os.RemoveAll(filepath.Join(w.directory, file))) }
	}
	for name, test := range map[string]struct {
		lose func(*world)
		want []string
	}{
		"empty metadata":  {write(metadataFile, ""), []string{"read .pulumi/meta.yaml", "it has no version"}},
		"metadata":        {remove(metadataFile), []string{"has lost .pulumi/meta.yaml", "version: 1"}},
		"empty state":     {write(stateFile, "{}"), []string{"not the state of any stack", ".bak", "backups/project/target"}},
		"null state":      {write(stateFile, "null"), []string{"not the state of any stack"}},
		"no content":      {write(stateFile, ""), []string{"read state of stack organization/project/target"}},
		"version alone":   {write(stateFile, `{"version": 3, "checkpoint": {}}`), []string{"not the state of any stack"}},
		"another's state": {write(stateFile, `{"version": 3, "checkpoint": {"stack": "organization/project/other"}}`), []string{"of another stack, organization/project/other"}},
		"state":           {remove(stateFile), []string{"is missing", "it was applied", ".checkpoint.json", "delete its history"}},
		"truncated state": {func(w *world) { write(stateFile, w.files()[stateFile][:500])(w) }, []string{"read state of stack", ".bak"}},
		"a directory": {func(w *world) {
			remove(stateFile)(w)
			require.NoError(t, os.Mkdir(filepath.Join(w.directory, stateFile), 0o700))
		}, []string{"is a directory"}},
		"key":       {remove(key), []string{"the key of the state's secrets", "/key", "is missing", "restore it from a backup"}},
		"empty key": {write(key, ""), []string{"does not hold 32 bytes in base64", "restore it from a backup"}},
		"wrong key": {write(key, "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=\n"), []string{"it is not the key that encrypted them", "/key"}},
		"key is a directory": {func(w *world) {
			remove(key)(w)
			require.NoError(t, os.Mkdir(filepath.Join(w.directory, key), 0o700))
		}, []string{"the key of the state's secrets", "is a directory"}},
	} {
		t.Run(name, func(t *testing.T) {
			w, ctx := newWorld(t), context.Background()
			require.NoError(t, w.apply(chain(2, 1)))
			test.lose(w)
			before := w.files()
			_, dry := w.stack().Preview(ctx, w.operation(chain(2, 1)))
			run := w.apply(chain(2, 1))
			for _, text := range test.want {
				require.ErrorContains(t, dry, text)
				require.ErrorContains(t, run, text)
			}
			assert.Equal(t, before, w.files())
			assert.Len(t, w.cloud.objects, 2)
			if strings.Contains(name, "key") { // a new stack beside it does not make another one either
				other := w.stack().backend.Stack("project", "beside")
				_, err := other.Preview(ctx, w.operation(chain(2, 1)))
				require.ErrorContains(t, err, "the key of the state's secrets")
				assert.Equal(t, before, w.files())
			}
		})
	}
}

// TestPassphraseOfOthers holds that a new stack is not encrypted with another passphrase
// than those that are there.
func TestPassphraseOfOthers(t *testing.T) {
	w := newWorld(t)
	apply := func(name string) error {
		return w.applyTo(NewBackend(BackendOptions{
			URL: "file://" + w.directory + "/state", SecretsProvider: "passphrase", Passphrase: "one",
		}).Stack("project", name), chain(1, 1))
	}
	require.NoError(t, apply("target"))
	require.NoError(t, apply("second"))
	// Pulumi keeps what a passphrase has opened to the end of the process: with another salt it
	// is as if the passphrase were another.
	files := w.files()
	for _, file := range []string{stateFile, strings.Replace(stateFile, "target", "second", 1)} {
		before, after, found := strings.Cut(files[file], `"salt": "v1:`)
		require.True(t, found)
		digit := "A"
		if after[:1] == digit {
			digit = "B"
		}
		files[file] = before + `"salt": "v1:` + digit + after[1:]
	}
	w.restore(files)
	var key *KeyError
	require.ErrorAs(t, apply("third"), &key)
	require.ErrorAs(t, apply("target"), &key)
	require.ErrorContains(t, key, "incorrect passphrase")
}
