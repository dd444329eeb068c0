package engine

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
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
	if diff := cmp.Diff(map[string]string{
		"kubernetes": "/programs/kubernetes" + colon + "/given own", "eks": "/programs/eks" + colon + "/own given", "aws": "/given given",
		"bare":  "/programs/bare" + colon + os.Getenv("PATH") + " ",
		"empty": "/programs/empty ", // an empty element is the working directory
	}, got); diff != "" {
		t.Errorf("PATH and SETTING by plugin (-want +got):\n%s", diff)
	}
	if given["PATH"] != "/given" {
		t.Errorf("the engine's own environment is now %v", given)
	}
	host := NewHost(plugins)
	session, err := host.newSession(t.Context(), Operation{}, nil, unheard)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	_, err = session.Provider(descriptor("broken"), env.NewEnv(given))
	if err == nil || !strings.Contains(err.Error(), `start provider "broken": no room`) {
		t.Errorf("got error %v", err)
	}
}
