package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// scratch is a temporary directory that a later run finds when this one dies: its owner holds
// a lock in it, which ends with the process, however that ends.
type scratch struct {
	path string
	lock *os.File
}

const (
	scratchPrefix = "ptd-step-"
	scratchOwner  = "owner"
)

// scratchAge is after what time a scratch without a lock, which an earlier ptd made or one
// that died at once, has no owner any more.
const scratchAge = 24 * time.Hour

// newScratch makes a scratch in a directory, and removes those whose owners have died.
func newScratch(directory string) (*scratch, error) {
	sweep(directory)
	path, err := os.MkdirTemp(directory, scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a temporary directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, scratchOwner), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a temporary directory: %w", err), os.RemoveAll(path))
	}
	return &scratch{path, lock}, nil
}

func (s *scratch) remove() error { return errors.Join(os.RemoveAll(s.path), s.lock.Close()) }

// sweep removes what the dead have left. That something cannot be removed is no reason not to
// go on: it may be another user's.
func sweep(directory string) {
	left, err := filepath.Glob(filepath.Join(directory, scratchPrefix+"*"))
	if err != nil {
		return
	}
	for _, path := range left {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || !own(info) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(path, scratchOwner), os.O_RDWR|syscall.O_NOFOLLOW, 0)
		switch {
		case errors.Is(err, os.ErrNotExist):
			if time.Since(info.ModTime()) > scratchAge {
				_ = os.RemoveAll(path)
			}
		case err == nil:
			if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
				_ = os.RemoveAll(path)
			}
			_ = lock.Close()
		}
	}
}

// own tells whether a file is of the user that ptd runs as.
func own(info os.FileInfo) bool {
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Getuid()
}
