package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ptd-go/ptd/files"
)

// Reset deletes what ptd has made in the directory of a sandbox: the simulated cloud, state
// and keys, the marker last, and the directory itself if nothing is left in it. left are the
// files of others, which stay, relative to the directory. It is an error if the directory has
// no marker, or if somebody has the sandbox open.
func Reset(directory string) (left []string, err error) {
	fail := func(err error) ([]string, error) { return nil, fmt.Errorf("reset sandbox: %w", err) }
	info, err := os.Lstat(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return fail(err)
	}
	held, err := hold(directory, syscall.LOCK_EX)
	switch {
	case errors.Is(err, errHeld):
		return fail(fmt.Errorf("a run of ptd has %s open: wait for its end, or interrupt it; nothing was deleted", directory))
	case errors.Is(err, errNoMarker):
		if entries, err := os.ReadDir(directory); err == nil && len(entries) == 0 {
			return nil, nil
		}
		advice := "nothing was deleted; if it is one of an earlier ptd, the next run that changes something in it marks it"
		return fail(fmt.Errorf("%s is not a sandbox (it has no file %s): %s", directory, marker, advice))
	case err != nil:
		return fail(err)
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	root, err := os.OpenRoot(directory) // nothing in it leads out of it
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	r := &removal{root: root}
	r.directory(".")
	if len(r.failures) > 0 {
		return fail(errors.Join(r.failures...))
	}
	if err := root.Remove(marker); err != nil {
		return fail(err)
	}
	// A link, and the directory that somebody works in, are not ptd's to remove.
	here, err := os.Stat(".")
	if len(r.left) > 0 || info.Mode()&fs.ModeSymlink != 0 || err == nil && os.SameFile(here, info) {
		return r.left, nil
	}
	if err := os.Remove(directory); err != nil {
		return fail(err)
	}
	return nil, nil
}

// removal deletes what ptd has made.
type removal struct {
	root     *os.Root
	left     []string
	failures []error
}

// directory goes through a directory, and deletes it when it is empty then.
func (r *removal) directory(name string) {
	entries, err := fs.ReadDir(r.root.FS(), name)
	if err != nil {
		r.failures = append(r.failures, err)
		return
	}
	before := len(r.left)
	for _, entry := range entries {
		inner := path.Join(name, entry.Name())
		switch {
		case inner == marker:
		case entry.IsDir() && keeps(inner):
			r.directory(inner)
		case entry.Type().IsRegular() && made(inner):
			r.remove(inner)
		default:
			r.left = append(r.left, inner)
		}
	}
	if name != "." && len(r.left) == before && len(r.failures) == 0 {
		r.remove(name)
	}
}

func (r *removal) remove(name string) {
	if err := r.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.failures = append(r.failures, err)
	}
}

// stateParts are the directories that the state of a target has, as Pulumi calls them.
var stateParts = map[string]bool{
	"stacks": true, "history": true, "backups": true, "locks": true,
}

// keeps tells whether ptd has made a directory: state/<target>/.pulumi and what is in it.
func keeps(name string) bool {
	parts := strings.Split(name, "/")
	switch {
	case parts[0] != "state":
		return false
	case len(parts) <= 2:
		return true
	case parts[2] != ".pulumi":
		return false
	}
	return len(parts) == 3 || stateParts[parts[3]]
}

// made tells whether ptd has made a file, by its name.
func made(name string) bool {
	parts := strings.Split(name, "/")
	last := parts[len(parts)-1]
	switch {
	case len(parts) == 1:
		for _, own := range []string{document, journal, lockFile, "real.json", marker} {
			if last == own || strings.HasPrefix(last, "."+own) { // a draft that was left
				return true
			}
		}
		return false
	case len(parts) == 2:
		return last == "key" || strings.HasPrefix(last, ".key-")
	case len(parts) == 4:
		return strings.TrimSuffix(last, ".attrs") == "meta.yaml" || strings.HasPrefix(last, ".meta.yaml")
	case len(parts) > 4 && strings.HasPrefix(last, "."):
		return true
	}
	for _, end := range []string{".attrs", ".gz", ".zst", ".bak", ".journal"} {
		last = strings.TrimSuffix(last, end)
	}
	return len(parts) > 4 && strings.HasSuffix(last, ".json")
}

// checkDocument refuses a directory in which somebody else keeps a file of the document's name.
func checkDocument(directory string) error {
	path := filepath.Join(directory, document)
	content, err := files.Read(path, maxDocument)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var read map[string]json.RawMessage
	if err := json.Unmarshal(content, &read); err != nil || len(read) != 1 || read["objects"] == nil {
		return fmt.Errorf("%s is not a simulated cloud of ptd's: name another directory with --sandbox-dir", path)
	}
	return nil
}
