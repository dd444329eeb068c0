package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure"
)

// TestEnsureOptions pins what the flags become.
func TestEnsureOptions(t *testing.T) {
	urn := "urn:pulumi:demo01-staging::p::t::n"
	for typed, want := range map[string]ensure.Options{
		"":                       {Preview: true},
		"-n":                     {Preview: true, DryRun: true},
		"--preview=false -a":     {AutoApply: true},
		"-pr":                    {Preview: true, Refresh: true},
		"-c":                     {Preview: true, Cancel: true},
		"--cancel --force":       {Preview: true, Cancel: true, Force: true},
		"--destroy --dry-run -r": {Preview: true, Destroy: true, DryRun: true, Refresh: true},
		"--start-at-step helm --only-steps helm,sites --only-steps eks": {
			Preview: true, StartAtStep: "helm", OnlySteps: []string{"helm", "sites", "eks"},
		},
		"--target-resources " + urn + ",**b --exclude-resources " + urn + " --allow-replace " + urn + "," + urn + " --allow-replace " + urn: {
			Preview: true, TargetResources: []string{urn, "**b"}, ExcludeResources: []string{urn},
			AllowReplace: []string{urn, urn, urn},
		},
	} {
		d := newDesk(t)
		want.HistoryLimit = 20
		require.Equal(t, 0, d.run(append([]string{"ensure", "demo01-staging", "--sandbox"}, strings.Fields(typed)...)...), d.stderr.String())
		assert.Equal(t, want, d.runner.options, typed)
		assert.Equal(t, "demo01-staging", d.runner.target.Name)
		assert.Equal(t, d.path(".ptd/sandbox"), d.runner.sandbox)
	}
}

func TestListSteps(t *testing.T) {
	d := newDesk(t)
	d.runner.steps = []ensure.Step{
		{Name: "bootstrap"}, {Name: "extra", Custom: true, Proxy: true, Project: "ptd-aws-workload-extra", Description: "more"},
	}
	require.Equal(t, 0, d.run("ensure", "demo01-staging", "--sandbox", "-l"))
	assert.Equal(t, "bootstrap\nextra (custom)\n", d.stdout.String())
	assert.Empty(t, d.stderr.String())
	require.Equal(t, 0, d.run("ensure", "demo01-staging", "--sandbox", "-l", "--json"))
	assert.Equal(t, `{"step":"bootstrap","custom":false,"proxy":false}`+"\n"+
		`{"step":"extra","custom":true,"proxy":true,"project":"ptd-aws-workload-extra","description":"more"}`+"\n", d.stdout.String())
}

// TestSandboxDirectoryAlone pins that naming a sandbox never means the real clouds.
func TestSandboxDirectoryAlone(t *testing.T) {
	d := newDesk(t)
	assert.Equal(t, 1, d.run("ensure", "demo01-staging", "--sandbox-dir", "here"))
	assert.Contains(t, d.stderr.String(), "--sandbox-dir has no effect without --sandbox")
	d.variables["PTD_SANDBOX"] = "1"
	assert.Equal(t, 0, d.run("ensure", "demo01-staging", "--sandbox-dir", "here"))
	assert.Equal(t, d.path("here"), d.runner.sandbox)
	assert.Equal(t, 1, d.run("ensure", "demo01-staging", "--sandbox=false"))
}

func TestConfigurationProblems(t *testing.T) {
	d := newDesk(t)
	d.write("infra/__work__/demo01-staging/ptd.yaml", "apiVersion: posit.team/v1\nkind: AWSWorkloadConfig\nspec:\n  regoin: us-east-2\n")
	assert.Equal(t, 1, d.run("ensure", "demo01-staging", "--sandbox"))
	said := d.stderr.String()
	assert.Contains(t, said, "in the configuration\n")
	assert.Contains(t, said, "ptd.yaml:4:3: ")
	assert.Contains(t, said, "    4 |   regoin: us-east-2\n      |   ^")
	assert.Contains(t, said, `(did you mean "region"?)`)
	assert.Empty(t, d.runner.sandbox, "nothing was opened")

	assert.Equal(t, 1, d.run("targets"))
	assert.Contains(t, d.stdout.String(), "demo01-staging  (invalid)")
	assert.Contains(t, d.stdout.String(), "main01-staging  AWSControlRoomConfig  999988887777  us-east-2\n")
	assert.Contains(t, d.stderr.String(), "the configuration of 1 of 2 targets is wrong")
}

func TestTargets(t *testing.T) {
	d := newDesk(t)
	require.Equal(t, 0, d.run("targets"))
	assert.Equal(t, `NAME            KIND                  ACCOUNT       REGION
demo01-staging  AWSWorkloadConfig     444455556666  us-west-2
main01-staging  AWSControlRoomConfig  999988887777  us-east-2
`, d.stdout.String())
	require.Equal(t, 0, d.run("targets", "--json"))
	var listed []listedTarget
	require.NoError(t, json.Unmarshal([]byte(d.stdout.String()), &listed))
	assert.Equal(t, []listedTarget{
		{Name: "demo01-staging", Kind: "AWSWorkloadConfig", Account: "444455556666", Region: "us-west-2"},
		{Name: "main01-staging", Kind: "AWSControlRoomConfig", Account: "999988887777", Region: "us-east-2"},
	}, listed)
}

func TestOutputs(t *testing.T) {
	d := newDesk(t)
	d.runner.values = map[string]map[string]any{
		"persistent": {"vpc": "vpc-1", "password": "hunter22", "zones": []any{"a", "b"}},
		"bootstrap":  {"bucket": "b"},
	}
	d.variables["PTD_SANDBOX"] = "true"
	require.Equal(t, 0, d.run("outputs", "demo01-staging"))
	assert.Equal(t, "bootstrap:\n  bucket: b\npersistent:\n  password: [secret]\n  vpc: vpc-1\n  zones: [\"a\",\"b\"]\n", d.stdout.String())
	require.Equal(t, 0, d.run("outputs", "demo01-staging", "bootstrap", "--json"))
	assert.JSONEq(t, `{"bootstrap": {"bucket": "b"}}`, d.stdout.String())
	require.Equal(t, 0, d.run("outputs", "demo01-staging", "--show-secrets", "persistent"))
	assert.Contains(t, d.stdout.String(), "password: hunter22")
	assert.Equal(t, 1, d.run("outputs", "demo01-staging", "nothing"))
	assert.Equal(t, 4, d.runner.closed)
	d.runner.values = nil
	require.Equal(t, 0, d.run("outputs", "demo01-staging"))
	assert.Contains(t, d.stderr.String(), "has no outputs yet")
}

func TestSandboxCommands(t *testing.T) {
	d := newDesk(t)
	require.Equal(t, 0, d.run("sandbox", "list", "--json"))
	assert.Equal(t, "[]\n", d.stdout.String())
	assert.Contains(t, d.stderr.String(), "there is no sandbox at "+d.path(".ptd/sandbox"))
	require.Equal(t, 0, d.run("sandbox", "reset", "--yes"))
	assert.Empty(t, d.runner.reset+d.runner.sandbox)

	d.write(".ptd/sandbox/cloud.json", "{}")
	d.runner.found = []ensure.Object{
		{Provider: "aws", Type: "aws:ec2/vpc:Vpc", ID: "vpc-1", Name: "demo", Account: "1", Region: "us-east-2", External: true},
		{Provider: "random", Type: "random:index/id:Id", ID: "x"},
	}
	require.Equal(t, 0, d.run("sandbox", "list"))
	assert.Equal(t, `PROVIDER  TYPE                ID     NAME  ACCOUNT  REGION     OWNER
aws       aws:ec2/vpc:Vpc     vpc-1  demo  1        us-east-2  others
random    random:index/id:Id  x                                ptd
`, d.stdout.String())

	assert.Equal(t, 1, d.run("sandbox", "reset"))
	assert.Contains(t, d.stderr.String(), "without a terminal: pass --yes")
	d.system.stdinTerminal = true
	d.system.stdin = strings.NewReader("n\n")
	assert.Equal(t, 1, d.run("sandbox", "reset"))
	assert.Contains(t, d.stderr.String(), "declined")
	assert.Empty(t, d.runner.reset)
	d.system.stdin = strings.NewReader("y\n")
	assert.Equal(t, 0, d.run("sandbox", "reset"))
	assert.Equal(t, d.path(".ptd/sandbox"), d.runner.reset)
	d.runner.reset = ""
	assert.Equal(t, 0, d.run("sandbox", "reset", "-y"))
	assert.Equal(t, d.path(".ptd/sandbox"), d.runner.reset)
}

func TestConfigCommands(t *testing.T) {
	d := newDesk(t)
	require.Equal(t, 0, d.run("config", "path"))
	assert.Equal(t, strings.Join([]string{
		d.path("home/.config/ptd/ptdconfig.yaml"), d.path("home/.local/share/ptd/ptdconfig.yaml"),
		d.path("ptdconfig.yaml"), d.path("home/ptdconfig.yaml"), "",
	}, "\n"), d.stdout.String())

	require.Equal(t, 0, d.run("config", "init"))
	path := d.path("home/.config/ptd/ptdconfig.yaml")
	assert.Equal(t, path+"\n", d.stdout.String())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	require.NoError(t, os.WriteFile(path, []byte("verbose: false\ntargets_config_dir: mine\n"), 0o600))
	require.Equal(t, 0, d.run("config", "init"))
	assert.Contains(t, d.stderr.String(), path+" exists and is left as it is")

	require.Equal(t, 0, d.run("config", "show", "--sandbox"))
	shown := d.stdout.String()
	assert.Contains(t, shown, "file: "+path+"\n")
	assert.Contains(t, shown, "targets directory: "+d.path("mine")+" (file: "+path+")\n")
	assert.Regexp(t, `sandbox +true +flag: --sandbox\n`, shown)
	assert.Regexp(t, `sandbox_dir +\.ptd/sandbox +default\n`, shown)
	require.Equal(t, 0, d.run("config", "show", "--json"))
	var document shownSettings
	require.NoError(t, json.Unmarshal([]byte(d.stdout.String()), &document))
	assert.Equal(t, setting{d.path("mine"), fromFile, path}, document.Targets)
	assert.Len(t, document.Settings, len(settingKeys))
}

func TestHash(t *testing.T) {
	d := newDesk(t)
	require.Equal(t, 0, d.run("hash", "demo01-staging"))
	assert.Regexp(t, `^[0-9a-f]{6}\n$`, d.stdout.String())
	assert.Equal(t, 1, d.run("hash", "nobody"))
}

func TestVersion(t *testing.T) {
	d := newDesk(t)
	require.Equal(t, 0, d.run("version"))
	plain := d.stdout.String()
	assert.Contains(t, plain, "PTD CLI ")
	require.Equal(t, 0, d.run("--version"))
	assert.Equal(t, plain, d.stdout.String())

	info := &debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"},
	}}
	info.Main.Version = "(devel)"
	assert.Contains(t, describeBuild("", info).String(), "PTD CLI devel (commit 0123456789ab, modified; go")
	info.Main.Version = "v1.2.3"
	assert.Equal(t, "v1.2.3", describeBuild("", info).Version)
	assert.Equal(t, "v2", describeBuild("v2", info).Version)
	assert.Contains(t, describeBuild("", nil).String(), "PTD CLI devel (go")
}

func TestHelp(t *testing.T) {
	for typed, want := range map[string]string{
		"":                      "config",
		"--help":                "--targets-config-dir",
		"help":                  "completion",
		"help ensure":           "--allow-replace",
		"ensure --help":         "--detailed-exitcode",
		"ensure demo -h --json": "--start-at-step STEP",
		"sandbox":               "reset",
		"config show --help":    "ptd config show",
	} {
		d := newDesk(t)
		assert.Equal(t, 0, d.run(strings.Fields(typed)...), typed)
		assert.Contains(t, d.stdout.String(), want, typed)
		assert.NotContains(t, d.stdout.String(), "__complete")
	}
}

// TestHelpAsTarget pins that no target's name is taken for a command.
func TestHelpAsTarget(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, os.Rename(d.path("infra/__work__/demo01-staging"), filepath.Join(d.path("infra/__work__"), "help")))
	d.run("hash", "help")
	assert.NotContains(t, d.stdout.String(), "USAGE")
}

// TestVersionRunsNothing pins that a question for the version is none for a run.
func TestVersionRunsNothing(t *testing.T) {
	d := newDesk(t)
	require.Equal(t, 0, d.run("ensure", "demo01-staging", "--sandbox", "--version"))
	assert.Contains(t, d.stdout.String(), "PTD CLI ")
	assert.Empty(t, d.runner.sandbox)
}
