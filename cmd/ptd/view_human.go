package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ptd-go/ptd/ensure"
)

// humanView tells a run to people: progress on stderr, the table on stdout.
type humanView struct {
	*program
	*heartbeat
	prompts *prompts
	dryRun  bool
	steps   []string // of the run
	number  int      // of the running step

	// shown is true when Pulumi's display was used in the running step: it shows the
	// diagnostics of the engine, which are held until that is known, but for errors, which are
	// in the summary's.
	shown bool
	held  []ensure.Diagnostic
	// planned are the lines about what the running step would do, if it is an action: what it
	// did as planned is not said again.
	planned map[string]bool
	// errors are those that nobody showed.
	errors []ensure.Diagnostic
}

var _ ensure.UserInterface = (*humanView)(nil)

func newHumanView(p *program, prompts *prompts) *humanView {
	return &humanView{program: p, prompts: prompts, planned: map[string]bool{}, heartbeat: newHeartbeat(p.system)}
}

// Display implements ensure.UserInterface. Interactive displays need the terminal
// itself; others are watched by the heartbeat.
func (v *humanView) Display() *ensure.Display {
	v.shown = true
	display := &ensure.Display{
		Writer: v.out, Color: v.color(v.stderrTerminal), Interactive: v.stderrTerminal, Verbose: v.line.is("verbose"),
	}
	if display.Interactive {
		display.Writer = keepMode(v.screen)
	}
	return display
}

// Confirm implements ensure.UserInterface.
func (v *humanView) Confirm(ctx context.Context, question ensure.Question) (bool, error) {
	v.pause()
	defer v.resume()
	return v.prompts.confirm(ctx, question)
}

// Event implements ensure.UserInterface.
func (v *humanView) Event(event ensure.Event) {
	switch event := event.(type) {
	case ensure.RunStarted:
		v.dryRun, v.steps = event.DryRun, event.Steps
		v.print("%s%s: %s\n", event.Target, mode(event), strings.Join(event.Steps, ", "))
	case ensure.StepStarted:
		v.number = slices.Index(v.steps, event.Step) + 1
		v.shown, v.held, v.planned = false, nil, map[string]bool{}
		v.print("\n"+v.bold("==> %s (%d of %d)")+"\n", event.Step, v.number, len(v.steps))
		v.begin(event.Step)
	case ensure.ResourceChange:
		if event.URN != "" { // Pulumi's display shows the others
			return
		}
		line := describeChange(event)
		if event.Planned || !v.planned[line] {
			v.print("  %s\n", line)
		}
		v.planned[line] = event.Planned
	case ensure.Diagnostic:
		if event.URN == "" && event.Severity != ensure.Error {
			v.diagnose(event)
		} else {
			v.held = append(v.held, event)
		}
	case ensure.Progress:
		v.note(event)
	case ensure.StepFinished:
		v.end()
		if event.Result == ensure.Skipped {
			return
		}
		for _, diagnostic := range v.held {
			switch {
			case v.shown:
			case diagnostic.Severity == ensure.Error: // the summary's error may say it
				v.errors = append(v.errors, diagnostic)
			default:
				v.diagnose(diagnostic)
			}
		}
		v.print("%s: %s in %s\n", event.Step, outcome(event, v.dryRun), seconds(event.Duration))
	case ensure.Summary:
		v.end()
		v.summarize(event)
	}
}

// mode says what kind of run this is, when it is not the usual one.
func mode(event ensure.RunStarted) string {
	var words []string
	if event.Destroy {
		words = append(words, "destroy")
	}
	if event.DryRun {
		words = append(words, "dry run")
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// signs are the operations that tables and lines show, in order.
var signs = []struct {
	operation ensure.Operation
	sign      string
	count     func(ensure.Changes) int
}{
	{ensure.Create, "+", func(c ensure.Changes) int { return c.Create }},
	{ensure.Update, "~", func(c ensure.Changes) int { return c.Update }},
	{ensure.Replace, "+-", func(c ensure.Changes) int { return c.Replace }},
	{ensure.Delete, "-", func(c ensure.Changes) int { return c.Delete }},
	{ensure.Same, "=", func(c ensure.Changes) int { return c.Same }},
}

// describeChange is a line about what an action did to an object.
func describeChange(change ensure.ResourceChange) string {
	sign := "?"
	for _, known := range signs {
		if known.operation == change.Operation {
			sign = known.sign
		}
	}
	text := strings.Join(slices.DeleteFunc([]string{sign, change.Type, change.Name}, func(s string) bool { return s == "" }), " ")
	if len(change.Keys) > 0 {
		text += " (" + strings.Join(change.Keys, ", ") + ")"
	}
	if change.Note != "" {
		text += ": " + change.Note
	}
	return text
}

// counts are the changes without zeroes: +3 ~1.
func counts(changes ensure.Changes) string {
	var words []string
	for _, known := range signs {
		if n := known.count(changes); n > 0 && known.operation != ensure.Same {
			words = append(words, known.sign+strconv.Itoa(n))
		}
	}
	return strings.Join(words, " ")
}

func outcome(step ensure.StepFinished, dryRun bool) string {
	text := counts(step.Changes)
	switch {
	case text == "" && step.Result != ensure.Failed && step.Result != ensure.Declined:
		text = "no changes"
	case text != "" && dryRun:
		text = "would change " + text
	}
	if step.Result == ensure.Failed || step.Result == ensure.Declined {
		text = strings.TrimSpace(string(step.Result) + " " + text)
	}
	if step.Note != "" {
		text += " (" + step.Note + ")"
	}
	return text
}

func (v *humanView) diagnose(diagnostic ensure.Diagnostic) {
	prefix := ""
	if diagnostic.Severity != ensure.Info {
		prefix = string(diagnostic.Severity) + ": "
	}
	if diagnostic.URN != "" {
		prefix += diagnostic.URN + ": "
	}
	v.print("%s%s\n", prefix, lines(v.runnable(diagnostic.Message)))
}

// summarize writes the table to stdout, and what was kept or failed to stderr.
func (v *humanView) summarize(summary ensure.Summary) {
	v.print("\n")
	table := newTable("STEP", "+>", "~>", "+->", "->", "=>", "TIME>", "RESULT")
	for _, step := range summary.Steps {
		result := string(step.Result)
		if step.Note != "" {
			result += " (" + step.Note + ")"
		}
		table.add(row(step.Step, step.Changes, step.Duration, result)...)
	}
	if len(summary.Steps) > 1 {
		table.add(row("total", summary.Changes, summary.Duration, string(summary.Result))...)
	}
	table.write(v.stdout)
	if len(summary.Kept) > 0 {
		v.print("\nkept:\n")
		for _, kept := range summary.Kept {
			v.print("  %s: %s %s: %s\n", kept.Step, kept.Type, kept.Name, kept.Reason)
		}
	}
	if len(summary.Next) > 0 {
		v.print("\nto finish:\n")
		for _, next := range summary.Next {
			v.print("  %s\n", next.Text)
			if command := v.command(next.Command); command != "" {
				v.print("    %s\n", command)
			}
		}
	}
	for _, diagnostic := range v.errors {
		if summary.Err == nil || !strings.Contains(summary.Err.Error(), diagnostic.Message) {
			v.diagnose(diagnostic)
		}
	}
	if summary.Err != nil {
		v.print("\n")
		v.printError(summary.Err)
	}
	if command := v.resumption(summary); command != "" {
		v.print("resume with: %s\n", command)
	}
}

// row is a step in the table; a dot stands for none.
func row(name string, changes ensure.Changes, duration time.Duration, result string) []string {
	cells := []string{name}
	for _, known := range signs {
		cell := "."
		if n := known.count(changes); n > 0 {
			cell = strconv.Itoa(n)
		}
		cells = append(cells, cell)
	}
	if duration == 0 { // a step that was not reached
		return append(cells, ".", result)
	}
	return append(cells, seconds(duration), result)
}

// seconds is a duration for people.
func seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func (v *humanView) print(format string, args ...any) { _ = say(v.out, format, args...) }

func (v *humanView) bold(text string) string {
	if !v.color(v.stderrTerminal) {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// resumption is the command that goes on where a run stopped, for a shell; "" when
// there is nothing to resume.
func (p *program) resumption(summary ensure.Summary) string { return p.command(summary.Resume) }

// command is a command line of ptd with the settings of this one, for a shell; "" for none.
func (p *program) command(arguments []string) string {
	if len(arguments) == 0 {
		return ""
	}
	words := append(append([]string{"ptd"}, arguments...), p.globalFlags()...)
	for i, word := range words {
		words[i] = shellQuote(word)
	}
	return strings.Join(words, " ")
}

// shellQuote quotes a word for a POSIX shell, when it must be.
func shellQuote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	if shown := ensure.Printable(word); shown != word { // a backslash of the word's own comes first
		shown = ensure.Printable(strings.ReplaceAll(word, `\`, `\\`))
		return "$'" + strings.ReplaceAll(shown, "'", `\'`) + "'"
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
