package engine

import (
	"fmt"
	"io"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	pulumidisplay "github.com/pulumi/pulumi/pkg/v3/display"
	engine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Display is where Pulumi's own display writes.
type Display struct {
	Writer      io.Writer
	Color       bool
	Interactive bool // the writer is a terminal
	Verbose     bool // also unchanged resources, and everything of new ones
}

func (d *Display) options() display.Options {
	options := display.Options{
		Color: colors.Never, Type: display.DisplayDiff, SummaryDiff: !d.Verbose, ShowSameResources: d.Verbose,
		SuppressOutputs: true, SuppressPermalink: true,
		Stdout: d.Writer, Stderr: d.Writer, Stdin: strings.NewReader(""),
	}
	if d.Color {
		options.Color = colors.Always
	}
	return options
}

// start begins to show an operation; show passes on an event, end waits until all is
// shown. What is said of no resource is for the operation's events alone. An update on a terminal is Pulumi's tree of progress; everything else is
// text that can be kept: Pulumi's diff, with one line for what is new or goes.
func (d *Display) start(stack *Stack, kind apitype.UpdateKind, dryRun bool) (show func(engine.Event), end func()) {
	if d == nil {
		return func(engine.Event) {}, func() {}
	}
	if !d.Interactive || dryRun {
		seen := map[resource.URN]engine.StepEventMetadata{}
		return func(event engine.Event) {
			if !general(event) {
				io.WriteString(d.Writer, d.colored(d.render(event, dryRun, seen)))
			}
		}, func() {}
	}
	options := d.options()
	options.Type, options.IsInteractive = display.DisplayProgress, true
	events, done := make(chan engine.Event), make(chan bool)
	go display.ShowEvents(string(kind), kind, tokens.MustParseStackName(stack.name), stack.project.Name, "",
		events, done, options, dryRun)
	return func(event engine.Event) {
			_, summary := event.Payload().(engine.SummaryEventPayload) // the run has one, which counts no stacks
			if !general(event) && !summary {
				events <- shown(event)
			}
		}, func() {
			events <- engine.NewCancelEvent()
			<-done
		}
}

// general tells a message, other than an error, that is about no resource.
func general(event engine.Event) bool {
	payload, ok := event.Payload().(engine.DiagEventPayload)
	return ok && payload.URN == "" && payload.Severity != diag.Error
}

// colored gives text its colours, which it has as Pulumi's marks; whatever else of it would
// move a terminal came from outside, and is shown.
func (d *Display) colored(text string) string {
	return d.options().Color.Colorize(printable(text, "\n\t"))
}

// render turns one event into text: a planned change as Pulumi's diff, a change that
// was made as a line. Colours are Pulumi's marks.
func (d *Display) render(event engine.Event, dryRun bool, seen map[resource.URN]engine.StepEventMetadata) string {
	options := d.options()
	options.Color = colors.Raw
	switch payload := event.Payload().(type) {
	case engine.DiagEventPayload:
		if payload.Ephemeral || payload.Severity == diag.Error {
			return "" // the heartbeat tells the last one, and the operation's error all errors
		}
	case engine.ResourcePreEventPayload:
		brief := oneLine[payload.Metadata.Op] && !d.Verbose || payload.Metadata.Type == resource.RootStackType
		switch {
		case payload.Internal || !dryRun || payload.Metadata.Op == deploy.OpRead && !d.Verbose:
			return ""
		case brief:
			return d.line(payload.Metadata)
		}
	case engine.ResourceOutputsEventPayload:
		if payload.Internal || dryRun {
			return ""
		}
		return d.line(payload.Metadata)
	case engine.ResourceOperationFailedPayload:
		return "" // its message is a diagnostic
	case engine.PreludeEventPayload, engine.SummaryEventPayload:
		return "" // the run has a summary of its own
	}
	return display.RenderDiffEvent(event, 0, seen, options)
}

// oneLine are the steps of which all properties would be shown.
var oneLine = map[pulumidisplay.StepOp]bool{deploy.OpCreate: true, deploy.OpDelete: true, deploy.OpSame: true}

// line describes a step in one line, "" when it is not worth one.
func (d *Display) line(metadata engine.StepEventMetadata) string {
	if metadata.Type == resource.RootStackType || metadata.Op == deploy.OpSame && !d.Verbose {
		return ""
	}
	change, known := change(metadata, false)
	if !known {
		return ""
	}
	return d.brief(metadata.Op, change)
}

// brief describes a change in one line.
func (d *Display) brief(op pulumidisplay.StepOp, change Change) string {
	text := fmt.Sprintf("%s%s %s", deploy.RawPrefix(op), change.Type, Printable(change.Name))
	if op == deploy.OpUpdate {
		var keys []string
		for _, difference := range change.Differences {
			keys = append(keys, difference.Path)
		}
		text += " [" + strings.Join(keys, ", ") + "]"
	}
	return deploy.Color(op) + text + colors.Reset + "\n"
}

// Show shows the changes of a plan, one line each.
func (d *Display) Show(plan *Plan) {
	ops := map[Kind]pulumidisplay.StepOp{
		Create: deploy.OpCreate, Update: deploy.OpUpdate, Replace: deploy.OpReplace, Delete: deploy.OpDelete,
	}
	for _, change := range plan.Changes {
		io.WriteString(d.Writer, d.colored(d.brief(ops[change.Kind], change)))
	}
}
