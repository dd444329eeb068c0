package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// workbench is a sandbox, and ptd as a process of its own.
type workbench struct {
	t         testing.TB
	directory string
	program   string
	targets   string // the targets directory
}

func newWorkbench(t testing.TB) *workbench {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	targets, err := filepath.Abs("../../testdata/targets")
	require.NoError(t, err)
	w := &workbench{t: t, directory: t.TempDir(), targets: targets}
	// The test binary is ptd when it is called so, see TestMain.
	w.program = filepath.Join(w.directory, "ptd")
	require.NoError(t, os.Symlink(self, w.program))
	require.NoError(t, os.Mkdir(w.path("sandbox"), 0o700))
	return w
}

func (w *workbench) path(parts ...string) string {
	return filepath.Join(append([]string{w.directory}, parts...)...)
}

// editTarget replaces a text in a target's ptd.yaml, of which the first edit makes a
// copy.
func (w *workbench) editTarget(target, old, new string) {
	w.t.Helper()
	if own := w.path("targets"); w.targets != own {
		require.NoError(w.t, os.CopyFS(own, os.DirFS(w.targets)))
		w.targets = own
	}
	file := filepath.Join(w.targets, "__work__", target, "ptd.yaml")
	content, err := os.ReadFile(file)
	require.NoError(w.t, err)
	require.Equal(w.t, 1, strings.Count(string(content), old))
	require.NoError(w.t, os.WriteFile(file, []byte(strings.Replace(string(content), old, new, 1)), 0o600))
}

// copy makes a workbench of its own with the same targets and the same sandbox.
func (w *workbench) copy(t testing.TB) *workbench {
	t.Helper()
	other := newWorkbench(t)
	require.NoError(t, os.CopyFS(other.path("targets"), os.DirFS(w.targets)))
	other.targets = other.path("targets")
	require.NoError(t, os.CopyFS(other.path("sandbox"), os.DirFS(w.path("sandbox"))))
	return other
}

func (w *workbench) command(arguments ...string) *exec.Cmd {
	command := exec.Command(w.program, arguments...)
	command.Dir = w.directory
	command.Env = []string{
		"HOME=" + w.directory, "PTD_SANDBOX=1", "PTD_SANDBOX_DIR=" + w.path("sandbox"), "PTD_TARGETS_CONFIG_DIR=" + w.targets,
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
	if errors.Is(err, fs.ErrNotExist) { // nothing was made yet
		return nil
	}
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

// slow leaves a test out of `make test-fast`.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow: runs whole targets, several times")
	}
}

// TestKilledRunsConverge kills ptd at many points of a first run, of a run that applies
// a changed configuration and of a destroy: before and after operations of the cloud,
// and at any moment, state being written or not. Run again, the cloud is the same as
// after an undisturbed run, with nothing made twice and nothing forgotten.
func TestKilledRunsConverge(t *testing.T) {
	slow(t)
	const target = "minimal01-staging"
	empty, demo := newWorkbench(t), newWorkbench(t)
	applied := newWorkbench(t)
	applied.editTarget(target, "  region: us-west-2\n",
		"  region: us-west-2\n  protect_persistent_resources: false\n  force_destroy_buckets: true\n")
	applied.must("ensure", target, "-a")
	changed := applied.copy(t)
	changed.editTarget(target, "  sites:\n", "  resource_tags: {team: one}\n  sites:\n    second:\n      spec: {domain: second.staging.example.com}\n")
	for _, scenario := range []struct {
		name      string
		start     *workbench
		arguments []string
		points    int // before and after operations
		moments   int
	}{
		{"first run", empty, []string{"ensure", target, "-a"}, 20, 6},
		{"first run of the demo", demo, []string{"ensure", "demo01-staging", "-a"}, 30, 0},
		{"change", changed, []string{"ensure", target, "-a"}, 8, 6},
		{"destroy", applied, []string{"ensure", target, "-a", "--destroy"}, 8, 4},
	} {
		undisturbed := scenario.start.copy(t)
		began := time.Now()
		summary := changes(t, undisturbed.must(append(scenario.arguments, "--json")...))
		duration := time.Since(began)
		want := keys(undisturbed.objects())
		operations := summary["create"] + summary["update"] + summary["delete"] + 2*summary["replace"]
		converges := func(t *testing.T, w *workbench, thoroughly bool) {
			w.must("ensure", scenario.arguments[1], "--cancel")
			w.must(scenario.arguments...)
			assert.Equal(t, want, keys(w.objects()))
			if thoroughly && !slices.Contains(scenario.arguments, "--destroy") {
				again := changes(t, w.must(append(scenario.arguments, "--json", "--refresh")...))
				assert.Zero(t, again["create"])
			}
		}
		for point := range scenario.points {
			nth := 1 + point*(operations*2/3)/scenario.points // components are no operations of the cloud
			when := []string{"before", "after"}[point%2]
			t.Run(fmt.Sprintf("%s, %s operation %d", scenario.name, when, nth), func(t *testing.T) {
				t.Parallel()
				w := scenario.start.copy(t)
				w.faults(`[{"nth": %d, "exit": %q}]`, nth, when)
				_, stderr, status := w.run(scenario.arguments...)
				require.Equal(t, 137, status, stderr)
				require.NoError(t, os.Remove(w.path("sandbox", "faults.json")))
				converges(t, w, point%4 == 1)
			})
		}
		for moment := range scenario.moments {
			after := duration * time.Duration(moment+1) / time.Duration(scenario.moments+1)
			t.Run(fmt.Sprintf("%s, moment %d", scenario.name, moment), func(t *testing.T) {
				t.Parallel()
				w := scenario.start.copy(t)
				command := w.command(scenario.arguments...)
				require.NoError(t, command.Start())
				time.Sleep(after)
				require.NoError(t, command.Process.Kill())
				_ = command.Wait()
				converges(t, w, true)
			})
		}
	}
}

// TestInterrupt interrupts a run in the middle of an operation: the operation ends,
// state is written, the status is 1, and the next run goes on.
func TestInterrupt(t *testing.T) {
	slow(t)
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
	slow(t)
	t.Parallel()
	w := newWorkbench(t)
	var said strings.Builder
	secrets := map[string]string{}
	say := func(want int, arguments ...string) {
		stdout, stderr, status := w.run(arguments...)
		require.Equal(t, want, status, "%v: %s", arguments, stderr)
		said.WriteString(stdout + stderr)
		maps.Copy(secrets, secretsOf(t, w.objects()))
	}
	w.editTarget("demo01-staging", "  db_allocated_storage: 100", "  protect_persistent_resources: false\n  db_allocated_storage: 100")
	say(0, "ensure", "demo01-staging", "--dry-run")
	w.faults(`[{"type": "postgresql:index/role:Role", "operation": "create", "error": "permission denied"}]`)
	say(1, "ensure", "demo01-staging", "-a", "--verbose")
	require.NoError(t, os.Remove(w.path("sandbox", "faults.json")))
	say(0, "ensure", "demo01-staging", "-a", "--verbose")
	say(0, "ensure", "demo01-staging", "-a", "--json", "--refresh")
	say(0, "outputs", "demo01-staging")
	say(0, "outputs", "demo01-staging", "--json")
	say(0, "sandbox", "list")
	say(0, "ensure", "demo01-staging", "--destroy", "--dry-run", "--json")
	// A run that the guard stops.
	w.editTarget("demo01-staging", "    analytics:\n", "    other:\n")
	say(1, "ensure", "demo01-staging", "-a", "--verbose")
	require.True(t, strings.Contains(said.String(), "would destroy what cannot be made again"))
	w.editTarget("demo01-staging", "    other:\n", "    analytics:\n")
	say(0, "ensure", "demo01-staging", "-a", "--destroy", "--verbose")
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
