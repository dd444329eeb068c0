package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/ptd-go/ptd/stacks/config"
)

func (p *program) targetsCommand() *cli.Command {
	return &cli.Command{
		Name:   "targets",
		Usage:  "list the targets",
		Flags:  []cli.Flag{jsonFlag("print a JSON array")},
		Action: p.targets,
	}
}

type listedTarget struct {
	Name    string      `json:"name"`
	Kind    config.Kind `json:"kind,omitempty"`
	Account string      `json:"account,omitempty"`
	Region  string      `json:"region,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// targets lists all targets, also those whose configuration is wrong: what is wrong is
// told on stderr, and is a failure.
func (p *program) targets(*cli.Context) error {
	if _, err := p.arguments(); err != nil {
		return err
	}
	settings, err := p.resolved()
	if err != nil {
		return err
	}
	tree, err := config.OpenTree(settings.targets.Value)
	if err != nil {
		return err
	}
	listed, wrong := []listedTarget{}, 0
	for _, name := range tree.Names() {
		target, err := tree.Load(name)
		if err != nil {
			wrong++
			p.printError(fmt.Errorf("%s: %w", name, err))
			listed = append(listed, listedTarget{Name: name, Error: err.Error()})
			continue
		}
		listed = append(listed, listedTarget{Name: name, Kind: target.Kind, Account: target.AccountID(), Region: target.Region()})
	}
	if p.json() {
		err = writeJSON(p.stdout, listed, "  ")
	} else {
		table := newTable("NAME", "KIND", "ACCOUNT", "REGION")
		for _, target := range listed {
			kind := string(target.Kind)
			if target.Error != "" {
				kind = "(invalid)"
			}
			table.add(target.Name, kind, target.Account, target.Region)
		}
		table.write(p.stdout)
	}
	if err == nil && wrong > 0 {
		err = fmt.Errorf("the configuration of %d of %d targets is wrong", wrong, len(listed))
	}
	return err
}
