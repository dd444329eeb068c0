package ensure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
)

// TestCluster takes a cluster from nothing to nothing: a preview with unknown values, an
// update as foreseen, another that changes nothing, changes in place, and a destroy.
func TestCluster(t *testing.T) {
	t.Parallel()
	p := platform{version: "1.32", nodeVersion: "1.32", protect: true}
	trial := newTrial(t)

	foreseen, err := trial.operate(p, preview)
	require.NoError(t, err)
	applied, err := trial.operate(p, up)
	require.NoError(t, err)
	assert.Equal(t, changed(foreseen), changed(applied))
	objects := trial.made(t)
	assert.Equal(t, []string{
		"AccessEntry demo:arn:aws:iam::000000000000:role/admin.posit.team", // of who makes the cluster
		"AccessEntry demo:arn:aws:iam::000000000000:role/cluster",
		"AccessEntry demo:arn:aws:iam::000000000000:role/nodes", // EKS makes it with the node group
		"AccessPolicyAssociation demo#arn:aws:iam::000000000000:role/admin.posit.team#arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
		"AccessPolicyAssociation demo#arn:aws:iam::000000000000:role/cluster#arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
		"Addon demo:aws-ebs-csi-driver",
		"Cluster demo",
		"ConfigMap main",
		"LaunchTemplate nodes-d389861",
		"LaunchTemplateVersion lt-1acf1f81b7c332649:1",
		"LogGroup /aws/eks/demo/cluster",
		"NodeGroup demo:nodes-5e2dd5e",
		"OpenIdConnectProvider arn:aws:iam::000000000000:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/C92A176AC60B9DACDB3C4C8057BF6C70",
		"Role cluster", "Role nodes", "RolePolicyAttachment nodes-7edbeb50d576baa47289aed7e7",
		"SecurityGroup eks-cluster-sg-demo-3e2b1dda7",
		"StorageClass ebs-csi-default-sc", // the add-on makes it
		"Subnet subnet-3110cade3ef2bb0bd", "Subnet subnet-db97b6d3de095564a", "Vpc vpc-3b92cbac46f4922df",
	}, objects)
	assert.Equal(t, []string{
		"eks:index:Cluster$aws:eks/accessEntry:AccessEntry$aws:eks/accessPolicyAssociation:AccessPolicyAssociation::main-people-admin",
		"eks:index:Cluster$aws:eks/accessEntry:AccessEntry::main-people",
		"eks:index:Cluster$aws:eks/cluster:Cluster::main-eksCluster",
		"eks:index:Cluster$aws:iam/openIdConnectProvider:OpenIdConnectProvider::main-oidcProvider",
		"eks:index:Cluster$eks:index:Addon$aws:eks/addon:Addon::ebs",
		"eks:index:Cluster$eks:index:Addon::ebs",
		"eks:index:Cluster$pulumi:providers:kubernetes::main-eks-k8s",
		"eks:index:Cluster::main",
		"eks:index:ManagedNodeGroup$aws:eks/nodeGroup:NodeGroup::nodes",
		"eks:index:ManagedNodeGroup::nodes",
	}, components(applied))

	again, err := trial.operate(p, up)
	require.NoError(t, err)
	assert.Empty(t, changed(again))
	assert.Equal(t, objects, trial.made(t))

	p.version, p.nodeVersion = "1.33", "1.33"
	p.template = func(args *ec2.LaunchTemplateArgs) { args.InstanceType = pulumi.String("m5.xlarge") }
	foreseen, err = trial.operate(p, preview)
	require.NoError(t, err)
	applied, err = trial.operate(p, up)
	require.NoError(t, err)
	want := []string{
		"update aws:ec2/launchTemplate:LaunchTemplate nodes", "update aws:eks/cluster:Cluster main-eksCluster", "update aws:eks/nodeGroup:NodeGroup nodes",
	}
	assert.Equal(t, want, changed(foreseen))
	assert.Equal(t, want, changed(applied))

	drift, err := trial.operate(p, func(ctx context.Context, stack *engine.Stack, operation engine.Operation) (*engine.Plan, error) {
		return stack.Refresh(ctx, operation)
	})
	require.NoError(t, err)
	assert.Empty(t, changed(drift))

	// The component's protection is that of what it makes.
	_, err = trial.operate(p, func(ctx context.Context, stack *engine.Stack, operation engine.Operation) (*engine.Plan, error) {
		return stack.Destroy(ctx, operation, false)
	})
	require.ErrorContains(t, err, "aws:iam/openIdConnectProvider:OpenIdConnectProvider::main-oidcProvider\" cannot be deleted\nbecause it is protected")
	_, err = trial.operate(p, destroy)
	require.NoError(t, err)
	assert.Empty(t, trial.made(t))
}

// TestClusterParts makes all that a cluster's switches turn on, as the real component does.
func TestClusterParts(t *testing.T) {
	t.Parallel()
	trial := newTrial(t)
	p := platform{version: "1.33", nodeVersion: "1.33", cluster: func(args *eks.ClusterArgs) {
		yes := true
		args.ServiceRole, args.SkipDefaultSecurityGroups, args.UseDefaultVpcCni = nil, nil, nil
		args.KubeProxyAddonOptions = nil
		args.CorednsAddonOptions = &eks.CoreDnsAddonOptionsArgs{
			Enabled: &yes, ConfigurationValues: pulumi.Map{"replicaCount": pulumi.Int(2)},
		}
		args.CreateInstanceRole = &yes
		args.Tags = pulumi.StringMap{"owner": pulumi.String("ptd")}
	}}
	foreseen, err := trial.operate(p, preview)
	require.NoError(t, err)
	applied, err := trial.operate(p, up)
	require.NoError(t, err)
	assert.Equal(t, changed(foreseen), changed(applied))
	var parts []string
	for _, part := range components(applied) {
		if rest, ok := strings.CutPrefix(part, "eks:index:Cluster$"); ok {
			parts = append(parts, rest)
		}
	}
	assert.Equal(t, []string{
		"aws:ec2/securityGroup:SecurityGroup::main-eksClusterSecurityGroup",
		"aws:ec2/securityGroup:SecurityGroup::main-nodeSecurityGroup",
		"aws:ec2/securityGroupRule:SecurityGroupRule::main-eksClusterIngressRule",
		"aws:ec2/securityGroupRule:SecurityGroupRule::main-eksClusterInternetEgressRule",
		"aws:ec2/securityGroupRule:SecurityGroupRule::main-eksExtApiServerClusterIngressRule",
		"aws:ec2/securityGroupRule:SecurityGroupRule::main-eksNodeClusterIngressRule",
		"aws:ec2/securityGroupRule:SecurityGroupRule::main-eksNodeIngressRule",
		"aws:ec2/securityGroupRule:SecurityGroupRule::main-eksNodeInternetEgressRule",
		"aws:eks/accessEntry:AccessEntry$aws:eks/accessPolicyAssociation:AccessPolicyAssociation::main-people-admin",
		"aws:eks/accessEntry:AccessEntry::main-defaultNodeGroupInstanceRole",
		"aws:eks/accessEntry:AccessEntry::main-people",
		"aws:eks/addon:Addon::main-coredns",
		"aws:eks/addon:Addon::main-kube-proxy",
		"aws:eks/cluster:Cluster::main-eksCluster",
		"aws:iam/instanceProfile:InstanceProfile::main-instanceProfile",
		"aws:iam/openIdConnectProvider:OpenIdConnectProvider::main-oidcProvider",
		"eks:index:Addon$aws:eks/addon:Addon::ebs",
		"eks:index:Addon::ebs",
		"eks:index:ServiceRole$aws:iam/role:Role::main-eksRole-role",
		"eks:index:ServiceRole$aws:iam/role:Role::main-instanceRole-role",
		"eks:index:ServiceRole$aws:iam/rolePolicyAttachment:RolePolicyAttachment::main-eksRole-4b490823",
		"eks:index:ServiceRole$aws:iam/rolePolicyAttachment:RolePolicyAttachment::main-instanceRole-03516f97",
		"eks:index:ServiceRole$aws:iam/rolePolicyAttachment:RolePolicyAttachment::main-instanceRole-3eb088f2",
		"eks:index:ServiceRole$aws:iam/rolePolicyAttachment:RolePolicyAttachment::main-instanceRole-e1b295bd",
		"eks:index:ServiceRole::main-eksRole",
		"eks:index:ServiceRole::main-instanceRole",
		"eks:index:VpcCniAddon$aws:eks/addon:Addon::main-vpc-cni",
		"eks:index:VpcCniAddon::main-vpc-cni",
		"pulumi:providers:kubernetes::main-eks-k8s",
	}, parts)

	again, err := trial.operate(p, up)
	require.NoError(t, err)
	assert.Empty(t, changed(again))
	_, err = trial.operate(p, destroy)
	require.NoError(t, err)
	assert.Empty(t, trial.made(t))
}

// components lists what a plan changes in the components of pulumi-eks: types of parents,
// type and name.
func components(plan *engine.Plan) []string {
	var found []string
	for _, change := range plan.Changes {
		if _, rest, _ := strings.Cut(change.URN, "::trial::"); strings.HasPrefix(rest, "eks:") {
			found = append(found, rest)
		}
	}
	slices.Sort(found)
	return found
}

func changed(plan *engine.Plan) []string {
	var changes []string
	for _, change := range plan.Changes {
		changes = append(changes, fmt.Sprintf("%s %s %s", change.Kind, change.Type, change.Name))
	}
	slices.Sort(changes)
	return changes
}
