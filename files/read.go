// Package files opens what users name to be read. It refuses at once what is no regular file:
// a named pipe or a device would keep ptd waiting, or never end.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// TooLargeError says that a file is larger than its reader takes.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("it has more than %d bytes, which is more than it may have", e.Limit)
}

// Read is the content of a regular file of at most limit bytes. The error is a *fs.PathError:
// fs.ErrNotExist where nothing is (a link that leads nowhere is something), a *TooLargeError, or
// what is there instead of a file.
func Read(path string, limit int64) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: &TooLargeError{limit}}
	}
	// The size is not believed: files of /proc have none, and others grow.
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: &TooLargeError{limit}}
	}
	return content, nil
}

// Open opens a regular file to read it. The error is that of Check.
func Open(path string) (*os.File, error) {
	if err := Check(path); err != nil {
		return nil, err
	}
	// Should it become a pipe meanwhile, opening it does not wait for somebody who writes.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = regular(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Check tells what is there instead of a regular file, without opening it: opening a device can
// have effects. The error is a *fs.PathError; fs.ErrNotExist means that nothing is there.
func Check(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return absent(path, err)
	}
	if err != nil {
		return err
	}
	return regular(path, info)
}

func regular(path string, info fs.FileInfo) error {
	kind := ""
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case mode&fs.ModeNamedPipe != 0:
		kind = "a named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	default:
		kind = "of the kind " + mode.Type().String()
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("is %s, not a regular file", kind)}
}

// absent tells a link that leads nowhere, be it the file or a directory above it, from nothing:
// who made it meant something to be there.
func absent(path string, err error) error {
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		info, problem := os.Lstat(at)
		switch {
		case problem == nil && info.Mode()&fs.ModeSymlink != 0:
			if _, problem = os.Stat(at); !errors.Is(problem, fs.ErrNotExist) {
				return err
			}
			to, _ := os.Readlink(at)
			return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("the link %s leads to %s, which does not exist", at, to)}
		case problem == nil || at == filepath.Dir(at):
			return err
		}
	}
}
