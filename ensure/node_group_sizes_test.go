package ensure

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNodeGroupSizes moves the bounds of a node group, past the size that it has: EKS
// would refuse that size. A second run changes nothing.
func TestNodeGroupSizes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("slow: several runs of the demo")
	}
	directory := t.TempDir()
	target := loadTarget(t, "demo01-staging")
	withSites(target, 1)
	for _, size := range []struct{ lowest, highest int }{{3, 6}, {5, 6}, {1, 2}, {1, 4}} {
		for release, cluster := range target.AWSWorkload.Clusters {
			cluster.MPMinSize, cluster.MPMaxSize = size.lowest, size.highest
			target.AWSWorkload.Clusters[release] = cluster
		}
		moved := converge(t, directory, target)
		require.NoError(t, moved.Err, "%d to %d nodes", size.lowest, size.highest)
		again := converge(t, directory, target)
		require.NoError(t, again.Err)
		for _, step := range again.Steps {
			assert.False(t, step.Changes.Any(), "step %s changes %+v in its second run", step.Step, step.Changes)
		}
	}
}
