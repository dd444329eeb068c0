package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKubernetesLabels(t *testing.T) {
	t.Parallel()
	group := AWSNodeGroup{SystemNodes: true, Labels: map[string]string{
		"team": "data", "example.com/Tier": "a_b.c-1", "empty": "",
		"cost centre": "1", "note": "has blanks", "a/b/c": "x", "Example.com/x": "x", "-x": "x", "long": strings.Repeat("x", 64),
		"kubernetes.io/role": "x", "node.kubernetes.io/x": "x", "eks.amazonaws.com/nodegroup": "x", "/x": "x",
	}}
	assert.Equal(t, map[string]string{
		"team": "data", "example.com/Tier": "a_b.c-1", "empty": "", "posit.team/node-role": "system",
	}, group.KubernetesLabels())
	assert.Empty(t, AWSNodeGroup{}.KubernetesLabels())
}

func TestTagsThatNoAnnotationHolds(t *testing.T) {
	t.Parallel()
	got := warnings(parse(t, "demo01-staging", awsSpec("resource_tags: {owner: Data Platform, CostCenter: 80-4410}")))
	assert.Contains(t, got, "spec.resource_tags.owner: is not put on load balancers")
	assert.NotContains(t, got, "CostCenter")
}

func TestClusterWarnings(t *testing.T) {
	t.Parallel()
	target := parse(t, "demo01-staging", awsSpec("vpc_cidr: 172.16.0.0/20", "clusters:", "  20250115:",
		"    spec: {additional_node_groups: {gpu: {labels: {team: data, cost centre: 7}}}}",
		"  20250116: {spec: {calico_enabled: false}}"))
	got := warnings(target)
	assert.Contains(t, got, "spec.clusters.20250115.spec.pod_cidr: 172.16.0.0/16 overlaps the VPC's 172.16.0.0/20")
	assert.NotContains(t, got, "20250116.spec.pod_cidr")
	assert.Contains(t, got, "ptd.yaml:11:39: spec.clusters.20250116.spec.calico_enabled: without Calico nothing keeps pods from the metadata address")
	assert.Contains(t, got, "labels.cost centre: is not a label that nodes can have: it becomes a tag of the node group only")
	assert.NotContains(t, got, "labels.team")
}

// Nothing else keeps sites apart.
func TestTrustNeedsCalico(t *testing.T) {
	t.Parallel()
	for _, trust := range []string{"zero", "SAMESITE"} {
		_, err := Parse("demo01-staging", "ptd.yaml", []byte(awsSpec("network_trust: "+trust, "clusters:", "  20250115: {spec: {calico_enabled: false}}")))
		assert.ErrorContains(t, err, "spec.clusters.20250115.spec.calico_enabled: network_trust "+strings.ToUpper(trust)+
			" needs Calico, which alone keeps sites apart: set calico_enabled to true, or network_trust to FULL")
		parse(t, "demo01-staging", awsSpec("network_trust: "+trust, "clusters:", "  20250115: {spec: {}}"))
	}
}
