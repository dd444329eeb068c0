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

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
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

// openKeyFile opens the key in a file. It may be made when it does not exist, unless
// there is state that it encrypted.
func openKeyFile(path string, make bool) (*gosecrets.Keeper, error) {
	if path == "" {
		return nil, errors.New("key of the state's secrets: no key file is given")
	}
	content, err := files.Read(path, maxKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if content, err = nil, checkUnused(path, make); err == nil {
			content, err = createKey(path)
		}
	}
	if err != nil {
		return nil, &KeyError{Key: path, Err: err}
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(key) != 32 {
		return nil, &KeyError{Key: path, Err: errors.New("the file does not hold 32 bytes in base64")}
	}
	return localsecrets.NewKeeper([32]byte(key)), nil
}

// checkKeyFile opens the key in a file, or finds that it may be made.
func checkKeyFile(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := checkUnused(path, true); err != nil {
			return &KeyError{Key: path, Err: err}
		}
		return nil
	}
	keeper, err := openKeyFile(path, false)
	if err != nil {
		return err
	}
	return keeper.Close()
}

// checkUnused refuses to make the key anew while there is state that was encrypted with
// it. The states of all targets that have a key are below its directory.
func checkUnused(path string, make bool) error {
	if !make {
		return errors.New("the file is missing")
	}
	directory := os.DirFS(filepath.Dir(path))
	states, err := fs.Glob(directory, strings.Join([]string{"*", workspace.BookkeepingDir, workspace.StackDir, "*", "*.json"}, "/"))
	if err != nil {
		return fmt.Errorf("look for state that needs it: %w", err)
	}
	for _, state := range states {
		content, err := fs.ReadFile(directory, state)
		if err != nil {
			return fmt.Errorf("look whether %s needs it: %w", state, err)
		}
		if strings.Contains(string(content), KeyFileScheme+"://") {
			return fmt.Errorf("the file is missing, and %s is encrypted with it", filepath.Join(filepath.Dir(path), state))
		}
	}
	return nil
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
