package ensure

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
)

// Every environment gives the kubernetes plugin its settings, and both plugins that run
// programs the running binary under the name that they use, until it is closed.
func TestPlugins(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	linked := &programs{}
	plugins := linked.serve(engine.Plugins{Environment: map[string]map[string]string{
		"kubernetes": {"PULUMI_K8S_DELETE_UNREACHABLE": "true"}, "postgresql": {"ALL_PROXY": "socks5://localhost:1080"},
	}})
	assert.Equal(t, map[string]map[string]string{
		"kubernetes": {
			"PULUMI_K8S_ENABLE_PATCH_FORCE": "false", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY": "true", "PULUMI_K8S_DELETE_UNREACHABLE": "true",
		},
		"postgresql": {"ALL_PROXY": "socks5://localhost:1080"},
	}, plugins.Environment, "environment")
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for plugin, program := range map[string]string{"kubernetes": "ptd", "eks": "aws"} {
		for range 2 {
			directory, err := plugins.Programs(plugin)
			if err != nil {
				t.Fatal(err)
			}
			entries, err := os.ReadDir(directory)
			if err != nil || len(entries) != 1 {
				t.Fatalf("%s runs %v, %v", plugin, entries, err)
			}
			if target, err := os.Readlink(filepath.Join(directory, program)); err != nil || target != binary {
				t.Errorf("%s of %s is %q, %v", program, plugin, target, err)
			}
		}
	}
	if directory, err := plugins.Programs("aws"); err != nil || directory != "" {
		t.Errorf("the plugin aws gets %q, %v", directory, err)
	}
	if err := linked.close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("Close leaves %v, %v", left, err)
	}

	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	if _, err := plugins.Programs("eks"); err == nil || !strings.Contains(err.Error(), "link aws to this binary for the plugin eks, which runs it") {
		t.Errorf("got error %v", err)
	}
	if err := linked.close(); err != nil {
		t.Error(err)
	}
}

func TestStandIn(t *testing.T) {
	for _, test := range []struct {
		args        []string
		code        int
		answered    bool
		out, errors string
	}{
		{args: []string{}},
		{args: []string{"/usr/bin/ptd", "ensure"}},
		{args: []string{"/programs/eks/aws", "--version"}, answered: true, out: "aws-cli/2."},
		{args: []string{"aws", "eks", "get-token"}, code: 2, answered: true, errors: "this is not the AWS CLI but ptd"},
		{args: []string{"aws"}, code: 2, answered: true, errors: "this is not the AWS CLI but ptd"},
	} {
		var out, wrong bytes.Buffer
		code, answered := StandIn(test.args, &out, &wrong)
		if code != test.code || answered != test.answered || !strings.HasPrefix(out.String(), test.out) || !strings.HasPrefix(wrong.String(), test.errors) ||
			(out.Len() == 0) != (test.out == "") || (wrong.Len() == 0) != (test.errors == "") {
			t.Errorf("%v: %d, %v, %q, %q", test.args, code, answered, out.String(), wrong.String())
		}
	}
	if code, answered := StandIn([]string{"aws", "--version"}, fullWriter{}, nil); code != 1 || !answered {
		t.Errorf("a full disk gives %d, %v", code, answered)
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// The versions that serve older requests are those that the programs are compiled with.
func TestVersionsAreThoseOfTheProgramsSDKs(t *testing.T) {
	t.Parallel()
	modules, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	for name, version := range versions {
		assert.Contains(t, string(modules), fmt.Sprintf("github.com/pulumi/pulumi-%s/sdk/v%d v%s\n", name, version.Major, version))
	}
}
