package ensure

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ptdconfig "github.com/ptd-go/ptd/stacks/config"
)

// checkObjects holds every object that a converged target has in its clusters to what the
// real provider makes necessary (docs/reference/real-plugins.md 2): nothing goes without
// being awaited, or its successor meets it (row 10), unless it is never deleted; a patch is
// retained, and has read its object (rows 1 and 2).
func checkObjects(t *testing.T, directory string, target *ptdconfig.Target) {
	t.Helper()
	environment, err := OpenSandbox(directory)
	require.NoError(t, err)
	defer func() { require.NoError(t, environment.Close()) }()
	backend, err := environment.Backend(target)
	require.NoError(t, err)
	objects := 0
	for _, step := range []string{"eks", "clusters", "helm", "sites"} {
		stack := backend.Stack(target.Project(step), target.Name)
		if exists, err := stack.Exists(context.Background()); err != nil || !exists {
			require.NoError(t, err)
			continue
		}
		exported, err := stack.Export(context.Background())
		require.NoError(t, err)
		var state apitype.DeploymentV3
		require.NoError(t, json.Unmarshal(exported.Deployment, &state))
		read := map[string]bool{}
		for _, resource := range state.Resources {
			if resource.External {
				read[string(resource.Type)+" "+resource.URN.Name()] = true
			}
		}
		for _, resource := range state.Resources {
			if !strings.HasPrefix(string(resource.Type), "kubernetes:") || resource.External {
				continue
			}
			objects++
			metadata, _ := resource.Inputs["metadata"].(map[string]any)
			annotations, _ := metadata["annotations"].(map[string]any)
			if annotations["pulumi.com/skipAwait"] != nil || resource.Inputs["skipAwait"] == true {
				assert.True(t, resource.RetainOnDelete, "%s is not awaited", resource.URN)
			}
			if kind, patch := strings.CutSuffix(string(resource.Type), "Patch"); patch {
				assert.True(t, resource.RetainOnDelete, "%s takes away what it has set", resource.URN)
				assert.True(t, read[kind+" "+resource.URN.Name()+"-object"], "%s may make its object", resource.URN)
			}
		}
	}
	if len(target.AWSWorkload.Clusters) > 0 {
		assert.Greater(t, objects, 20)
	}
}
