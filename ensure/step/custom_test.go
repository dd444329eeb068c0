package step

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/stacks/config"
)

func TestMergeCustomSteps(t *testing.T) {
	standard := Pipeline{Config: map[string]string{"aws:region": "us-east-2"}}
	for _, name := range config.KindAWSWorkload.Steps() {
		standard.Steps = append(standard.Steps, &scripted{name: name})
	}
	names := func(steps []Step) []string {
		var found []string
		for _, step := range steps {
			found = append(found, step.describe().Name)
		}
		return found
	}
	directory := t.TempDir()
	manifest := func(steps ...config.CustomStep) *config.Target {
		for i := range steps {
			steps[i].Enabled = steps[i].Name != "disabled"
			if steps[i].Path == "" {
				steps[i].Path = "program"
			}
		}
		return &config.Target{
			Name: "demo01-staging", Kind: config.KindAWSWorkload, File: "ptd.yaml", AWSWorkload: &config.AWSWorkload{Region: "us-east-2"},
			Customizations: &config.Manifest{File: directory + "/manifest.yaml", CustomSteps: steps},
		}
	}
	require.NoError(t, os.Mkdir(filepath.Join(directory, "program"), 0o700))
	for _, file := range []string{"main.go", "go.mod"} {
		require.NoError(t, os.WriteFile(filepath.Join(directory, "program", file), nil, 0o600))
	}

	merged, err := standard.MergeCustom(manifest(
		config.CustomStep{Name: "second-after", InsertAfter: "persistent"},
		config.CustomStep{Name: "first-of-all", InsertBefore: "bootstrap"},
		config.CustomStep{Name: "third-after", InsertAfter: "persistent"},
		config.CustomStep{Name: "after-helm", InsertAfter: "helm"},
		config.CustomStep{Name: "disabled"},
		config.CustomStep{Name: "last"},
	))
	require.NoError(t, err)
	assert.Equal(t, []string{"first-of-all", "bootstrap", "persistent", "second-after", "third-after", "postgres_config",
		"eks", "clusters", "helm", "after-helm", "sites", "persistent_reprise", "last"}, names(merged.Steps))
	index := slices.IndexFunc(merged.Steps, func(step Step) bool { return step.describe().Name == "last" })
	assert.Equal(t, "ptd-aws-workload-last", merged.Steps[index].describe().Project)

	for problem, custom := range map[string]config.CustomStep{
		"has the name of a standard step": {Name: "helm"},
		"leaves the directory":            {Name: "escape", Path: "../../elsewhere"},
		"has no main.go":                  {Name: "empty", Path: "nothing"},
	} {
		_, err := standard.MergeCustom(manifest(custom))
		require.ErrorContains(t, err, problem)
	}
}
