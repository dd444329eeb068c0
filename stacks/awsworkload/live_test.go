package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/componenttest"
	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/charts"
)

const (
	liveCluster = "tailscale01-staging-20250201"
	liveRole    = "arn:aws:iam::777788889999:role/"
)

// What is live keeps what it has where the configuration has only a default; a node group
// keeps its own version, and one that is new gets that of the cluster.
func TestEKSKeepsWhatIsLive(t *testing.T) {
	t.Parallel()
	existing := map[string]ExistingCluster{"20250201": {
		Version: "1.33", Calico: true, EBSDriverPolicy: "AmazonEBSCSIDriverPolicy",
		Addons:     map[string]string{"aws-ebs-csi-driver": "v1.40.0-eksbuild.1", "aws-secrets-store-csi-driver-provider": "v2.0.0-eksbuild.1"},
		NodeGroups: map[string]ExistingNodeGroup{liveCluster: {Min: 4, Max: 10, Asked: 4, Desired: 4, Version: "1.32"}},
	}}
	find := func(given config.GivenKeys) *componenttest.Recorder {
		r, _ := runEKS(t, load(t, "tailscale01-staging", eachCluster(func(c *config.AWSCluster) {
			c.Given, c.AdditionalNodeGroups = given, map[string]config.AWSNodeGroup{"new": {InstanceType: "t3.large", MinSize: 1, MaxSize: 1, AdditionalRootDiskSize: 200}}
			if given["cluster_version"] {
				c.ClusterVersion = "1.34"
			}
		})), existing)
		return r
	}
	policy := func(r *componenttest.Recorder) any {
		return r.Find(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", liveCluster+"-ebs-csi-driver").Args()["policyArn"]
	}
	r := find(nil)
	r.Find(t, "eks:index:Cluster", liveCluster).Want(t, map[string]any{"version": "1.33"})
	r.Find(t, "eks:index:ManagedNodeGroup", liveCluster).Want(t, map[string]any{"version": "1.32"})
	r.Find(t, "eks:index:ManagedNodeGroup", liveCluster+"-new").Want(t, map[string]any{"version": "1.33"})
	r.Find(t, "eks:index:Addon", liveCluster+"-ebs-csi").Want(t, map[string]any{"addonVersion": "v1.40.0-eksbuild.1"})
	r.Find(t, "eks:index:Addon", liveCluster+"-aws-secrets-store-csi-driver-provider").Want(t, map[string]any{"addonVersion": "v2.0.0-eksbuild.1"})
	assert.Equal(t, "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy", policy(r))

	r = find(config.GivenKeys{"cluster_version": true, "ebs_csi_addon_version": true, "ebs_csi_driver_policy": true})
	r.Find(t, "eks:index:Cluster", liveCluster).Want(t, map[string]any{"version": "1.34"})
	r.Find(t, "eks:index:ManagedNodeGroup", liveCluster).Want(t, map[string]any{"version": "1.34"})
	r.Find(t, "eks:index:Addon", liveCluster+"-ebs-csi").Want(t, map[string]any{"addonVersion": "v1.41.0-eksbuild.1"})
	assert.Equal(t, "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2", policy(r))
}

// The Secrets Store driver stays the way it came until the configuration says otherwise,
// whichever of the two steps asks.
func TestSecretsStoreStays(t *testing.T) {
	t.Parallel()
	byCharts := charts.Existing{Versions: map[string]string{"secret-store-csi": "1.3.4"}}
	byAddon := ExistingCluster{Addons: map[string]string{secretsStoreAddon: "v2.0.0-eksbuild.1"}}
	for _, test := range []struct {
		what              string
		configured, given bool
		cluster           ExistingCluster
		installed         charts.Existing
		addon             bool
		notes             int
	}{
		{"new", true, false, ExistingCluster{}, charts.Existing{}, true, 0},
		{"charts, and the default is the add-on", true, false, ExistingCluster{}, byCharts, false, 1},
		{"charts, and the add-on is chosen", true, true, ExistingCluster{}, byCharts, true, 0},
		{"the add-on, and charts are the default", false, false, byAddon, charts.Existing{}, true, 1},
		{"the add-on, and charts are chosen", false, true, byAddon, charts.Existing{}, false, 0},
		{"half-way to the add-on", true, false, byAddon, byCharts, true, 0},
	} {
		w := load(t, "tailscale01-staging")
		w.SecretsStoreAddonEnabled, w.Given = test.configured, config.GivenKeys{"secrets_store_addon_enabled": test.given}
		log := &warnings{}
		assert.Equal(t, test.addon, secretsStoreByAddon(log, w, "20250201", test.cluster, test.installed), test.what)
		assert.Len(t, log.said, test.notes, test.what)
	}
}

// No cluster goes back, or skips a version, before the first step; a default never says so.
func TestCheckClusters(t *testing.T) {
	t.Parallel()
	check := func(version string, given bool, was string) error {
		return CheckClusters(load(t, "tailscale01-staging", eachCluster(func(c *config.AWSCluster) {
			c.ClusterVersion, c.Given = version, config.GivenKeys{"cluster_version": given}
		})), map[string]ExistingCluster{"20250201": {Version: was, Calico: true}})
	}
	require.NoError(t, check("1.33", false, "1.35"))
	require.NoError(t, check("1.35", false, "1.31"))
	require.NoError(t, check("1.34", true, "1.33"))
	require.ErrorContains(t, check("1.33", true, "1.34"), "release 20250201: take cluster_version from 1.34 to 1.33: EKS does not go back: set 1.34")
	require.ErrorContains(t, check("1.35", true, "1.33"), "set 1.34 first")
}

// clusterEntries are the access entries of clusters.
type clusterEntries map[string][]awsedge.AccessEntry

func (c clusterEntries) AccessEntries(_ context.Context, cluster string) ([]awsedge.AccessEntry, error) {
	if entries, ok := c[cluster]; ok {
		return entries, nil
	}
	return nil, awsedge.ErrNotFound
}

func (c clusterEntries) Cluster(context.Context, string) (awsedge.Cluster, error) {
	return awsedge.Cluster{}, errors.New("nobody asks for it")
}

type noClusters struct{}

func (noClusters) Cluster(context.Context, string) (awsedge.Cluster, error) {
	return awsedge.Cluster{}, errors.New("denied")
}

func (noClusters) AccessEntries(context.Context, string) ([]awsedge.AccessEntry, error) {
	return nil, errors.New("denied")
}

func TestFindAccessEntries(t *testing.T) {
	t.Parallel()
	w := load(t, "tailscale01-staging")
	entries := []awsedge.AccessEntry{{PrincipalARN: liveRole + "admin.posit.team", Type: "STANDARD"}}
	existing := map[string]ExistingCluster{"20250201": {Version: "1.33"}, "gone": {}}
	require.NoError(t, FindAccessEntries(context.Background(), w, existing, clusterEntries{liveCluster: entries}))
	assert.Equal(t, map[string]ExistingCluster{"20250201": {Version: "1.33", Entries: entries}, "gone": {}}, existing)
	require.EqualError(t, FindAccessEntries(context.Background(), w, map[string]ExistingCluster{"20250201": {}}, noClusters{}),
		"look who may enter the cluster of release 20250201: denied")
}

// The nodes' entry keeps the principal that state has, and listed ones keep their names.
func TestEKSAccessStays(t *testing.T) {
	t.Parallel()
	viewers := config.AccessEntry{PrincipalARN: liveRole + "viewers", Type: "STANDARD", AccessPolicies: []config.AccessPolicy{{PolicyARN: "arn:b"}, {PolicyARN: "arn:c"}}}
	editors := config.AccessEntry{PrincipalARN: liveRole + "editors", Type: "STANDARD"}
	r, _ := runEKS(t, load(t, "tailscale01-staging", eachCluster(func(c *config.AWSCluster) {
		c.EKSAccessEntries.AdditionalEntries = []config.AccessEntry{viewers, editors}
	})), map[string]ExistingCluster{"20250201": {
		Version: "1.35", Calico: true, AuthenticationMode: "API_AND_CONFIG_MAP",
		Access: map[string]string{
			liveRole + "somebody-eks-node": "node-access-entry", liveRole + "gone": "additional-access-entry-0", viewers.PrincipalARN: "additional-access-entry-1",
		},
		Associations: map[string]map[string]string{viewers.PrincipalARN: {"arn:a": "0", "arn:b": "1"}},
	}})
	entries := r.Find(t, "eks:index:Cluster", liveCluster).Args()["accessEntries"].(map[string]any)
	principals := map[string]any{}
	for key, entry := range entries {
		principals[key] = entry.(map[string]any)["principalArn"]
	}
	assert.Equal(t, map[string]any{
		"admin-access-entry": liveRole + "admin.posit.team", "node-access-entry": liveRole + "somebody-eks-node",
		"additional-access-entry-1": liveRole + "viewers", "additional-access-entry-2": liveRole + "editors",
	}, principals)
	policies := map[string]any{}
	for key, policy := range entries["additional-access-entry-1"].(map[string]any)["accessPolicies"].(map[string]any) {
		policies[key] = policy.(map[string]any)["policyArn"]
	}
	assert.Equal(t, map[string]any{"1": "arn:b", "2": "arn:c"}, policies)
}

// An entry of another type is nothing to take over.
func TestEKSAccessOfAnotherType(t *testing.T) {
	t.Parallel()
	componenttest.Fails(t, eksProgram(load(t, "tailscale01-staging"), map[string]ExistingCluster{"20250201": {
		Version: "1.35", Calico: true, AuthenticationMode: "API",
		Entries: []awsedge.AccessEntry{{PrincipalARN: fmt.Sprintf("%s%s-eks-node.posit.team", liveRole, liveCluster), Type: "STANDARD"}},
	}}, nil), "already, of type STANDARD and not EC2_LINUX, which cannot change: delete it (aws eks delete-access-entry --cluster-name "+liveCluster)
}
