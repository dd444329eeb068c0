package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/files"
)

// The two directories of a targets directory.
const (
	controlRoomDir = "__ctrl__"
	workloadDir    = "__work__"
)

// Tree is a targets directory. (docs/reference/config-and-cli.md 1.1)
type Tree struct {
	// Dir is the targets directory.
	Dir string
	// names are the targets of each of the two directories, sorted.
	names map[string][]string
	// broken are links that lead to no target, by path.
	broken map[string]error
}

// TreeError says that a directory is not a targets directory.
type TreeError struct {
	Dir string
	Err error
}

func (e *TreeError) Error() string {
	return fmt.Sprintf("open targets directory %q: %v; name it with --targets-config-dir", e.Dir, e.Err)
}

// Unwrap is the reason.
func (e *TreeError) Unwrap() error { return e.Err }

// NotFoundError says that there is no such target.
type NotFoundError struct {
	Name, Dir string
	// Nearest are the names that were probably meant.
	Nearest []string
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("no target %q in %q", e.Name, e.Dir)
	if len(e.Nearest) > 0 {
		text += fmt.Sprintf(" (did you mean %s?)", strings.Join(e.Nearest, ", "))
	}
	return text
}

// AmbiguousError says that a target is both a control room and a workload.
type AmbiguousError struct {
	Name  string
	Paths []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("target %q is there twice, as %s; remove one", e.Name, strings.Join(e.Paths, " and "))
}

// OpenTree lists a targets directory; the error is a *TreeError.
func OpenTree(dir string) (*Tree, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, &TreeError{dir, err}
	} else if !info.IsDir() {
		return nil, &TreeError{dir, errors.New("not a directory")}
	}
	tree := &Tree{Dir: dir, names: map[string][]string{}, broken: map[string]error{}}
	found := false
	for _, sub := range []string{controlRoomDir, workloadDir} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, &TreeError{dir, err}
		}
		found = true
		for _, entry := range entries {
			path := filepath.Join(dir, sub, entry.Name())
			info, err := os.Stat(path) // follows links
			if err != nil {
				tree.broken[path] = err
			} else if info.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
				tree.names[sub] = append(tree.names[sub], entry.Name())
			}
		}
	}
	if !found {
		return nil, &TreeError{dir, fmt.Errorf("it has neither %s (control rooms) nor %s (workloads)", controlRoomDir, workloadDir)}
	}
	return tree, nil
}

// Names are the targets, sorted.
func (t *Tree) Names() []string {
	names := slices.Concat(t.names[controlRoomDir], t.names[workloadDir])
	slices.Sort(names)
	return slices.Compact(names)
}

// Load reads a target: its ptd.yaml, its sites' site.yaml, its manifest and, for a
// workload, its control room when that one is in the tree. A domain in site.yaml takes the
// place of the site's. The error is a *NotFoundError, an *AmbiguousError, or Errors with all
// the problems of all the files.
func (t *Tree) Load(name string) (*Target, error) {
	var subs []string
	for _, sub := range []string{controlRoomDir, workloadDir} {
		if slices.Contains(t.names[sub], name) {
			subs = append(subs, sub)
		}
	}
	switch len(subs) {
	case 0:
		for _, sub := range []string{controlRoomDir, workloadDir} {
			path := filepath.Join(t.Dir, sub, name)
			if err := t.broken[path]; err != nil {
				return nil, Errors{{File: path, Text: "is a link that leads nowhere: " + reason(err)}}
			}
		}
		return nil, &NotFoundError{Name: name, Dir: t.Dir, Nearest: nearestAll(name, t.Names())}
	case 2:
		return nil, &AmbiguousError{Name: name, Paths: []string{
			filepath.Join(t.Dir, subs[0], name), filepath.Join(t.Dir, subs[1], name),
		}}
	}
	target, problems := t.load(subs[0], name)
	if len(problems) > 0 {
		return nil, problems
	}
	return target, nil
}

// load reads all the files of a target that is in the tree.
func (t *Tree) load(sub, name string) (*Target, Errors) {
	dir := filepath.Join(t.Dir, sub, name)
	file := filepath.Join(dir, "ptd.yaml")
	data, err := files.Read(file, maxFileSize)
	if err != nil {
		return nil, Errors{{File: file, Text: "cannot be read: " + reason(err), Suggestion: likeTargetFile(dir)}}
	}
	target, d := parseTarget(name, file, data)
	if target == nil {
		d.problems.sort()
		return nil, d.problems
	}
	target.Dir = dir
	if (sub == controlRoomDir) != (target.Kind == KindAWSControlRoom) {
		d.reject("kind", "a target of kind %s does not belong in %s", target.Kind, sub)
	}
	l := &loader{tree: t, target: target, decoder: d}
	l.siteFiles()
	l.unreadFiles()
	l.siteVersions()
	target.resolveDomains()
	d.validateDomains(target)
	d.validateCertificates(target)
	l.siteProducts()
	l.customResources()
	l.manifest()
	l.controlRoom()
	problems := append(d.problems, l.problems...)
	warnings := append(d.warnings, l.warnings...)
	problems.sort()
	warnings.sort()
	target.Warnings = warnings
	return target, problems
}

// loader reads what belongs to a target besides its ptd.yaml.
type loader struct {
	tree    *Tree
	target  *Target
	decoder *decoder // of ptd.yaml
	// problems and warnings are those of the other files.
	problems, warnings Errors
}

// maxFileSize bounds what is read at all; each kind of file has a bound of its own.
const maxFileSize = 1 << 26

// read is the content of an optional file; nil when it is absent.
func (l *loader) read(file string) []byte {
	data, err := files.Read(file, maxFileSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		l.problems = append(l.problems, Problem{File: file, Text: "cannot be read: " + reason(err)})
		return nil
	case data == nil:
		return []byte{}
	}
	return data
}

func (l *loader) take(d *decoder) {
	l.problems = append(l.problems, d.problems...)
	l.warnings = append(l.warnings, d.warnings...)
}

func (l *loader) siteFiles() {
	sites := l.target.SiteNames()
	for _, site := range sites {
		file := filepath.Join(l.target.Dir, "site_"+site, "site.yaml")
		if data := l.read(file); data != nil {
			siteFile, d := parseSiteFile(site, file, data, l.target.allowsUnknownSiteFields())
			l.target.SiteFiles[site] = siteFile
			l.take(d)
		}
	}
	l.unreadSites(sites)
}

// unreadSites names what looks like the file of a site and is none: nothing of it is read.
func (l *loader) unreadSites(sites []string) {
	directories, _ := filepath.Glob(filepath.Join(l.target.Dir, "site_*"))
	for _, directory := range directories {
		site := strings.TrimPrefix(filepath.Base(directory), "site_")
		file := filepath.Join(directory, "site.yaml")
		_, err := os.Stat(file)
		switch there := err == nil; {
		case there && !slices.Contains(sites, site):
			l.warnings = append(l.warnings, Problem{
				File: file, Text: fmt.Sprintf("is not read: the target has no site %q", site), Suggestion: nearest(site, sites),
			})
		case !there && errors.Is(err, fs.ErrNotExist):
			l.warnings = append(l.warnings, Problem{File: directory, Text: "has no site.yaml: nothing in it is read", Suggestion: l.likeSiteFile(directory)})
		}
	}
}

// likeSiteFile is site.yaml where a directory has a file of nearly that name.
func (l *loader) likeSiteFile(directory string) string {
	entries, _ := os.ReadDir(directory)
	for _, entry := range entries {
		if nearest(entry.Name(), []string{"site.yaml"}) != "" {
			return "site.yaml instead of " + entry.Name()
		}
	}
	return ""
}

func (l *loader) manifest() {
	file := filepath.Join(l.target.Dir, customizationsDir, "manifest.yaml")
	if data := l.read(file); data != nil {
		manifest, d := parseManifest(l.target.Kind, file, data)
		l.target.Customizations = manifest
		l.take(d)
	}
}

// controlRoom loads the workload's control room when the tree has it, and checks the two
// against each other.
func (l *loader) controlRoom() {
	w := l.target.workload()
	if w == nil || w.ControlRoomClusterName == "" {
		return
	}
	room := l.loadControlRoom(w)
	l.decoder.noteControlRoomRegion(w, room)
	if room != nil {
		l.decoder.validatePair(w, room)
	}
}

// loadControlRoom is nil when the tree does not have it, or it is wrong.
func (l *loader) loadControlRoom(w *WorkloadCommon) *AWSControlRoom {
	name, rooms := w.ControlRoomClusterName, l.tree.names[controlRoomDir]
	_, err := os.Stat(filepath.Join(l.tree.Dir, controlRoomDir, name, "ptd.yaml"))
	if !slices.Contains(rooms, name) || errors.Is(err, fs.ErrNotExist) {
		if near := nearest(name, rooms); near != "" {
			path := "spec.control_room_cluster_name"
			l.decoder.warning(l.decoder.place(path), path, near, "there is no control room %q here", name)
		}
		return nil
	}
	room, problems := l.tree.load(controlRoomDir, name)
	if len(problems) > 0 || room.AWSControlRoom == nil {
		l.problems = append(l.problems, problems...)
		return nil
	}
	l.target.ControlRoom = room
	return room.AWSControlRoom
}

// reason is an error without the path that os puts before it.
func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}
