package files_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/files"
)

func TestReadTakesRegularFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	require.NoError(t, os.Symlink("file", link))
	for _, name := range []string{path, link} {
		content, err := files.Read(name, 10)
		require.NoError(t, err)
		assert.Equal(t, "0123456789", string(content), "as much as it may have")
	}
	_, err := files.Read(path, 9)
	var tooLarge *files.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
	assert.Equal(t, int64(9), tooLarge.Limit)
	for _, nothing := range []string{"absent", "absent/file"} {
		_, err = files.Read(filepath.Join(dir, nothing), 10)
		assert.ErrorIs(t, err, fs.ErrNotExist)
	}
}

// What is no regular file is refused without waiting.
func TestReadRefusesTheRest(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "ptd") // the path of a socket has few characters
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, syscall.Mkfifo(at("pipe"), 0o600))
	socket, err := net.Listen("unix", at("socket"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = socket.Close() })
	for link, to := range map[string]string{
		"to-pipe": "pipe", "nowhere": "absent", "loop": "loop", "zero": "/dev/zero", "up": "gone",
	} {
		require.NoError(t, os.Symlink(to, at(link)))
	}
	for name, want := range map[string]string{
		"pipe":    "is a named pipe, not a regular file",
		"to-pipe": "is a named pipe, not a regular file",
		"socket":  "is a socket, not a regular file",
		"":        "is a directory",
		"zero":    "is a device, not a regular file",
		"nowhere": "the link " + at("nowhere") + " leads to absent, which does not exist",
		"up/file": "the link " + at("up") + " leads to gone, which does not exist",
		"loop":    "too many levels of symbolic links",
	} {
		_, err := files.Read(at(name), 10)
		var failure *fs.PathError
		require.ErrorAs(t, err, &failure, name)
		assert.NotErrorIs(t, err, fs.ErrNotExist, name)
		assert.Equal(t, want, failure.Err.Error(), name)
		assert.Equal(t, err.Error(), files.Check(at(name)).Error(), name)
	}
}
