package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/charts"
)

// A version that nobody gave stays what it was, loudly; a given one counts.
func TestHelmAdoptedVersions(t *testing.T) {
	t.Parallel()
	in := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
		cluster := w.Clusters["20250115"]
		cluster.Components.Given = config.GivenKeys{"grafana_version": true, "traefik_forward_auth_version": true}
		w.Clusters["20250115"] = cluster
	})
	in.Existing = map[string]charts.Existing{
		"20250115": {Versions: map[string]string{
			"loki": "5.41.0", "grafana": "6.0.0", "team-operator": "v1.15.0", "karpenter": "1.5.0", "mimir": "5.2.1",
			"traefik-forward-auth-main": "0.0.13", "gone": "1.0.0", "alloy": "",
		}, KarpenterDefinitions: true},
		"20240101": {Versions: map[string]string{"traefik": "1.0.0"}},
	}
	r := helmRecorder()
	_, log, err := runHelm(r, in)
	if err != nil {
		t.Fatal(err)
	}
	version := func(name string) any {
		return r.Find(t, helmChartType, "demo01-staging-20250115-"+name).Args()["spec"].(map[string]any)["version"]
	}
	for name, want := range map[string]string{
		"loki-helm-release": "5.41.0", "grafana-helm-release": "7.0.14", "karpenter-helm-release": "1.5.0", "karpenter-crd-helm-release": "1.5.0",
		"mimir-helm-release": "5.2.1", "traefik-helm-release": "37.1.2",
	} {
		if got := version(name); got != want {
			t.Errorf("%s has version %v, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"team-operator": "v1.15.0", "traefik-forward-auth-main": "0.0.14"} {
		if got := r.Find(t, releaseType, "demo01-staging-20250115-"+name).Args()["version"]; got != want {
			t.Errorf("%s has version %v, want %s", name, got, want)
		}
	}
	stays := func(chart, adopted, fallback, key string) string {
		return fmt.Sprintf("chart %s of release 20250115 stays at version %s, with which it was installed; the default is %s: "+
			"set clusters.20250115.spec.%s to keep the one or to move to the other", chart, adopted, fallback, key)
	}
	want := []string{
		"chart alloy of release 20250115 was installed without a version, so that the one that is there is unknown; " +
			"it becomes 0.12.6, the default: set clusters.20250115.spec.components.alloy_version to choose",
		stays("karpenter", "1.5.0", "1.6.0", "components.karpenter_version"),
		stays("loki", "5.41.0", "5.42.0", "components.loki_version"),
		stays("team-operator", "v1.15.0", "v1.29.1", "team_operator_chart_version"),
	}
	r.Find(t, "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinitionPatch", "demo01-staging-20250115-karpenter-crd-nodepools.karpenter.sh")
	assert.Equal(t, want, slices.Sorted(slices.Values(log.said)), "warnings")
}

func TestHelmChartValuesOfTheUserWin(t *testing.T) {
	t.Parallel()
	r := mustRunHelm(t, helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
		cluster := w.Clusters["20250115"]
		cluster.ChartValues = map[string]map[string]any{
			"aws-load-balancer-controller": {"enableWaf": true, "serviceAccount": map[string]any{"name": "other"}},
			"external-dns":                 {"policy": "upsert-only"},
		}
		w.Clusters["20250115"] = cluster
	}))
	values := helmValues(t, r, "demo01-staging-20250115-aws-lbc-helm-release")
	assert.Equal(t, map[string]any{
		"clusterName": "demo01-staging-20250115", "hostNetwork": true, "enableWaf": true, "enableWafv2": false, "enableShield": false,
		"serviceAccount": map[string]any{
			"create": true, "name": "other", "annotations": map[string]any{"eks.amazonaws.com/role-arn": "arn:role/aws-load-balancer-controller"},
		},
	}, values, "values")
	if got := helmValues(t, r, "demo01-staging-20250115-external-dns")["policy"]; got != "upsert-only" {
		t.Errorf("policy %v", got)
	}
}

// Each chart of the Helm controller is waited for, in its own cluster, and before what
// needs it.
func TestHelmAwaitsCharts(t *testing.T) {
	t.Parallel()
	in := helmIn(t, "demo01-staging", addRelease)
	r := helmRecorder()
	var mu sync.Mutex
	awaited := map[string]int{}
	early := map[string]string{
		"aws-load-balancer-controller": "demo01-staging-20250115-traefik-helm-release", "traefik": "demo01-staging-20250115-traefik-ingress",
		"karpenter-crd": "demo01-staging-20250115-karpenter-helm-release", "karpenter": "demo01-staging-20250115-karpenter-nodepool-sessions",
		"secret-store-csi": "demo01-staging-20250115-traefik-forward-auth-main",
	}
	in.AwaitChart = func(_ context.Context, cluster, namespace, name string) error {
		mu.Lock()
		defer mu.Unlock()
		awaited[cluster+" "+namespace+"/"+name]++
		if later := early[name]; later != "" && strings.Contains(cluster, "20250115") &&
			slices.ContainsFunc(r.All(""), func(made componenttest.Registration) bool { return made.Custom && made.Name == later }) {
			return errors.New(later + " is there already")
		}
		return nil
	}
	var wanted []string
	outputs, _, err := runHelm(r, in)
	if err != nil {
		t.Fatal(err)
	}
	for release := range outputs.Clusters {
		for _, made := range r.All(helmChartType) {
			if strings.Contains(made.Name, release) {
				wanted = append(wanted, "arn:aws:eks:us-east-2:111122223333:cluster/demo01-staging-"+release+" "+made.Physical())
			}
		}
	}
	assert.Equal(t, slices.Sorted(slices.Values(wanted)), slices.Sorted(maps.Keys(awaited)), "charts")

	preview := helmRecorder()
	preview.Preview = true
	in.AwaitChart = func(context.Context, string, string, string) error { return errors.New("awaited in a preview") }
	if _, _, err := runHelm(preview, in); err != nil {
		t.Error(err)
	}
}

func TestHelmChartValuesWithoutAChart(t *testing.T) {
	t.Parallel()
	_, log, err := runHelm(helmRecorder(), helmIn(t, "adopted01-production", func(w *config.AWSWorkload) {
		cluster := w.Clusters["20250301"]
		cluster.ChartValues = map[string]map[string]any{"lokii": {}, "karpenter": {}, "loki": {}, "tigera-operator": {}}
		w.Clusters["20250301"] = cluster
	}))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, chart := range []string{"karpenter", "lokii"} {
		want = append(want, "clusters.20250301.spec.chart_values."+chart+" has no effect: the cluster has no such chart, but alloy, "+
			"aws-fsx-openzfs-csi, aws-load-balancer-controller, grafana, kube-state-metrics, loki, metrics-server, mimir, team-operator, traefik")
	}
	assert.Equal(t, want, log.said, "warnings")
}

func TestHelmChartThatIsNotInstalled(t *testing.T) {
	t.Parallel()
	in := helmIn(t, "demo01-staging")
	in.AwaitChart = func(_ context.Context, _, _, name string) error {
		if name == "loki" {
			return errors.New("its job failed")
		}
		return nil
	}
	_, _, err := runHelm(helmRecorder(), in)
	if want := "install chart loki 5.42.0 as loki in namespace loki: its job failed"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one that says %q", err, want)
	}
}
