package ensure

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
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
	options  []pulumi.ResourceOption // of the cluster
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
	options := slices.Clone(p.options)
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
	return t.run(p.program, do)
}

func (t *trial) run(program pulumi.RunFunc, do func(context.Context, *engine.Stack, engine.Operation) (*engine.Plan, error)) (*engine.Plan, error) {
	ctx := context.Background()
	if err := t.stack.Lock(ctx); err != nil {
		return nil, err
	}
	defer t.stack.Unlock(ctx)
	return do(ctx, t.stack, engine.Operation{
		Host: t.environment.Host(&config.Target{}), Config: map[string]string{"aws:region": "us-east-2"}, Program: program,
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
