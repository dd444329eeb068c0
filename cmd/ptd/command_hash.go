package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func (p *program) hashCommand() *cli.Command {
	return &cli.Command{
		Name:      "hash",
		Usage:     "print the hash that stands for a target in names that must be short",
		ArgsUsage: "<target>",
		Action: func(*cli.Context) error {
			arguments, err := p.arguments("<target>")
			if err != nil {
				return err
			}
			settings, err := p.resolved()
			if err != nil {
				return err
			}
			target, err := p.target(settings, arguments[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, target.HashName())
			return err
		},
	}
}
