package engine

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	gosecrets "gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"

	"github.com/ptd-go/ptd/files"
)

// KeyFileScheme is the scheme of secrets providers that use a local key file, for state
// that never leaves a machine (the sandbox): "ptd-key-file://default". The address holds
// no path, so that state can be moved together with its key, which BackendOptions.KeyFile
// names: 32 random bytes in a file of mode 0600. Unlike a passphrase it needs no key
// derivation, which would cost each run half a second.
const KeyFileScheme = "ptd-key-file"

// maxKeyFile bounds a file that holds 44 characters.
const maxKeyFile = 1 << 12

// openKeyFile opens the key in a file, making it when it does not exist.
func openKeyFile(path string) (*gosecrets.Keeper, error) {
	if path == "" {
		return nil, errors.New("key of the state's secrets: no key file is given")
	}
	content, err := files.Read(path, maxKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		content, err = createKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key of the state's secrets: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("key of the state's secrets: %s does not hold 32 bytes in base64; "+
			"restore it, or start again with an empty directory", path)
	}
	return localsecrets.NewKeeper([32]byte(key)), nil
}

// createKey makes the key so that of two processes one wins and both see its key.
func createKey(path string) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(draft.Name())
	_, err = fmt.Fprintln(draft, base64.StdEncoding.EncodeToString(key))
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return files.Read(path, maxKeyFile)
}
