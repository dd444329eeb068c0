package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure"
)

var update = flag.Bool("update", false, "write golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

const vpcURN = "urn:pulumi:demo01-staging::ptd-aws-workload-persistent::ptd:aws:Vpc$aws:ec2/vpc:Vpc::demo01-staging"

// failingRun is a run with an action, a stack that fails, and a step that was not
// reached.
func failingRun(_ context.Context, ui ensure.UserInterface) ensure.Summary {
	steps := []ensure.StepFinished{
		{Step: "bootstrap", Result: ensure.Succeeded, Changes: ensure.Changes{Create: 5, Same: 1}, Duration: 412 * time.Millisecond},
		{Step: "persistent", Result: ensure.Failed, Changes: ensure.Changes{Create: 12, Replace: 1}, Duration: 125 * time.Second},
		{Step: "helm", Result: ensure.Skipped},
	}
	ui.Event(ensure.RunStarted{Target: "demo01-staging", Steps: []string{"bootstrap", "persistent", "helm"}})
	ui.Event(ensure.StepStarted{Step: "bootstrap"})
	ui.Event(ensure.ResourceChange{
		Step: "bootstrap", Operation: ensure.Create, Type: "secret", Name: "demo01-staging.posit.team",
		Keys: []string{"fs-dns-name", "<b>"}, Note: "values are not shown",
	})
	ui.Event(steps[0])
	ui.Event(ensure.StepStarted{Step: "persistent", Stack: "organization/ptd-aws-workload-persistent/demo01-staging"})
	ui.Event(ensure.Diagnostic{Step: "persistent", Severity: ensure.Info, Message: "the sandbox needs no tunnel"})
	if display := ui.Display(); display != nil {
		fmt.Fprintln(display.Writer, "(the display of the engine)")
	}
	ui.Event(ensure.ResourceChange{
		Step: "persistent", Operation: ensure.Create, URN: vpcURN, Type: "aws:ec2/vpc:Vpc", Name: "demo01-staging",
	})
	ui.Event(ensure.Diagnostic{Step: "persistent", Severity: ensure.Error, URN: vpcURN, Message: "VpcLimitExceeded"})
	ui.Event(steps[1])
	ui.Event(steps[2])
	summary := ensure.Summary{
		Target: "demo01-staging", Result: ensure.Failed, Changes: ensure.Changes{Create: 17, Replace: 1, Same: 1},
		Steps: steps, Duration: 126 * time.Second, Err: errors.New("step persistent: create " + vpcURN + ": VpcLimitExceeded"),
		Resume: []string{"ensure", "demo01-staging", "--target-resources", vpcURN, "--start-at-step", "persistent"},
	}
	ui.Event(summary)
	return summary
}

// dryRun is a preview, quiet but for a warning.
func dryRun(_ context.Context, ui ensure.UserInterface) ensure.Summary {
	step := ensure.StepFinished{
		Step: "persistent", Result: ensure.Previewed, Changes: ensure.Changes{Update: 2, Delete: 1, Same: 70},
		Duration: 2 * time.Second, Note: "3 resources kept",
	}
	ui.Event(ensure.RunStarted{Target: "demo01-staging", Steps: []string{"persistent"}, DryRun: true, Destroy: true})
	ui.Event(ensure.StepStarted{Step: "persistent"})
	ui.Event(ensure.ResourceChange{
		Step: "persistent", Operation: ensure.Update, URN: vpcURN, Type: "aws:ec2/vpc:Vpc", Name: "demo01-staging",
		Keys: []string{"tags"}, Planned: true,
	})
	ui.Event(ensure.Diagnostic{Step: "persistent", Severity: ensure.Warning, URN: vpcURN, Message: "tags are deprecated"})
	ui.Event(step)
	summary := ensure.Summary{
		Target: "demo01-staging", Result: ensure.Previewed, Changes: step.Changes, Steps: []ensure.StepFinished{step},
		Duration: 2 * time.Second,
		Kept:     []ensure.Kept{{Step: "persistent", Type: "aws:rds/instance:Instance", Name: "demo01-staging", Reason: "protected"}},
	}
	ui.Event(summary)
	return summary
}

func TestViews(t *testing.T) {
	for name, play := range map[string]func(context.Context, ensure.UserInterface) ensure.Summary{
		"failing-run": failingRun, "dry-run": dryRun,
	} {
		d := newDesk(t)
		d.runner.play = play
		sandbox := d.path("sand box")
		d.variables["PTD_SANDBOX"] = "1"
		words := []string{"ensure", "demo01-staging", "--sandbox-dir", sandbox}
		d.run(words...)
		said := "stdout:\n" + d.stdout.String() + "\nstderr:\n" + d.stderr.String()
		golden(t, name+".human.golden", strings.ReplaceAll(said, d.path(), "/infra"))
		assert.NotContains(t, said, "\x1b", "no colour without a terminal")

		d.run(append(words, "--json")...)
		golden(t, name+".json.golden", strings.ReplaceAll(d.stdout.String(), d.path(), "/infra"))
		for line := range strings.Lines(d.stdout.String()) {
			var object struct{ Event string }
			require.NoError(t, json.Unmarshal([]byte(line), &object), line)
			assert.NotEmpty(t, object.Event)
		}
	}
}

// TestJSONFailuresBeforeTheRun pins that also those end with a summary, alone on stdout.
func TestJSONFailuresBeforeTheRun(t *testing.T) {
	for typed, want := range map[string]string{
		"ensure demo01-staging --json --nonsense": "has no flag --nonsense",
		"--json ensure":               "needs <target>",
		"ensure demo01-stagin --json": "demo01-staging",
		"ensure demo01-staging --json --targets-config-dir no": "open targets directory",
		"ensure demo01-staging --json":                         "no real clouds in tests",
	} {
		d := newDesk(t)
		assert.Equal(t, 1, d.run(strings.Fields(typed)...))
		var summary jsonSummary
		require.NoError(t, json.Unmarshal([]byte(d.stdout.String()), &summary), d.stdout.String())
		assert.Equal(t, "summary", summary.Event)
		assert.Equal(t, ensure.Failed, summary.Result)
		assert.Contains(t, summary.Error, want)
		assert.Contains(t, d.stderr.String(), want)
	}
}

// TestDiagnostics pins that what the engine says is told once: by its display, by the
// failure, or else by the view.
func TestDiagnostics(t *testing.T) {
	for _, test := range []struct {
		display bool
		failure string
		times   map[string]int
	}{
		{false, "other", map[string]int{"first": 1, "second": 1, "third": 1}},
		{false, "create: third", map[string]int{"first": 1, "second": 1, "third": 1}},
		{true, "create: third", map[string]int{"first": 1, "second": 0, "third": 1}},
		{true, "other", map[string]int{"first": 1, "second": 0, "third": 0}},
	} {
		d := newDesk(t)
		d.runner.play = func(_ context.Context, ui ensure.UserInterface) ensure.Summary {
			ui.Event(ensure.StepStarted{Step: "s"})
			ui.Event(ensure.Diagnostic{Step: "s", Severity: ensure.Warning, Message: "first"})
			if test.display {
				ui.Display()
			}
			ui.Event(ensure.Diagnostic{Step: "s", Severity: ensure.Warning, URN: vpcURN, Message: "second"})
			ui.Event(ensure.Diagnostic{Step: "s", Severity: ensure.Error, URN: vpcURN, Message: "third"})
			ui.Event(ensure.StepFinished{Step: "s", Result: ensure.Failed})
			summary := ensure.Summary{Result: ensure.Failed, Err: errors.New(test.failure)}
			ui.Event(summary)
			return summary
		}
		d.run("ensure", "demo01-staging", "--sandbox")
		for message, times := range test.times {
			assert.Equal(t, times, strings.Count(d.stderr.String(), message), "%s in %s", message, d.stderr.String())
		}
	}
}

func TestColor(t *testing.T) {
	d := newDesk(t)
	d.system.stderrTerminal = true
	d.runner.play = dryRun
	d.run("ensure", "demo01-staging", "--sandbox")
	assert.Contains(t, d.stderr.String(), "\x1b[1m==> persistent (1 of 1)\x1b[0m")
	assert.NotContains(t, d.stdout.String(), "\x1b")
	d.variables["NO_COLOR"] = "1"
	d.run("ensure", "demo01-staging", "--sandbox")
	assert.NotContains(t, d.stderr.String(), "\x1b")
	delete(d.variables, "NO_COLOR")
	d.variables["TERM"] = "dumb"
	d.run("ensure", "demo01-staging", "--sandbox")
	assert.NotContains(t, d.stderr.String(), "\x1b")
}

// TestDisplay pins what the engine's display gets: a terminal as it is, else a writer
// that the heartbeat watches.
func TestDisplay(t *testing.T) {
	d := newDesk(t)
	var display *ensure.Display
	d.runner.play = func(_ context.Context, ui ensure.UserInterface) ensure.Summary {
		display = ui.Display()
		return ensure.Summary{Result: ensure.Succeeded}
	}
	d.run("ensure", "demo01-staging", "--sandbox", "-v")
	assert.True(t, display.Verbose)
	assert.False(t, display.Interactive || display.Color)
	assert.IsType(t, &watchedWriter{}, display.Writer)
	d.system.stderrTerminal = true
	d.run("ensure", "demo01-staging", "--sandbox")
	assert.True(t, display.Interactive && display.Color)
	assert.Same(t, &d.stderr, display.Writer)
	d.run("ensure", "demo01-staging", "--sandbox", "--json")
	assert.Nil(t, display)
}

// TestHeartbeat pins that a step that is silent for an interval says that it runs, on
// stderr, also with --json, and never on a terminal or while a question is open.
func TestHeartbeat(t *testing.T) {
	for _, json := range []bool{false, true} {
		d := newDesk(t)
		began := d.system.now()
		// A beat is done when the next one, or the end of the step, was taken.
		tick := func(after time.Duration) { d.ticks <- began.Add(after) }
		d.runner.play = func(_ context.Context, ui ensure.UserInterface) ensure.Summary {
			ui.Event(ensure.StepStarted{Step: "persistent"})
			tick(10 * time.Second) // the header was written since
			tick(20 * time.Second)
			for i := range 7 {
				ui.Event(ensure.Progress{Step: "persistent", Operation: ensure.Create, URN: fmt.Sprint(i), Type: "aws:s3:Bucket", Name: fmt.Sprint("b", i)})
			}
			ui.Event(ensure.Progress{Operation: ensure.Create, URN: "1", Type: "aws:s3:Bucket", Name: "b1", Status: "[1/2] waiting for an address"})
			ui.Event(ensure.Progress{URN: "0", Ended: true})
			tick(30 * time.Second)
			ui.Event(ensure.Diagnostic{Step: "persistent", Severity: ensure.Info, Message: "something"})
			ui.Event(ensure.StepFinished{Step: "persistent", Result: ensure.Succeeded})
			ui.Event(ensure.StepFinished{Step: "helm", Result: ensure.Skipped})
			return ensure.Summary{Result: ensure.Succeeded}
		}
		words := []string{"ensure", "demo01-staging", "--sandbox"}
		if json {
			words = append(words, "--json")
		}
		d.run(words...)
		assert.NotContains(t, d.stderr.String(), "after 10s")
		assert.Contains(t, d.stderr.String(), "persistent: still running after 20s\n")
		assert.Contains(t, d.stderr.String(), "persistent: still running after 30s\n"+
			"  create aws:s3:Bucket b1, for 30s: [1/2] waiting for an address\n  create aws:s3:Bucket b2, for 30s\n")
		assert.Contains(t, d.stderr.String(), "b5, for 30s\n  and 1 more\n")
		assert.NotContains(t, d.stderr.String(), "aws:s3:Bucket b0")
		assert.NotContains(t, d.stdout.String(), "still running")
	}
}

func TestWatchedWriter(t *testing.T) {
	t.Parallel()
	var to buffer
	w := &watchedWriter{to: &to}
	w.beat("1 ")
	fmt.Fprint(w, "said ")
	w.beat("2 ")
	w.beat("3 ")
	w.set(true, true)
	w.beat("4 ")
	w.beat("5 ")
	w.set(true, false)
	w.beat("6 ")
	w.beat("7 ")
	assert.Equal(t, "1 said 3 7 ", to.String())
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"plain-1_2./:=,@%+": "plain-1_2./:=,@%+", "": "''", "a b": "'a b'", "$x": "'$x'", "it's": `'it'\''s'`, "ä": "'ä'",
	} {
		assert.Equal(t, want, shellQuote(word))
	}
}
