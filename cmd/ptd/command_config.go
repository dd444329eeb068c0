package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"
)

func (p *program) configCommand() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "the settings of this program",
		Subcommands: []*cli.Command{
			{Name: "show", Usage: "print all settings and where they come from", Flags: []cli.Flag{jsonFlag("print a JSON object")}, Action: p.configShow},
			{Name: "init", Usage: "write a " + configFileName + " to start from", Action: p.configInit},
			{Name: "path", Usage: "print where " + configFileName + " is looked for, in order", Action: p.configPath},
		},
	}
}

type shownSettings struct {
	File     string             `json:"file"`
	Targets  setting            `json:"targets_directory"`
	Sandbox  setting            `json:"sandbox_directory"`
	Settings map[string]setting `json:"settings"`
}

func (p *program) configShow(*cli.Context) error {
	if _, err := p.arguments(); err != nil {
		return err
	}
	s, err := p.resolved()
	if err != nil {
		return err
	}
	if p.json() {
		return writeJSON(p.stdout, shownSettings{File: s.file, Targets: s.targets, Sandbox: s.sandbox, Settings: s.values}, "  ")
	}
	file := s.file
	if file == "" {
		file = "(none)"
	}
	_ = say(p.stdout, "file: %s\ntargets directory: %s (%s: %s)\n\n", file, s.targets.Value, s.targets.Origin, s.targets.Source)
	table := newTable("SETTING", "VALUE", "SOURCE")
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		found := s.values[name]
		source := string(found.Origin)
		if found.Source != source {
			source += ": " + found.Source
		}
		table.add(name, found.Value, source)
	}
	table.write(p.stdout)
	return nil
}

const initialConfigFile = `# Settings of ptd: see ptd config show. Flags and PTD_* variables come before these.
verbose: false

# The directory with __ctrl__ and __work__. A relative one is below the top directory.
# targets_config_dir: infra
`

// configInit writes a file of settings unless there is one already.
func (p *program) configInit(*cli.Context) error {
	if _, err := p.arguments(); err != nil {
		return err
	}
	directory := p.configDirectory()
	if directory == "" {
		return errors.New("write settings: set HOME or XDG_CONFIG_HOME to say where")
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	path := filepath.Join(directory, configFileName)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		_ = say(p.stderr, "%s exists and is left as it is\n", path)
		return nil
	}
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	_, err = file.WriteString(initialConfigFile)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return say(p.stdout, "%s\n", path)
}

func (p *program) configPath(*cli.Context) error {
	if _, err := p.arguments(); err != nil {
		return err
	}
	for _, path := range p.configFilePaths() {
		if err := say(p.stdout, "%s\n", path); err != nil {
			return err
		}
	}
	return nil
}
