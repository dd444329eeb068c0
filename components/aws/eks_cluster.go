package aws

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// EKSClusterArgs describes an EKSCluster. Version, VpcID and SubnetIDs are required.
type EKSClusterArgs struct {
	// Version is that of Kubernetes, major.minor.
	Version   string
	VpcID     pulumi.StringInput
	SubnetIDs pulumi.StringArrayInput
	// PermissionsBoundary is a policy ARN, the boundary of both roles.
	PermissionsBoundary pulumi.StringPtrInput
	// WithoutVpcCNI removes the VPC CNI when the cluster is made: pods have no network then
	// until another takes its place. Nodes need no rights of the CNI either.
	WithoutVpcCNI bool
	// NodesKeepCNIPolicy gives nodes the rights of the VPC CNI although it is not there.
	NodesKeepCNIPolicy bool
	// ConfigMapAccess leaves access to the ConfigMap aws-auth: who makes the cluster is its
	// first administrator. Without it Access says who may enter, and nobody else may.
	ConfigMapAccess bool
	Access          []AccessEntry
	// NodePrincipalARN is whom the nodes' access entry lets in, the role of the nodes if nil:
	// an entry that is there keeps its principal. NodeEntryExists says that EKS or somebody
	// made it (see AccessEntry).
	NodePrincipalARN pulumi.StringInput
	NodeEntryExists  bool
	// KeepAuthentication leaves how a cluster that is there authenticates as it is.
	KeepAuthentication bool
	// WithoutAccessEntries says that such a cluster knows no access entries at all.
	WithoutAccessEntries bool
	// ForceUpdate upgrades although EKS has found what may break.
	ForceUpdate bool
	// Encrypt makes a key of the cluster's own for its Kubernetes secrets. It counts when the
	// cluster is made: a key cannot be taken away again, nor given without replacing it.
	Encrypt bool
	// LogRetentionDays makes the log group of the control plane, which keeps logs for so
	// many days. 0 leaves it to EKS, which keeps them for ever.
	LogRetentionDays int
	// Ingress are groups that may reach the Kubernetes API.
	Ingress []EKSIngress
	// Protect protects the cluster, its key and its OIDC provider.
	Protect bool
	Tags    map[string]string
}

// EKSIngress lets the members of a security group reach the Kubernetes API by HTTPS.
type EKSIngress struct {
	Name            string // of the rule, logical
	SecurityGroupID pulumi.StringInput
	// AllTraffic lets them reach everything instead, nodes too, as older rules did: ports of
	// a rule cannot change.
	AllTraffic bool
}

// EKSCluster is an EKS control plane with what belongs to it: roles, key, logs, OIDC
// provider and access entries. Nodes come with EKSNodeGroup, add-ons with NewEKSAddon.
type EKSCluster struct {
	pulumi.ResourceState

	Name                 pulumi.StringOutput `pulumi:"name"`
	Endpoint             pulumi.StringOutput `pulumi:"endpoint"`
	CertificateAuthority pulumi.StringOutput `pulumi:"certificateAuthority"` // base64
	// SecurityGroupID is the group that EKS makes; nodes are in it too.
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
	// OIDCIssuer is a URL, OIDCProviderARN the IAM provider of it.
	OIDCIssuer      pulumi.StringOutput `pulumi:"oidcIssuer"`
	OIDCProviderARN pulumi.StringOutput `pulumi:"oidcProviderArn"`
	NodeRoleARN     pulumi.StringOutput `pulumi:"nodeRoleArn"`

	// Access is what lets into the Kubernetes API, and its addresses: all that uses the API
	// depends on it (pulumi.DependsOn), and comes after it and goes before it.
	Access []pulumi.Resource

	controlPlane *eks.Cluster
	forNodes     pulumi.Input // the control plane as node groups take it
	role         *iam.Role    // of the nodes
	subnets      pulumi.StringArrayInput
	nodeAccess   []pulumi.Resource // likewise, of nodes
	addons       sync.Map          // logical name: *EKSAddonArgs
}

// The managed policies of the nodes' role, by what the attachment is called.
var nodePolicies = []struct{ name, policy string }{
	{"worker", "AmazonEKSWorkerNodePolicy"},
	{"cni", "AmazonEKS_CNI_Policy"},
	{"registry", "AmazonEC2ContainerRegistryReadOnly"},
	{"ssm", "AmazonSSMManagedInstanceCore"},
}

// NewEKSCluster makes an EKSCluster. The cluster is called name, as are its logical names;
// its roles are {name}-eks.posit.team and {name}-eks-node.posit.team. The API endpoint is
// private. All logs of the control plane are on.
//
// The nodes' access entry is made here, before any node group: EKS makes none then.
//
// It is an error if a required argument is missing, or an access entry is wrong.
//
// (docs/reference/aws-workload-eks.md 6.2 to 6.4, 6.6, 6.10, 19)
func NewEKSCluster(ctx *pulumi.Context, name string, args *EKSClusterArgs, opts ...pulumi.ResourceOption) (*EKSCluster, error) {
	if args == nil || args.Version == "" || args.VpcID == nil || args.SubnetIDs == nil {
		return nil, fmt.Errorf("EKS cluster %s: a version, a VPC and subnets are required", name)
	}
	made := &EKSCluster{subnets: args.SubnetIDs}
	err := components.Register(ctx, "ptd:aws:EKSCluster", name, made, func(child pulumi.ResourceOption) error {
		return made.build(ctx, name, args, child)
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (c *EKSCluster) build(ctx *pulumi.Context, name string, args *EKSClusterArgs, child pulumi.ResourceOption) error {
	role, attachment, err := c.makeRole(ctx, name, args, child)
	if err != nil {
		return err
	}
	if err := c.makeNodeRole(ctx, name+"-eks-node", args, child); err != nil {
		return err
	}
	clusterArgs, err := c.controlPlaneArgs(name, args)
	if err != nil {
		return err
	}
	clusterArgs.ServiceRole = role
	before := []pulumi.Resource{attachment} // EKS checks what the role may do
	if args.Encrypt {
		key, err := makeSecretsKey(ctx, name, args, child)
		if err != nil {
			return err
		}
		clusterArgs.EncryptionConfigKeyArn = key.Arn
	}
	if args.LogRetentionDays > 0 {
		logs, err := makeControlPlaneLogs(ctx, name, args, child) // else EKS makes it
		if err != nil {
			return err
		}
		before = append(before, logs)
	}
	c.controlPlane, err = eks.NewCluster(ctx, name, clusterArgs, child, pulumi.DependsOn(before),
		pulumi.Transforms([]pulumi.ResourceTransform{apply.Transform(c.transform(name, args))}))
	if err != nil {
		return err
	}
	c.fill()
	if err := c.makeOIDCProvider(ctx, name, args, child); err != nil {
		return err
	}
	c.forNodes = c.controlPlane
	if args.WithoutAccessEntries {
		c.forNodes = c.coreData(args, role)
	}
	c.nodeAccess = append(c.nodeAccess, c.controlPlane)
	c.Access = append([]pulumi.Resource{c.controlPlane}, accessBelow(c.controlPlane, name, args.Access...)...)
	if !args.ConfigMapAccess {
		c.nodeAccess = append(c.nodeAccess, accessBelow(c.controlPlane, name, c.nodeEntry(args))...)
	}
	for _, ingress := range args.Ingress {
		rule, err := c.makeIngress(ctx, ingress, child)
		if err != nil {
			return err
		}
		c.Access = append(c.Access, rule)
	}
	return nil
}

// controlPlaneArgs are the arguments of the cluster but those that are made before it.
// The switches keep it from making anything of its own but the cluster and access entries,
// and from talking to anything but AWS' own API.
// (docs/reference/aws-workload-eks.md 6.3, 19.3)
func (c *EKSCluster) controlPlaneArgs(name string, args *EKSClusterArgs) (*eks.ClusterArgs, error) {
	yes, no, mode := true, false, eks.AuthenticationModeApi
	made := &eks.ClusterArgs{
		Name:                   pulumi.String(name),
		Version:                pulumi.String(args.Version),
		VpcId:                  args.VpcID,
		SubnetIds:              args.SubnetIDs,
		EndpointPrivateAccess:  pulumi.Bool(true),
		EndpointPublicAccess:   pulumi.Bool(false),
		EnabledClusterLogTypes: pulumi.ToStringArray([]string{"api", "audit", "authenticator", "controllerManager", "scheduler"}),
		ClusterTags:            tags(nameTag(name), args.Tags),
		AuthenticationMode:     &mode,              // as far as the component knows: see transform
		CreateOidcProvider:     pulumi.Bool(false), // see makeOIDCProvider

		SkipDefaultNodeGroup:      &yes,
		SkipDefaultSecurityGroups: &yes,
		CreateInstanceRole:        &no,
		UseDefaultVpcCni:          &yes, // as EKS installs it: no add-on
		KubeProxyAddonOptions:     &eks.KubeProxyAddonOptionsArgs{Enabled: &no},
		CorednsAddonOptions:       &eks.CoreDnsAddonOptionsArgs{Enabled: &no},
		// Required beside an explicit provider; only the component's kubeconfig would use it.
		ProviderCredentialOpts: eks.KubeconfigOptionsArgs{},
	}
	if args.WithoutVpcCNI {
		made.DefaultAddonsToRemove = pulumi.ToStringArray([]string{"vpc-cni"})
	}
	if args.ConfigMapAccess {
		if len(args.Access) > 0 {
			return nil, errors.New("access entries are not used with access by ConfigMap: give the one or the other")
		}
		return made, nil
	}
	entries, err := accessEntries(append([]AccessEntry{c.nodeEntry(args)}, args.Access...), args.Tags)
	if err != nil {
		return nil, err
	}
	made.AccessEntries = entries
	return made, nil
}

// nodeEntry lets nodes join.
func (c *EKSCluster) nodeEntry(args *EKSClusterArgs) AccessEntry {
	principal := args.NodePrincipalARN
	if principal == nil {
		principal = c.NodeRoleARN
	}
	return AccessEntry{Name: "node-access-entry", PrincipalARN: principal, Type: LinuxNodeAccess, Exists: args.NodeEntryExists}
}

// fill sets the outputs.
func (c *EKSCluster) fill() {
	output := func(of func(cluster *awseks.Cluster) pulumi.StringOutput) pulumi.StringOutput {
		return apply.To(c.controlPlane.EksCluster, func(cluster *awseks.Cluster) (pulumi.StringOutput, error) {
			if cluster == nil {
				return pulumi.StringOutput{}, errors.New("the eks plugin made no cluster: use version 3.9 of it")
			}
			return of(cluster), nil
		}).(pulumi.StringOutput)
	}
	c.Name = output(func(cluster *awseks.Cluster) pulumi.StringOutput { return cluster.Name })
	c.Endpoint = output(func(cluster *awseks.Cluster) pulumi.StringOutput { return cluster.Endpoint })
	c.CertificateAuthority = output(func(cluster *awseks.Cluster) pulumi.StringOutput { return cluster.CertificateAuthority.Data().Elem() })
	c.OIDCIssuer = output(issuer)
	c.SecurityGroupID = c.controlPlane.ClusterSecurityGroupId
}

func (c *EKSCluster) makeRole(
	ctx *pulumi.Context, name string, args *EKSClusterArgs, child pulumi.ResourceOption,
) (*iam.Role, pulumi.Resource, error) {
	role, err := iam.NewRole(ctx, name+"-eks", &iam.RoleArgs{
		Name:                pulumi.String(name + "-eks.posit.team"),
		AssumeRolePolicy:    trustService("eks.amazonaws.com"),
		PermissionsBoundary: args.PermissionsBoundary,
		Tags:                tags(args.Tags),
	}, child)
	if err != nil {
		return nil, nil, err
	}
	attachment, err := iam.NewRolePolicyAttachment(ctx, name+"-eks", &iam.RolePolicyAttachmentArgs{
		Role: role.Name, PolicyArn: pulumi.String("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"),
	}, pulumi.Parent(role))
	return role, attachment, err
}

func (c *EKSCluster) makeNodeRole(ctx *pulumi.Context, name string, args *EKSClusterArgs, child pulumi.ResourceOption) error {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Name:                pulumi.String(name + ".posit.team"),
		AssumeRolePolicy:    trustService("ec2.amazonaws.com"),
		PermissionsBoundary: args.PermissionsBoundary,
		Tags:                tags(args.Tags),
	}, child)
	if err != nil {
		return err
	}
	for _, policy := range nodePolicies {
		if policy.name == "cni" && args.WithoutVpcCNI && !args.NodesKeepCNIPolicy {
			continue
		}
		attachment, err := iam.NewRolePolicyAttachment(ctx, name+"-"+policy.name, &iam.RolePolicyAttachmentArgs{
			Role: role.Name, PolicyArn: pulumi.String("arn:aws:iam::aws:policy/" + policy.policy),
		}, pulumi.Parent(role))
		if err != nil {
			return err
		}
		c.nodeAccess = append(c.nodeAccess, attachment)
	}
	c.NodeRoleARN, c.role = role.Arn, role
	return nil
}

func (c *EKSCluster) makeIngress(ctx *pulumi.Context, ingress EKSIngress, child pulumi.ResourceOption) (pulumi.Resource, error) {
	if ingress.Name == "" || ingress.SecurityGroupID == nil {
		return nil, fmt.Errorf("ingress %q: a name and a security group are required", ingress.Name)
	}
	args := &ec2.SecurityGroupRuleArgs{
		Type: pulumi.String("ingress"), Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(443), ToPort: pulumi.Int(443),
		SecurityGroupId: c.SecurityGroupID, SourceSecurityGroupId: ingress.SecurityGroupID,
	}
	if ingress.AllTraffic {
		args.Protocol, args.FromPort, args.ToPort = pulumi.String("-1"), pulumi.Int(0), pulumi.Int(0)
	}
	return ec2.NewSecurityGroupRule(ctx, ingress.Name, args, child)
}
