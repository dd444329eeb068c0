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
	lock    *os.File
	objects map[string]*Object
	byType  map[string]map[string]*Object
	seen    os.FileInfo // of the document when it was read
	read    int64       // bytes of the journal that were read
}

// Open opens the sandbox in a directory, making it when it does not exist. packages are
// those whose objects serve the providers of others, see Type.Serves, or are parts of something,
// see Package.Orphaned.
func Open(directory string, packages ...*Package) (*Cloud, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(directory, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	c := &Cloud{directory: directory, lock: lock, serves: map[string]Serves{}, orphaned: map[string]func(*Cloud, *Object) bool{}}
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
