package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"

	"github.com/ptd-go/ptd/files"
)

// The files of a sandbox.
const (
	document = "cloud.json"
	journal  = "cloud.journal"
	lockFile = "cloud.lock"
)

// maxDocument bounds a document: a large target has some ten megabytes.
const maxDocument = 1 << 30

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

// refresh reads what others wrote since the last operation; what was declared only is there,
// too.
func (c *Cloud) refresh() error {
	if err := c.reload(); err != nil {
		return err
	}
	for key, object := range c.declared {
		if c.objects[key] == nil {
			c.remember(object)
		}
	}
	return nil
}

func (c *Cloud) reload() error {
	path := filepath.Join(c.directory, document)
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read sandbox: %w", err)
	}
	switch {
	case err == nil && c.seen != nil && os.SameFile(info, c.seen) && info.ModTime().Equal(c.seen.ModTime()) && info.Size() == c.seen.Size():
		return c.replay()
	case err != nil && c.seen == nil && c.read > 0: // a new sandbox, which is a journal only
		length, err := c.journaled()
		if err != nil {
			return err
		}
		if length >= c.read {
			return c.replay()
		}
	}
	c.objects, c.byType, c.read, c.seen = map[string]*Object{}, map[string]map[string]*Object{}, 0, info
	if err == nil {
		if err := c.load(path); err != nil {
			return err
		}
	}
	if err := c.replay(); err != nil {
		return err
	}
	return c.sweep()
}

// sweep takes out what cannot be there without something that somebody took out of the
// document, as a cloud that lets a thing go has let go all that was in it.
func (c *Cloud) sweep() error {
	for swept := true; swept; {
		swept = false
		for key, object := range c.objects {
			orphaned := c.orphaned[object.Provider]
			if orphaned == nil || object.External || !orphaned(c, object) {
				continue
			}
			if err := c.Remove(key); err != nil {
				return err
			}
			swept = true
		}
	}
	return nil
}

// journaled is the length of the journal, 0 when there is none.
func (c *Cloud) journaled() (int64, error) {
	info, err := os.Stat(filepath.Join(c.directory, journal))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read sandbox: %w", err)
	}
	return info.Size(), nil
}

func (c *Cloud) load(path string) error {
	content, err := files.Read(path, maxDocument)
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
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe is no reason to wait
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
	if info, err := os.Stat(path); c.lock == nil || errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	written := maps.Clone(c.objects)
	for key, object := range c.declared {
		if written[key] == object {
			delete(written, key)
		}
	}
	if err := encoder.Encode(stored{Objects: written}); err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	// A reader sees all of it or nothing.
	err := renameio.WriteFile(filepath.Join(c.directory, document), content.Bytes(), 0o600, renameio.WithTempDir(c.directory))
	if err != nil {
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

func (c *Cloud) append(change entry) error {
	line, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("write sandbox: %w", err)
	}
	line = append(line, '\n')
	path := filepath.Join(c.directory, journal)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
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
