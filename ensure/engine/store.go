package engine

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gocloud.dev/gcerrors"
)

// write replaces an object of the store, whole or not at all: a disk that runs full
// half-way leaves the object as it was.
func (b *Backend) write(ctx context.Context, key string, content []byte) error {
	if file, local := b.localFile(key); local {
		return replaceFile(file, content)
	}
	var err error
	for _, pause := range append(writeRetries, 0) {
		if err = b.upload(ctx, key, content); err == nil || pause == 0 {
			break
		}
		time.Sleep(pause)
	}
	return err
}

// writeRetries are the pauses between attempts to write to a remote store: what was
// just made in the cloud is lost to Pulumi if its state is not written. A local disk
// that refuses once is not asked again.
var writeRetries = []time.Duration{100 * time.Millisecond, time.Second, 3 * time.Second}

func (b *Backend) upload(ctx context.Context, key string, content []byte) error {
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	writer, err := b.bucket.NewWriter(ctx, key, nil)
	if err != nil {
		return err
	}
	if _, err := writer.Write(content); err != nil {
		abort() // closing would commit what was written so far
		_ = writer.Close()
		return err
	}
	return writer.Close()
}

// localFile returns the path of an object; local is false when the store is not a
// directory.
func (b *Backend) localFile(key string) (file string, local bool) {
	u, err := b.address()
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	return filepath.Join(filepath.FromSlash(u.Path), filepath.FromSlash(key)), true
}

// replaceFile writes a file beside the old one, makes sure that it is on the disk, and
// only then puts it in the old one's place.
func replaceFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	_, err = draft.Write(content)
	if err == nil {
		err = draft.Sync()
	}
	if err = errors.Join(err, draft.Close()); err == nil {
		err = os.Rename(draft.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft.Name()))
	}
	return nil
}

// read returns an object's content; exists is false when there is none.
func (b *Backend) read(ctx context.Context, key string) (content []byte, exists bool, err error) {
	if file, local := b.localFile(key); local {
		content, err = readFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		}
		return content, err == nil, err
	}
	content, err = b.bucket.ReadAll(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, false, nil
	}
	return content, err == nil, err
}

// readFile reads as much as the file holds when it is opened: another process may add
// to a journal meanwhile.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
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

// copy writes what is at from to another place, where a local disk that runs full
// leaves no half.
func (b *Backend) copy(ctx context.Context, to, from string) error {
	if _, local := b.localFile(from); !local {
		return b.bucket.Copy(ctx, to, from, nil)
	}
	content, _, err := b.read(ctx, from)
	if err != nil {
		return err
	}
	return b.write(ctx, to, content)
}

// remove deletes an object that may not be there.
func (b *Backend) remove(ctx context.Context, key string) error {
	err := b.bucket.Delete(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}
