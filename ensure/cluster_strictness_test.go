package ensure

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	objects "github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

const (
	clusterTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"eks.amazonaws.com"}}]}`
	nodeTrust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}`
)

// platform is a program with a cluster, nodes, an add-on and an object in the cluster,
// parts of which a test changes.
type platform struct {
	version, nodeVersion string
	protect              bool
	cluster              func(*eks.ClusterArgs)
	nodes                func(*eks.ManagedNodeGroupArgs)
	template             func(*ec2.LaunchTemplateArgs)
	addon                func(*eks.AddonArgs)
	// awsCluster changes what the component makes.
	awsCluster func(properties pulumi.Map)
	// explicit makes the cluster with a provider of the program's own.
	explicit bool
}

func change[T any](change func(*T), args *T) *T {
	if change != nil {
		change(args)
	}
	return args
}

func (p platform) program(ctx *pulumi.Context) error {
	network, err := ec2.NewVpc(ctx, "main", &ec2.VpcArgs{CidrBlock: pulumi.String("10.10.0.0/16")})
	if err != nil {
		return err
	}
	var subnets pulumi.StringArray
	for i, zone := range []string{"a", "b"} {
		subnet, err := ec2.NewSubnet(ctx, "main-"+zone, &ec2.SubnetArgs{
			VpcId: network.ID(), CidrBlock: pulumi.Sprintf("10.10.%d.0/24", i), AvailabilityZone: pulumi.String("us-east-2" + zone),
		})
		if err != nil {
			return err
		}
		subnets = append(subnets, subnet.ID())
	}
	role, err := iam.NewRole(ctx, "cluster", &iam.RoleArgs{Name: pulumi.String("cluster"), AssumeRolePolicy: pulumi.String(clusterTrust)})
	if err != nil {
		return err
	}
	nodeRole, err := iam.NewRole(ctx, "nodes", &iam.RoleArgs{Name: pulumi.String("nodes"), AssumeRolePolicy: pulumi.String(nodeTrust)})
	if err != nil {
		return err
	}
	attached, err := iam.NewRolePolicyAttachment(ctx, "nodes", &iam.RolePolicyAttachmentArgs{
		Role: nodeRole.Name, PolicyArn: pulumi.String("arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"),
	})
	if err != nil {
		return err
	}
	var options []pulumi.ResourceOption
	if p.explicit {
		provider, err := aws.NewProvider(ctx, "explicit", &aws.ProviderArgs{Region: pulumi.String("us-east-2")})
		if err != nil {
			return err
		}
		options = append(options, pulumi.Provider(provider))
	}
	yes, no, mode := true, false, eks.AuthenticationModeApi
	cluster, err := eks.NewCluster(ctx, "main", change(p.cluster, &eks.ClusterArgs{
		Name: pulumi.String("demo"), Version: pulumi.String(p.version), ServiceRole: role, VpcId: network.ID(), SubnetIds: subnets,
		EndpointPrivateAccess: pulumi.Bool(true), EndpointPublicAccess: pulumi.Bool(false),
		AuthenticationMode: &mode, CreateOidcProvider: pulumi.Bool(true),
		EnabledClusterLogTypes: pulumi.ToStringArray([]string{"api"}),
		SkipDefaultNodeGroup:   &yes, SkipDefaultSecurityGroups: &yes, UseDefaultVpcCni: &yes,
		KubeProxyAddonOptions: &eks.KubeProxyAddonOptionsArgs{Enabled: &no},
		CorednsAddonOptions:   &eks.CoreDnsAddonOptionsArgs{Enabled: &no},
		AccessEntries: map[string]eks.AccessEntryArgs{"people": {
			PrincipalArn: role.Arn, AccessPolicies: map[string]eks.AccessPolicyAssociationInput{"admin": eks.AccessPolicyAssociationArgs{
				PolicyArn:   pulumi.String("arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
				AccessScope: awseks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("cluster")},
			}},
		}},
	}), append(options, pulumi.Protect(p.protect), pulumi.Transforms([]pulumi.ResourceTransform{
		func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
			if args.Type != "aws:eks/cluster:Cluster" || p.awsCluster == nil {
				return nil
			}
			p.awsCluster(args.Props)
			return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
		},
	}))...)
	if err != nil {
		return err
	}
	return p.inside(ctx, cluster, nodeRole, attached)
}

func (p platform) inside(ctx *pulumi.Context, cluster *eks.Cluster, nodeRole *iam.Role, attached pulumi.Resource) error {
	template, err := ec2.NewLaunchTemplate(ctx, "nodes", change(p.template, &ec2.LaunchTemplateArgs{
		InstanceType: pulumi.String("m5.large"), VpcSecurityGroupIds: pulumi.StringArray{cluster.ClusterSecurityGroupId},
	}))
	if err != nil {
		return err
	}
	group, err := eks.NewManagedNodeGroup(ctx, "nodes", change(p.nodes, &eks.ManagedNodeGroupArgs{
		Cluster: cluster.Core, NodeRole: nodeRole, Version: pulumi.String(p.nodeVersion),
		ScalingConfig: awseks.NodeGroupScalingConfigArgs{MinSize: pulumi.Int(1), DesiredSize: pulumi.Int(1), MaxSize: pulumi.Int(2)},
		LaunchTemplate: awseks.NodeGroupLaunchTemplateArgs{
			Id: template.ID(), Version: template.LatestVersion.ApplyT(func(version int) string { return string(rune('0' + version)) }).(pulumi.StringOutput),
		},
	}), pulumi.DependsOn([]pulumi.Resource{attached}))
	if err != nil {
		return err
	}
	if _, err := eks.NewAddon(ctx, "ebs", change(p.addon, &eks.AddonArgs{
		Cluster: cluster, AddonName: pulumi.String("aws-ebs-csi-driver"), AddonVersion: pulumi.String("v1.41.0-eksbuild.1"),
		ConfigurationValues: pulumi.Map{"defaultStorageClass": pulumi.Map{"enabled": pulumi.Bool(true)}},
	}), pulumi.DependsOn([]pulumi.Resource{group})); err != nil {
		return err
	}
	core := cluster.EksCluster
	provider, err := kubernetes.NewProvider(ctx, "main", kubernetes.Args{
		Target: "main-staging", Cluster: "demo", Identifier: "arn:aws:eks:us-east-2:000000000000:cluster/demo",
		Endpoint: core.ApplyT(func(c *awseks.Cluster) pulumi.StringOutput { return c.Endpoint }).(pulumi.StringOutput),
		CertificateAuthority: core.ApplyT(func(c *awseks.Cluster) pulumi.StringOutput {
			return c.CertificateAuthority.Data().Elem()
		}).(pulumi.StringOutput),
	})
	if err != nil {
		return err
	}
	_, err = objects.NewObject(ctx, "main", "v1", "ConfigMap", pulumi.Map{
		"metadata": pulumi.Map{"name": pulumi.String("main"), "namespace": pulumi.String("default")},
		"data":     pulumi.Map{"issuer": cluster.OidcIssuer},
	}, pulumi.Provider(provider))
	return err
}

// operate does something with a trial's stack and a program.
func (t *trial) operate(p platform, do func(context.Context, *engine.Stack, engine.Operation) (*engine.Plan, error)) (*engine.Plan, error) {
	ctx := context.Background()
	if err := t.stack.Lock(ctx); err != nil {
		return nil, err
	}
	defer t.stack.Unlock(ctx)
	return do(ctx, t.stack, engine.Operation{
		Plugins: t.environment.Plugins(&config.Target{}), Config: map[string]string{"aws:region": "us-east-2"}, Program: p.program,
	})
}

func up(ctx context.Context, stack *engine.Stack, operation engine.Operation) (*engine.Plan, error) {
	return stack.Up(ctx, operation, nil)
}

func preview(ctx context.Context, stack *engine.Stack, operation engine.Operation) (*engine.Plan, error) {
	return stack.Preview(ctx, operation)
}

func destroy(ctx context.Context, stack *engine.Stack, operation engine.Operation) (*engine.Plan, error) {
	operation.Unprotect = []string{engine.Everything}
	return stack.Destroy(ctx, operation, false)
}

// made lists what a trial's cloud has, but what was there before.
func (t *trial) made(test *testing.T) []string {
	list, err := t.environment.Objects()
	require.NoError(test, err)
	var found []string
	for _, object := range list {
		if !object.External {
			found = append(found, object.Type[strings.LastIndexByte(object.Type, ':')+1:]+" "+object.Name)
		}
	}
	slices.Sort(found)
	return found
}

// TestCluster takes a cluster from nothing to nothing: a preview with unknown values, an
// update as foreseen, another that changes nothing, changes in place, and a destroy.
func TestCluster(t *testing.T) {
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

// TestClusterStrictness runs wrong programs with clusters: each is refused, with a
// message that says what is wrong.
func TestClusterStrictness(t *testing.T) {
	fine := platform{version: "1.32", nodeVersion: "1.32"}
	cluster := func(change func(*eks.ClusterArgs)) platform {
		wrong := fine
		wrong.cluster = change
		return wrong
	}
	nodes := func(change func(*eks.ManagedNodeGroupArgs)) platform {
		wrong := fine
		wrong.nodes = change
		return wrong
	}
	template := func(change func(*ec2.LaunchTemplateArgs)) platform {
		wrong := fine
		wrong.template = change
		return wrong
	}
	addon := func(change func(*eks.AddonArgs)) platform {
		wrong := fine
		wrong.addon = change
		return wrong
	}
	entry := func(key string, entry eks.AccessEntryArgs) platform {
		return cluster(func(args *eks.ClusterArgs) { args.AccessEntries[key] = entry })
	}
	const admin = "arn:aws:iam::000000000000:role/admin.posit.team"
	type clusterArgs = eks.ClusterArgs
	yes := true
	for name, test := range map[string]struct {
		before []platform // which are right
		wrong  platform
		want   string
	}{
		// The component.
		"explicit provider without a credential": {
			wrong: platform{version: "1.32", explicit: true},
			want:  "eks:index:Cluster resource 'main' has a problem: It looks like you're using an explicit AWS provider. Please specify this provider in providerCredentialOpts.",
		},
		"entries without a mode": {
			wrong: cluster(func(args *clusterArgs) { args.AuthenticationMode = nil }),
			want:  "eks:index:Cluster resource 'main' has a problem: The 'accessEntries' property is not supported when 'authenticationMode' is not set.",
		},
		"default node group": {
			wrong: cluster(func(args *clusterArgs) { args.SkipDefaultNodeGroup = nil }),
			want:  "eks:index:Cluster resource 'main' has a problem: the sandbox does not simulate the default node group, which is self-managed: set skipDefaultNodeGroup and make managed node groups",
		},
		"default VPC": {
			wrong: cluster(func(args *clusterArgs) { args.VpcId = nil }),
			want:  "eks:index:Cluster resource 'main' has a problem: no matching EC2 VPC found: without vpcId the default VPC is used, and the sandbox has none; pass vpcId and subnetIds",
		},
		"role mappings without a ConfigMap": {
			wrong: cluster(func(args *clusterArgs) {
				args.RoleMappings = eks.RoleMappingArray{eks.RoleMappingArgs{
					RoleArn: pulumi.String(admin), Username: pulumi.String("admin"), Groups: pulumi.ToStringArray([]string{"system:masters"}),
				}}
			}),
			want: "eks:index:Cluster resource 'main' has a problem: The 'roleMappings' property does not support non-empty values when 'authenticationMode' is set to 'API'.",
		},
		"two roles of nodes": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.NodeRoleArn = pulumi.String(admin) }),
			want:  "eks:index:ManagedNodeGroup resource 'nodes' has a problem: You cannot specify both nodeRole and nodeRoleArn when creating a managed node group.",
		},
		"no role of nodes": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.NodeRole = nil }),
			want:  "eks:index:ManagedNodeGroup resource 'nodes' has a problem: An IAM role, or role ARN must be provided to create a managed node group",
		},
		"launch template twice": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.EnableIMDSv2 = &yes }),
			want:  "eks:index:ManagedNodeGroup resource 'nodes' has a problem: If you provide a custom launch template, you cannot provide enableIMDSv2. Please include these in the launch template that you are providing.",
		},

		// Control planes.
		"version with a patch": {
			wrong: cluster(func(args *clusterArgs) { args.Version = pulumi.String("1.33.0") }),
			want:  `aws:eks/cluster:Cluster resource 'main-eksCluster': property version value {1.33.0} has a problem: InvalidParameterException: unsupported Kubernetes version "1.33.0"; EKS offers 1.29 to 1.35`,
		},
		"version that is gone": {
			wrong: cluster(func(args *clusterArgs) { args.Version = pulumi.String("1.21") }),
			want:  `aws:eks/cluster:Cluster resource 'main-eksCluster': property version value {1.21} has a problem: InvalidParameterException: unsupported Kubernetes version "1.21"; EKS offers 1.29 to 1.35`,
		},
		"two versions at once": {
			before: []platform{fine}, wrong: platform{version: "1.34", nodeVersion: "1.32"},
			want: "InvalidParameterException: Unsupported Kubernetes minor version update from 1.32 to 1.34",
		},
		"an older version": {
			before: []platform{fine}, wrong: platform{version: "1.31", nodeVersion: "1.31"},
			want: "InvalidParameterException: Unsupported Kubernetes minor version update from 1.32 to 1.31",
		},
		"an endpoint for nobody": {
			wrong: cluster(func(args *clusterArgs) { args.EndpointPrivateAccess = pulumi.Bool(false) }),
			want:  "aws:eks/cluster:Cluster resource 'main-eksCluster': property vpcConfig value {map[endpointPrivateAccess:{false} endpointPublicAccess:{false} subnetIds:{[{subnet-x} {subnet-x}]}]} has a problem: InvalidParameterException: Private and public endpoint access cannot both be false",
		},
		"logs that there are not": {
			wrong: cluster(func(args *clusterArgs) { args.EnabledClusterLogTypes = pulumi.ToStringArray([]string{"apis"}) }),
			want:  `aws:eks/cluster:Cluster resource 'main-eksCluster': property enabledClusterLogTypes[0] value {<nil>} has a problem: expected it to be one of ["api" "audit" "authenticator" "controllerManager" "scheduler"], got apis`,
		},
		"a key that there is not": {
			wrong: cluster(func(args *clusterArgs) {
				args.EncryptionConfigKeyArn = pulumi.String("arn:aws:kms:us-east-2:000000000000:key/none")
			}),
			want: "encryptionConfig.provider.keyArn: InvalidParameterException: The keyArn in encryptionConfig provider arn:aws:kms:us-east-2:000000000000:key/none is invalid",
		},
		"a mode that is gone": {
			before: []platform{fine}, wrong: platform{version: "1.32", nodeVersion: "1.32", awsCluster: func(properties pulumi.Map) {
				properties["accessConfig"] = pulumi.Map{"authenticationMode": pulumi.String("API_AND_CONFIG_MAP")}
			}},
			want: "InvalidParameterException: Unsupported authentication mode update from API to API_AND_CONFIG_MAP",
		},

		// Access.
		"a principal that there is not": {
			wrong: entry("other", eks.AccessEntryArgs{PrincipalArn: pulumi.String("arn:aws:iam::000000000000:role/other")}),
			want:  "principalArn: InvalidParameterException: The specified principalArn is invalid: invalid principal. (arn:aws:iam::000000000000:role/other)",
		},
		"the entry of who makes the cluster": {
			wrong: entry("admin", eks.AccessEntryArgs{PrincipalArn: pulumi.String(admin)}),
			want:  "ResourceInUseException: The specified access entry resource is already in use on this cluster. (" + admin + ")",
		},
		"groups of nodes": {
			wrong: entry("nodes", eks.AccessEntryArgs{
				PrincipalArn: pulumi.String(admin), Type: entryType("EC2_LINUX"), KubernetesGroups: pulumi.ToStringArray([]string{"viewers"}),
			}),
			want: "aws:eks/accessEntry:AccessEntry resource 'main-nodes': property kubernetesGroups value {[{viewers}]} has a problem: InvalidParameterException: kubernetesGroups cannot be specified for an access entry of type EC2_LINUX",
		},
		"policies of nodes": {
			wrong: cluster(func(args *clusterArgs) {
				people := args.AccessEntries["people"]
				people.Type = entryType("EC2_LINUX")
				args.AccessEntries["people"] = people
			}),
			want: "InvalidParameterException: The access entry of arn:aws:iam::000000000000:role/cluster has the type EC2_LINUX, with which no policy can be associated",
		},

		// Nodes.
		"nodes newer than the cluster": {
			wrong: platform{version: "1.32", nodeVersion: "1.33"},
			want:  "InvalidParameterException: Requested Nodegroup version 1.33 is newer than the cluster's version 1.32",
		},
		"more nodes than there may be": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) {
				args.ScalingConfig = awseks.NodeGroupScalingConfigArgs{MinSize: pulumi.Int(1), DesiredSize: pulumi.Int(4), MaxSize: pulumi.Int(3)}
			}),
			want: "aws:eks/nodeGroup:NodeGroup resource 'nodes': property scalingConfig value {map[desiredSize:{4} maxSize:{3} minSize:{1}]} has a problem: InvalidParameterException: desired capacity 4 can't be greater than max size 3",
		},
		"a taint as Kubernetes spells it": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) {
				args.Taints = awseks.NodeGroupTaintArray{awseks.NodeGroupTaintArgs{Key: pulumi.String("gpu"), Effect: pulumi.String("NoSchedule")}}
			}),
			want: `aws:eks/nodeGroup:NodeGroup resource 'nodes': property taints[0].effect value {<nil>} has a problem: expected effect to be one of ["NO_SCHEDULE" "NO_EXECUTE" "PREFER_NO_SCHEDULE"], got NoSchedule`,
		},
		"a label that is none": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.Labels = pulumi.StringMap{"a b": pulumi.String("c")} }),
			want:  `aws:eks/nodeGroup:NodeGroup resource 'nodes': property labels.a b value {<nil>} has a problem: InvalidParameterException: Label key "a b" is invalid`,
		},
		"an instance that cannot run the image": {
			wrong: template(func(args *ec2.LaunchTemplateArgs) { args.InstanceType = pulumi.String("m6g.large") }),
			want:  "InvalidParameterException: [m6g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD",
		},
		"an instance profile": {
			wrong: template(func(args *ec2.LaunchTemplateArgs) {
				args.IamInstanceProfile = ec2.LaunchTemplateIamInstanceProfileArgs{Arn: pulumi.String("arn:aws:iam::000000000000:instance-profile/nodes")}
			}),
			want: "InvalidParameterException: Launch template should not specify an instance profile. The noderole in your request will be used to construct an instance profile.",
		},
		"a disk beside a launch template": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) { args.DiskSize = pulumi.Int(50) }),
			want:  "aws:eks/nodeGroup:NodeGroup resource 'nodes': property diskSize value {50} has a problem: InvalidParameterException: Disk size must be specified within the launch template.",
		},
		"a role that is not the nodes'": {
			wrong: nodes(func(args *eks.ManagedNodeGroupArgs) {
				args.NodeRole, args.NodeRoleArn = nil, pulumi.String("arn:aws:iam::000000000000:role/cluster")
			}),
			want: "InvalidParameterException: The role with name arn:aws:iam::000000000000:role/cluster cannot be assumed by EC2: its trusted entity must be ec2.amazonaws.com",
		},

		// Add-ons.
		"an add-on that there is not": {
			wrong: addon(func(args *eks.AddonArgs) { args.AddonName = pulumi.String("ebs-csi-driver") }),
			want:  "aws:eks/addon:Addon resource 'ebs': property addonName value {ebs-csi-driver} has a problem: InvalidParameterException: Addon ebs-csi-driver specified is not supported",
		},
		"a version of another form": {
			wrong: addon(func(args *eks.AddonArgs) { args.AddonVersion = pulumi.String("1.41.0") }),
			want:  `aws:eks/addon:Addon resource 'ebs': property addonVersion value {1.41.0} has a problem: "1.41.0" is not the version of an add-on: InvalidParameterException: Addon version specified is not supported`,
		},
		"an add-on's role that there is not": {
			wrong: addon(func(args *eks.AddonArgs) {
				args.ServiceAccountRoleArn = pulumi.String("arn:aws:iam::000000000000:role/none")
			}),
			want: "serviceAccountRoleArn: InvalidParameterException: The role arn:aws:iam::000000000000:role/none does not exist",
		},
	} {
		t.Run(name, func(t *testing.T) {
			trial := newTrial(t)
			for _, right := range test.before {
				_, err := trial.operate(right, up)
				require.NoError(t, err)
			}
			_, err := trial.operate(test.wrong, up)
			var failed *engine.OperationError
			require.ErrorAs(t, err, &failed)
			var messages []string
			for _, failure := range failed.Failures {
				if failure.URN != "" { // the rest says that the stack failed
					messages = append(messages, subnetID.ReplaceAllString(failure.Message, "subnet-x"))
				}
			}
			assert.Equal(t, []string{test.want}, messages)
		})
	}
}

var subnetID = regexp.MustCompile(`subnet-[0-9a-f]{17}`)

func entryType(name string) *eks.AccessEntryType {
	typ := eks.AccessEntryType(name)
	return &typ
}
