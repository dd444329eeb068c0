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

func TestClusterWarnings(t *testing.T) {
	t.Parallel()
	target := parse(t, "demo01-staging", awsSpec("vpc_cidr: 172.16.0.0/20", "clusters:", "  20250115:",
		"    spec: {additional_node_groups: {gpu: {labels: {team: data, cost centre: 7}}}}",
		"  20250116: {spec: {calico_enabled: false}}"))
	got := warnings(target)
	assert.Contains(t, got, "spec.clusters.20250115.spec.pod_cidr: 172.16.0.0/16 overlaps the VPC's 172.16.0.0/20")
	assert.NotContains(t, got, "20250116")
	assert.Contains(t, got, "labels.cost centre: is not a label that nodes can have: it becomes a tag of the node group only")
	assert.NotContains(t, got, "labels.team")
}
