package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// workbench is a sandbox, and ptd as a process of its own.
type workbench struct {
	t         testing.TB
	directory string
	program   string
}

func newWorkbench(t testing.TB) *workbench {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	w := &workbench{t: t, directory: t.TempDir()}
	// The test binary is ptd when it is called so, see TestMain.
	w.program = filepath.Join(w.directory, "ptd")
	require.NoError(t, os.Symlink(self, w.program))
	require.NoError(t, os.Mkdir(w.path("sandbox"), 0o700))
	return w
}

func (w *workbench) path(parts ...string) string {
	return filepath.Join(append([]string{w.directory}, parts...)...)
}

func (w *workbench) command(arguments ...string) *exec.Cmd {
	targets, err := filepath.Abs("../../testdata/targets")
	require.NoError(w.t, err)
	command := exec.Command(w.program, arguments...)
	command.Dir = w.directory
	command.Env = []string{
		"HOME=" + w.directory, "PTD_SANDBOX=1", "PTD_SANDBOX_DIR=" + w.path("sandbox"), "PTD_TARGETS_CONFIG_DIR=" + targets,
	}
	return command
}

// run runs ptd and returns its standard output, its standard error and its status.
func (w *workbench) run(arguments ...string) (stdout, stderr string, status int) {
	w.t.Helper()
	command := w.command(arguments...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(w.t, err)
	}
	return out.String(), errs.String(), command.ProcessState.ExitCode()
}

// must runs ptd, which must succeed.
func (w *workbench) must(arguments ...string) string {
	w.t.Helper()
	stdout, stderr, status := w.run(arguments...)
	require.Equal(w.t, 0, status, stderr)
	return stdout
}

func (w *workbench) faults(format string, args ...any) {
	require.NoError(w.t, os.WriteFile(w.path("sandbox", "faults.json"), fmt.Appendf(nil, format, args...), 0o600))
}

// objects reads the simulated cloud.
func (w *workbench) objects() map[string]json.RawMessage {
	w.t.Helper()
	content, err := os.ReadFile(w.path("sandbox", "cloud.json"))
	require.NoError(w.t, err)
	var document struct{ Objects map[string]json.RawMessage }
	require.NoError(w.t, json.Unmarshal(content, &document))
	return document.Objects
}

func keys(objects map[string]json.RawMessage) []string {
	names := make([]string, 0, len(objects))
	for name := range objects {
		// Random results are identified by chance.
		if !strings.HasPrefix(name, "random:") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func changes(t *testing.T, stdout string) map[string]int {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var summary struct {
		Event   string
		Changes map[string]int
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &summary))
	require.Equal(t, "summary", summary.Event)
	return summary.Changes
}

// TestKilledRunsConverge kills ptd at twenty points of a first run, before and after
// an operation of the cloud, and runs it again: in the end the cloud is the same as
// after an undisturbed run, with nothing made twice and nothing forgotten.
func TestKilledRunsConverge(t *testing.T) {
	undisturbed := newWorkbench(t)
	undisturbed.must("ensure", "minimal01-staging", "-a")
	want := keys(undisturbed.objects())
	const points = 20
	for point := range points {
		nth := 1 + point*(len(want)-8)/(points-1)
		when := []string{"before", "after"}[point%2]
		t.Run(fmt.Sprintf("%s operation %d", when, nth), func(t *testing.T) {
			t.Parallel()
			w := newWorkbench(t)
			w.faults(`[{"nth": %d, "exit": %q}]`, nth, when)
			_, stderr, status := w.run("ensure", "minimal01-staging", "-a")
			require.Equal(t, 137, status, stderr)
			require.NoError(t, os.Remove(w.path("sandbox", "faults.json")))
			w.must("ensure", "minimal01-staging", "--cancel")
			w.must("ensure", "minimal01-staging", "-a")
			assert.Equal(t, want, keys(w.objects()))
			assert.Equal(t, 0, changes(t, w.must("ensure", "minimal01-staging", "-a", "--json", "--refresh"))["create"])
		})
	}
}

// TestInterrupt interrupts a run in the middle of an operation: the operation ends,
// state is written, the status is 1, and the next run goes on.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	w := newWorkbench(t)
	w.faults(`[{"type": "aws:ec2/vpc:Vpc", "operation": "create", "delay": "3s"}]`)
	command := w.command("ensure", "minimal01-staging", "-a")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	require.NoError(t, command.Start())
	state := w.path("sandbox/state/minimal01-staging/.pulumi/stacks/ptd-aws-workload-persistent/minimal01-staging.json")
	require.Eventually(t, func() bool {
		content, _ := os.ReadFile(state + ".journal")
		return strings.Contains(string(content), "aws:ec2/vpc:Vpc")
	}, 30e9, 1e7, "the VPC is being made")
	require.NoError(t, command.Process.Signal(os.Interrupt))
	require.Error(t, command.Wait())
	require.Equal(t, 1, command.ProcessState.ExitCode(), stderr.String())
	assert.Contains(t, stderr.String(), "cancel")
	content, err := os.ReadFile(state)
	require.NoError(t, err)
	assert.Contains(t, string(content), `"vpc-`, "what was being made is in the state")
	require.NoError(t, os.Remove(w.path("sandbox", "faults.json")))
	w.must("ensure", "minimal01-staging", "-a")
	assert.Equal(t, map[string]int{"create": 0, "update": 0, "replace": 0, "delete": 0},
		withoutSame(changes(t, w.must("ensure", "minimal01-staging", "-a", "--json"))))
}

func withoutSame(changes map[string]int) map[string]int {
	delete(changes, "same")
	return changes
}

// TestSecretsStaySecret looks for every generated secret of a full run in all that
// ptd writes and says, except in the simulated cloud itself.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := newWorkbench(t)
	var said strings.Builder
	for _, arguments := range [][]string{
		{"ensure", "demo01-staging", "--dry-run"},
		{"ensure", "demo01-staging", "-a", "--verbose"},
		{"ensure", "demo01-staging", "-a", "--json", "--refresh"},
		{"outputs", "demo01-staging"},
		{"outputs", "demo01-staging", "--json"},
		{"sandbox", "list"},
		{"ensure", "demo01-staging", "--destroy", "--dry-run", "--json"},
	} {
		stdout, stderr, status := w.run(arguments...)
		require.Equal(t, 0, status, "%v: %s", arguments, stderr)
		said.WriteString(stdout + stderr)
	}
	secrets := secretsOf(t, w.objects())
	require.Greater(t, len(secrets), 15)
	require.NoError(t, filepath.WalkDir(w.path("sandbox", "state"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for name, secret := range secrets {
			assert.False(t, bytes.Contains(content, []byte(secret)), "%s holds %s", path, name)
		}
		return err
	}))
	for name, secret := range secrets {
		assert.False(t, strings.Contains(said.String(), secret), "ptd said %s", name)
	}
}

// secretsOf collects the generated secrets of a cloud by where they are.
func secretsOf(t *testing.T, objects map[string]json.RawMessage) map[string]string {
	t.Helper()
	found := map[string]string{}
	for key, raw := range objects {
		var object struct {
			Type            string
			Inputs, Outputs map[string]any
		}
		require.NoError(t, json.Unmarshal(raw, &object))
		switch object.Type {
		case "aws:secretsmanager/secret:Secret":
			text, _ := object.Outputs["secretString"].(string)
			var values map[string]string
			if json.Unmarshal([]byte(text), &values) != nil {
				continue
			}
			for name, value := range values {
				if strings.Contains(name, "password") || strings.Contains(name, "secret-key") {
					found[key+" "+name] = value
				}
			}
		case "random:index/randomPassword:RandomPassword":
			found[key], _ = object.Outputs["result"].(string)
		case "postgresql:index/role:Role":
			found[key], _ = object.Inputs["password"].(string)
		}
	}
	for name, value := range found {
		if len(value) < 12 {
			delete(found, name)
		}
	}
	return found
}
