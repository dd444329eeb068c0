package awsworkload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/stacks/config"
)

// A cluster without a configuration of Karpenter has its roles and queue, and no chart.
func TestHelmWithoutKarpenterConfig(t *testing.T) {
	t.Parallel()
	without := func(w *config.AWSWorkload) {
		cluster := w.Clusters["20250115"]
		cluster.KarpenterConfig = nil
		w.Clusters["20250115"] = cluster
	}
	r := mustRunHelm(t, helmIn(t, "demo01-staging", without))
	for _, made := range r.All("") {
		assert.NotContains(t, made.Name, "karpenter", made.Type)
	}
	with := Parts(helmIn(t, "demo01-staging").Config)
	assert.Contains(t, with, "karpenter of release 20250115", "it can be taken away")
	assert.NotContains(t, Parts(helmIn(t, "demo01-staging", without).Config), "karpenter of release 20250115")
	clusters, _ := mustRunClusters(t, clustersIn(t, "demo01-staging", without))
	assert.NotEmpty(t, clusters.All("aws:sqs/queue:Queue"), "the AWS side")
}

// The operator labels sessions when a site asks for it, from the version on that can.
func TestHelmSessionLabels(t *testing.T) {
	t.Parallel()
	run := func(version string) (values map[string]any, err error) {
		in := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
			cluster := w.Clusters["20250115"]
			cluster.TeamOperatorChartVersion = version
			w.Clusters["20250115"] = cluster
		})
		in.SiteFiles["analytics"] = &config.SiteFile{Site: "analytics", Spec: map[string]any{
			"workbench": map[string]any{"sessionLabels": map[string]any{"searchRegex": "_g_"}},
		}}
		r := helmRecorder()
		if _, _, err := runHelm(r, in); err != nil {
			return nil, err
		}
		return helmValues(t, r, "demo01-staging-20250115-team-operator"), nil
	}
	values, err := run("v1.23.0")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"enable": true}, values["sessionGroupLabels"])
	_, err = run("v1.22.9")
	assert.ErrorContains(t, err, "site analytics has workbench.sessionLabels, which the Team Operator has since v1.23.0, and release 20250115 runs v1.22.9, "+
		"whose cluster refuses the site: set team_operator_chart_version of the release to a later version, or take the field away")
}

// A list of site.yaml takes the place of ptd's, unless ptd.yaml wants both.
func TestSiteLists(t *testing.T) {
	t.Parallel()
	gpu := map[string]any{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
	session := map[string]any{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"}
	for appends, want := range map[bool][]any{false: {gpu}, true: {session, gpu}} {
		in := sitesIn(t, "demo01-staging", func(w *config.AWSWorkload) { w.AppendSiteLists = appends })
		in.SiteFiles["analytics"] = &config.SiteFile{Site: "analytics", Spec: map[string]any{
			"workbench": map[string]any{"sessionTolerations": []any{gpu}},
		}}
		r := mustRunSites(t, in)
		workbench := spec(t, r, "demo01-staging-20250115-analytics")["workbench"].(map[string]any)
		assert.Equal(t, want, workbench["sessionTolerations"], "append_site_lists: %v", appends)
	}
}
