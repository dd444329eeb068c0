package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ptd-go/ptd/ensure"
)

// ensureOptions are what the command line says.
type ensureOptions struct {
	ensure.Options
	target           string
	listSteps        bool
	detailedExitcode bool
}

func (p *program) ensureCommand() *cli.Command {
	return &cli.Command{
		Name:      "ensure",
		Usage:     "make a target follow its configuration",
		ArgsUsage: "<target>",
		Description: "Runs the target's steps in order. Each is previewed, guarded against the loss of data, asked about\n" +
			"and applied. The run stops at the first step that fails or is declined, and says how to resume.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "preview every selected step; change nothing, anywhere"},
			&cli.BoolFlag{Name: "preview", Aliases: []string{"p"}, Value: true,
				Usage: "show the preview before asking; --preview=false skips the showing, neither the asking nor the guard"},
			&cli.BoolFlag{Name: "cancel", Aliases: []string{"c"}, Usage: "release the lock of each selected stack, and do nothing else"},
			&cli.BoolFlag{Name: "force", Usage: "with --cancel: also while the run that holds the lock lives"},
			&cli.BoolFlag{Name: "refresh", Aliases: []string{"r"},
				Usage: "read the real state first; with --dry-run nothing of it is saved"},
			&cli.BoolFlag{Name: "auto-apply", Aliases: []string{"a"}, Usage: "apply without asking; the guard still stops a run"},
			&cli.BoolFlag{Name: "destroy", Usage: "destroy the selected steps, in reverse order"},
			&cli.StringFlag{Name: "start-at-step", Usage: "leave out the `STEP`s before this one"},
			&cli.StringSliceFlag{Name: "only-steps", Usage: "leave out all but these `STEPS`; separated by commas, or repeated"},
			&cli.StringSliceFlag{Name: "target-resources", Usage: "limit every operation to these `URNS`; separated by commas, or repeated"},
			&cli.StringSliceFlag{Name: "exclude-resources", Usage: "leave these `URNS` out of every operation; separated by commas, or repeated"},
			&cli.StringSliceFlag{Name: "allow-replace",
				Usage: "let this run replace or delete these `URNS`, which hold what cannot be made again; separated by commas, or repeated"},
			&cli.StringSliceFlag{Name: "allow-take-over",
				Usage: "let this run take over what others made in a cluster as these `URNS`; separated by commas, or repeated"},
			&cli.BoolFlag{Name: "list-steps", Aliases: []string{"l"}, Usage: "list the target's steps, custom ones marked, and do nothing else"},
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit with 0 for no changes, 2 for changes pending or made, 1 for an error"},
			jsonFlag("tell what happens as one JSON object a line"),
		},
		Action: func(c *cli.Context) error {
			arguments, err := p.arguments("<target>")
			if err != nil {
				return err
			}
			options := ensureOptions{
				target:           arguments[0],
				listSteps:        c.Bool("list-steps"),
				detailedExitcode: c.Bool("detailed-exitcode"),
				Options: ensure.Options{
					DryRun:           c.Bool("dry-run"),
					Preview:          c.Bool("preview"),
					AutoApply:        c.Bool("auto-apply"),
					Refresh:          c.Bool("refresh"),
					Cancel:           c.Bool("cancel"),
					Force:            c.Bool("force"),
					Destroy:          c.Bool("destroy"),
					StartAtStep:      c.String("start-at-step"),
					OnlySteps:        names(c.StringSlice("only-steps")),
					TargetResources:  urns(c.StringSlice("target-resources")),
					ExcludeResources: urns(c.StringSlice("exclude-resources")),
					AllowReplace:     urns(c.StringSlice("allow-replace")),
					AllowTakeOver:    urns(c.StringSlice("allow-take-over")),
				},
			}
			if err := options.check(); err != nil {
				return &usageError{command: p.line.name(), text: err.Error()}
			}
			return p.ensure(c.Context, options)
		},
	}
}

// names are the elements of lists that are separated by commas.
func names(lists []string) []string {
	var all []string
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				all = append(all, name)
			}
		}
	}
	return all
}

// urns are the URNs of lists. A comma separates only before the start of the next URN
// (or pattern): the name at the end of a URN may hold commas.
func urns(lists []string) []string {
	var all []string
	for _, list := range lists {
		begins := true
		for part := range strings.SplitSeq(list, ",") {
			trimmed := strings.TrimSpace(part)
			if begins || strings.HasPrefix(trimmed, "urn:") || strings.HasPrefix(trimmed, "*") {
				all = append(all, trimmed)
			} else {
				all[len(all)-1] += "," + part
			}
			begins = false
		}
	}
	return slices.DeleteFunc(all, func(urn string) bool { return urn == "" })
}

// check finds flags that cannot go together, and what is not a URN.
func (o ensureOptions) check() error {
	for _, other := range []struct {
		flag string
		set  bool
	}{
		{"--dry-run", o.DryRun}, {"--refresh", o.Refresh}, {"--destroy", o.Destroy},
		{"--target-resources", len(o.TargetResources) > 0}, {"--exclude-resources", len(o.ExcludeResources) > 0},
		{"--allow-replace", len(o.AllowReplace) > 0}, {"--allow-take-over", len(o.AllowTakeOver) > 0},
	} {
		if o.Cancel && other.set {
			return fmt.Errorf("--cancel does nothing but release locks: it cannot be combined with %s", other.flag)
		}
	}
	if o.Force && !o.Cancel {
		return errors.New("--force is for --cancel: it has no effect without")
	}
	if o.Destroy && len(o.AllowReplace) > 0 {
		return errors.New("--allow-replace is for runs that converge: it cannot be combined with --destroy, which has its own rule")
	}
	if o.Destroy && len(o.AllowTakeOver) > 0 {
		return errors.New("--allow-take-over is for runs that converge: it cannot be combined with --destroy")
	}
	for _, list := range []struct {
		flag     string
		urns     []string
		patterns bool
	}{
		{"--target-resources", o.TargetResources, true},
		{"--exclude-resources", o.ExcludeResources, true},
		{"--allow-replace", o.AllowReplace, false},
		{"--allow-take-over", o.AllowTakeOver, false},
	} {
		for _, urn := range list.urns {
			if !strings.HasPrefix(urn, "urn:") && !(list.patterns && strings.Contains(urn, "*")) {
				return fmt.Errorf("%s: %q is not a URN, as previews print them (urn:pulumi:...)", list.flag, urn)
			}
		}
	}
	return nil
}

// ensure runs the pipeline of a target, or lists its steps.
func (p *program) ensure(ctx context.Context, options ensureOptions) (err error) {
	settings, err := p.resolved()
	if err != nil {
		return err
	}
	target, err := p.target(settings, options.target)
	if err != nil {
		return err
	}
	environment, err := p.open(settings)
	if err != nil {
		return err
	}
	defer p.closing(environment, &err)
	options.HistoryLimit = settings.historyLimit
	pipeline, err := environment.pipeline(target, options.Options)
	if err != nil {
		return err
	}
	if options.listSteps {
		return p.listSteps(pipeline.All())
	}
	if settings.values["sandbox"].is() {
		_ = say(p.stderr, "sandbox: %s\n", settings.sandbox.Value)
	}
	ctx, interrupted, stop := p.interruptible(ctx)
	defer stop()
	var ui ensure.UserInterface
	if prompts := newPrompts(p.system, interrupted); p.json() {
		ui = newJSONView(p, prompts)
	} else {
		ui = newHumanView(p, prompts)
	}
	summary := pipeline.Run(ctx, ui)
	p.changed, p.detailed = summary.Changes.Any(), options.detailedExitcode
	if summary.Err != nil {
		p.told = true
		return summary.Err
	}
	if summary.Result != ensure.Succeeded && summary.Result != ensure.Previewed {
		p.told = true
		return fmt.Errorf("ensure %s: %s", options.target, summary.Result)
	}
	return nil
}

type jsonListedStep struct {
	Step        string `json:"step"`
	Custom      bool   `json:"custom"`
	Proxy       bool   `json:"proxy"`
	Project     string `json:"project,omitempty"`
	Description string `json:"description,omitempty"`
}

// listSteps writes one step a line.
func (p *program) listSteps(steps []ensure.Step) error {
	for _, step := range steps {
		if p.json() {
			listed := jsonListedStep{step.Name, step.Custom, step.Proxy, step.Project, step.Description}
			if err := writeJSON(p.stdout, listed, ""); err != nil {
				return err
			}
			continue
		}
		line := step.Name
		if step.Custom {
			line += " (custom)"
		}
		if err := say(p.stdout, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}
