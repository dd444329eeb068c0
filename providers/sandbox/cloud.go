package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Cloud is an opened sandbox. Its methods may be called from any goroutine, and
// several processes may have the same sandbox open.
type Cloud struct {
	directory string
	faults    *faults
	serves    map[string]Serves                                  // by type
	orphaned  map[string]func(cloud *Cloud, object *Object) bool // by package, see Package.Orphaned

	mutex   sync.Mutex // held during an operation, together with the file lock
	lock    *os.File   // nil while nothing was written yet
	held    *os.File   // the marker; nil while there is none
	made    bool       // all that make does was done
	first   []func() error
	objects map[string]*Object
	byType  map[string]map[string]*Object
	seen    os.FileInfo // of the document when it was read
	read    int64       // bytes of the journal that were read
	// declared are the objects of others that are not written yet, by key.
	declared map[string]*Object
}

// Open opens the sandbox in a directory. It makes nothing: that is left to what first writes
// something. packages are those whose objects serve the providers of others, see Type.Serves,
// or are parts of something, see Package.Orphaned.
func Open(directory string, packages ...*Package) (*Cloud, error) {
	c := &Cloud{
		directory: directory, serves: map[string]Serves{}, orphaned: map[string]func(*Cloud, *Object) bool{}, declared: map[string]*Object{},
	}
	for _, pkg := range packages {
		if pkg.Orphaned != nil {
			c.orphaned[pkg.Name] = pkg.Orphaned
		}
		for token, typ := range pkg.Types {
			if typ.Serves != nil {
				c.serves[token] = *typ.Serves
			}
		}
	}
	lock, err := os.OpenFile(filepath.Join(directory, lockFile), os.O_RDWR, 0)
	switch {
	case err == nil:
		c.lock = lock
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	if c.faults, err = readFaults(directory); err == nil {
		err = c.hold()
	}
	if err == nil {
		err = c.Do(c.fold)
	}
	if err != nil {
		return nil, errors.Join(err, c.release())
	}
	return c, nil
}

// Close writes what the journal holds into the document.
func (c *Cloud) Close() error {
	err := c.Do(c.fold)
	return errors.Join(err, c.release())
}

// release lets others delete the sandbox.
func (c *Cloud) release() error {
	var failures []error
	for _, file := range []*os.File{c.lock, c.held} {
		if file != nil {
			failures = append(failures, file.Close())
		}
	}
	return errors.Join(failures...)
}

// errMeanwhile says that another process wrote what this one had taken for empty.
var errMeanwhile = errors.New("another process has made the sandbox meanwhile")

// Do runs an operation on the store alone: no other goroutine or process sees it
// half done. Put and Remove may be called within; an operation that calls neither makes
// nothing. Where there is no sandbox yet the operation may run twice.
func (c *Cloud) Do(operation func() error) (err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.lock == nil {
		if err := c.refresh(); err != nil {
			return err
		}
		err := operation()
		if c.lock != nil { // it has written, and locked for it
			err = errors.Join(err, c.unlock())
		}
		if !errors.Is(err, errMeanwhile) {
			return err
		}
	}
	if err := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock sandbox: %w", err)
	}
	defer func() { err = errors.Join(err, c.unlock()) }()
	if err := c.refresh(); err != nil {
		return err
	}
	return operation()
}

func (c *Cloud) unlock() error {
	if err := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_UN); err != nil {
		return fmt.Errorf("unlock sandbox: %w", err)
	}
	return nil
}

// writable makes the sandbox before the first change of it, and writes down what was
// declared until then.
func (c *Cloud) writable() error {
	unlocked := c.lock == nil
	if err := c.make(); err != nil {
		return err
	}
	if unlocked {
		if err := syscall.Flock(int(c.lock.Fd()), syscall.LOCK_EX); err != nil {
			return fmt.Errorf("lock sandbox: %w", err)
		}
		seen, read := c.seen, c.read
		if err := c.refresh(); err != nil {
			return err
		}
		if c.read != read || (seen == nil) != (c.seen == nil) || seen != nil && !os.SameFile(seen, c.seen) {
			return errMeanwhile
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.declared)) {
		object := c.declared[key]
		delete(c.declared, key)
		if c.objects[key] == object {
			if err := c.append(entry{Put: object}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Put writes an object. Call it within Do.
func (c *Cloud) Put(object *Object) error {
	if err := c.writable(); err != nil {
		return err
	}
	if err := c.append(entry{Put: object}); err != nil {
		return err
	}
	c.remember(object)
	return nil
}

// Remove deletes an object. Call it within Do.
func (c *Cloud) Remove(key string) error {
	if err := c.writable(); err != nil {
		return err
	}
	if err := c.append(entry{Delete: key}); err != nil {
		return err
	}
	c.forget(key)
	return nil
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
	slices.SortFunc(found, func(a, b *Object) int { return strings.Compare(a.Key(), b.Key()) })
	return found
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
// existing and owned by others. An object of that key stays as it is. It is written down
// together with the next change.
func (c *Cloud) DeclareExternal(object Object) error {
	object.External = true
	return c.Do(func() error {
		if c.objects[object.Key()] != nil {
			return nil
		}
		c.declared[object.Key()] = &object
		c.remember(&object)
		return nil
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
