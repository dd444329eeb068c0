package step

import (
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
	manifest := func(steps ...config.CustomStep) *config.Target {
		for i := range steps {
			steps[i].Enabled = steps[i].Name != "disabled"
			if steps[i].Path == "" {
				steps[i].Path = "program"
			}
		}
		return &config.Target{
			Name: "demo01-staging", Kind: config.KindAWSWorkload, File: "ptd.yaml", AWSWorkload: &config.AWSWorkload{Region: "us-east-2"},
			Customizations: &config.Manifest{File: "customizations/manifest.yaml", CustomSteps: steps},
		}
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

	_, err = standard.MergeCustom(manifest(config.CustomStep{Name: "helm"}))
	require.ErrorContains(t, err, "has the name of a standard step")
}
