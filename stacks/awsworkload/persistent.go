package awsworkload

import (
	"fmt"

	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/aws"
	awsprovider "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// PersistentIn is what the persistent stack is made from.
type PersistentIn struct {
	Config     *config.AWSWorkload
	TargetName string
	// OIDCIssuers are the URLs of the clusters' issuers, which the service-account roles
	// trust besides extra_cluster_oidc_urls. Without any, nobody can assume the roles.
	OIDCIssuers pulumi.StringArrayInput
	// EKS, when given, says that they trust exactly the issuers of its clusters instead.
	EKS *EKSOutputs
	// Database is the server that an earlier run made; nil when there was none.
	Database *ExistingDatabase
}

// persistent is the program while it runs.
type persistent struct {
	pulumi.ResourceState

	ctx      *pulumi.Context
	config   *config.AWSWorkload
	name     string // {cn}
	tags     map[string]string
	boundary pulumi.String
	child    pulumi.ResourceOption
	issuers  pulumi.StringArrayOutput

	database *ExistingDatabase // nil when there is none yet
	outputs  PersistentOutputs

	network           aws.Network
	mimirARN, lokiARN pulumi.StringOutput
	zoneARNs          pulumi.StringArray
}

// Persistent makes what outlives clusters: network, way in, database, buckets, file
// systems, zones, certificates, and the roles of the clusters' service accounts
// (docs/reference/aws-workload-base.md 3 to 5). Everything hangs below one component, named
// after the workload.
func Persistent(ctx *pulumi.Context, in PersistentIn) (*PersistentOutputs, error) {
	p := &persistent{
		ctx:      ctx,
		config:   in.Config,
		name:     in.Config.CompoundName(),
		tags:     in.Config.RequiredTags("ptd.pulumi_resources.aws_workload_persistent"),
		boundary: pulumi.String(in.Config.BoundaryARN()),

		database: in.Database,
	}
	clusterIssuers, err := in.clusterIssuers(ctx)
	if err != nil {
		return nil, err
	}
	p.issuers = trustedIssuers(clusterIssuers, in.Config.ExtraClusterOIDCURLs)
	p.outputs.OIDCIssuers, p.outputs.ClusterOIDCIssuers = p.issuers, trustedIssuers(clusterIssuers, nil)
	provider, err := awsprovider.NewProvider(ctx, in.Config.Region, in.Config.AccountID, in.Config.IgnoreTags)
	if err != nil {
		return nil, err
	}
	err = components.Register(ctx, "ptd:awsworkload:Persistent", p.name, p, func(child pulumi.ResourceOption) error {
		p.child = child
		for _, part := range []struct {
			what string
			make func() error
		}{
			{"network", p.makeNetwork},
			{"access to the network", p.makeAccess},
			{"database", p.makeDatabase},
			{"buckets", p.makeBuckets},
			{"zones and certificates", p.makeZones},
			{"file systems", p.makeFileSystems},
			{"roles", p.makeRoles},
		} {
			if err := part.make(); err != nil {
				return fmt.Errorf("%s: %w", part.what, err)
			}
		}
		return nil
	}, pulumi.Providers(provider))
	if err != nil {
		return nil, fmt.Errorf("persistent stack of %s: %w", in.TargetName, err)
	}
	return &p.outputs, nil
}

// clusterIssuers are the issuers of the clusters that the roles trust.
func (in PersistentIn) clusterIssuers(ctx *pulumi.Context) (pulumi.StringArrayInput, error) {
	if in.EKS == nil {
		return in.OIDCIssuers, nil
	}
	issuers := pulumi.StringArray{}
	for release := range in.Config.SortedClusters() {
		cluster, err := in.EKS.Cluster(ctx, release)
		if err != nil {
			return nil, err
		}
		issuers = append(issuers, cluster.OIDCIssuer)
	}
	return issuers, nil
}

func (p *persistent) makeNetwork() error {
	const access, managedBy = "posit.team/network-access", config.TagManagedBy
	if adopted := p.config.ProvisionedVpc; adopted != nil {
		vpc, err := aws.NewExistingVpc(p.ctx, p.name, &aws.ExistingVpcArgs{
			VpcID: adopted.VpcID, CIDR: adopted.CIDR, PrivateSubnetNames: adopted.PrivateSubnets, Tags: p.tags,
		}, p.child)
		if err != nil {
			return err
		}
		p.network = vpc.Network()
		if p.network.Zones < 2 {
			return fmt.Errorf("the private subnets %q of VPC %s are all in one availability zone: the database needs two",
				adopted.PrivateSubnets, adopted.VpcID)
		}
	} else {
		// Local zones and the like, which an account opts in to, have not all that we need.
		zones := pulumiaws.GetAvailabilityZonesOutput(p.ctx, pulumiaws.GetAvailabilityZonesOutputArgs{
			State: pulumi.String("available"),
			Filters: pulumiaws.GetAvailabilityZonesFilterArray{pulumiaws.GetAvailabilityZonesFilterArgs{
				Name: pulumi.String("opt-in-status"), Values: pulumi.ToStringArray([]string{"opt-in-not-required"}),
			}},
		}, pulumi.Parent(p))
		vpc, err := aws.NewVpc(p.ctx, p.name, &aws.VpcArgs{
			CIDR:                p.config.ResolvedVpcCIDR(),
			AvailabilityZoneIDs: zones.ZoneIds(),
			ZoneCount:           p.config.VpcAZCount,
			Region:              pulumi.String(p.config.Region),
			Tags:                p.tags,
			PublicTags:          map[string]string{"kubernetes.io/role/elb": "1", access: "public", managedBy: p.tags[managedBy]},
			PrivateTags:         map[string]string{"kubernetes.io/role/internal-elb": "1", access: "private", managedBy: p.tags[managedBy]},
			NATGateways:         true,
			NetworkACLRules:     aws.WorkloadNetworkACLRules(),
			Endpoints: aws.VpcEndpointsArgs{
				Enabled: p.config.VpcEndpoints.Enabled, ExcludedServices: p.config.VpcEndpoints.ExcludedServices,
			},
			FlowLogs: &aws.FlowLogsArgs{
				ExtraDestinations: p.config.ExistingFlowLogTargetARNs, PermissionsBoundary: p.boundary,
				RetentionDays: p.config.FlowLogRetentionDays,
			},
		}, p.child)
		if err != nil {
			return err
		}
		p.network = vpc.Network()
	}
	p.outputs.VpcID, p.outputs.VpcCIDR = p.network.ID, constant(p.network.CIDR)
	private := p.network.PrivateSubnetIDs.ToStringArrayOutput()
	p.outputs.PrivateSubnetIDs, p.outputs.SubnetIDs = private, private
	return nil
}

// makeAccess makes the way in for operators: a Tailscale router, or the bastion that
// the proxy goes through unless the customer has one.
func (p *persistent) makeAccess() error {
	p.outputs.BastionID, p.outputs.AccessSecurityGroupID = constant(""), constant("")
	switch {
	case p.config.TailscaleEnabled:
		authKey, err := secretsmanager.LookupSecret(p.ctx, &secretsmanager.LookupSecretArgs{
			Name: pulumi.StringRef(config.TailscaleAuthKey),
		}, pulumi.Parent(p))
		if err != nil {
			return fmt.Errorf("look up secret %s (make it in account %s, with an auth key of the tailnet): %w",
				config.TailscaleAuthKey, p.config.AccountID, err)
		}
		router, err := aws.NewTailscaleRouter(p.ctx, p.name+"-tailscale", &aws.TailscaleRouterArgs{
			Network:             p.network,
			SubnetIDs:           p.network.PrivateSubnetIDs,
			Region:              pulumi.String(p.config.Region),
			AccountID:           pulumi.String(p.config.AccountID),
			Hostname:            p.name,
			AuthKeySecretARN:    pulumi.String(authKey.Arn),
			PermissionsBoundary: p.boundary,
			Tags:                p.tags,
		}, p.child)
		if err != nil {
			return err
		}
		p.outputs.AccessSecurityGroupID = router.SecurityGroupID
	case p.config.CustomerManagedBastionID != "":
		p.outputs.BastionID = constant(p.config.CustomerManagedBastionID)
	default:
		args := &aws.BastionArgs{
			Network: p.network, InstanceType: p.config.BastionInstanceType, PermissionsBoundary: p.boundary, Tags: p.tags,
		}
		if p.config.BastionAMI != "" {
			args.AMI = pulumi.String(p.config.BastionAMI)
		}
		bastion, err := aws.NewBastion(p.ctx, p.name, args, p.child)
		if err != nil {
			return err
		}
		p.outputs.BastionID, p.outputs.AccessSecurityGroupID = bastion.InstanceID, bastion.SecurityGroupID
	}
	return nil
}

func constant(value string) pulumi.StringOutput { return pulumi.String(value).ToStringOutput() }
