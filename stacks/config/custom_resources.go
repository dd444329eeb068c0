package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/ptd-go/ptd/files"
)

// customResourcesDir is the directory of a target that has the folders.
const customResourcesDir = "custom_k8s_resources"

// CustomResourceFile is one file of a folder of custom_k8s_resources.
type CustomResourceFile struct {
	// Folder is the folder's name, File the path of the file, and Stem its name without
	// its extension. No other file of the folder has the same stem.
	Folder, Stem, File string
	// Objects are in the order of the file; those of a List stand for themselves.
	Objects []CustomResource
}

// CustomResource is a Kubernetes object that a target brings along.
type CustomResource struct {
	// APIVersion, Kind and Name are never empty; Namespace is "" when the file gives none.
	APIVersion, Kind, Namespace, Name string
	// Object is the whole of it: maps, lists, strings, bools, ints and floats. Line and
	// Column are where it begins.
	Object       map[string]any
	Line, Column int
}

// Identity tells the objects of a cluster apart: the API group, without its version,
// the kind, the namespace and the name.
func (r CustomResource) Identity() string {
	group, _, found := strings.Cut(r.APIVersion, "/")
	if !found {
		group = ""
	}
	return strings.Join([]string{group, r.Kind, r.Namespace, r.Name}, "/")
}

// customResources reads the folders that releases list.
// (docs/reference/aws-workload-apps.md 7.12, 15 point 22)
func (l *loader) customResources() {
	releases := l.target.releases()
	listed := map[string]bool{}
	for _, release := range releases {
		path := "spec.clusters." + release.name + ".spec.custom_k8s_resources"
		first := map[string]string{} // object: where it is
		for i, folder := range release.CustomK8sResources {
			at := path + index(i)
			if slices.Contains(release.CustomK8sResources[:i], folder) {
				l.decoder.reject(at, "%q is given twice", folder)
				continue
			}
			if !listed[folder] {
				listed[folder] = true
				l.customFolder(folder, at)
			}
		}
		folders := slices.Compact(slices.Sorted(slices.Values(release.CustomK8sResources)))
		for _, folder := range folders {
			for _, file := range l.target.CustomResources[folder] {
				l.duplicates(first, file, release.name)
			}
		}
	}
	l.unlistedFolders(listed)
}

// release is the part of a cluster that both clouds have.
type release struct {
	name string
	ReleaseCommon
}

// releases are the target's, sorted.
func (t *Target) releases() []release {
	var releases []release
	switch {
	case t.AWSWorkload != nil:
		for name, cluster := range t.AWSWorkload.SortedClusters() {
			releases = append(releases, release{name, cluster.ReleaseCommon})
		}
	case t.AzureWorkload != nil:
		for name, cluster := range sorted(t.AzureWorkload.Clusters) {
			releases = append(releases, release{name, cluster.ReleaseCommon})
		}
	}
	return releases
}

// customFolder reads one folder; at is the path of the value that lists it.
func (l *loader) customFolder(folder, at string) {
	dir := filepath.Join(l.target.Dir, customResourcesDir, folder)
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		path := l.decoder.place(at)
		l.decoder.problem(path, at, nearest(folder, l.customFolders()), "there is no folder %s", l.inTarget(dir))
		return
	case err != nil:
		l.decoder.reject(at, "read folder %s: %s", l.inTarget(dir), reason(err))
		return
	}
	stems := map[string]string{}
	for _, entry := range entries { // sorted by name
		extension := filepath.Ext(entry.Name())
		if extension != ".yaml" && extension != ".yml" {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		if errors.Is(files.Check(path), syscall.EISDIR) {
			continue
		}
		stem := strings.TrimSuffix(entry.Name(), extension)
		if other, twice := stems[stem]; twice {
			l.problems = append(l.problems, Problem{File: path, Text: fmt.Sprintf("has the same name as %s: rename one", other)})
			continue
		}
		stems[stem] = entry.Name()
		data := l.read(path)
		if data == nil {
			continue
		}
		objects, d := parseCustomResources(path, data)
		l.take(d)
		if len(objects) == 0 && len(d.problems) == 0 {
			l.warnings = append(l.warnings, Problem{File: path, Text: "has no objects"})
		}
		l.target.CustomResources[folder] = append(l.target.CustomResources[folder],
			CustomResourceFile{Folder: folder, Stem: stem, File: path, Objects: objects})
	}
	if len(stems) == 0 {
		l.decoder.warn(at, "folder %s has no *.yaml or *.yml files", l.inTarget(dir))
	}
}

// duplicates reports the objects of a file that another file of the release has, or the
// file itself.
func (l *loader) duplicates(first map[string]string, file CustomResourceFile, release string) {
	for _, object := range file.Objects {
		id := object.Identity()
		where := fmt.Sprintf("%s:%d", l.inTarget(file.File), object.Line)
		if before, twice := first[id]; twice {
			problem := Problem{File: file.File, Line: object.Line, Column: object.Column,
				Text: fmt.Sprintf("%s is in release %s twice, first in %s", object.describe(), release, before)}
			// Two releases with the same folders have the same duplicates: the file is named once.
			if !slices.ContainsFunc(l.problems, func(p Problem) bool {
				return p.File == problem.File && p.Line == problem.Line && p.Column == problem.Column
			}) {
				l.problems = append(l.problems, problem)
			}
			continue
		}
		first[id] = where
	}
}

func (r CustomResource) describe() string {
	if r.Namespace != "" {
		return r.Kind + " " + r.Namespace + "/" + r.Name
	}
	return r.Kind + " " + r.Name
}

// unlistedFolders warns of folders that no release lists.
func (l *loader) unlistedFolders(listed map[string]bool) {
	for _, folder := range l.customFolders() {
		if !listed[folder] {
			l.warnings = append(l.warnings, Problem{
				File: filepath.Join(l.target.Dir, customResourcesDir, folder),
				Text: "is not applied: no release lists it in custom_k8s_resources",
			})
		}
	}
}

// customFolders are the folders that are there.
func (l *loader) customFolders() []string {
	entries, _ := os.ReadDir(filepath.Join(l.target.Dir, customResourcesDir))
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			folders = append(folders, entry.Name())
		}
	}
	return folders
}

// inTarget is a path as seen from the target's directory.
func (l *loader) inTarget(path string) string {
	if relative, err := filepath.Rel(l.target.Dir, path); err == nil {
		return filepath.ToSlash(relative)
	}
	return path
}

// Bounds on a file of Kubernetes objects, which may hold many large definitions, and on one
// object: etcd takes requests of 1.5 MiB, in which the object has no blanks.
const (
	maxManifestSize = 1 << 24
	maxObjectSize   = 1 << 21
)

// parseCustomResources reads the documents of a file; what is wrong is in the decoder.
func parseCustomResources(file string, data []byte) ([]CustomResource, *decoder) {
	d, documents := newManifestDecoder(file, data)
	var objects []CustomResource
	for _, document := range documents {
		objects = append(objects, d.customResource(document, "")...)
	}
	return objects, d
}

// objectIdentity is what every object must have.
type objectIdentity struct {
	APIVersion string         `yaml:"apiVersion" required:"true"`
	Kind       string         `yaml:"kind" required:"true"`
	Metadata   objectMetadata `yaml:"metadata" required:"true"`
}

type objectMetadata struct {
	Name        string            `yaml:"name" required:"true"`
	Namespace   string            `yaml:"namespace"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// customResource reads an object, or those of a List. path is "" but in a List.
func (d *decoder) customResource(n *node, path string) []CustomResource {
	if n.kind == nullNode {
		return nil // an empty document
	}
	if n.kind != mapNode {
		d.problem(n.position, path, "", "must be a Kubernetes object, not %s", n.kind.phrase())
		return nil
	}
	kind, _ := n.lookup("kind")
	if items, ok := n.lookup("items"); ok && kind.value != nil && strings.HasSuffix(kind.value.text, "List") && items.value.kind == listNode {
		var objects []CustomResource
		for i, item := range items.value.items {
			objects = append(objects, d.customResource(item, join(path, "items")+index(i))...)
		}
		return objects
	}
	before := len(d.problems)
	var identity objectIdentity
	d.structure(n.only("apiVersion", "kind", "metadata"), reflect.ValueOf(&identity).Elem(), path, n.position)
	d.validateMetadata(join(path, "metadata"), identity)
	value, err := n.anyValue(d.spend)
	if err != nil {
		d.problem(n.position, path, "", "%v", err)
	}
	if len(d.problems) > before {
		return nil
	}
	object := value.(map[string]any)
	metadata := object["metadata"].(map[string]any)
	metadata["name"] = identity.Metadata.Name // a number that was not quoted is a name, too
	if _, given := metadata["namespace"]; given {
		metadata["namespace"] = identity.Metadata.Namespace
	}
	for key, texts := range map[string]map[string]string{"labels": identity.Metadata.Labels, "annotations": identity.Metadata.Annotations} {
		if _, given := metadata[key]; given {
			entries := map[string]any{}
			for name, text := range texts {
				entries[name] = text
			}
			metadata[key] = entries
		}
	}
	return []CustomResource{{
		APIVersion: identity.APIVersion, Kind: identity.Kind, Namespace: identity.Metadata.Namespace, Name: identity.Metadata.Name,
		Object: object, Line: n.line, Column: n.column,
	}}
}

// only is a mapping with the identity of an object: of metadata, too, only what ptd
// itself reads.
func (n *node) only(keys ...string) *node {
	kept := &node{position: n.position, kind: n.kind}
	for _, e := range n.entries {
		if !slices.Contains(keys, e.key) {
			continue
		}
		if e.key == "metadata" && e.value.kind == mapNode {
			e.value = e.value.only("name", "namespace", "labels", "annotations")
		}
		kept.entries = append(kept.entries, e)
	}
	return kept
}
