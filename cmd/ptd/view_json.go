package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/ptd-go/ptd/ensure"
)

// jsonView tells a run to programs: one object a line on stdout, nothing else.
type jsonView struct {
	*program
	*heartbeat
	prompts *prompts
}

var _ ensure.UserInterface = (*jsonView)(nil)

func newJSONView(p *program, prompts *prompts) *jsonView {
	return &jsonView{program: p, prompts: prompts, heartbeat: newHeartbeat(p.system)}
}

// Display implements ensure.UserInterface: the events say it all.
func (*jsonView) Display() *ensure.Display { return nil }

// Confirm implements ensure.UserInterface.
func (v *jsonView) Confirm(ctx context.Context, question ensure.Question) (bool, error) {
	v.pause()
	defer v.resume()
	return v.prompts.confirm(ctx, question)
}

type jsonRunStarted struct {
	Event   string   `json:"event"`
	Target  string   `json:"target"`
	Steps   []string `json:"steps"`
	DryRun  bool     `json:"dry_run"`
	Destroy bool     `json:"destroy"`
}

type jsonStepStarted struct {
	Event string `json:"event"`
	Step  string `json:"step"`
	Stack string `json:"stack,omitempty"`
}

type jsonResource struct {
	Event   string           `json:"event"`
	Step    string           `json:"step"`
	Op      ensure.Operation `json:"op"`
	URN     string           `json:"urn"`
	Type    string           `json:"type"`
	Name    string           `json:"name"`
	Keys    []string         `json:"keys,omitempty"`
	Note    string           `json:"note,omitempty"`
	Planned bool             `json:"planned"`
}

type jsonDiagnostic struct {
	Event    string          `json:"event"`
	Step     string          `json:"step"`
	Severity ensure.Severity `json:"severity"`
	URN      string          `json:"urn"`
	Message  string          `json:"message"`
}

// jsonStep is a finished step, as an event and in the summary.
type jsonStep struct {
	Event   string         `json:"event,omitempty"`
	Step    string         `json:"step"`
	Result  ensure.Result  `json:"result"`
	Changes ensure.Changes `json:"changes"`
	Seconds float64        `json:"seconds"`
	Note    string         `json:"note,omitempty"`
}

type jsonKept struct {
	Step   string `json:"step"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

type jsonNext struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

type jsonSummary struct {
	Event   string         `json:"event"`
	Target  string         `json:"target"`
	Result  ensure.Result  `json:"result"`
	Changes ensure.Changes `json:"changes"`
	Seconds float64        `json:"seconds"`
	Steps   []jsonStep     `json:"steps"`
	Kept    []jsonKept     `json:"kept,omitempty"`
	Next    []jsonNext     `json:"next,omitempty"`
	Error   string         `json:"error,omitempty"`
	Resume  string         `json:"resume,omitempty"`
}

// Event implements ensure.UserInterface.
func (v *jsonView) Event(event ensure.Event) {
	var line any
	switch event := event.(type) {
	case ensure.RunStarted:
		line = jsonRunStarted{"run_started", event.Target, append([]string{}, event.Steps...), event.DryRun, event.Destroy}
	case ensure.StepStarted:
		v.begin(event.Step)
		line = jsonStepStarted{"step_started", event.Step, event.Stack}
	case ensure.ResourceChange:
		line = jsonResource{
			"resource", event.Step, event.Operation, event.URN, event.Type, event.Name, event.Keys, event.Note, event.Planned,
		}
	case ensure.Diagnostic:
		line = jsonDiagnostic{"diagnostic", event.Step, event.Severity, event.URN, event.Message}
	case ensure.Progress: // the heartbeat tells it
		v.note(event)
		return
	case ensure.StepFinished:
		v.end()
		line = jsonStepFinished("step_finished", event)
	case ensure.Summary:
		v.end()
		line = v.summary(event)
	}
	v.touch()
	writeJSON(v.stdout, line, "")
}

func jsonStepFinished(event string, step ensure.StepFinished) jsonStep {
	return jsonStep{event, step.Step, step.Result, step.Changes, decimal(step.Duration), step.Note}
}

func (v *jsonView) summary(summary ensure.Summary) jsonSummary {
	line := jsonSummary{
		Event: "summary", Target: summary.Target, Result: summary.Result, Changes: summary.Changes,
		Seconds: decimal(summary.Duration), Steps: []jsonStep{}, Resume: v.resumption(summary),
	}
	for _, step := range summary.Steps {
		line.Steps = append(line.Steps, jsonStepFinished("", step))
	}
	for _, kept := range summary.Kept {
		line.Kept = append(line.Kept, jsonKept(kept))
	}
	for _, next := range summary.Next {
		line.Next = append(line.Next, jsonNext{next.Text, v.command(next.Command)})
	}
	if summary.Err != nil {
		line.Error = summary.Err.Error()
	}
	return line
}

// decimal is a duration in seconds, to the millisecond.
func decimal(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

// writeJSON writes one value and a newline. What a terminal would act on, or not show, is
// escaped in its strings, as JSON escapes.
func writeJSON(to io.Writer, value any, indent string) error {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	var line strings.Builder
	for _, r := range encoded.String() {
		switch {
		case r == '\n' || strconv.IsPrint(r):
			line.WriteRune(r)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&line, `\u%04x`, unit)
			}
		}
	}
	_, err := io.WriteString(to, line.String())
	return err
}
