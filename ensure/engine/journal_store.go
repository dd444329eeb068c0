package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// journalStore is where the journal of a stack is, one at a time.
type journalStore interface {
	// read returns the lines of the journal that was begun last; found tells whether
	// there is anything, also left-overs without lines.
	read(ctx context.Context) (lines []byte, found bool, err error)
	// append adds lines.
	append(ctx context.Context, lines []byte) error
	// mark adds a last line to a journal, if there is one, whoever began it.
	mark(ctx context.Context, line []byte) error
	// remove deletes the journal, which may not be there.
	remove(ctx context.Context) error
	// close ends the adding.
	close() error
}

// journalAt is the journal at a key of the store: a file that grows in a directory,
// which lives on this machine; a directory of objects elsewhere.
func (b *Backend) journalAt(key string) journalStore {
	if local, ok := b.store.(*directory); ok {
		return &journalFile{path: local.file(key)}
	}
	return &journalObjects{store: b.store, directory: key}
}

type journalFile struct {
	path string
	file *os.File // while lines are added
}

func (j *journalFile) read(context.Context) (lines []byte, found bool, err error) {
	lines, err = readFile(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return lines, err == nil, err
}

func (j *journalFile) append(_ context.Context, lines []byte) error {
	if j.file == nil {
		file, err := os.OpenFile(j.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
		if err != nil {
			return err
		}
		j.file = file
	}
	_, err := j.file.Write(lines)
	return err
}

func (j *journalFile) mark(ctx context.Context, line []byte) error {
	if _, err := os.Stat(j.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := j.append(ctx, append([]byte{'\n'}, line...)) // it may follow a torn line
	return errors.Join(err, j.close())
}

func (j *journalFile) remove(context.Context) error {
	err := os.Remove(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (j *journalFile) close() error {
	if j.file == nil {
		return nil
	}
	file := j.file
	j.file = nil
	return file.Close()
}

// journalObjects is a journal in a store that can only replace objects: each batch of
// lines is an object, so that what is written grows with the lines and not with their
// square. An object is called after the time when its run began and its number in that
// run. The first one is removed first: objects without it are what is left of a journal
// that was folded, or came late to a store after that.
type journalObjects struct {
	store     store
	directory string

	run    string // once it has begun
	number int
}

// runFormat is a time that sorts as it passes.
const runFormat = "20060102T150405.000000000Z"

// The last parts of an object's name, which sort in this order.
const (
	firstPart = "-00000001"
	lastPart  = "-folded"
)

// abreast is how many objects are read or removed at once.
const abreast = 16

func (j *journalObjects) append(ctx context.Context, lines []byte) error {
	if j.run == "" {
		j.run = path.Join(j.directory, time.Now().UTC().Format(runFormat))
	}
	if err := j.store.write(ctx, fmt.Sprintf("%s-%08d", j.run, j.number+1), lines); err != nil {
		return err
	}
	j.number++
	return nil
}

// last returns the run that began last, if its journal is whole, and all objects of it;
// all are those of all runs.
func (j *journalObjects) last(ctx context.Context) (run string, keys, all []string, err error) {
	list, err := j.store.list(ctx, j.directory)
	if err != nil {
		return "", nil, nil, err
	}
	for _, object := range list {
		all = append(all, object.key)
		if begun, ok := strings.CutSuffix(object.key, firstPart); ok {
			run, keys = begun, nil
		}
		if run != "" && strings.HasPrefix(object.key, run+"-") {
			keys = append(keys, object.key)
		}
	}
	return run, keys, all, nil
}

func (j *journalObjects) read(ctx context.Context) (lines []byte, found bool, err error) {
	_, keys, all, err := j.last(ctx)
	if err != nil || len(all) == 0 {
		return nil, false, err
	}
	parts := make([][]byte, len(keys))
	gone := make([]bool, len(keys))
	err = each(keys, func(i int, key string) error {
		content, exists, err := j.store.read(ctx, key)
		parts[i], gone[i] = content, !exists
		return err
	})
	if err != nil {
		return nil, true, err
	}
	if slices.Contains(gone, true) {
		return nil, true, nil // folded since it was listed
	}
	return slices.Concat(parts...), true, nil
}

func (j *journalObjects) mark(ctx context.Context, line []byte) error {
	run, _, _, err := j.last(ctx)
	if err != nil || run == "" {
		return err
	}
	return j.store.write(ctx, run+lastPart, line)
}

func (j *journalObjects) remove(ctx context.Context) error {
	_, _, all, err := j.last(ctx)
	if err != nil {
		return err
	}
	remove := func(_ int, key string) error { return j.store.remove(ctx, key) }
	first := func(key string) bool { return strings.HasSuffix(key, firstPart) }
	for _, key := range all {
		if first(key) {
			if err := remove(0, key); err != nil {
				return err
			}
		}
	}
	return each(slices.DeleteFunc(all, first), remove)
}

func (j *journalObjects) close() error { return nil }

// each calls a function for each key, some at once, and returns the first error.
func each(keys []string, do func(i int, key string) error) error {
	var group errgroup.Group
	group.SetLimit(abreast)
	for i, key := range keys {
		group.Go(func() error { return do(i, key) })
	}
	return group.Wait()
}
