package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure"
)

// hostile is what somebody might put into a name or a message: colours, the title of the
// window, a link, another line, a C1 control, an override of the direction, what is not seen.
const hostile = "a\x1b[31mred\x1b]0;title\a\x1b]8;;https://evil\x1b\\link\r\nerror: forged\u009b2J\u202Eabc\u200b\u2066\ufeff\x7f\x08b"

// requireTame checks that a text moves no terminal and begins no line that is forged.
func requireTame(t *testing.T, text string) {
	t.Helper()
	require.NotEmpty(t, text)
	for _, r := range text {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || strings.ContainsRune("\u202e\u200b\u2066\ufeff", r)) {
			t.Fatalf("%q has %q", text, r)
		}
	}
	require.NotContains(t, "\n"+text, "\nerror: forged")
}

// TestOutsideIsEscaped puts what is hostile into everything that is shown.
func TestOutsideIsEscaped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	run := func(words ...string) {
		t.Helper()
		d.run(words...)
		for _, text := range []string{d.stdout.String(), d.stderr.String()} {
			if text != "" {
				requireTame(t, text)
			}
		}
		require.NotEmpty(t, d.stdout.String()+d.stderr.String())
	}
	d.runner.steps = []ensure.Step{{Name: hostile, Custom: true, Description: hostile}}
	d.runner.values = map[string]map[string]any{hostile: {hostile: hostile, "list": []any{hostile}}}
	d.runner.found = []ensure.Object{{Provider: hostile, Type: hostile, ID: hostile, Name: hostile, Account: hostile, Region: hostile}}
	d.write("infra/__work__/"+strings.ReplaceAll(hostile, "/", "")+"/ptd.yaml", "kind: \""+`\e[31m\nerror: forged`+"\"\n")
	d.write("ptdconfig.yaml", `"verbos\e[31m\nerror: forged": x`)
	d.write(".ptd/sandbox/cloud.json", "{}")
	d.runner.play = func(ctx context.Context, ui ensure.UserInterface) ensure.Summary {
		ui.Event(ensure.RunStarted{Target: hostile, Steps: []string{hostile}})
		ui.Event(ensure.StepStarted{Step: hostile, Stack: hostile})
		for _, urn := range []string{"", hostile} {
			ui.Event(ensure.ResourceChange{Operation: ensure.Create, URN: urn, Type: hostile, Name: hostile, Keys: []string{hostile}, Note: hostile})
			ui.Event(ensure.Diagnostic{Step: hostile, Severity: ensure.Warning, URN: urn, Message: hostile})
			ui.Event(ensure.Diagnostic{Step: hostile, Severity: ensure.Error, URN: urn, Message: hostile})
		}
		ui.Event(ensure.Progress{Operation: ensure.Create, URN: hostile, Type: hostile, Name: hostile, Status: hostile})
		d.ticks <- time.Unix(1_700_000_011, 0)
		d.ticks <- time.Unix(1_700_000_022, 0)
		_, _ = ui.Confirm(ctx, ensure.Question{Step: hostile, Destroy: true, Type: hostile})
		finished := ensure.StepFinished{Step: hostile, Result: ensure.Failed, Note: hostile}
		ui.Event(finished)
		summary := ensure.Summary{
			Target: hostile, Result: ensure.Failed, Steps: []ensure.StepFinished{finished}, Err: errors.New(hostile),
			Kept: []ensure.Kept{{Step: hostile, Type: hostile, Name: hostile, Reason: hostile}}, Resume: []string{"ensure", hostile},
		}
		ui.Event(summary)
		return summary
	}
	for _, words := range [][]string{
		{"ensure", "demo01-staging", "--sandbox"}, {"ensure", "demo01-staging", "--sandbox", "-l"}, {"ensure", "demo01-staging", "--sandbox", "--sandbox-dir", hostile},
		{"ensure", hostile}, {"ensure", "demo01-staging", "--" + hostile}, {hostile}, {"ensure", "demo01-staging", hostile},
		{"outputs", "demo01-staging", "--sandbox"}, {"outputs", "demo01-staging", hostile, "--sandbox"}, {"sandbox", "list"}, {"targets"}, {"config", "show"},
		{"config", "show", "--targets-config-dir", hostile}, {"config", "path"}, {"hash", hostile}, {"completion", hostile}, {"__complete", "--", "ensure", ""},
		{"targets", "--targets-config-dir", hostile}, {"targets", "-v"},
	} {
		run(words...)
		for _, json := range []string{"ensure demo01-staging --sandbox", "outputs demo01-staging --sandbox", "sandbox list", "targets", "config show"} {
			if strings.Join(words, " ") == json {
				run(append(words, "--json")...)
			}
		}
	}
	d.system.stdinTerminal, d.system.stderrTerminal, d.variables["NO_COLOR"] = true, false, "1"
	d.system.stdin = strings.NewReader("no\n")
	run("ensure", "demo01-staging", "--sandbox")
}

// TestJSONIsExact pins that escapes in JSON change no value.
func TestJSONIsExact(t *testing.T) {
	t.Parallel()
	value := map[string]string{"text": hostile + "ü☃\U0001F600\U000E0041<&>\\u0041"}
	var written bytes.Buffer
	require.NoError(t, writeJSON(&written, value, ""))
	requireTame(t, written.String())
	var read map[string]string
	require.NoError(t, json.Unmarshal(written.Bytes(), &read))
	assert.Equal(t, value, read)
	assert.Contains(t, written.String(), "ü☃\U0001F600", "what can be seen stays")
}

// TestLinesOfErrors pins that errors of ptd's own keep their lines.
func TestLinesOfErrors(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	require.NoError(t, say(&shown, "error: %s\n", lines("no\n  because\nnothing was applied\n")))
	assert.Equal(t, "error: no\n  because\n  nothing was applied\n", shown.String())
}

// TestShellQuote pins that a shell gets back every word, in one line.
func TestShellQuoteOfControls(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "'a b'", shellQuote("a b"))
	assert.Equal(t, `$'a\'s\n\\\x1b'`, shellQuote("a's\n\\\x1b"))
}
