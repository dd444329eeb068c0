package engine

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ptd-go/ptd/files"
)

// directory is a store of files. It is not read and written through the blob library,
// which writes a file and its attributes one after the other, so that a killed process
// would leave state that cannot be read.
type directory struct{ path string }

func (d *directory) file(key string) string { return filepath.Join(d.path, filepath.FromSlash(key)) }

func (d *directory) exists(_ context.Context, key string) (bool, error) {
	_, err := os.Stat(d.file(key)) // a directory in a file's place is told by reading it
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (d *directory) read(_ context.Context, key string) (content []byte, exists bool, err error) {
	content, err = readFile(d.file(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return content, err == nil, err
}

// readFile reads as much as the file holds when it is opened: another process may add
// to a journal meanwhile.
func readFile(path string) ([]byte, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	content := make([]byte, info.Size())
	_, err = io.ReadFull(file, content)
	return content, err
}

func (d *directory) write(_ context.Context, key string, content []byte) error {
	file := d.file(key)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return renameio.WriteFile(file, content, 0o600, renameio.WithTempDir(filepath.Dir(file)))
}

func (d *directory) copy(ctx context.Context, to, from string) error {
	content, err := readFile(d.file(from))
	if err != nil {
		return err
	}
	return d.write(ctx, to, content)
}

func (d *directory) remove(_ context.Context, key string) error {
	for _, file := range []string{d.file(key), d.file(key) + attributes} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// attributes is the end of the names of files that the blob library, and so the pulumi
// command line, writes beside others.
const attributes = ".attrs"

func (d *directory) list(_ context.Context, directory string) ([]object, error) {
	entries, err := os.ReadDir(d.file(directory))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []object
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, attributes) {
			continue // a draft of renameio's begins with a dot
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since it was listed
		}
		if err != nil {
			return nil, err
		}
		found = append(found, object{key: path.Join(directory, name), modified: info.ModTime()})
	}
	slices.SortFunc(found, func(a, b object) int { return cmp.Compare(a.key, b.key) })
	return found, nil
}

func (d *directory) directories(_ context.Context, directory string) ([]string, error) {
	entries, err := os.ReadDir(d.file(directory))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() {
			found = append(found, path.Join(directory, entry.Name()))
		}
	}
	return found, err
}

func (d *directory) holds(_ context.Context, directory string) (bool, error) {
	found := false
	err := filepath.WalkDir(d.file(directory), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err // a draft that a run left which was killed is nothing yet
		}
		found = true
		return fs.SkipAll
	})
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	return found, err
}

func (d *directory) close() error { return nil }
