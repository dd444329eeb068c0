package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) outputsCommand() *cli.Command {
	return &cli.Command{
		Name:      "outputs",
		Usage:     "print what a target's stacks output",
		ArgsUsage: "<target> [step]",
		Description: "One line an output, for people: line breaks and control characters are shown as \\n and \\x1b.\n" +
			"Scripts take --json, in which every value is exact.",
		Flags: []cli.Flag{
			jsonFlag("print one JSON object: step, output, value"),
			&cli.BoolFlag{Name: "show-secrets", Usage: "print the values of secrets, too"},
		},
		Action: p.outputs,
	}
}

func (p *program) outputs(c *cli.Context) (err error) {
	arguments, err := p.arguments("<target>", "[step]")
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
	environment, err := p.open(settings)
	if err != nil {
		return err
	}
	defer p.closing(environment, &err)
	outputs, err := environment.outputs(c.Context, target, arguments[1], c.Bool("show-secrets"))
	if err != nil {
		return err
	}
	if p.json() {
		return writeJSON(p.stdout, outputs, "  ")
	}
	if len(outputs) == 0 {
		_ = say(p.stderr, "%s\n", p.runnable(fmt.Sprintf("%s has no outputs yet: run `ptd ensure %s`", target.Name, target.Name)))
	}
	steps := slices.Collect(maps.Keys(outputs))
	order := func(step string) int { return slices.Index(target.Kind.Steps(), step) }
	slices.SortFunc(steps, func(a, b string) int {
		if order(a) != order(b) {
			return order(a) - order(b)
		}
		return strings.Compare(a, b)
	})
	for _, step := range steps {
		_ = say(p.stdout, "%s:\n", step)
		for _, name := range slices.Sorted(maps.Keys(outputs[step])) {
			text, err := plainValue(outputs[step][name])
			if err != nil {
				return fmt.Errorf("print output %s of step %s: %w", name, step, err)
			}
			_ = say(p.stdout, "  %s: %s\n", name, text)
		}
	}
	return nil
}

// plainValue is a value for people, in one line: text as it is, all else as JSON. Programs
// take --json, in which values are exact.
func plainValue(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	encoded, err := json.Marshal(value)
	return string(encoded), err
}
