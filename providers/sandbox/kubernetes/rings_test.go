package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRingsThatTakeNothing(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	for chart, values := range map[string][2]fields{
		"loki": {
			fields{"write": fields{"replicas": 1.0}}, fields{"write": fields{"replicas": 1.0}, "loki": fields{"commonConfig": fields{"replication_factor": 1.0}}},
		},
		"mimir-distributed": {
			fields{"ingester": fields{"replicas": 1.0}}, fields{"ingester": fields{"replicas": 1.0}, "mimir": fields{"structuredConfig": fields{
				"ingester": fields{"ring": fields{"replication_factor": 1.0}}}}},
		},
	} {
		_, problem := c.install(releaseInputs(chart, "default", fields{"values": values[0]}))
		assert.Contains(t, problem, "at least 2 live replicas required, could only find 1", chart)
		c.mustInstall(releaseInputs(chart, "default", fields{"values": values[1]}))
	}
}

func TestDisksOfNodeClasses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		alias, device string
		doubts        int
	}{
		"bottlerocket":       {"bottlerocket@v1.40.0", "/dev/xvdb", 0},
		"its system's":       {"bottlerocket@v1.40.0", "/dev/xvda", 1},
		"amazon linux":       {"al2023@latest", "/dev/xvda", 0},
		"windows":            {"windows2022@latest", "/dev/xvda", 1},
		"windows, its first": {"windows2022@latest", "/dev/sda1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := openCluster(t)
			said := 0
			c.provider.LogTo(func(diag.Severity, resource.URN, string) { said++ })
			urn, inputs := object(nodeClassType, "sessions", fields{"spec": fields{
				"amiSelectorTerms":    []any{fields{"alias": test.alias}},
				"blockDeviceMappings": []any{fields{"deviceName": test.device, "ebs": fields{"volumeSize": "100Gi"}}},
			}})
			_, err := c.provider.Check(t.Context(), plugin.CheckRequest{URN: urn, News: inputs})
			require.NoError(t, err)
			assert.Equal(t, test.doubts, said)
		})
	}
}
