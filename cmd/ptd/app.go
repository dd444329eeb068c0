package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ptd-go/ptd/ensure"
	"github.com/ptd-go/ptd/stacks/config"
)

// program is one run of ptd.
type program struct {
	system
	runner runner
	line   *commandLine

	// Set by ensure for the exit status: whether there were changes and whether it
	// matters, and whether the failure has been told already.
	changed, detailed, told bool
}

// run is the whole program: it runs the command line in words, which do not include
// the name of the program, and returns the exit status.
func run(ctx context.Context, words []string, machine system, runner runner) int {
	output, messages := &written{to: machine.stdout}, &written{to: machine.stderr}
	machine.stdout, machine.stderr = output, messages
	p := &program{system: machine, runner: runner}
	app := p.app()
	p.line = scan(app, words)
	err := p.line.err
	switch {
	case err != nil:
	case p.line.is("version") && !p.line.is("help"): // nothing runs on the way, whatever else is asked
		err = p.version()
	default:
		err = app.RunContext(ctx, p.line.ordered())
	}
	unwritten := errors.Join(output.failure("standard output"), messages.failure("standard error"))
	switch {
	case unwritten != nil: // by far the likeliest reason for whatever else failed
		if err != nil && !p.told && !output.caused(err) && !messages.caused(err) {
			p.tell(err)
		}
		p.printError(unwritten)
		err = unwritten
	case err != nil && !p.told:
		p.tell(err)
	}
	return exitCode(err, p.changed, p.detailed)
}

// tell reports a failure that came before, or outside of, a run of a pipeline. A
// reader of JSON gets a summary to the last line, also then.
func (p *program) tell(err error) {
	p.printError(err)
	if !p.json() || len(p.line.path) == 0 || p.line.path[0].Name != "ensure" {
		return
	}
	summary := ensure.Summary{Result: ensure.Failed, Err: err}
	if len(p.line.arguments) > 0 {
		summary.Target = p.line.arguments[0]
	}
	newJSONView(p, nil).Event(summary)
}

// json tells whether the results go to stdout as JSON.
func (p *program) json() bool { return p.line.is("json") }

// printError writes a failure for people, to stderr.
func (p *program) printError(err error) {
	_ = say(p.stderr, "error: %s\n", lines(p.runnable(explain(err))))
}

// advised is a command that a message names.
var advised = regexp.MustCompile("`ptd [^`]+`")

// runnable gives the commands that a message names the settings of this one: without them
// they would work on something else.
func (p *program) runnable(message string) string {
	flags := ""
	for _, word := range p.globalFlags() {
		flags += " " + shellQuote(word)
	}
	return advised.ReplaceAllStringFunc(message, func(command string) string {
		return strings.TrimSuffix(command, "`") + flags + "`"
	})
}

func (p *program) warn(text string) { _ = say(p.stderr, "warning: %s\n", lines(text)) }

// explain renders an error; problems of a configuration file come with the line they
// are in.
func explain(err error) string {
	var problems config.Errors
	if !errors.As(err, &problems) {
		return err.Error()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d problem%s in the configuration", len(problems), plural(len(problems)))
	for _, problem := range problems {
		fmt.Fprintf(&text, "\n%s", problem)
		if snippet := problem.Snippet(); snippet != "" {
			fmt.Fprintf(&text, "\n%s", snippet)
		}
	}
	return text.String()
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// app defines the commands. It has no state: what was typed is in p.line.
func (p *program) app() *cli.App {
	app := &cli.App{
		Name:      "ptd",
		Usage:     "provision and converge Posit Team Dedicated",
		UsageText: "ptd command [flags] [arguments]; flags may be anywhere",
		Description: "Settings come from a flag, else from the environment, else from " + configFileName +
			", else they have a default: see ptd config show.",
		Flags: append(settingFlags(), &cli.BoolFlag{Name: "version", Usage: "print the version"}),
		Commands: []*cli.Command{
			p.ensureCommand(), p.outputsCommand(), p.targetsCommand(), p.hashCommand(), p.sandboxCommand(),
			p.configCommand(), p.versionCommand(), p.completionCommand(), p.completeCommand(),
		},
		Action:    cli.ShowAppHelp,
		Writer:    p.stdout,
		ErrWriter: p.stderr,
		// Lists of URNs are taken apart here: a URN may have a comma.
		DisableSliceFlagSeparator: true,
		HideVersion:               true,
		ExitErrHandler:            func(*cli.Context, error) {}, // run returns the status
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return err },
	}
	var global strings.Builder
	for _, flag := range settingFlags() {
		global.WriteString("\n   " + cli.FlagStringer(flag))
	}
	for _, command := range app.Commands {
		leaf(command, global.String())
	}
	return app
}

// leaf keeps urfave/cli from taking an argument named help, or h, for a command, and makes the
// help of a command tell the global flags, which it takes, too.
func leaf(command *cli.Command, global string) {
	command.HideHelpCommand = len(command.Subcommands) == 0
	template := cli.CommandHelpTemplate
	if !command.HideHelpCommand {
		template = cli.SubcommandHelpTemplate
	}
	command.CustomHelpTemplate = template + "\nGLOBAL OPTIONS:" + global + "\n"
	command.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return err }
	for _, subcommand := range command.Subcommands {
		leaf(subcommand, global)
	}
}

// settingFlags are the global flags.
func settingFlags() []cli.Flag {
	var flags []cli.Flag
	for _, k := range settingKeys {
		usage := fmt.Sprintf("%s [%s]", k.usage, k.environment())
		switch {
		case !k.flag:
		case k.name == "verbose":
			flags = append(flags, &cli.BoolFlag{Name: k.flagName(), Aliases: []string{"v"}, Usage: usage})
		case k.boolean:
			flags = append(flags, &cli.BoolFlag{Name: k.flagName(), Usage: usage})
		case k.list:
			flags = append(flags, &cli.StringSliceFlag{Name: k.flagName(), Usage: usage})
		default:
			flags = append(flags, &cli.StringFlag{Name: k.flagName(), Usage: usage, DefaultText: k.fallback})
		}
	}
	return flags
}

// jsonFlag is the flag of every command that has results.
func jsonFlag(usage string) cli.Flag { return &cli.BoolFlag{Name: "json", Usage: usage} }

// arguments checks how many arguments a command got: one for each of names, of which
// those in brackets may be left out.
func (p *program) arguments(names ...string) ([]string, error) {
	given, required := p.line.arguments, 0
	for _, name := range names {
		if !strings.HasPrefix(name, "[") {
			required++
		}
	}
	for i, name := range names[:min(len(given), len(names))] {
		if strings.TrimSpace(given[i]) == "" {
			return nil, &usageError{command: p.line.name(), text: fmt.Sprintf("%s is empty", strings.Trim(name, "[]"))}
		}
	}
	if len(given) >= required && len(given) <= len(names) {
		return append(given, make([]string, len(names)-len(given))...), nil
	}
	text := fmt.Sprintf("%s takes no arguments", p.line.name())
	switch {
	case len(names) > 0 && len(given) < required:
		text = fmt.Sprintf("%s needs %s", p.line.name(), names[len(given)])
	case len(names) > 0:
		text = fmt.Sprintf("%s takes %s only", p.line.name(), strings.Join(names, " "))
	}
	if len(given) > len(names) {
		text += fmt.Sprintf(", not also %q", strings.Join(given[len(names):], " "))
	}
	return nil, &usageError{command: p.line.name(), text: text}
}

// resolved returns the settings and tells, once, what is odd about them.
func (p *program) resolved() (*settings, error) {
	s, err := p.settings()
	if err != nil {
		return nil, err
	}
	for _, warning := range s.warnings {
		p.warn(warning)
	}
	if s.values["verbose"].is() {
		file := s.file
		if file == "" {
			file = "no " + configFileName
		}
		_ = say(p.stderr, "settings: %s\ntargets directory: %s (%s)\n", file, s.targets.Value, s.targets.Source)
	}
	return s, nil
}

// target loads a target and tells what is odd about its configuration.
func (p *program) target(s *settings, name string) (*config.Target, error) {
	tree, err := config.OpenTree(s.targets.Value)
	if err != nil {
		return nil, err
	}
	target, err := tree.Load(name)
	if err != nil {
		return nil, err
	}
	for _, warning := range target.Warnings {
		p.warn(warning.String())
	}
	return target, nil
}

// open opens what the settings name: the sandbox or the real clouds.
func (p *program) open(s *settings) (environment, error) {
	real, err := p.realParts(s)
	if err != nil {
		return nil, err
	}
	if s.values["sandbox"].is() {
		directory, err := p.sandboxPlace(s)
		if err != nil {
			return nil, err
		}
		return p.runner.openSandbox(directory, real)
	}
	if s.sandbox.Origin == fromFlag {
		return nil, errors.New("--sandbox-dir has no effect without --sandbox: pass --sandbox, or leave both out for the real clouds")
	}
	return p.runner.openReal()
}

// closing closes an environment. Its failure is one of the command, and is told even
// when another one has been.
func (p *program) closing(closer io.Closer, err *error) {
	failure := closer.Close()
	if failure != nil && p.told {
		p.printError(failure)
	}
	*err = errors.Join(*err, failure)
}
