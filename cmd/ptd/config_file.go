package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/ptd-go/ptd/files"
)

const configFileName = "ptdconfig.yaml"

// maxConfigFile is how many bytes the file may have, far more than there are settings.
const maxConfigFile = 1 << 18

// configFile is the first ptdconfig.yaml of the search paths.
type configFile struct {
	path     string // "" when there is none
	values   map[string]string
	warnings []string
}

// readConfigFile reads the first file there is. One that cannot be read or understood
// is an error: what it says might name other clouds than its absence does.
func (p *program) readConfigFile() (configFile, error) {
	for _, path := range p.configFilePaths() {
		data, err := files.Read(path, maxConfigFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return configFile{}, fmt.Errorf("read settings: %w", err)
		}
		return parseConfigFile(path, data)
	}
	return configFile{}, nil
}

// configFilePaths are where the file may be, in order; without duplicates.
func (p *program) configFilePaths() []string {
	var paths []string
	for _, directory := range []string{p.configDirectory(), p.dataDirectory(), p.directory, p.environment("HOME")} {
		if path := filepath.Join(directory, configFileName); directory != "" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// configDirectory is $XDG_CONFIG_HOME/ptd or $HOME/.config/ptd, "" when neither is set.
func (p *program) configDirectory() string { return p.personal("XDG_CONFIG_HOME", ".config") }

// dataDirectory is $XDG_DATA_HOME/ptd or $HOME/.local/share/ptd, "" when neither is set.
func (p *program) dataDirectory() string {
	return p.personal("XDG_DATA_HOME", filepath.Join(".local", "share"))
}

func (p *program) personal(variable, below string) string {
	if directory := p.environment(variable); directory != "" {
		return filepath.Join(directory, "ptd")
	}
	if home := p.environment("HOME"); home != "" {
		return filepath.Join(home, below, "ptd")
	}
	return ""
}

// parseConfigFile parses a flat mapping of keys to scalars. Problems have the file,
// the line and the column.
func parseConfigFile(path string, data []byte) (configFile, error) {
	file := configFile{path: path, values: map[string]string{}}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return configFile{}, fmt.Errorf("read settings: %s: %s", path, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	for _, document := range parsed.Docs {
		if document.Body == nil || document.Body.Type() == ast.NullType {
			continue
		}
		mapping, ok := document.Body.(ast.MapNode)
		if !ok {
			return configFile{}, fmt.Errorf("read settings: %s: want keys and values, found a %s",
				place(path, document.Body), strings.ToLower(document.Body.Type().YAMLName()))
		}
		for entry := mapping.MapRange(); entry.Next(); {
			name := strings.ToLower(entry.Key().GetToken().Value)
			if warning := unknownKey(name); warning != "" {
				file.warnings = append(file.warnings, fmt.Sprintf("%s: %s", place(path, entry.Key()), warning))
				continue
			}
			if entry.Value().Type() == ast.NullType {
				continue
			}
			scalar, ok := entry.Value().(ast.ScalarNode)
			if !ok {
				return configFile{}, fmt.Errorf("read settings: %s: %s: want one value, found a %s",
					place(path, entry.Value()), name, strings.ToLower(entry.Value().Type().YAMLName()))
			}
			file.values[name] = fmt.Sprint(scalar.GetValue())
		}
	}
	return file, nil
}

// unknownKey says what is wrong with a key; "" for a known one.
func unknownKey(name string) string {
	names := make([]string, len(settingKeys))
	for i, k := range settingKeys {
		if names[i] = k.name; k.name == name {
			return ""
		}
	}
	text := fmt.Sprintf("%s: has no effect", name)
	if near := nearest(name, names); near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return text
}

func place(path string, node ast.Node) string {
	position := node.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", path, position.Line, position.Column)
}
