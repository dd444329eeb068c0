package engine

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pulumiStore is a copy of a store that pulumi 3.228 wrote (less its stack traces), with a stack that exports a
// password and the passphrase "correct".
func pulumiStore(t *testing.T, name string) (*Stack, string) {
	t.Helper()
	directory := t.TempDir()
	require.NoError(t, os.CopyFS(directory, os.DirFS(filepath.Join("testdata", "pulumi", name))))
	b := NewBackend(BackendOptions{URL: "file://" + directory, SecretsProvider: "passphrase", Passphrase: "correct"})
	return b.Stack("project", "target"), directory
}

func TestPulumisStores(t *testing.T) {
	ctx := context.Background()
	for _, name := range []string{"plain", "gzip", "zstd"} {
		t.Run(name, func(t *testing.T) {
			stack, directory := pulumiStore(t, name)
			outputs, exists, err := stack.Outputs(ctx)
			require.NoError(t, err)
			require.True(t, exists)
			assert.Equal(t, "hunter2hunter2", outputs["password"].SecretValue().Element.StringValue())
			if name != "plain" {
				require.NoError(t, stack.Lock(ctx))
				require.ErrorContains(t, stack.Forget(ctx), "it is compressed")
				_, err := os.Stat(filepath.Join(directory, ".pulumi/stacks/project/target.json"))
				require.ErrorIs(t, err, os.ErrNotExist, "a lock makes no second state")
				return
			}
			err = stack.Lock(ctx)
			var locked *LockedError
			require.ErrorAs(t, err, &locked)
			require.Len(t, locked.Locks, 1)
			assert.Equal(t, "somebody", locked.Locks[0].User)
			assert.Equal(t, "laptop", locked.Locks[0].Host)
			assert.Equal(t, 4711, locked.Locks[0].Process)
			released, err := stack.Cancel(ctx, true)
			require.NoError(t, err)
			assert.Len(t, released, 1)
			require.NoError(t, stack.Lock(ctx))
			require.NoError(t, stack.Forget(ctx))
			require.NoError(t, stack.Unlock(ctx))
			locks, err := os.ReadDir(filepath.Join(directory, ".pulumi/locks/organization/project/target"))
			require.NoError(t, err)
			assert.Empty(t, locks)
		})
	}
}

// TestLockIsPulumis holds the names of the fields of a lock and where it is.
func TestLockIsPulumis(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	files, err := filepath.Glob(filepath.Join(w.directory, "state/.pulumi/locks/organization/project/target/*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	content, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var lock map[string]any
	require.NoError(t, json.Unmarshal(content, &lock))
	assert.NotEmpty(t, lock["started"], "ptd's own")
	assert.Len(t, lock, 5)
	assert.EqualValues(t, os.Getpid(), lock["pid"])
	host, err := os.Hostname()
	require.NoError(t, err)
	assert.Equal(t, host, lock["hostname"])
	assert.NotEmpty(t, lock["username"])
	_, err = time.Parse(time.RFC3339, lock["timestamp"].(string))
	require.NoError(t, err)
	require.NoError(t, stack.Lock(ctx), "a stack's own lock does not keep it out")
	require.NoError(t, stack.Unlock(ctx))
	require.NoError(t, stack.Unlock(ctx))
	assert.NoFileExists(t, files[0])
	assert.Equal(t, "version: 1\n", w.files()["/state/.pulumi/meta.yaml"])
}

// TestAttributesAreNoLocks has the file that pulumi writes beside each of its files.
func TestAttributesAreNoLocks(t *testing.T) {
	stack, directory := pulumiStore(t, "plain")
	locks := filepath.Join(directory, ".pulumi/locks/organization/project/target")
	entries, err := os.ReadDir(locks)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.NoError(t, os.WriteFile(filepath.Join(locks, entries[0].Name()+".attrs"), []byte("{}"), 0o600))
	released, err := stack.Cancel(context.Background(), true)
	require.NoError(t, err)
	assert.Len(t, released, 1)
	entries, err = os.ReadDir(locks)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestLayoutsThatAreNotOurs(t *testing.T) {
	ctx := context.Background()
	for name, test := range map[string]struct{ file, content, message string }{
		"without projects":    {".pulumi/stacks/target.json", "{}", "layout without projects"},
		"compressed":          {".pulumi/stacks/target.json.gz", "", "layout without projects"},
		"marked so":           {metadata, "version: 0", "layout without projects"},
		"newer":               {metadata, "version: 2", "layout version 2, of which only a newer ptd knows"},
		"without a version":   {metadata, "{}", "it has no version"},
		"unreadable metadata": {metadata, "version: [", "read .pulumi/meta.yaml in file://"},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			file := filepath.Join(directory, filepath.FromSlash(test.file))
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
			require.NoError(t, os.WriteFile(file, []byte(test.content), 0o600))
			err := NewBackend(BackendOptions{URL: "file://" + directory}).Stack("project", "target").Lock(ctx)
			require.ErrorContains(t, err, test.message)
		})
	}
	err := NewBackend(BackendOptions{URL: "file://" + t.TempDir()}).Stack("project", "not/a/name").Lock(ctx)
	require.ErrorContains(t, err, "name of stack organization/project/not/a/name")
}

// TestStores opens stores of each kind, which asks nobody anything yet.
func TestStores(t *testing.T) {
	ctx := context.Background()
	t.Setenv("AZURE_STORAGE_ACCOUNT", "")
	for _, address := range []string{
		"s3://ptd-demo01-staging?region=us-east-2", "s3://ptd-demo01-staging/below?region=us-east-2&awssdk=v2",
		"azblob://state?storage_account=demo01", "file:///var/lib/ptd",
	} {
		opened, err := openStore(ctx, address)
		require.NoError(t, err, address)
		require.NoError(t, opened.close(), address)
	}
	for address, message := range map[string]string{
		"file://relative/path": "write file:///relative/path", "gs://state": "gs", "s3://bucket?regoin=x": "regoin", "%": "invalid URL escape",
	} {
		_, err := openStore(ctx, address)
		require.ErrorContains(t, err, message, address)
	}
}

// TestTwoKeysInOneProcess keeps the secrets of two backends apart.
func TestTwoKeysInOneProcess(t *testing.T) {
	a, b, ctx := newWorld(t), newWorld(t), context.Background()
	program := database(pulumi.Map{"name": pulumi.String("a")})
	require.NoError(t, a.apply(program))
	require.NoError(t, b.apply(program))
	assert.NotEqual(t, a.files()["/key"], b.files()["/key"])
	for _, w := range []*world{a, b} {
		outputs, _, err := w.stack().Outputs(ctx)
		require.NoError(t, err)
		assert.Equal(t, "hunter2hunter2", outputs["password"].SecretValue().Element.StringValue())
	}
	other := NewBackend(BackendOptions{URL: "file://" + filepath.Join(a.directory, "state"), KeyFile: filepath.Join(b.directory, "key")})
	_, _, err := other.Stack("project", "target").Outputs(ctx)
	require.ErrorContains(t, err, "decrypt the data key")
	_, _, err = NewBackend(BackendOptions{URL: "file://" + filepath.Join(a.directory, "state")}).Stack("project", "target").Outputs(ctx)
	require.ErrorContains(t, err, "no key file is given")
}

// TestCloudState holds how a state file has a data key: one of Azure's is encoded twice.
func TestCloudState(t *testing.T) {
	const azure, aws = "azurekeyvault://vault.vault.azure.net/keys/key", "awskms://alias/key?region=us-east-2"
	encrypted := []byte{0xff, 0xfe, 0xfd, 0xfc}
	content, err := json.Marshal(describe(azure, encrypted))
	require.NoError(t, err)
	assert.JSONEq(t, `{"url":"`+azure+`","encryptedkey":"X183OV9B"}`, string(content))
	assert.Equal(t, encrypted, describe(azure, encrypted).key())
	assert.Equal(t, encrypted, cloudState{URL: azure, EncryptedKey: encrypted}.key(), "some versions of Pulumi encoded it once")
	content, err = json.Marshal(describe(aws, encrypted))
	require.NoError(t, err)
	assert.JSONEq(t, `{"url":"`+aws+`","encryptedkey":"//79/A=="}`, string(content))
	assert.Equal(t, encrypted, describe(aws, encrypted).key())
}
