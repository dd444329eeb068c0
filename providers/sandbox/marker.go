package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// marker is the file that makes a directory a sandbox. Whoever has the sandbox open holds a
// shared lock on it; who deletes the sandbox holds it alone.
const marker = "ptd-sandbox"

// markerBegins is how the marker's text begins; a file of the same name that somebody else
// wrote is no marker.
const markerBegins = "This directory is a sandbox of ptd."

const markerText = markerBegins + " `ptd sandbox reset` deletes what ptd has made in it, and nothing else.\n"

// errNoMarker says that a directory is no sandbox.
var errNoMarker = errors.New("there is no marker")

// errHeld says that somebody else has the marker's lock.
var errHeld = errors.New("the marker is locked")

// hold opens the marker of a directory and takes its lock, syscall.LOCK_SH or LOCK_EX,
// without waiting. It makes nothing.
func hold(directory string, how int) (*os.File, error) {
	path := filepath.Join(directory, marker)
	for {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular():
			return nil, errNoMarker
		case err != nil:
			return nil, err
		}
		file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errNoMarker
		}
		if err != nil {
			return nil, err
		}
		text := make([]byte, len(markerBegins))
		if _, err := file.ReadAt(text, 0); err != nil || !bytes.Equal(text, []byte(markerBegins)) {
			return nil, errors.Join(errNoMarker, file.Close())
		}
		if err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB); err != nil {
			if errors.Is(err, syscall.EWOULDBLOCK) {
				err = errHeld
			}
			return nil, errors.Join(err, file.Close())
		}
		// A sandbox may have been deleted between the opening and the lock.
		held, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if now, err := os.Lstat(path); err == nil && os.SameFile(now, held) {
			return file, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// mark makes a directory a sandbox, whole or not at all. That of an earlier ptd, which had no
// marker, becomes one by it. It is an error if the directory has something of others where a
// sandbox keeps its own.
func mark(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	if err := checkDocument(directory); err != nil {
		return err
	}
	draft, err := os.CreateTemp(directory, "."+marker+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(markerText)
	if err = errors.Join(err, draft.Close()); err != nil {
		return err
	}
	path := filepath.Join(directory, marker)
	if err := os.Link(draft.Name(), path); err != nil {
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		held, err := hold(directory, syscall.LOCK_SH)
		switch {
		case errors.Is(err, errNoMarker):
			return fmt.Errorf("%s is there, and is not the marker of a sandbox: name another directory with --sandbox-dir", path)
		case err == nil:
			return held.Close()
		}
	}
	return nil
}

// Make makes the directory of the sandbox, with its marker and its lock, if it is not there
// yet. What writes outside of Do calls it before; Do does so itself.
func (c *Cloud) Make() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.make()
}

func (c *Cloud) make() error {
	if c.held != nil && c.lock != nil && c.made {
		return nil
	}
	if err := c.hold(); err != nil {
		return err
	}
	if c.held == nil {
		if err := mark(c.directory); err != nil {
			return fmt.Errorf("make sandbox: %w", err)
		}
		if err := c.hold(); err != nil {
			return err
		}
		if c.held == nil {
			return fmt.Errorf("make sandbox: %s was deleted meanwhile: run again", c.directory)
		}
	}
	if c.lock == nil {
		lock, err := os.OpenFile(filepath.Join(c.directory, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("make sandbox: %w", err)
		}
		c.lock = lock
	}
	for _, first := range c.first {
		if err := first(); err != nil {
			return err
		}
	}
	c.made = true
	return nil
}

// hold keeps others from deleting the sandbox, if there is one.
func (c *Cloud) hold() error {
	if c.held != nil {
		return nil
	}
	held, err := hold(c.directory, syscall.LOCK_SH)
	switch {
	case err == nil:
		c.held = held
	case errors.Is(err, errHeld):
		return fmt.Errorf("open sandbox: %s is being deleted by `ptd sandbox reset`: run again when that has ended", c.directory)
	case !errors.Is(err, errNoMarker):
		return fmt.Errorf("open sandbox: %w", err)
	}
	return nil
}

// BeforeWriting adds what is to be done before anything is written into the sandbox. It may
// not call the cloud.
func (c *Cloud) BeforeWriting(first func() error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.first, c.made = append(c.first, first), false
}
