package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// customizationsDir has a target's own steps, which its manifest.yaml lists.
const customizationsDir = "customizations"

// unreadFiles names what looks like a part of the configuration and is none: YAML beside the
// files that are read, and directories that are called nearly as those that are.
func (l *loader) unreadFiles() {
	directories := []string{customizationsDir, customResourcesDir}
	for _, site := range l.target.SiteNames() {
		directories = append(directories, "site_"+site)
	}
	entries, _ := os.ReadDir(l.target.Dir)
	for _, entry := range entries {
		name := entry.Name()
		path := filepath.Join(l.target.Dir, name)
		info, err := os.Stat(path)
		switch {
		case err != nil || strings.HasPrefix(name, "."):
		case info.IsDir() && strings.HasPrefix(name, "site_"): // told of with the sites
			l.unreadSiteFiles(path)
		case info.IsDir() && name == customizationsDir:
			if _, err := os.Stat(filepath.Join(path, "manifest.yaml")); errors.Is(err, fs.ErrNotExist) {
				l.warnings = append(l.warnings, Problem{File: path, Text: "has no manifest.yaml: nothing in it is read"})
			}
		case info.IsDir() && !slices.Contains(directories, name):
			if near := nearest(name, directories); near != "" {
				l.warnings = append(l.warnings, Problem{File: path, Text: "is not read: the target has no such directory", Suggestion: near})
			}
		case !info.IsDir() && name != "ptd.yaml" && isYAML(name):
			l.warnings = append(l.warnings, Problem{File: path, Text: "is not read: of the files here only ptd.yaml is"})
		}
	}
}

// unreadSiteFiles names the YAML beside a site.yaml. A directory without that is told of anyhow.
func (l *loader) unreadSiteFiles(directory string) {
	entries, _ := os.ReadDir(directory)
	there := slices.ContainsFunc(entries, func(entry os.DirEntry) bool { return entry.Name() == "site.yaml" })
	for _, entry := range entries {
		if there && !entry.IsDir() && entry.Name() != "site.yaml" && isYAML(entry.Name()) {
			l.warnings = append(l.warnings, Problem{File: filepath.Join(directory, entry.Name()), Text: "is not read: of the files here only site.yaml is"})
		}
	}
}

func isYAML(name string) bool {
	extension := strings.ToLower(filepath.Ext(name))
	return extension == ".yaml" || extension == ".yml"
}

// likeTargetFile is ptd.yaml where a target's directory has a file of nearly that name.
func likeTargetFile(directory string) string {
	entries, _ := os.ReadDir(directory)
	for _, entry := range entries {
		if isYAML(entry.Name()) && nearest(entry.Name(), []string{"ptd.yaml"}) != "" {
			return "ptd.yaml instead of " + entry.Name()
		}
	}
	return ""
}
