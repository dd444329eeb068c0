package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/ptd-go/ptd/ensure"
)

func (p *program) sandboxCommand() *cli.Command {
	return &cli.Command{
		Name:  "sandbox",
		Usage: "look at, or empty, the simulated clouds",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list what is in the simulated clouds",
				Flags:  []cli.Flag{jsonFlag("print a JSON array")},
				Action: p.sandboxList,
			},
			{
				Name: "reset", Usage: "delete the simulated clouds and the state of every target in them",
				Flags:  []cli.Flag{&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"}},
				Action: p.sandboxReset,
			},
		},
	}
}

// sandboxDirectory returns the directory of the sandbox, and whether there is one.
func (p *program) sandboxDirectory() (directory string, exists bool, err error) {
	if _, err := p.arguments(); err != nil {
		return "", false, err
	}
	settings, err := p.resolved()
	if err != nil {
		return "", false, err
	}
	if directory, err = p.sandboxPlace(settings); err != nil {
		return "", false, err
	}
	_, err = os.Stat(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return directory, false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("look for the sandbox: %w", err)
	}
	return directory, true, nil
}

// sandboxPlace is the directory that the settings name for the sandbox. None is the working
// directory by mistake, and the root and the home directory hold what is nobody's sandbox.
func (p *program) sandboxPlace(s *settings) (string, error) {
	named := s.values["sandbox_dir"]
	if named.Value == "" {
		return "", &usageError{command: p.line.name(), text: fmt.Sprintf("sandbox_dir of %s is empty: name a directory, or leave it out for %s",
			named.Source, filepath.Join(".ptd", "sandbox"))}
	}
	for _, place := range []struct{ path, what string }{{string(filepath.Separator), "root"}, {p.environment("HOME"), "home"}} {
		if place.path == "" {
			continue
		}
		a, err := os.Stat(s.sandbox.Value)
		b, failure := os.Stat(place.path)
		if err == nil && failure == nil && os.SameFile(a, b) {
			return "", fmt.Errorf("sandbox_dir of %s is the %s directory, %s: name a directory that is the sandbox's alone",
				named.Source, place.what, s.sandbox.Value)
		}
	}
	return s.sandbox.Value, nil
}

func (p *program) sandboxList(*cli.Context) error {
	directory, exists, err := p.sandboxDirectory()
	if err != nil {
		return err
	}
	var objects []ensure.Object
	if exists {
		environment, err := p.runner.openSandbox(directory, ensure.RealParts{})
		if err != nil {
			return err
		}
		objects, err = environment.objects()
		p.closing(environment, &err)
		if err != nil {
			return err
		}
	} else {
		_ = say(p.stderr, "there is no sandbox at %s\n", directory)
	}
	if p.json() {
		return writeJSON(p.stdout, append([]ensure.Object{}, objects...), "  ")
	}
	table := newTable("PROVIDER", "TYPE", "ID", "NAME", "ACCOUNT", "REGION", "OWNER")
	for _, object := range objects {
		owner := "ptd"
		if object.External {
			owner = "others"
		}
		table.add(object.Provider, object.Type, object.ID, object.Name, object.Account, object.Region, owner)
	}
	table.write(p.stdout)
	return nil
}

func (p *program) sandboxReset(c *cli.Context) error {
	directory, exists, err := p.sandboxDirectory()
	if err != nil {
		return err
	}
	if !exists {
		_ = say(p.stderr, "there is no sandbox at %s\n", directory)
		return nil
	}
	if !c.Bool("yes") {
		if !p.stdinTerminal {
			return errors.New("cannot ask whether to delete the sandbox without a terminal: pass --yes")
		}
		prompts := newPrompts(p.system, nil)
		agreed, err := prompts.yes(c.Context, fmt.Sprintf("Delete what ptd has made in the sandbox at %s? [y/n]: ", directory))
		if err != nil {
			return err
		}
		if !agreed {
			return errors.New("declined: the sandbox is as it was")
		}
	}
	left, err := p.runner.resetSandbox(directory)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return say(p.stderr, "deleted %s\n", directory)
	}
	if err := say(p.stderr, "deleted what ptd had made in %s; what it had not stays:\n", directory); err != nil {
		return err
	}
	for _, name := range left {
		if err := say(p.stderr, "  %s\n", name); err != nil {
			return err
		}
	}
	return nil
}
