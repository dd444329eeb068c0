package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// The files of a sandbox.
const (
	document = "cloud.json"
	journal  = "cloud.journal"
	lockFile = "cloud.lock"
)

// Cloud is an opened sandbox. Its methods may be called from any goroutine, and
// several processes may have the same sandbox open.
type Cloud struct {
	directory string
	faults    *faults

	mutex   sync.Mutex // held during an operation, together with the file lock
	lock    *os.File
	objects map[string]*Object
	byType  map[string]map[string]*Object
	seen    os.FileInfo // of the document when it was read
	read    int64       // bytes of the journal that were read
}

// stored is the form of the document.
type stored struct {
	Objects map[string]*Object `json:"objects"`
}

// entry is one line of the journal: an object that was written, or a key that was
// deleted.
type entry struct {
	Put    *Object `json:"put,omitempty"`
	Delete string  `json:"delete,omitempty"`
}

// Open opens the sandbox in a directory, making it when it does not exist.
func Open(directory string) (*Cloud, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(directory, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	c := &Cloud{directory: directory, lock: lock}
	if c.faults, err = readFaults(directory); err == nil {
		err = c.Do(func() error { return c.fold() })
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return c, nil
}

// Close writes what the journal holds into the document.
func (c *Cloud) Close() error {
	err := c.Do(c.fold)
	return errors.Join(err, c.lock.Close())
}

// Reset deletes the simulated cloud, and the rest of the sandbox with it (state and
// keys), from a directory.
func Reset(directory string) error {
	entries, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reset sandbox: %w", err)
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(directory, lockFile)); err != nil {
			return fmt.Errorf("reset sandbox: %s does not look like a sandbox (it has no %s)", directory, lockFile)
		}
	}
	if err := os.RemoveAll(directory); err != nil {
		return fmt.Errorf("reset sandbox: %w", err)
	}
	return nil
}

// Do runs an operation on the store alone: no other goroutine or process sees it
// half done. Put and Remove may be called within.
func (c *Cloud) Do(operation func() error) (err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock sandbox: %w", err)
	}
	defer func() {
		if unlock := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_UN); unlock != nil && err == nil {
			err = fmt.Errorf("unlock sandbox: %w", unlock)
		}
	}()
	if err := c.refresh(); err != nil {
		return err
	}
	return operation()
}

// refresh reads what others wrote since the last operation.
func (c *Cloud) refresh() error {
	path := filepath.Join(c.directory, document)
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read sandbox: %w", err)
	}
	switch {
	case err == nil && c.seen != nil && os.SameFile(info, c.seen) && info.ModTime().Equal(c.seen.ModTime()) && info.Size() == c.seen.Size():
		return c.replay()
	case err != nil && c.seen == nil && c.read > 0 && c.journaled() >= c.read: // a new sandbox, which is a journal only
		return c.replay()
	}
	c.objects, c.byType, c.read, c.seen = map[string]*Object{}, map[string]map[string]*Object{}, 0, info
	if err == nil {
		if err := c.load(path); err != nil {
			return err
		}
	}
	return c.replay()
}

// journaled is the length of the journal, 0 when there is none.
func (c *Cloud) journaled() int64 {
	info, err := os.Stat(filepath.Join(c.directory, journal))
	if err != nil {
		return 0
	}
	return info.Size()
}

func (c *Cloud) load(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read sandbox: %w", err)
	}
	var read stored
	if err := json.Unmarshal(content, &read); err != nil {
		return fmt.Errorf("read sandbox: %s is damaged: %w; correct it, or start again with `ptd sandbox reset`", path, err)
	}
	for key, object := range read.Objects {
		if object == nil {
			return fmt.Errorf("read sandbox: %s: object %q is null", path, key)
		}
		c.remember(object)
	}
	return nil
}

// replay applies the part of the journal that was not read yet. A last line without
// its end was never acknowledged to anybody and is ignored.
func (c *Cloud) replay() error {
	path := filepath.Join(c.directory, journal)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read sandbox: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read sandbox: %w", err)
	}
	if info.Size() <= c.read {
		return nil
	}
	if _, err := file.Seek(c.read, 0); err != nil {
		return fmt.Errorf("read sandbox: %w", err)
	}
	reader := bufio.NewReader(file)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return nil // the end
		}
		var change entry
		if err := json.Unmarshal(line, &change); err != nil {
			return fmt.Errorf("read sandbox: %s is damaged: %w; start again with `ptd sandbox reset`", path, err)
		}
		c.read += int64(len(line))
		if change.Put != nil {
			c.remember(change.Put)
		} else {
			c.forget(change.Delete)
		}
	}
}

// fold writes the document anew if the journal holds something, and empties the journal.
func (c *Cloud) fold() error {
	path := filepath.Join(c.directory, journal)
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(stored{Objects: c.objects}); err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	if err := writeFile(filepath.Join(c.directory, document), content.Bytes()); err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	// Dying here is harmless: the journal says again what the document already says.
	if err := os.Truncate(path, 0); err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	c.read = 0
	info, err := os.Stat(filepath.Join(c.directory, document))
	if err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	c.seen = info
	return nil
}

// writeFile replaces a file so that a reader sees all of it or nothing.
func writeFile(path string, content []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(content)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}

// Put writes an object. Call it within Do.
func (c *Cloud) Put(object *Object) error {
	if err := c.append(entry{Put: object}); err != nil {
		return err
	}
	c.remember(object)
	return nil
}

// Remove deletes an object. Call it within Do.
func (c *Cloud) Remove(key string) error {
	if err := c.append(entry{Delete: key}); err != nil {
		return err
	}
	c.forget(key)
	return nil
}

func (c *Cloud) append(change entry) error {
	line, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	line = append(line, '\n')
	path := filepath.Join(c.directory, journal)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	// Overwrites what a process left that died in the middle of a line.
	_, err = file.WriteAt(line, c.read)
	if err == nil {
		err = file.Truncate(c.read + int64(len(line)))
	} else {
		err = errors.Join(err, file.Truncate(c.read))
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	c.read += int64(len(line))
	return nil
}

func (c *Cloud) remember(object *Object) {
	key := object.Key()
	c.objects[key] = object
	if c.byType[object.Type] == nil {
		c.byType[object.Type] = map[string]*Object{}
	}
	c.byType[object.Type][key] = object
}

func (c *Cloud) forget(key string) {
	if object := c.objects[key]; object != nil {
		delete(c.byType[object.Type], key)
		delete(c.objects, key)
	}
}

// Object returns the object of a key, nil when there is none. Call it within Do, and
// change only a copy.
func (c *Cloud) Object(key string) *Object { return c.objects[key] }

// OfType lists the objects of a type by key. Call it within Do.
func (c *Cloud) OfType(typ string) []*Object {
	objects := c.byType[typ]
	found := make([]*Object, 0, len(objects))
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		found = append(found, objects[key])
	}
	return found
}

// InAccount lists the objects of an account (of a cluster, of a server) by key. Call it
// within Do.
func (c *Cloud) InAccount(account string) []*Object {
	var found []*Object
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		if c.objects[key].Account == account {
			found = append(found, c.objects[key])
		}
	}
	return found
}

// Dependents lists the objects that refer to the one with the given key. Call it
// within Do.
func (c *Cloud) Dependents(key string) []*Object {
	var found []*Object
	for _, object := range c.objects {
		if slices.Contains(object.References, key) {
			found = append(found, object)
		}
	}
	slices.SortFunc(found, func(a, b *Object) int { return compare(a.Key(), b.Key()) })
	return found
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// List returns copies of all objects, sorted by key.
func (c *Cloud) List() ([]Object, error) {
	var list []Object
	err := c.Do(func() error {
		for _, key := range slices.Sorted(maps.Keys(c.objects)) {
			list = append(list, *c.objects[key].clone())
		}
		return nil
	})
	return list, err
}

// DeclareExternal makes sure that an object exists which the configuration names as
// existing and owned by others. An object of that key stays as it is.
func (c *Cloud) DeclareExternal(object Object) error {
	object.External = true
	return c.Do(func() error {
		if c.objects[object.Key()] != nil {
			return nil
		}
		return c.Put(&object)
	})
}

// Find lists the ids of the objects that a resource made: for creates of which
// nobody knows whether they ended.
func (c *Cloud) Find(_ context.Context, urn, typ string) (ids []string, err error) {
	err = c.Do(func() error {
		for _, object := range c.OfType(typ) {
			if object.URN == urn {
				ids = append(ids, object.ID)
			}
		}
		return nil
	})
	return ids, err
}

// Fault applies the faults that match an operation, see Fault. The returned function
// is called after the operation.
func (c *Cloud) Fault(operation, typ, name string) (after func(), err error) {
	return c.faults.meet(operation, typ, name, time.Sleep, func() { os.Exit(137) })
}

// FaultOfChart applies the faults that match the installation of a Helm chart, as Fault does.
func (c *Cloud) FaultOfChart(chart, release string) (after func(), err error) {
	return c.faults.meetChart(chart, release, time.Sleep, func() { os.Exit(137) })
}
