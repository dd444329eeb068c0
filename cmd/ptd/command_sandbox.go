package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

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
	directory = settings.sandbox.Value
	_, err = os.Stat(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return directory, false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("look for the sandbox: %w", err)
	}
	return directory, true, nil
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
		agreed, err := prompts.yes(c.Context, fmt.Sprintf("Delete the sandbox at %s? [y/n]: ", directory))
		if err != nil {
			return err
		}
		if !agreed {
			return errors.New("declined: the sandbox is as it was")
		}
	}
	if err := p.runner.resetSandbox(directory); err != nil {
		return err
	}
	_ = say(p.stderr, "deleted %s\n", directory)
	return nil
}
