package engine

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// startedHost keeps the environments that plugins were started with.
type startedHost struct {
	plugin.Host
	started map[string]env.Store
}

func (h startedHost) Provider(descriptor workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	h.started[descriptor.Name] = e.GetStore()
	return nil, nil
}

// Each plugin gets its own environment and programs, over those that all have.
func TestEnvironmentOfPlugins(t *testing.T) {
	t.Parallel()
	pulumi := startedHost{started: map[string]env.Store{}}
	h := &host{Host: pulumi, plugins: Plugins{
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
	}}
	given := env.NewEnv(env.MapStore{"PATH": "/given", "SETTING": "given"})
	for _, name := range []string{"kubernetes", "eks", "aws"} {
		if _, err := h.Provider(workspace.PluginDescriptor{Name: name}, given); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Provider(workspace.PluginDescriptor{Name: "bare"}, env.NewEnv(env.MapStore{})); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, store := range pulumi.started {
		path, _ := store.Raw("PATH")
		setting, _ := store.Raw("SETTING")
		got[name] = path + " " + setting
	}
	colon := string(os.PathListSeparator)
	if diff := cmp.Diff(map[string]string{
		"kubernetes": "/programs/kubernetes" + colon + "/given own", "eks": "/programs/eks" + colon + "/own given", "aws": "/given given",
		"bare": before("/programs/bare", env.MapStore{"PATH": os.Getenv("PATH")}) + " ",
	}, got); diff != "" {
		t.Errorf("PATH and SETTING by plugin (-want +got):\n%s", diff)
	}
	_, err := h.Provider(workspace.PluginDescriptor{Name: "broken"}, given)
	if err == nil || !strings.Contains(err.Error(), `start provider "broken": no room`) {
		t.Errorf("got error %v", err)
	}
	if got := before("/programs", env.MapStore{"PATH": ""}); got != "/programs" {
		t.Errorf("PATH is %q: an empty element is the working directory", got)
	}
}
