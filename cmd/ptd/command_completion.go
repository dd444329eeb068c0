package main

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// The scripts ask ptd __complete for the words that may stand at the cursor.
var (
	//go:embed completion/ptd.bash
	bashCompletion string
	//go:embed completion/ptd.zsh
	zshCompletion string
	//go:embed completion/ptd.fish
	fishCompletion string
)

var completionScripts = map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}

func (p *program) completionCommand() *cli.Command {
	shells := slices.Sorted(maps.Keys(completionScripts))
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell",
		ArgsUsage: strings.Join(shells, "|"),
		Description: "bash: source <(ptd completion bash)\n" +
			"zsh:  source <(ptd completion zsh), after compinit\n" +
			"fish: ptd completion fish | source",
		Action: func(*cli.Context) error {
			arguments, err := p.arguments("<shell>")
			if err != nil {
				return err
			}
			script, ok := completionScripts[arguments[0]]
			if !ok {
				return fmt.Errorf("there is no completion for %q; there is for %s", arguments[0], strings.Join(shells, ", "))
			}
			_, err = fmt.Fprint(p.stdout, script)
			return err
		},
	}
}

// completeCommand is what the scripts run: ptd __complete -- word... , where the last
// word is the one at the cursor, up to the cursor.
func (p *program) completeCommand() *cli.Command {
	return &cli.Command{
		Name: "__complete", Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := p.line.arguments
			if len(words) > 0 && words[0] == "--" {
				words = words[1:]
			}
			for _, candidate := range p.candidates(words) {
				if _, err := fmt.Fprintln(p.stdout, candidate); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
