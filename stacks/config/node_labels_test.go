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
