package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// TestReleaseInputs compares what the plugin makes of the inputs of a release with what the
// sandbox does, also where the plugin is not configured, since the cluster is not there yet.
func TestReleaseInputs(t *testing.T) {
	_, kubeconfig := startAPIServer(t)
	urn := resource.NewURN("stack", "project", "", "kubernetes:helm.sh/v3:Release", "name")
	check := func(p *provider, inputs object) object {
		answer, err := p.Check(t.Context(), plugin.CheckRequest{URN: urn, News: sandbox.Properties(inputs), AllowUnknowns: true})
		require.NoError(t, err)
		require.Empty(t, answer.Failures)
		return sandbox.PlainMap(answer.Properties)
	}
	release := func(more object) object {
		// The plugin fetches no chart while an input is not known.
		whole := object{"chart": "loki", "name": "a", "version": sandbox.Unknown, "compat": "true"}
		for key, value := range more {
			whole[key] = value
		}
		return whole
	}
	for name, inputs := range map[string]object{
		"little":     release(nil),
		"repository": release(object{"repositoryOpts": object{"repo": "https://grafana.github.io/helm-charts"}, "namespace": "there", "atomic": true, "timeout": 600.0}),
		"values": release(object{"values": object{
			"a": 1.0, "none": nil, "unknown": sandbox.Unknown, "empty": object{}, "list": []any{"a", nil, sandbox.Unknown}, "no": []any{}, "text": "",
			"below": object{"none": nil, "unknown": sandbox.Unknown, "no": []any{}, "b": "b"}, "objects": []any{object{"no": []any{}, "none": nil, "c": true}},
		}}),
		"nulls":          release(object{"allowNullValues": true, "values": object{"none": nil, "unknown": sandbox.Unknown, "no": []any{}, "a": "a"}}),
		"unknown values": release(object{"values": sandbox.Unknown}),
		"not awaited":    release(object{"skipAwait": true, "timeout": 5.0}),
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, check(newPlugin(t, kubeconfig), inputs), check(newSimulation(t), inputs))
		})
	}
}

// TestUnconfigured compares what both answer while the cluster is not there yet.
func TestUnconfigured(t *testing.T) {
	answers := func(p *provider) []any {
		_, err := p.Configure(t.Context(), plugin.ConfigureRequest{Inputs: sandbox.Properties(object{"kubeconfig": sandbox.Unknown, "clusterIdentifier": "main"})})
		require.NoError(t, err)
		urn := resource.NewURN("stack", "project", "", configMap, "name")
		inputs := sandbox.Properties(object{"apiVersion": "v1", "kind": "ConfigMap"})
		checked, err := p.Check(t.Context(), plugin.CheckRequest{URN: urn, News: inputs, AllowUnknowns: true})
		require.NoError(t, err)
		created, err := p.Create(t.Context(), plugin.CreateRequest{URN: urn, Properties: inputs, Preview: true})
		require.NoError(t, err)
		updated, err := p.Update(t.Context(), plugin.UpdateRequest{URN: urn, ID: "default/name", OldInputs: inputs, OldOutputs: inputs, NewInputs: inputs, Preview: true})
		require.NoError(t, err)
		read, err := p.Read(t.Context(), plugin.ReadRequest{URN: urn, ID: "default/name"})
		require.NoError(t, err)
		_, err = p.Diff(t.Context(), plugin.DiffRequest{URN: urn, ID: "default/name", OldInputs: inputs, OldOutputs: inputs, NewInputs: inputs, AllowUnknowns: true})
		require.Error(t, err)
		return []any{checked.Properties, checked.Failures, created.Properties, created.ID, updated.Properties, read.Inputs, read.Outputs, read.ID, err}
	}
	assert.Equal(t, answers(startPlugin(t)), answers(startSimulation(t)))
}
