package config

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const targetsDir = "../../testdata/targets"

func load(t *testing.T, name string) *Target {
	t.Helper()
	tree, err := OpenTree(targetsDir)
	require.NoError(t, err)
	target, err := tree.Load(name)
	require.NoError(t, err)
	return target
}

func TestTargetsLoadWithoutProblem(t *testing.T) {
	t.Parallel()
	tree, err := OpenTree(targetsDir)
	require.NoError(t, err)
	assert.Subset(t, tree.Names(), []string{
		"adopted01-production", "azure01-staging", "demo01-staging", "main01-staging", "minimal01-staging", "tailscale01-staging",
	})
	assert.True(t, slices.IsSorted(tree.Names()))
	for _, name := range tree.Names() {
		target, err := tree.Load(name)
		require.NoError(t, err, name)
		assert.Empty(t, target.Warnings, name)
		assert.Equal(t, name, target.Name)
		assert.Equal(t, name, target.CompoundName())
	}
}

func TestDemoTarget(t *testing.T) {
	t.Parallel()
	target := load(t, "demo01-staging")
	w := target.AWSWorkload
	require.NotNil(t, w)
	assert.Equal(t, []string{"analytics", "main"}, target.SiteNames())
	assert.Equal(t, "999988887777", target.ControlRoom.AccountID())
	assert.Equal(t, map[string]string{"connect": "pub.d.example", "workbench": "workbench.d.example", "packageManager": "packagemanager.d.example"},
		target.SiteFiles["main"].Hosts("d.example"))
	assert.Equal(t, map[string]string{"connect": "connect.d.example", "workbench": "lab.d.example"}, target.SiteFiles["analytics"].Hosts("d.example"),
		"packageManager has no replicas")
	assert.True(t, target.SiteFiles["main"].FQDNHealthChecks())
	assert.False(t, target.SiteFiles["analytics"].FQDNHealthChecks())
	assert.Equal(t, []string{"sol_eng"}, w.ExtraPostgresDBNames())
	assert.Equal(t, "main01-staging.mimir-auth.posit.team", w.MimirAuthSecretName())

	cluster := w.Clusters["20250115"]
	assert.Equal(t, TaintEffect("NoSchedule"), cluster.AdditionalNodeGroups["gpu"].Taints[0].Effect)
	assert.Equal(t, "NO_SCHEDULE", cluster.AdditionalNodeGroups["gpu"].Taints[0].Effect.EKS())
	assert.Equal(t, 0, cluster.AdditionalNodeGroups["gpu"].DesiredSize, "desired is the minimum")
	pool := cluster.KarpenterConfig.NodePools[0]
	assert.Equal(t, []KarpenterTaint{{Key: "workload-type", Value: "session", Effect: "NoSchedule"}}, pool.EffectiveTaints())
	assert.Equal(t, []string{"5"}, pool.Requirements[1].Values, "an unquoted number is its text")
	assert.Equal(t, "100", pool.Limits.CPU)
	assert.Equal(t, "Exists", cluster.TeamOperatorTolerations[0].Operator)
}

func TestAccountIDsAreTheirDigits(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "444455556666", load(t, "minimal01-staging").AccountID())
	assert.Equal(t, "012345678901", load(t, "adopted01-production").AccountID())
	for _, id := range []string{"012345670123", `"012345670123"`, "'012345670123'", "000000000000", "098765432109", "0x1234567890", "0o1234567012"} {
		target, err := Parse("a-staging", "ptd.yaml", []byte(awsSpec("account_id: "+id)))
		if id[1] == 'x' || id[1] == 'o' {
			assert.ErrorContains(t, err, "12 digits")
			continue
		}
		require.NoError(t, err, id)
		assert.Equal(t, trimQuotes(id), target.AccountID())
	}
}

func TestOtherTargets(t *testing.T) {
	t.Parallel()
	adopted := load(t, "adopted01-production")
	assert.Nil(t, adopted.ControlRoom, "its control room is kept elsewhere")
	assert.Equal(t, "10.42.0.0/16", adopted.AWSWorkload.ResolvedVpcCIDR())
	assert.True(t, adopted.AWSWorkload.MultiAZDatabase())
	assert.True(t, adopted.AWSWorkload.EFSNeeded())

	tailscale := load(t, "tailscale01-staging")
	assert.True(t, tailscale.TailscaleEnabled())
	assert.Equal(t, "SINGLE_AZ_HA_2", tailscale.AWSWorkload.FSxDeploymentType())
	assert.Equal(t, "50", tailscale.AWSWorkload.Clusters["20250201"].RoutingWeight)
	assert.Equal(t, "v1.20.0", tailscale.AWSWorkload.Clusters["20250201"].OperatorImage())

	azure := load(t, "azure01-staging")
	cluster := azure.AzureWorkload.Clusters["20250115"]
	assert.Equal(t, "1.32.4", cluster.KubernetesVersion)
	assert.Equal(t, "managedNATGateway", cluster.OutboundType.AKS())
	assert.Equal(t, []string{"2", "3"}, cluster.UserNodePools[0].AvailabilityZones)
	assert.True(t, cluster.UserNodePools[0].EnableAutoScaling)
	assert.Equal(t, 2, cluster.UserNodePools[0].InitialCount)
	assert.Equal(t, "main01-staging", azure.ControlRoom.Name)
}
