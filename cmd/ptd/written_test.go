package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/ensure"
)

// full is a stream on a disk that is full.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestFullOutput pins that no command succeeds when what it has to say is lost, and that it
// says so once.
func TestFullOutput(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{
		{}, {"--help"}, {"--version"}, {"version"}, {"version", "--json"}, {"help"}, {"help", "ensure"}, {"ensure", "--help"},
		{"completion", "bash"}, {"completion", "--help"}, {"__complete", "--", ""}, {"hash", "demo01-staging"},
		{"targets"}, {"targets", "--json"}, {"config", "show"}, {"config", "show", "--json"}, {"config", "path"}, {"config"}, {"config", "init"},
		{"outputs", "demo01-staging", "--sandbox"}, {"outputs", "demo01-staging", "--sandbox", "--json"},
		{"sandbox", "list"}, {"sandbox", "list", "--json"},
		{"ensure", "demo01-staging", "--sandbox"}, {"ensure", "demo01-staging", "--sandbox", "--json"},
		{"ensure", "demo01-staging", "--sandbox", "-l"}, {"ensure", "demo01-staging", "--sandbox", "-l", "--json"},
	} {
		d := newDesk(t)
		d.runner.steps = []ensure.Step{{Name: "bootstrap"}}
		d.runner.values = map[string]map[string]any{"persistent": {"vpc": "vpc-1"}}
		d.runner.play = func(_ context.Context, ui ensure.UserInterface) ensure.Summary {
			summary := ensure.Summary{Target: "demo01-staging", Result: ensure.Succeeded}
			ui.Event(summary)
			return summary
		}
		d.system.stdout = full{}
		assert.Equal(t, 1, d.run(words...), "%q", words)
		assert.Contains(t, d.stderr.String(), "error: write to the standard output: no space left on device\n", "%q", words)
		assert.NotRegexp(t, `(?s)error: .*error: `, d.stderr.String(), "%q", words)

		d.system.stdout, d.system.stderr = &d.stdout, full{}
		assert.Equal(t, 1, d.run("ensure", "nowhere"), "a message that is lost")
	}
}
