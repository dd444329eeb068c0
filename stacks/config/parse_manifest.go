package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/ptd-go/ptd/files"
)

// parseManifest decodes a manifest of custom steps of a target of the given kind; what is
// wrong is in the decoder. Disabled steps are checked as the others are.
func parseManifest(kind Kind, file string, data []byte) (*Manifest, *decoder) {
	m := &Manifest{}
	d, root := newDecoder(file, data)
	if root == nil && len(d.problems) > 0 {
		return m, d
	}
	d.structure(root, reflect.ValueOf(m).Elem(), "", position{1, 1})
	m.File = file
	standard := kind.Steps()
	var names []string
	for i := range m.CustomSteps {
		step, path := &m.CustomSteps[i], "customSteps"+index(i)
		switch {
		case slices.Contains(standard, kind.StepName(step.Name)):
			d.reject(path+".name", "%q is the name of a standard step", step.Name)
		case step.Name != "" && slices.Contains(names, step.Name):
			d.reject(path+".name", "%q is the name of two steps", step.Name)
		}
		names = append(names, step.Name)
		after := d.anchor(&step.InsertAfter, path+".insertAfter", kind)
		before := d.anchor(&step.InsertBefore, path+".insertBefore", kind)
		if after >= 0 && before >= 0 && before != after+1 {
			d.reject(path+".insertBefore", "with insertAfter %s it must be the step that follows", step.InsertAfter)
		}
		d.stepDirectory(path+".path", step.Path, filepath.Dir(file))
	}
	return m, d
}

// anchor is the place of the standard step that an insert key names: -1 without one, or
// with one that does not exist.
func (d *decoder) anchor(name *string, path string, kind Kind) int {
	if *name == "" {
		return -1
	}
	*name = kind.StepName(*name)
	steps := kind.Steps()
	i := slices.Index(steps, *name)
	if i < 0 {
		d.problem(d.place(path), path, nearest(*name, steps), "%q must be one of %s", *name, strings.Join(steps, ", "))
	}
	return i
}

// stepDirectory checks that a step's directory is there and stays below customizations.
func (d *decoder) stepDirectory(path, dir, customizations string) {
	if dir == "" {
		return // missing, and reported
	}
	if !filepath.IsLocal(dir) || filepath.Clean(dir) == "." {
		d.reject(path, "%q must be a directory below customizations", dir)
		return
	}
	// A link may lead elsewhere below customizations, not out of it.
	if real, err := filepath.EvalSymlinks(filepath.Join(customizations, dir)); err == nil {
		root, err := filepath.EvalSymlinks(customizations)
		if inner, _ := filepath.Rel(root, real); err != nil || !filepath.IsLocal(inner) || inner == "." {
			d.reject(path, "%q must be a directory below customizations: it is a link to %s", dir, real)
			return
		}
	}
	for _, name := range []string{"main.go", "go.mod"} {
		switch err := files.Check(filepath.Join(customizations, dir, name)); {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
			d.reject(path, "%q must be a directory with main.go and go.mod: %s is not there", dir, name)
			return
		case err != nil:
			d.reject(path, "%q must be a directory with main.go and go.mod, but of %s: %s", dir, name, reason(err))
			return
		}
	}
}
