package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCandidates(t *testing.T) {
	d := newDesk(t)
	d.write("infra/__work__/demo01-staging/customizations/manifest.yaml", "version: 1\ncustomSteps:\n- {name: extra, path: extra}\n")
	d.write("infra/__work__/demo01-staging/customizations/extra/main.go", "package main\n")
	d.write("infra/__work__/demo01-staging/customizations/extra/go.mod", "module extra\n")
	d.targets("elsewhere")
	d.write("elsewhere/__work__/other01-staging/ptd.yaml", "")
	for _, test := range []struct {
		words []string
		want  string
	}{
		{[]string{"e"}, "ensure"},
		{[]string{""}, "ensure outputs targets hash sandbox config version completion"},
		{nil, "ensure outputs targets hash sandbox config version completion"},
		{[]string{"sandbox", ""}, "list reset"},
		{[]string{"ensure", ""}, "demo01-staging main01-staging"},
		{[]string{"ensure", "-n", "d"}, "demo01-staging"},
		{[]string{"ensure", "demo01-staging", ""}, ""},
		{[]string{"ensure", "--targets-config-dir", "elsewhere", "o"}, "other01-staging"},
		{[]string{"--targets-config-dir=elsewhere", "hash", "o"}, "other01-staging"},
		{[]string{"ensure", "--targets-config-dir", "nowhere", ""}, ""},
		{[]string{"ensure", "--targets-config-dir", "el"}, "elsewhere/"},
		{[]string{"ensure", "--targets-config-dir", "infra/"}, "infra/__ctrl__/ infra/__work__/"},
		{[]string{"ensure", "demo01-staging", "--start-at-step", "p"}, "persistent postgres_config persistent_reprise"},
		{[]string{"ensure", "main01-staging", "--start-at-step", "w"}, ""}, // ptd has no steps for it yet
		{[]string{"ensure", "demo01-staging", "--start-at-step=ex"}, "--start-at-step=extra"},
		{[]string{"ensure", "demo01-staging", "--only-steps", "persistent,b"}, "persistent,bootstrap"},
		{[]string{"ensure", "demo01-staging", "--only-steps=persistent,b"}, "--only-steps=persistent,bootstrap"},
		{[]string{"ensure", "--only-steps", "b"}, "bootstrap"},
		{[]string{"ensure", "--only-steps", "a"}, ""},
		{[]string{"ensure", "--preview="}, "--preview=false --preview=true"},
		{[]string{"ensure", "--d"}, "--dry-run --destroy --detailed-exitcode"},
		{[]string{"ensure", "demo01-staging", "--sand"}, "--sandbox --sandbox-dir --sandbox-real --sandbox-real-no-await"},
		{[]string{"ensure", "--sandbox-real", "k"}, "kubernetes="},
		{[]string{"ensure", "--", "--d"}, ""},
		{[]string{"outputs", "demo01-staging", "b"}, "bootstrap"},
		{[]string{"completion", ""}, "bash fish zsh"},
		{[]string{"nonsense", ""}, ""},
		{[]string{"ensure", "--nonsense", "demo"}, "demo01-staging"},
		{[]string{"__comp"}, ""},
	} {
		require.Equal(t, 0, d.run(append([]string{"__complete", "--"}, test.words...)...))
		var found []string
		for line := range strings.Lines(d.stdout.String()) {
			value, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			found = append(found, value)
		}
		assert.Equal(t, test.want, strings.Join(found, " "), "%q", test.words)
		assert.Empty(t, d.stderr.String())
	}
}

func TestCompletionScripts(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "complete -F _ptd ptd", "zsh": "#compdef ptd", "fish": "complete -c ptd -f",
	} {
		d := newDesk(t)
		require.Equal(t, 0, d.run("completion", shell))
		assert.Contains(t, d.stdout.String(), want)
		assert.Contains(t, d.stdout.String(), "__complete -- ")
	}
}

// TestShells has each shell that is there read its script, and bash complete with it.
func TestShells(t *testing.T) {
	for shell, script := range completionScripts {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("no %s here", shell)
			continue
		}
		command := exec.Command(path, "-n", "/dev/stdin")
		command.Stdin = strings.NewReader(script)
		output, err := command.CombinedOutput()
		assert.NoError(t, err, string(output))
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	d := newDesk(t)
	require.NoError(t, os.Symlink(self, d.path("ptd")))
	for words, want := range map[string]string{
		"ensure d": "demo01-staging",
		"ensure demo01-staging --only-steps = boot": "bootstrap",
		"ensure demo01-staging --only-steps boot":   "bootstrap",
		"ensure --dry": "--dry-run",
		"out":          "outputs",
	} {
		command := exec.Command(bash, "-c", bashCompletion+
			"COMP_WORDS=("+d.path("ptd")+" "+words+"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); _ptd; echo \"${COMPREPLY[*]}\"")
		command.Dir = d.path()
		command.Env = []string{"HOME=" + d.path("home"), "PTD_TARGETS_CONFIG_DIR=" + d.path("infra")}
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
		assert.Equal(t, want+"\n", string(output), words)
	}
}
