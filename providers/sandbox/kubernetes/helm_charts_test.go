package kubernetes

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	layer "github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/sandbox"
)

// helmController puts a Helm controller and its definitions into a cluster.
func (c *fixture) helmController() {
	c.t.Helper()
	c.mustCreate(namespaceType, "helm-controller", nil)
	c.mustCreate(definitionType, "helmcharts.helm.cattle.io", helmDefinition())
	c.startController()
}

func helmDefinition() fields {
	return fields{"spec": fields{
		"group": "helm.cattle.io", "scope": "Namespaced", "names": fields{"kind": "HelmChart", "plural": "helmcharts"},
		"versions": []any{fields{"name": "v1", "served": true, "storage": true, "schema": fields{"openAPIV3Schema": fields{
			"type": "object", "properties": fields{"spec": fields{"type": "object", "properties": fields{
				"chart": fields{"type": "string"}, "repo": fields{"type": "string"}, "version": fields{"type": "string"},
				"targetNamespace": fields{"type": "string"}, "valuesContent": fields{"type": "string"}, "createNamespace": fields{"type": "boolean"},
				"failurePolicy": fields{"type": "string"},
			}}},
		}}}},
	}}
}

func (c *fixture) startController() {
	c.t.Helper()
	c.mustCreate(deploymentType, "helm-controller/helm-controller", fields{"spec": fields{
		"selector": fields{"matchLabels": fields{"app": "helm-controller"}},
		"template": fields{"metadata": fields{"labels": fields{"app": "helm-controller"}}, "spec": fields{"containers": []any{fields{
			"name": "helm-controller", "image": "ghcr.io/k3s-io/helm-controller:v0.16.10", "args": []any{"--namespace", "helm-controller"},
		}}}},
	}})
}

// helmChartFields is the inputs of a HelmChart of a chart in the catalogue.
func helmChartFields(chart, namespace, values string) fields {
	spec := fields{"targetNamespace": namespace, "version": versionOf(chart), "valuesContent": values}
	inputs := releaseInputs(chart, namespace, nil)
	spec["chart"] = inputs["chart"]
	if options, ok := inputs["repositoryOpts"].(fields); ok {
		spec["repo"] = options["repo"]
	}
	return fields{"spec": spec}
}

// change updates an object.
func (c *fixture) change(token, id string, changed fields) {
	c.t.Helper()
	urn, inputs := object(token, id, changed)
	_, err := c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: resource.ID(id), NewInputs: inputs})
	require.NoError(c.t, err)
}

// status asks how far the Helm controller is.
func (c *fixture) status(name string) layer.ChartStatus {
	c.t.Helper()
	cluster, err := Clusters(c.cloud, Options{}).Cluster(context.Background(), endpoint)
	require.NoError(c.t, err)
	status, err := cluster.Chart(context.Background(), "helm-controller", name)
	require.NoError(c.t, err)
	return status
}

func TestHelmChartIsInstalledByItsController(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.helmController()
	c.mustCreate(namespaceType, "loki", nil)
	created := c.mustCreate(helmChartType, "helm-controller/loki", helmChartFields("loki", "loki", "serviceAccount:\n  name: loki.posit.team\n"))
	assert.Equal(t, "helm-install-loki", sandbox.Plain(created.Properties["status"]).(fields)["jobName"])
	assert.Equal(t, layer.ChartStatus{State: layer.ChartInstalled}, c.status("loki"))
	assert.Contains(t, c.objects(), "ServiceAccount loki/loki.posit.team")

	_, problem := c.install(releaseInputs("loki", "loki", nil))
	assert.Equal(t, "install chart loki as loki in namespace loki: cannot re-use a name that is still in use", problem)

	urn, inputs := object(helmChartType, "helm-controller/loki", helmChartFields("loki", "loki", "serviceAccount:\n  name: other\n"))
	_, err := c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "helm-controller/loki", NewInputs: inputs})
	require.NoError(t, err)
	assert.Equal(t, layer.ChartInstalled, c.status("loki").State)
	assert.Contains(t, c.objects(), "ServiceAccount loki/other")
	assert.NotContains(t, c.objects(), "ServiceAccount loki/loki.posit.team")

	c.delete(helmChartType, "helm-controller/loki")
	assert.NotContains(t, strings.Join(c.objects(), "\n"), " loki/")
}

func TestWrongHelmCharts(t *testing.T) {
	t.Parallel()
	with := func(field string, value any) fields {
		chart := helmChartFields("loki", "loki", "")
		chart["spec"].(fields)[field] = value
		return chart
	}
	for name, test := range map[string]struct {
		chart fields
		want  string
	}{
		"chart":     {with("chart", "lokii"), `chart "lokii" version "5.48.0" not found in https://grafana.github.io/helm-charts repository: the sandbox knows no such chart there`},
		"version":   {with("version", "1.2"), `improper constraint: "1.2" is no version of chart "loki"`},
		"namespace": {with("targetNamespace", "absent"), `create: failed to create: namespaces "absent" not found`},
		"YAML":      {with("valuesContent", "a: b: c"), "failed to parse valuesContent: error converting YAML to JSON: it is no YAML map"},
		"list":      {with("valuesContent", "- a\n"), "failed to parse valuesContent: error converting YAML to JSON: it is no YAML map"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := openCluster(t)
			c.helmController()
			c.mustCreate(namespaceType, "loki", nil)
			c.mustCreate(helmChartType, "helm-controller/loki", test.chart) // the object itself is all right
			assert.Equal(t, layer.ChartStatus{State: layer.ChartFailed, Message: test.want}, c.status("loki"))
			assert.NotContains(t, strings.Join(c.objects(), "\n"), " loki/")
			c.delete(helmChartType, "helm-controller/loki")
		})
	}
}

func TestHelmChartWithAnUnknownField(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	_, err := c.create(helmChartType, "default/loki", nil)
	assert.EqualError(t, err, `no matches for kind "HelmChart" in version "helm.cattle.io/v1": its CustomResourceDefinition is not in the cluster`)
	c.helmController()
	_, err = c.create(helmChartType, "helm-controller/loki", fields{"spec": fields{"values": fields{}}})
	assert.EqualError(t, err, `HelmChart.helm.cattle.io "loki" is invalid: unknown field "spec.values"`)
}

func TestHelmChartWaitsForItsController(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustCreate(namespaceType, "helm-controller", nil)
	c.mustCreate(definitionType, "helmcharts.helm.cattle.io", helmDefinition())
	c.mustCreate(helmChartType, "helm-controller/metrics-server", helmChartFields("metrics-server", "kube-system", ""))
	c.mustCreate(helmChartType, "default/elsewhere", helmChartFields("metrics-server", "default", ""))
	assert.Equal(t, layer.ChartStatus{State: layer.ChartPending, Message: "no Helm controller runs for namespace helm-controller"}, c.status("metrics-server"))
	c.startController()
	assert.Equal(t, layer.ChartInstalled, c.status("metrics-server").State)
	assert.NotContains(t, c.objects(), "ServiceAccount default/metrics-server", "another namespace is not watched")

	c.delete(deploymentType, "helm-controller/helm-controller")
	assert.EqualError(t, c.remove(helmChartType, "helm-controller/metrics-server"),
		`HelmChart "helm-controller/metrics-server" cannot be deleted: timed out waiting for its finalizer wrangler.cattle.io/on-helm-chart-remove: no Helm controller runs that would uninstall the chart`)
	assert.NoError(t, c.remove(helmChartType, "default/elsewhere"), "no controller ever saw it")
	assert.ErrorContains(t, c.remove(namespaceType, "helm-controller"), "no Helm controller runs")
}

func TestNamespaceOfTheHelmController(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.helmController()
	c.mustCreate(helmChartType, "helm-controller/metrics-server", helmChartFields("metrics-server", "kube-system", ""))
	c.delete(namespaceType, "helm-controller")
	assert.Equal(t, []string{"CustomResourceDefinition helmcharts.helm.cattle.io"}, c.objects(), "its charts are uninstalled")
}

func TestFaultOfAChart(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(directory, "faults.json"), []byte(`[{"chart": "loki", "error": "ImagePullBackOff"}, {"chart": "other", "error": "no"}]`), 0o600))
	c := newClusterIn(t, directory, fields{"kubeconfig": testKubeconfig})
	c.helmController()
	c.mustCreate(namespaceType, "loki", nil)
	c.mustCreate(helmChartType, "helm-controller/loki", helmChartFields("loki", "loki", ""))
	assert.Equal(t, layer.ChartStatus{State: layer.ChartFailed, Message: "ImagePullBackOff"}, c.status("loki"))
	assert.Equal(t, layer.ChartStatus{State: layer.ChartInstalled}, c.status("loki"), "the job was tried again")
	_, problem := c.install(releaseInputs("metrics-server", "kube-system", fields{"name": "other"}))
	assert.Equal(t, "install chart metrics-server as other in namespace kube-system: no", problem)
}

func TestPreviewsOfCharts(t *testing.T) {
	t.Parallel()
	c := newCluster(t, fields{"kubeconfig": testKubeconfig})
	preview := func(urn resource.URN, inputs resource.PropertyMap) plugin.CreateResponse {
		checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: inputs})
		require.NoError(t, err)
		require.Empty(t, checked.Failures)
		created, err := c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: checked.Properties, Preview: true})
		require.NoError(t, err, urn)
		return created
	}
	unknowing := releaseInputs("loki", "absent", fields{"version": sandbox.Unknown, "values": fields{"loki": sandbox.Unknown}})
	release := preview(resource.NewURN("s", "p", "", releaseType, "a"), sandbox.Properties(unknowing))
	assert.True(t, release.Properties["status"].IsComputed())
	preview(resource.NewURN("s", "p", "", releaseType, "b"), sandbox.Properties(releaseInputs("loki", "absent", fields{"values": sandbox.Unknown})))
	for _, token := range []string{helmChartType, "kubernetes:traefik.io/v1alpha1:Middleware", "kubernetes:operator.tigera.io/v1:InstallationPatch", "kubernetes:core/v1:ConfigMapPatch"} {
		urn, inputs := object(token, "absent/main", fields{})
		if kind := strings.TrimSuffix(inputs["kind"].StringValue(), "Patch"); true {
			inputs["kind"] = resource.NewStringProperty(kind)
		}
		preview(urn, inputs)
	}
	urn, inputs := object(ingressType, "absent/main", fields{"spec": fields{
		"ingressClassName": "alb", "rules": []any{fields{"host": sandbox.Unknown}},
	}})
	assert.True(t, preview(urn, inputs).Properties["status"].IsComputed())

	// Of a cluster that is not there yet nothing is asked.
	c = newCluster(t, fields{"kubeconfig": sandbox.Unknown, "clusterIdentifier": "main"})
	assert.Empty(t, preview(urn, inputs).Properties)
	checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: resource.NewURN("s", "p", "", releaseType, "a"), News: sandbox.Properties(unknowing)})
	require.NoError(t, err)
	assert.Equal(t, plugin.CheckResponse{Properties: sandbox.Properties(unknowing)}, checked)
}

func TestFailedUpgradeOfAHelmChart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policy string
		kept   bool
		want   layer.ChartStatus
	}{
		"uninstalled by default": {"", false, layer.ChartStatus{State: layer.ChartFailed, Message: "no"}},
		"uninstalled":            {"reinstall", false, layer.ChartStatus{State: layer.ChartFailed, Message: "no"}},
		"left to people": {"abort", true, layer.ChartStatus{State: layer.ChartFailed,
			Message: "Release status is 'failed' and failure policy is 'abort', not 'reinstall'; waiting for operator intervention"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := t.TempDir()
			c := newClusterIn(t, directory, fields{"kubeconfig": testKubeconfig})
			c.helmController()
			c.mustCreate(namespaceType, "traefik", nil)
			c.mustCreate(helmChartType, "helm-controller/traefik", helmChartFields("traefik", "traefik", ""))
			require.Contains(t, c.objects(), "IngressClass traefik")

			failing := func() {
				require.NoError(t, os.WriteFile(filepath.Join(directory, "faults.json"), []byte(`[{"chart": "traefik", "error": "no"}]`), 0o600))
				c = newClusterIn(t, directory, fields{"kubeconfig": testKubeconfig})
			}
			failing()
			changed := helmChartFields("traefik", "traefik", "deployment: {replicas: 5}\n")
			if test.policy != "" {
				changed["spec"].(fields)["failurePolicy"] = test.policy
			}
			urn, inputs := object(helmChartType, "helm-controller/traefik", changed)
			_, err := c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "helm-controller/traefik", NewInputs: inputs})
			require.NoError(t, err)
			assert.Contains(t, c.objects(), "IngressClass traefik", "the upgrade alone takes nothing away")
			failing()
			assert.Equal(t, layer.ChartStatus{State: layer.ChartFailed, Message: "no"}, c.status("traefik"))
			if test.kept {
				assert.Contains(t, c.objects(), "IngressClass traefik")
			} else {
				assert.NotContains(t, c.objects(), "IngressClass traefik", "the next try uninstalls first")
			}
			assert.Equal(t, test.want, c.status("traefik"))
			if !test.kept {
				assert.Equal(t, layer.ChartInstalled, c.status("traefik").State)
				assert.Contains(t, c.objects(), "IngressClass traefik")
			}
		})
	}
}
