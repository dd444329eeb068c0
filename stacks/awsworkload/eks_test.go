package awsworkload

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
)

// eksProgram is the eks stack of a workload whose persistent stack is there.
func eksProgram(workload *config.AWSWorkload, existing map[string]ExistingCluster, outputs **EKSOutputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := EKS(ctx, EKSIn{
			Config: workload, TargetName: workload.Name, Existing: existing,
			Persistent: &PersistentOutputs{
				VpcID: constant("vpc"), PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}).ToStringArrayOutput(),
				AccessSecurityGroupID: constant("sg-access"), NodesFSxSecurityGroupID: constant("sg-fsx"), NodesEFSSecurityGroupID: constant("sg-efs"),
			},
		})
		if outputs != nil {
			*outputs = made
		}
		return err
	}
}

func runEKS(t *testing.T, workload *config.AWSWorkload, existing map[string]ExistingCluster) (*componenttest.Recorder, *EKSOutputs) {
	t.Helper()
	r, outputs := newRecorder(), new(EKSOutputs)
	r.Calls["aws:iam/getRoles:getRoles"] = componenttest.Answer(map[string]any{
		"id": "roles", "names": []any{"AWSReservedSSO_PowerUser_1"},
		"arns": []any{"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_PowerUser_1"},
	})
	if err := r.Exec(eksProgram(workload, existing, &outputs)); err != nil {
		t.Fatal(err)
	}
	return r, outputs
}

// eachCluster changes every cluster of a workload.
func eachCluster(change func(*config.AWSCluster)) func(*config.AWSWorkload) {
	return func(workload *config.AWSWorkload) {
		for release, cluster := range workload.Clusters {
			change(&cluster)
			workload.Clusters[release] = cluster
		}
	}
}

func TestEKSRegistrations(t *testing.T) {
	t.Parallel()
	type test struct {
		golden, target string
		change         func(*config.AWSWorkload)
		adopted        bool
	}
	var tests []test
	for _, name := range awsTargets {
		tests = append(tests, test{"eks-" + name, name, func(*config.AWSWorkload) {}, false})
	}
	tests = append(tests,
		test{"eks-two-releases", "demo01-staging", func(w *config.AWSWorkload) { w.Clusters["20250401"] = w.Clusters["20250115"] }, false},
		test{"eks-no-calico", "demo01-staging", eachCluster(func(c *config.AWSCluster) { c.CalicoEnabled = false }), false},
		test{"eks-aws-auth", "demo01-staging", eachCluster(func(c *config.AWSCluster) { c.EKSAccessEntries = config.EKSAccessEntries{} }), false},
		test{"eks-every-addon", "demo01-staging", func(w *config.AWSWorkload) {
			w.SecretsStoreAddonEnabled = true
			eachCluster(func(c *config.AWSCluster) {
				c.EnableEFSCSIDriver, c.CorednsAddonVersion, c.KubeProxyAddonVersion = true, "v1.12.1-eksbuild.2", "v1.33.0-eksbuild.2"
			})(w)
		}, false},
		test{"eks-existing", "demo01-staging", func(*config.AWSWorkload) {}, true},
	)
	for _, test := range tests {
		t.Run(test.golden, func(t *testing.T) {
			t.Parallel()
			workload := load(t, test.target, test.change)
			existing := map[string]ExistingCluster{}
			if test.adopted {
				for release, cluster := range workload.Clusters {
					existing[release] = ExistingCluster{Version: cluster.ClusterVersion, Adopted: true, Calico: true}
				}
			}
			r, _ := runEKS(t, workload, existing)
			r.Golden(t, test.golden)
			for _, made := range r.All("") {
				if made.Type != "ptd:awsworkload:EKS" && made.Type != "pulumi:providers:aws" && made.Parent == "stack" {
					t.Errorf("%s %s is not below the stack's component", made.Type, made.Name)
				}
				if (strings.HasPrefix(made.Type, "aws:") || strings.HasPrefix(made.Type, "kubernetes:")) && made.Provider == "" {
					t.Errorf("%s %s has no explicit provider", made.Type, made.Name)
				}
			}
		})
	}
}

// A first preview shows everything that the run makes.
func TestEKSPreview(t *testing.T) {
	t.Parallel()
	componenttest.SamePreview(t, eksProgram(load(t, "demo01-staging"), nil, nil))
}

func TestEKSOutputs(t *testing.T) {
	t.Parallel()
	workload := load(t, "demo01-staging")
	_, outputs := runEKS(t, workload, nil)
	got := map[string]any{}
	for name, output := range resolve(t, outputs) {
		if !output.known || output.secret {
			t.Errorf("output %s: %+v", name, output)
		}
		got[name] = output.value
	}
	const name = "demo01-staging-20250115"
	assert.Equal(t, map[string]any{
		"20250115_cluster_name": name, "20250115_endpoint": "https://" + name + ".eks.example", "20250115_certificate_authority": "Y2E=",
		"20250115_oidc_issuer":               "https://oidc.eks.us-east-2.amazonaws.com/id/" + name,
		"20250115_oidc_provider_arn":         "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/" + name,
		"20250115_cluster_security_group_id": "sg/" + name,
		"20250115_node_security_group_ids":   []string{"sg-fsx", "sg-efs", "sg/" + name},
		"20250115_node_role_arn":             "arn:aws:iam::123456789012:role/" + name + "-eks-node.posit.team",
		"20250115_node_group_names":          []string{name + "-0123456", name + "-gpu-0123456"},
	}, got, "outputs")
}

// Kubernetes objects wait for access, add-ons for nodes; nodes and Calico for neither.
func TestEKSOrder(t *testing.T) {
	t.Parallel()
	r, _ := runEKS(t, load(t, "demo01-staging"), nil)
	const name = "demo01-staging-20250115"
	access := []string{
		"eks:index:Cluster " + name, "aws:ec2/securityGroupRule:SecurityGroupRule " + name + "-bastion-internal-vpc-allow-inbound",
		"aws:eks/accessEntry:AccessEntry " + name + "-admin-access-entry",
		"aws:eks/accessPolicyAssociation:AccessPolicyAssociation " + name + "-admin-access-entry-admin",
	}
	nodes := []string{"eks:index:ManagedNodeGroup " + name, "eks:index:ManagedNodeGroup " + name + "-gpu"}
	const calico = "kubernetes:helm.sh/v3:Release " + name + "-tigera-operator"
	for _, made := range r.All("") {
		var wants, wantsNot []string
		switch made.Type {
		case "ptd:kubernetes:Calico", "ptd:kubernetes:StorageClasses":
			wants, wantsNot = access, nodes
		case "eks:index:ManagedNodeGroup":
			wants, wantsNot = []string{
				"eks:index:Cluster " + name, "aws:eks/accessEntry:AccessEntry " + name + "-node-access-entry",
				"aws:iam/rolePolicyAttachment:RolePolicyAttachment " + name + "-eks-node-worker",
			}, []string{calico}
		case "eks:index:Addon":
			wants, wantsNot = nodes, []string{calico}
		}
		for _, want := range wants {
			if !slices.Contains(made.DependsOn, want) {
				t.Errorf("%s %s waits for %v, not for %s", made.Type, made.Name, made.DependsOn, want)
			}
		}
		for _, not := range wantsNot {
			if slices.Contains(made.DependsOn, not) {
				t.Errorf("%s %s waits for %s", made.Type, made.Name, not)
			}
		}
	}
}

func TestEKSConfiguration(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-20250115"
	r, _ := runEKS(t, load(t, "demo01-staging", func(w *config.AWSWorkload) {
		w.CustomRole = &config.CustomRole{RoleARN: "arn:aws:iam::123456789012:role/custom"}
		w.ThirdPartyTelemetryEnabled = false
		eachCluster(func(c *config.AWSCluster) {
			c.ForceMaintenance, c.PodCIDR = true, "10.244.0.0/16"
			c.ChartValues = map[string]map[string]any{"tigera-operator": {"whisker": map[string]any{"enabled": true}}}
			c.EKSAccessEntries.IncludeSameAccountPoweruser, c.EKSAccessEntries.PoweruserPolicy = true, "AmazonEKSEditPolicy"
			c.EKSAccessEntries.AdditionalEntries = []config.AccessEntry{{
				PrincipalARN: "arn:aws:iam::123456789012:role/readers", Type: "STANDARD", KubernetesGroups: []string{"readers"},
				AccessPolicies: []config.AccessPolicy{{PolicyARN: "arn:view", AccessScope: config.AccessScope{Type: "namespace", Namespaces: []string{"posit-team"}}}},
			}}
			gpu := c.AdditionalNodeGroups["gpu"]
			gpu.Labels, gpu.SystemNodes = map[string]string{"team": "data", "cost centre": "7"}, true
			gpu.AdditionalSecurityGroupIDs = []string{"sg-0123456789abcdef0"}
			gpu.Taints = []config.NodeGroupTaint{{Key: "gpu", Value: "", Effect: "NoExecute"}}
			c.AdditionalNodeGroups["gpu"] = gpu
		})(w)
	}), nil)

	entries := r.Find(t, "eks:index:Cluster", name).Args()["accessEntries"].(map[string]any)
	principals := map[string]any{}
	for key, entry := range entries {
		principals[key] = entry.(map[string]any)["principalArn"]
	}
	assert.Equal(t, map[string]any{
		"admin-access-entry":        "arn:aws:iam::123456789012:role/custom",
		"node-access-entry":         "arn:aws:iam::123456789012:role/" + name + "-eks-node.posit.team",
		"poweruser-access-entry":    "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_PowerUser_1",
		"additional-access-entry-0": "arn:aws:iam::123456789012:role/readers",
	}, principals, "access entries")
	policy := entries["poweruser-access-entry"].(map[string]any)["accessPolicies"].(map[string]any)["poweruser"].(map[string]any)["policyArn"]
	if policy != "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy" {
		t.Errorf("power users have %v", policy)
	}

	group := r.Find(t, "eks:index:ManagedNodeGroup", name+"-gpu")
	group.Want(t, map[string]any{
		"labels": map[string]any{"team": "data", "posit.team/node-role": "system"}, "forceUpdateVersion": true,
		"taints": []any{map[string]any{"key": "gpu", "value": "", "effect": "NO_EXECUTE"}},
	})
	if tags := group.Args()["tags"].(map[string]any); tags["cost centre"] != "7" || tags["team"] != "data" {
		t.Errorf("tags of the group: %v", tags)
	}
	groups := r.Find(t, "aws:ec2/launchTemplate:LaunchTemplate", name+"-gpu").Args()["vpcSecurityGroupIds"]
	assert.Equal(t, []any{"sg-fsx", "sg-efs", "sg/" + name, "sg-0123456789abcdef0"}, groups, "groups of the nodes")

	values := r.Find(t, "kubernetes:helm.sh/v3:Release", name+"-tigera-operator").Args()["values"].(map[string]any)
	pool := values["installation"].(map[string]any)["calicoNetwork"].(map[string]any)["ipPools"].([]any)[0].(map[string]any)["cidr"]
	if pool != "10.244.0.0/16" {
		t.Errorf("pods are in %v", pool)
	}
	assert.Equal(t, map[string]any{"enabled": true}, values["whisker"], "chart_values")
	assert.Equal(t, map[string]any{"enabled": true, "usageReportingEnabled": false}, values["defaultFelixConfiguration"], "usage reports")
}

// aws-auth lists each role once, in the order of the sheet.
func TestEKSAwsAuth(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-20250115"
	r, _ := runEKS(t, load(t, "demo01-staging", eachCluster(func(c *config.AWSCluster) { c.EKSAccessEntries.Enabled = false })), nil)
	r.Find(t, "kubernetes:core/v1:ConfigMapPatch", name+"-aws-auth").Exactly(t, map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{
			"name": "aws-auth", "namespace": "kube-system", "annotations": map[string]any{"pulumi.com/patchForce": "true"},
		},
		"data": map[string]any{"mapRoles": `- rolearn: arn:aws:iam::123456789012:role/` + name + `-eks-node.posit.team
  username: system:node:{{EC2PrivateDNSName}}
  groups:
    - system:bootstrappers
    - system:nodes
- rolearn: arn:aws:iam::111122223333:role/KarpenterNodeRole-` + name + `.posit.team
  username: system:node:{{EC2PrivateDNSName}}
  groups:
    - system:bootstrappers
    - system:nodes
- rolearn: arn:aws:iam::111122223333:role/AWSReservedSSO_PowerUser_1
  username: admin
  groups:
    - system:masters
- rolearn: arn:aws:iam::111122223333:role/admin.posit.team
  username: admin
  groups:
    - system:masters`},
	})

	// Without power users, nobody is let in for them.
	r = newRecorder()
	r.Calls["aws:iam/getRoles:getRoles"] = componenttest.Answer(map[string]any{"id": "roles", "names": []any{}, "arns": []any{}})
	workload := load(t, "demo01-staging", eachCluster(func(c *config.AWSCluster) { c.EKSAccessEntries.Enabled = false }))
	if err := r.Exec(eksProgram(workload, nil, nil)); err != nil {
		t.Fatal(err)
	}
	if roles := fmt.Sprint(r.Find(t, "kubernetes:core/v1:ConfigMapPatch", name+"-aws-auth").Args()["data"]); strings.Contains(roles, "PowerUser") {
		t.Error(roles)
	}
}

func TestEKSErrors(t *testing.T) {
	t.Parallel()
	was := func(cluster ExistingCluster) map[string]ExistingCluster {
		return map[string]ExistingCluster{"20250115": cluster}
	}
	for _, test := range []struct {
		change   func(*config.AWSCluster)
		existing map[string]ExistingCluster
		want     string
	}{
		{func(*config.AWSCluster) {}, was(ExistingCluster{Version: "1.31", Calico: true}),
			"take cluster_version from 1.31 to 1.33: EKS upgrades one minor version at a time: set 1.32 first"},
		{func(*config.AWSCluster) {}, was(ExistingCluster{Version: "1.34", Calico: true}), "from 1.34 to 1.33: EKS does not go back: set 1.34"},
		{func(*config.AWSCluster) {}, was(ExistingCluster{Version: "latest", Calico: true}), `"latest" is not a version such as 1.33`},
		{func(c *config.AWSCluster) { c.CalicoEnabled = false }, was(ExistingCluster{Version: "1.33", Calico: true}), "calico_enabled cannot become false"},
		{func(c *config.AWSCluster) { c.PodCIDR = "10.244.0.0/16" }, was(ExistingCluster{Version: "1.32", Calico: true, PodCIDR: "172.16.0.0/16"}),
			"pod_cidr cannot become 10.244.0.0/16: pods have addresses of 172.16.0.0/16"},
		{func(c *config.AWSCluster) { c.EKSAccessEntries.Enabled = false }, was(ExistingCluster{Version: "1.33", Calico: true, AuthenticationMode: "API"}),
			"eks_access_entries.enabled cannot be false: the cluster does not look at the ConfigMap aws-auth"},
		{func(c *config.AWSCluster) {
			c.EKSAccessEntries.AdditionalEntries = []config.AccessEntry{{PrincipalARN: "arn:aws:iam::111122223333:role/admin.posit.team", Type: "STANDARD"}}
		}, nil, "additional_entries[0]: arn:aws:iam::111122223333:role/admin.posit.team has an entry already, that of ptd's own role"},
	} {
		componenttest.Fails(t, eksProgram(load(t, "demo01-staging", eachCluster(test.change)), test.existing, nil), test.want)
	}
}

// What state has is kept: the version of Calico too, unless the configuration gives one.
func TestEKSKeepsCalico(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-20250115"
	existing := map[string]ExistingCluster{"20250115": {Version: "1.32", Calico: true, CalicoVersion: "3.29.0", PodCIDR: "172.16.0.0/16"}}
	for given, want := range map[bool]string{false: "3.29.0", true: "3.31.4"} {
		r, _ := runEKS(t, load(t, "demo01-staging", eachCluster(func(c *config.AWSCluster) {
			c.Components.Given = config.GivenKeys{"tigera_operator_version": given}
		})), existing)
		r.Find(t, "kubernetes:helm.sh/v3:Release", name+"-tigera-operator").Want(t, map[string]any{"version": want})
	}
}

// A group that is there gets a size when its bounds move, and only then.
func TestEKSScaling(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-20250115"
	for _, test := range []struct {
		what        string
		min, max    int
		was         ExistingNodeGroup
		wantDesired float64
		wantScale   bool
	}{
		{"as it was", 3, 6, ExistingNodeGroup{Min: 3, Max: 6, Asked: 3, Desired: 5}, 3, false},
		{"minimum above the size", 5, 6, ExistingNodeGroup{Min: 3, Max: 6, Asked: 3, Desired: 3}, 5, true},
		{"maximum below the size", 1, 2, ExistingNodeGroup{Min: 1, Max: 6, Asked: 1, Desired: 4}, 2, true},
		{"scaled, within new bounds", 2, 8, ExistingNodeGroup{Min: 3, Max: 6, Asked: 3, Desired: 5}, 5, true},
		{"the run after", 5, 6, ExistingNodeGroup{Min: 5, Max: 6, Asked: 5, Desired: 5}, 5, false},
		{"out of bounds by other hands", 3, 6, ExistingNodeGroup{Min: 3, Max: 6, Asked: 3, Desired: 8}, 6, true},
	} {
		r, _ := runEKS(t, load(t, "demo01-staging", eachCluster(func(c *config.AWSCluster) { c.MPMinSize, c.MPMaxSize = test.min, test.max })),
			map[string]ExistingCluster{"20250115": {Version: "1.33", Calico: true, NodeGroups: map[string]ExistingNodeGroup{name: test.was}}})
		group := r.Find(t, "eks:index:ManagedNodeGroup", name).Args()
		sizes := map[string]any{"minSize": float64(test.min), "maxSize": float64(test.max), "desiredSize": test.wantDesired}
		assert.Equal(t, sizes, group["scalingConfig"], test.what)
		assert.Equal(t, !test.wantScale, group["ignoreScalingChanges"], test.what)
	}
}

// A cluster that is there keeps its way of authentication, and gets entries only if it
// knows them.
func TestEKSAuthenticationMode(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-20250115"
	for mode, entries := range map[string]bool{"": true, "API": true, "API_AND_CONFIG_MAP": true, "CONFIG_MAP": false} {
		r, _ := runEKS(t, load(t, "demo01-staging"), map[string]ExistingCluster{
			"20250115": {Version: "1.33", Calico: true, AuthenticationMode: mode},
		})
		_, has := r.Find(t, "eks:index:Cluster", name).Args()["accessEntries"]
		if has != entries || (len(r.All("kubernetes:core/v1:ConfigMapPatch")) == 0) != entries {
			t.Errorf("mode %q: entries %t, want %t", mode, has, entries)
		}
		core, tells := r.Find(t, "eks:index:ManagedNodeGroup", name).Args()["cluster"].(map[string]any)
		if roles, _ := core["instanceRoles"].([]any); tells == entries || tells && len(roles) != 1 {
			t.Errorf("mode %q: node groups are on %v", mode, core)
		}
	}
}

// A key for secrets is made with a cluster, and stays with it.
func TestEKSSecretsKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		enabled  bool
		existing map[string]ExistingCluster
		want     int
	}{
		{false, nil, 0},
		{true, nil, 1},
		{true, map[string]ExistingCluster{"20250115": {Version: "1.33", Calico: true}}, 0},
		{false, map[string]ExistingCluster{"20250115": {Version: "1.33", Calico: true, SecretsKey: true}}, 1},
	} {
		r, _ := runEKS(t, load(t, "demo01-staging", eachCluster(func(c *config.AWSCluster) {
			c.SecretsEncryptionEnabled, c.Given = test.enabled, config.GivenKeys{"secrets_encryption_enabled": true}
		})), test.existing)
		if got := len(r.All("aws:kms/key:Key")); got != test.want {
			t.Errorf("enabled %t, existing %v: %d keys, want %d", test.enabled, test.existing, got, test.want)
		}
	}
}

// efs_config alone lets nodes reach a file system; the driver is somebody else's.
func TestEKSWithoutEFSDriver(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-20250115"
	r, _ := runEKS(t, load(t, "demo01-staging", eachCluster(func(c *config.AWSCluster) {
		c.EnableEFSCSIDriver, c.EFSConfig = false, &config.EFSConfig{FileSystemID: "fs-1"}
		c.AMIReleaseVersion = "1.33.4-20250920"
		gpu := c.AdditionalNodeGroups["gpu"]
		gpu.AMIType = "BOTTLEROCKET_x86_64_NVIDIA"
		c.AdditionalNodeGroups["gpu"] = gpu
	})), nil)
	for _, made := range r.All("") {
		if strings.Contains(made.Name, "efs-csi") {
			t.Errorf("%s %s is made", made.Type, made.Name)
		}
	}
	groups := r.Find(t, "aws:ec2/launchTemplate:LaunchTemplate", name).Args()["vpcSecurityGroupIds"]
	assert.Equal(t, []any{"sg-fsx", "sg-efs", "sg/" + name}, groups, "groups of the nodes")
	// The release is one of AL2023's images.
	r.Find(t, "eks:index:ManagedNodeGroup", name).Want(t, map[string]any{"releaseVersion": "1.33.4-20250920"})
	r.Find(t, "eks:index:ManagedNodeGroup", name+"-gpu").Want(t, map[string]any{"releaseVersion": nil})
}

func TestExistingClusters(t *testing.T) {
	t.Parallel()
	workload := load(t, "demo01-staging", func(w *config.AWSWorkload) {
		w.Clusters["20250401"], w.Clusters["20250601"] = w.Clusters["20250115"], w.Clusters["20250115"]
	})
	properties := func(of map[string]any) resource.PropertyMap { return resource.NewPropertyMapFromMap(of) }
	scaling := func(lowest, highest, desired int) resource.PropertyMap {
		return properties(map[string]any{"scalingConfig": map[string]any{
			"minSize": float64(lowest), "maxSize": float64(highest), "desiredSize": float64(desired),
		}})
	}
	state := map[string][]StateResource{
		"aws:eks/cluster:Cluster": {
			{Name: "demo01-staging-20250115", Inputs: properties(map[string]any{
				"name": "demo01-staging-20250115", "version": "1.32", "defaultAddonsToRemoves": []any{"vpc-cni"},
			})},
			{Name: "demo01-staging-20250401-eksCluster", Inputs: properties(map[string]any{"name": "demo01-staging-20250401", "version": "1.33"}),
				Outputs: properties(map[string]any{
					"version": "1.34", "accessConfig": map[string]any{"authenticationMode": "API_AND_CONFIG_MAP"},
				})},
			{Name: "demo01-staging-20250601-eksCluster", Inputs: properties(map[string]any{"name": "demo01-staging-20250601", "version": "1.34"})},
			{Name: "other", Inputs: properties(map[string]any{"name": "other"})},
		},
		"aws:eks/nodeGroup:NodeGroup": {
			{Name: "demo01-staging-20250401", Inputs: scaling(3, 6, 3), Outputs: scaling(3, 6, 5)},
			{Name: "demo01-staging-20250401-gpu", Inputs: scaling(0, 1, 0)},
			{Name: "demo01-staging-20250601", Inputs: properties(map[string]any{})},
		},
		"aws:kms/key:Key":                  {{Name: "demo01-staging-20250401-secrets"}},
		"aws:cloudwatch/logGroup:LogGroup": {{Name: "demo01-staging-20250601-logs"}},
		"kubernetes:helm.sh/v3:Release": {{Name: "demo01-staging-20250115-tigera-operator", Inputs: properties(map[string]any{
			"version": "3.29.0", "values": map[string]any{"installation": map[string]any{"calicoNetwork": map[string]any{
				"ipPools": []any{map[string]any{"cidr": "172.16.0.0/16"}},
			}}},
		})}},
	}
	got, err := ExistingClusters(workload, func(typ string) ([]StateResource, error) { return state[typ], nil })
	if err != nil {
		t.Fatal(err)
	}
	assert.Equal(t, map[string]ExistingCluster{
		"20250115": {Version: "1.32", Adopted: true, Calico: true, CalicoVersion: "3.29.0", PodCIDR: "172.16.0.0/16"},
		"20250401": {
			Version: "1.34", SecretsKey: true, AuthenticationMode: "API_AND_CONFIG_MAP",
			NodeGroups: map[string]ExistingNodeGroup{
				"demo01-staging-20250401":     {Min: 3, Max: 6, Asked: 3, Desired: 5},
				"demo01-staging-20250401-gpu": {Min: 0, Max: 1, Asked: 0, Desired: 0},
			},
		},
		"20250601": {Version: "1.34"},
	}, got, "clusters")
	_, err = ExistingClusters(workload, func(string) ([]StateResource, error) { return nil, fmt.Errorf("denied") })
	if err == nil || err.Error() != "read the clusters of demo01-staging from state: denied" {
		t.Error(err)
	}
}

// The tags of resource_tags go to the volumes that the EBS driver makes, as far as its command
// line takes them; what is ptd's own stays.
func TestEKSVolumesAreTagged(t *testing.T) {
	t.Parallel()
	find := func(tags map[string]string) any {
		r, _ := runEKS(t, load(t, "demo01-staging", func(w *config.AWSWorkload) { w.ResourceTags = tags }), nil)
		return input(r.Find(t, "eks:index:Addon", "demo01-staging-20250115-ebs-csi"), "configurationValues")
	}
	class := map[string]any{"enabled": false}
	assert.Equal(t, map[string]any{"defaultStorageClass": class, "controller": map[string]any{"extraVolumeTags": map[string]any{"CostCenter": "80-4410", "Note": "a = b"}}},
		find(map[string]string{"CostCenter": "80-4410", "Note": "a = b", "Name": "mine", "a=b": "c", "empty": ""}))
	assert.Equal(t, map[string]any{"defaultStorageClass": class}, find(nil))
}
