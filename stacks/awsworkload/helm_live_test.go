package awsworkload

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/charts"
)

// What is live stays, and a ring that cannot do without one of its pods is named, until the
// configuration says how many there are.
func TestLiveRings(t *testing.T) {
	t.Parallel()
	const none = "<nil>"
	const live = "write:\n  replicas: 2\ningester:\n  replicas: 2\n"
	for name, test := range map[string]struct {
		given          int
		values         string
		replicas       string
		copies         string
		says, saysNone string
	}{
		"old default":             {0, live, "2", none, "stays at 2 replicas, of which 2 must be there", ""},
		"the same number":         {2, live, "2", none, "stays at 2 replicas, of which 2 must be there", ""},
		"another number":          {3, live, "3", none, "changes ", "stays at 2 replicas"},
		"fewer":                   {1, live, "1", "1", "changes ", "stays at 2 replicas"},
		"never took anything":     {1, strings.ReplaceAll(live, "2", "1"), "1", "1", "changes ", "stays at"},
		"unreplicated":            {0, live + "loki:\n  commonConfig:\n    replication_factor: 1\nmimir:\n  structuredConfig:\n    ingester:\n      ring:\n        replication_factor: 1\n", "2", "1", "stays at 2 replicas, with which it was installed", ""},
		"nothing in it of number": {0, "{}\n", "3", none, "", "stays at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
				cluster := w.Clusters["20250115"]
				if test.given > 0 {
					cluster.Components.LokiReplicas, cluster.Components.MimirReplicas = test.given, test.given
					cluster.Components.Given = config.GivenKeys{"loki_replicas": true, "mimir_replicas": true}
				}
				w.Clusters["20250115"] = cluster
			})
			in.Existing = map[string]charts.Existing{"20250115": {Live: map[string]*kubernetes.LiveChart{
				"loki": {Version: "5.42.0", Values: test.values}, "mimir": {Version: "5.2.1", Values: test.values},
			}}}
			r := helmRecorder()
			_, log, err := runHelm(r, in)
			require.NoError(t, err)
			loki := monitoringValues(t, r, "demo01-staging-20250115-loki-helm-release")
			mimir := monitoringValues(t, r, "demo01-staging-20250115-mimir-helm-release")
			assert.Equal(t, test.replicas, fmt.Sprint(at(loki, "write", "replicas")))
			assert.Equal(t, test.replicas, fmt.Sprint(at(mimir, "ingester", "replicas")))
			assert.Equal(t, test.copies, fmt.Sprint(at(loki, "loki", "commonConfig", "replication_factor")))
			assert.Equal(t, test.copies, fmt.Sprint(at(mimir, "mimir", "structuredConfig", "ingester", "ring", "replication_factor")))
			said := strings.Join(log.said, "\n")
			for _, chart := range []string{"loki", "mimir"} {
				if test.says != "" {
					assert.True(t, slices.ContainsFunc(log.said, func(message string) bool {
						return strings.HasPrefix(message, "chart "+chart+" of release") && strings.Contains(message, test.says) ||
							strings.HasPrefix(message, "chart "+chart+", whose pods keep data, ") && strings.Contains(message, test.says)
					}), "%s: %s", chart, said)
				}
			}
			if test.saysNone != "" {
				assert.NotContains(t, said, test.saysNone)
			}
			assert.Contains(t, said, "chart mimir of release 20250115 stays without memory of its own for ingesters")
			assert.Contains(t, said, "chart loki, whose pods keep data, changes ")
		})
	}
}

func TestNodesForMimir(t *testing.T) {
	t.Parallel()
	_, log, err := runHelm(helmRecorder(), helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
		cluster := w.Clusters["20250115"]
		cluster.MPMinSize, cluster.AdditionalNodeGroups = 1, nil
		w.Clusters["20250115"] = cluster
	}))
	require.NoError(t, err)
	assert.Contains(t, strings.Join(log.said, "\n"), "Mimir of release 20250115 has 3 pods that keep samples, each on a node of its own that is not Karpenter's, "+
		"of which there are 1 at least: raise clusters.20250115.spec.mp_min_size, or some of them wait")
}

// Helm leaves the definitions of these charts alone.
func TestOldDefinitions(t *testing.T) {
	t.Parallel()
	in := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
		cluster := w.Clusters["20250115"]
		cluster.Components.Given = config.GivenKeys{"traefik_version": true, "traefik_forward_auth_version": true}
		w.Clusters["20250115"] = cluster
	})
	in.Existing = map[string]charts.Existing{"20250115": {Versions: map[string]string{"traefik": "33.2.1", "aws-load-balancer-controller": "1.6.0"}}}
	_, log, err := runHelm(helmRecorder(), in)
	require.NoError(t, err)
	assert.Equal(t, []string{"chart traefik of release 20250115 goes from version 33.2.1 to 37.1.2: Helm leaves its definitions as they are; " +
		"apply those of 37.1.2 before (kubectl apply --server-side --force-conflicts -f, the folder crds of the chart)"}, log.said)
}

// An older ptd sized the wrong disk: moving the size replaces the nodes of a pool.
func TestLiveBlockDevices(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		live map[string]string
		want string
		says int
	}{
		"new":          {nil, "/dev/xvdb", 0},
		"live":         {map[string]string{"/dev/xvda": "100Gi"}, "/dev/xvda", 1},
		"another size": {map[string]string{"/dev/xvda": "50Gi"}, "/dev/xvdb", 0},
		"moved":        {map[string]string{"/dev/xvdb": "100Gi"}, "/dev/xvdb", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
				cluster := w.Clusters["20250115"]
				cluster.KarpenterConfig = &config.KarpenterConfig{NodePools: []config.KarpenterNodePool{
					{Name: "sessions", RootVolumeSize: "100Gi", AMIAlias: "bottlerocket@v1.40.0"},
				}}
				w.Clusters["20250115"] = cluster
			})
			in.Existing = map[string]charts.Existing{"20250115": {BlockDevices: map[string]map[string]string{"sessions": test.live}}}
			r := helmRecorder()
			_, log, err := runHelm(r, in)
			require.NoError(t, err)
			class := r.Find(t, "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", "demo01-staging-20250115-karpenter-ec2nodeclass-sessions").Args()
			mapping := at(class, "spec", "blockDeviceMappings").([]any)[0].(map[string]any)
			assert.Equal(t, test.want, mapping["deviceName"])
			assert.Len(t, log.said, test.says, log.said)
		})
	}
}

// A public zone of the same name is not that of a private domain.
func TestExternalDNSInPrivateZones(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		private []string
		want    []any
	}{
		"public":  {nil, []any{"--aws-zone-match-parent"}},
		"private": {[]string{"main", "analytics"}, []any{"--aws-zone-type=private", "--aws-zone-match-parent"}},
		"both":    {[]string{"main"}, []any{"--aws-zone-match-parent", "--zone-id-filter=Z1", "--zone-id-filter=Z2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
				for _, name := range test.private {
					site := w.Sites[name]
					site.PrivateZone = true
					w.Sites[name] = site
				}
			})
			in.Persistent.ZoneIDs = pulumi.ToStringMap(map[string]string{"a": "Z2", "b": "Z1"}).ToStringMapOutput()
			r := mustRunHelm(t, in)
			assert.Equal(t, test.want, helmValues(t, r, "demo01-staging-20250115-external-dns")["extraArgs"])
		})
	}
}

func TestUnreachableLoadBalancer(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{true, false} {
		_, log, err := runHelm(helmRecorder(), helmIn(t, "adopted01-production", func(w *config.AWSWorkload) { w.PublicLoadBalancer = public }))
		require.NoError(t, err)
		assert.Equal(t, public, strings.Contains(strings.Join(log.said, "\n"), "set public_load_balancer: false"), log.said)
	}
}
