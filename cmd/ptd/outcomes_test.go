package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRandomOutcomes runs the command with the real runner over a sandbox in which any
// step may fail, may be declined for want of a terminal, or may have nothing to do:
// nothing runs after a step that did not succeed, each selected step ends once, and
// the exit status says what happened.
func TestRandomOutcomes(t *testing.T) {
	slow(t)
	faults := map[string]string{ // by the step that fails
		"persistent":      `{"type": "aws:rds/instance:Instance", "operation": "create", "error": "no capacity"}`,
		"postgres_config": `{"type": "postgresql:index/role:Role", "operation": "create", "error": "permission denied"}`,
		"":                "",
	}
	names := []string{"persistent", "postgres_config", "", "", ""}
	targets, err := filepath.Abs("../../testdata/targets")
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(3, 4))
	d := newDesk(t)
	seen := map[int]int{}
	for range 24 {
		if random.IntN(3) == 0 {
			require.NoError(t, os.RemoveAll(d.path("sandbox")))
		}
		fails := names[random.IntN(len(names))]
		require.NoError(t, os.MkdirAll(d.path("sandbox"), 0o700))
		require.NoError(t, os.WriteFile(d.path("sandbox/faults.json"), []byte("["+faults[fails]+"]"), 0o600))
		words := []string{"ensure", "minimal01-staging", "--json", "--sandbox", "--sandbox-dir", d.path("sandbox"), "--targets-config-dir", targets}
		for flag, odds := range map[string]int{"--auto-apply": 4, "--dry-run": 1, "--detailed-exitcode": 3, "--refresh": 1} {
			if random.IntN(6) < odds {
				words = append(words, flag)
			}
		}
		d.stdout.Reset()
		d.stderr.Reset()
		status := run(context.Background(), words, d.system, ensureRunner{})
		seen[status]++

		finished, stopped := map[string]string{}, false
		var summary struct {
			Result, Error string
			Changes       map[string]int
			Steps         []struct{ Step, Result string }
		}
		for line := range strings.Lines(d.stdout.String()) {
			var event struct{ Event, Step, Result string }
			require.NoError(t, json.Unmarshal([]byte(line), &event), line)
			switch event.Event {
			case "step_started":
				require.False(t, stopped, "%v: %s starts after a step that did not succeed", words, event.Step)
			case "step_finished":
				require.Empty(t, finished[event.Step])
				finished[event.Step] = event.Result
				require.Equal(t, stopped, event.Result == "skipped", line)
				stopped = stopped || event.Result == "failed" || event.Result == "declined"
			case "summary":
				require.NoError(t, json.Unmarshal([]byte(line), &summary))
			}
		}
		require.NotEmpty(t, summary.Result, "%v: %s", words, d.stderr.String())
		require.Len(t, finished, len(summary.Steps))
		for _, step := range summary.Steps {
			require.Equal(t, finished[step.Step], step.Result)
		}
		changes := summary.Changes["create"]+summary.Changes["update"]+summary.Changes["replace"]+summary.Changes["delete"] > 0
		want := exitSuccess
		switch {
		case stopped:
			want = exitFailure
			require.NotEmpty(t, summary.Error)
		case changes && strings.Contains(strings.Join(words, " "), "--detailed-exitcode"):
			want = exitChanges
		}
		require.Equal(t, want, status, "%v fails %q: %+v", words, fails, summary)
	}
	for _, status := range []int{exitSuccess, exitFailure, exitChanges} {
		require.NotZero(t, seen[status], "the mixes are not mixed: %v", seen)
	}
}
