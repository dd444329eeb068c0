package engine

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each plugin gets its own environment and programs, over those that all have.
func TestEnvironmentOfPlugins(t *testing.T) {
	t.Parallel()
	plugins := Plugins{
		Environment: map[string]map[string]string{"kubernetes": {"SETTING": "own"}, "eks": {"PATH": "/own"}},
		Programs: func(name string) (string, error) {
			switch name {
			case "aws":
				return "", nil
			case "broken":
				return "", errors.New("no room")
			}
			return "/programs/" + name, nil
		},
	}
	given := env.MapStore{"PATH": "/given", "SETTING": "given"}
	got := map[string]string{}
	for name, store := range map[string]env.MapStore{"kubernetes": given, "eks": given, "aws": given, "bare": {}, "empty": {"PATH": ""}} {
		environment, err := plugins.environment(name, store)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = environment["PATH"] + " " + environment["SETTING"]
	}
	colon := string(os.PathListSeparator)
	assert.Equal(t, map[string]string{
		"kubernetes": "/programs/kubernetes" + colon + "/given own", "eks": "/programs/eks" + colon + "/own given", "aws": "/given given",
		"bare":  "/programs/bare" + colon + os.Getenv("PATH") + " ",
		"empty": "/programs/empty ", // an empty element is the working directory
	}, got, "PATH and SETTING by plugin")
	if given["PATH"] != "/given" {
		t.Errorf("the engine's own environment is now %v", given)
	}
	host := NewHost(plugins)
	session, err := host.newSession(t.Context(), Operation{}, nil, nil, unheard)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	_, err = session.Provider(descriptor("broken"), env.NewEnv(given))
	if err == nil || !strings.Contains(err.Error(), `start provider "broken": no room`) {
		t.Errorf("got error %v", err)
	}
}

// The engine asks nobody for plugins that are simulated, and in a sandbox for none that
// the state names.
func TestInstalledPlugins(t *testing.T) {
	t.Parallel()
	before := &deploy.Snapshot{Resources: []*resource.State{
		{Type: "pulumi:providers:azure-native", URN: "urn:pulumi:target::project::pulumi:providers:azure-native::main"},
		{Type: "test:index:Thing", URN: "urn:pulumi:target::project::test:index:Thing::database"},
	}}
	simulated := map[string]func() (plugin.Provider, error){"test": nil}
	for only, want := range map[bool][]string{true: {"azure-native", "test"}, false: {"test"}} {
		var names []string
		list, err := NewHost(Plugins{Simulated: simulated, OnlySimulated: only}).installed(before)
		require.NoError(t, err)
		for _, installed := range list {
			path, err := workspace.GetPluginPath(t.Context(), discard(), descriptor(installed.Name), list)
			if err != nil || path == "" {
				t.Errorf("the engine would look for %s: %v", installed.Name, err)
			}
			names = append(names, installed.Name)
		}
		slices.Sort(names)
		assert.Equal(t, want, names, "only simulated: %v", only)
	}
}

// Nor does it fetch versions of which nothing runs, because another serves: in a sandbox
// with a real part the one that is installed, elsewhere that of the program.
func TestVersionsThatNobodyFetches(t *testing.T) {
	home := t.TempDir()
	t.Setenv("PULUMI_HOME", home)
	require.NoError(t, os.MkdirAll(filepath.Join(home, "plugins", "resource-real-v1.10.0"), 0o700))
	before := &deploy.Snapshot{}
	for _, version := range []string{"1.2.0", "1.5.0", "1.10.0", "2.0.0"} {
		for _, name := range []string{"real", "own", "other"} {
			before.Resources = append(before.Resources, &resource.State{
				Type: tokens.Type("pulumi:providers:" + name), URN: resource.URN("urn:pulumi:target::project::pulumi:providers:" + name + "::a" + version),
				Inputs: resource.PropertyMap{"version": resource.NewStringProperty(version)},
			})
		}
	}
	for name, test := range map[string]struct {
		plugins Plugins
		want    []string
	}{
		"a real part": {Plugins{OnlySimulated: true, Real: map[string]RealPlugin{"real": {}}}, []string{"other", "own", "real 1.2.0", "real 1.5.0", "real 2.0.0"}},
		"no sandbox":  {Plugins{Versions: map[string]semver.Version{"own": semver.MustParse("1.5.0")}}, []string{"own 1.2.0"}},
	} {
		list, err := NewHost(test.plugins).installed(before)
		require.NoError(t, err)
		var names []string
		for _, plugin := range list {
			if plugin.Version != nil {
				plugin.Name += " " + plugin.Version.String()
			}
			names = append(names, plugin.Name)
		}
		slices.Sort(names)
		assert.Equal(t, test.want, names, name)
	}
}
