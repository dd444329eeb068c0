package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the published examples and guides of the Python programs have, and their latest
// version reads, loads. (docs/reference/config-and-cli.md 1)
func TestPublishedConfigurations(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/demo01-staging/ptd.yaml": awsSpec(
			"control_room_account_id: 999988887777", "control_room_cluster_name: main01-staging", "control_room_domain: ctrl.example.com",
			"domain_source: ROUTE53_PRIVATE_ZONE", "autoscaling_enabled: true", "hosted_zone_id: Z0123456789ABCDEFGHIJ",
			"sites:", "  main: {spec: {domain: a.example.com, tls_secrets: [{hosts: [a.example.com], secret_name: a-tls}]}}",
			"clusters:", "  20250115: {spec: {cluster_name: x, node_group_min_size: 2, k8s_version: \"1.30\", subnet_ids: [a]}}",
			"  20250415:", "    spec:", "      components: {karpenter_version: 1.9.0}", "      karpenter_config:", "        node_pools:",
			"          - {name: pool, expireAfter: 720h, requirements: [{key: cpu, operator: Gte, values: [4]}, {key: cpu, operator: Lte, values: [\"16\"]}]}"),
		"__work__/demo01-staging/site_main/site.yaml":          "spec: {workbench: {sessionLabels: {sourceField: \"spec.containers[0].args\", sourceKey: --groups, searchRegex: _g_, trimPrefix: _, labelKeyPrefix: group-, reprocess: false}}}\n",
		"__work__/demo01-staging/customizations/manifest.yaml": "version: 1\nsettings: {requireApproval: true, timeout: 60}\ncustomSteps: []\n",
	})
	target, err := tree.Load("demo01-staging")
	require.NoError(t, err)
	w := target.AWSWorkload
	assert.Equal(t, "us-east-2", w.ControlRoomRegion)
	assert.Equal(t, "Z0123456789ABCDEFGHIJ", w.Sites["main"].ZoneID)
	assert.Nil(t, w.Clusters["20250115"].KarpenterConfig)
	assert.Equal(t, "720h", w.Clusters["20250415"].KarpenterConfig.NodePools[0].ExpireAfter)
	assert.True(t, target.SiteFiles["main"].SessionLabels())
	var warned []string
	for _, warning := range target.Warnings {
		warned = append(warned, strings.TrimPrefix(warning.Path+": "+warning.Text, "spec."))
	}
	assert.ElementsMatch(t, []string{
		"control_room_region: is not given, so it is us-east-2, the default: write it down",
		"domain_source: accepted without effect: nothing reads it",
		"hosted_zone_id: is taken for sites.main.spec.zone_id: move it there",
		"sites.main.spec.tls_secrets: accepted without effect: the load balancer ends TLS, with certificate_arn or a certificate of ptd's",
		"clusters.20250115.spec.cluster_name: accepted without effect: nothing reads it",
		"clusters.20250115.spec.node_group_min_size: accepted without effect: nothing reads it",
		"clusters.20250115.spec.k8s_version: accepted without effect: nothing reads it",
		"clusters.20250115.spec.subnet_ids: accepted without effect: nothing reads it",
		"clusters.20250115.spec.karpenter_config: is not given: release 20250115 gets Karpenter's roles and queue, and neither Karpenter nor node pools",
		"clusters.20250415.spec.karpenter_config.node_pools[0].name: pool pool has no requirement on kubernetes.io/arch, so its nodes may be arm64 " +
			"(Graviton, often the cheapest), where images for amd64 alone do not run: add {key: kubernetes.io/arch, operator: In, values: [amd64]}, " +
			"or [amd64, arm64] where all images have both",
		"settings: accepted without effect: nothing reads it",
	}, warned)
}

// Without a region a control room is looked for where it is, if the tree has it.
func TestControlRoomRegionOfTheControlRoom(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/demo01-staging/ptd.yaml": awsSpec("control_room_account_id: \"123456789012\"", "control_room_cluster_name: main01-staging", "control_room_domain: ctrl.example.com"),
		"__ctrl__/main01-staging/ptd.yaml": controlRoomSpec("region: eu-west-1"),
	})
	target, err := tree.Load("demo01-staging")
	require.NoError(t, err)
	assert.Equal(t, "eu-west-1", target.AWSWorkload.ControlRoomRegion)
	require.Len(t, target.Warnings, 1)
	assert.Equal(t, "is not given, so it is eu-west-1, where control room main01-staging is: write it down", target.Warnings[0].Text)
}

func TestHostedZoneOfAnotherSite(t *testing.T) {
	t.Parallel()
	_, err := Parse("demo01-staging", "ptd.yaml", []byte(awsSpec("hosted_zone_id: Z0123456789ABCDEFGHIJ",
		"sites: {main: {spec: {domain: a.example.com, zone_id: Z9876543210ABCDEFGHIJ}}}")))
	assert.EqualError(t, err, `ptd.yaml:6:19: spec.hosted_zone_id: "Z0123456789ABCDEFGHIJ" is not the zone_id of site main, which is "Z9876543210ABCDEFGHIJ": remove one`)
}

func TestOlderThan(t *testing.T) {
	t.Parallel()
	for version, older := range map[string]bool{"1.6.0": true, "v1.8.9": true, "0.37.0": true, "1.9.0": false, "1.10.1": false, "2.0.0": false, "main": false, "": false, "1.x": false} {
		assert.Equal(t, older, OlderThan(version, 1, 9), version)
	}
}
