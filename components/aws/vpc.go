package aws

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// VpcArgs says what a Vpc is made of. Only CIDR, the zones and, with Endpoints,
// Region are required.
type VpcArgs struct {
	// CIDR is the address block, from /16 to /20; see SplitCIDR. It cannot change.
	CIDR string
	// AvailabilityZoneIDs are zone ids ("use2-az1"), at least ZoneCount of them; the
	// first ZoneCount get subnets. A subnet never changes zone: once it is there, a
	// different order or a new zone in this list leaves it alone.
	AvailabilityZoneIDs pulumi.StringArrayInput
	// ZoneCount is 1 to MaxZones. Lowering it deletes subnets.
	ZoneCount int
	// Region is the AWS region of the VPC.
	Region pulumi.StringInput
	// Tags go on everything that takes tags; a Name tag is added. PublicTags and
	// PrivateTags go on what serves only one kind of subnet, over Tags.
	Tags, PublicTags, PrivateTags map[string]string
	// NATGateways adds a gateway with a fixed address to each zone, through which
	// the private subnets reach the internet. Without, they do not.
	NATGateways bool
	// NetworkACLRules are added to the base rules, in this order; append only.
	NetworkACLRules []NetworkACLRule
	Endpoints       VpcEndpointsArgs
	// FlowLogs, if not nil, records all traffic.
	FlowLogs *FlowLogsArgs
}

// Vpc is a network with a public and a private subnet in each of one to three
// zones, routes, network ACLs, and, if asked for, NAT gateways, endpoints of AWS
// services and flow logs. The default security group and network ACL of the VPC are
// emptied, so that what forgets to name its own has no access.
type Vpc struct {
	pulumi.ResourceState

	ID                      pulumi.StringOutput      `pulumi:"vpcId"`
	CIDR                    pulumi.StringOutput      `pulumi:"cidrBlock"`
	PrivateSubnetIDs        pulumi.StringArrayOutput `pulumi:"privateSubnetIds"`
	PublicSubnetIDs         pulumi.StringArrayOutput `pulumi:"publicSubnetIds"`
	PrivateRouteTableIDs    pulumi.StringArrayOutput `pulumi:"privateRouteTableIds"`
	EndpointSecurityGroupID pulumi.StringOutput      `pulumi:"endpointSecurityGroupId"`

	private, public pulumi.StringArray // ids of the subnets
	cidr            string
	zones           int
	publicEndpoints bool
}

// Network is the VPC as other components take it.
func (v *Vpc) Network() Network {
	network := Network{
		ID:                      v.ID,
		CIDR:                    v.cidr,
		PrivateSubnetIDs:        v.private,
		PublicSubnetIDs:         v.public,
		PrivateRouteTableIDs:    v.PrivateRouteTableIDs,
		EndpointSubnetIDs:       v.private,
		Zones:                   v.zones,
		EndpointSecurityGroupID: v.EndpointSecurityGroupID,
		keepEndpointSubnets:     true,
	}
	if v.publicEndpoints {
		network.EndpointSubnetIDs = v.public
	}
	return network
}

// NewVpc makes a Vpc. Everything in it is named after name, {cn} in the sheets.
//
// It is an error if the CIDR does not suit (SplitCIDR), ZoneCount is not 1 to
// MaxZones, or there are fewer zone ids than that. One zone only, and the zone
// use1-az2, which does not have all instance types, are worth a warning.
//
// (docs/reference/aws-workload-base.md 4.1 to 4.4; docs/reference/aws-control-room.md 5)
func NewVpc(ctx *pulumi.Context, name string, args *VpcArgs, opts ...pulumi.ResourceOption) (*Vpc, error) {
	if args == nil {
		args = &VpcArgs{}
	}
	subnets, err := SplitCIDR(args.CIDR)
	if err != nil {
		return nil, fmt.Errorf("vpc %s: %w", name, err)
	}
	if args.ZoneCount < 1 || args.ZoneCount > MaxZones || args.AvailabilityZoneIDs == nil {
		return nil, fmt.Errorf("vpc %s: want 1 to %d availability zones and their ids, not %d", name, MaxZones, args.ZoneCount)
	}
	vpc := &Vpc{cidr: args.CIDR, zones: args.ZoneCount, publicEndpoints: args.Endpoints.InPublicSubnets}
	err = components.Register(ctx, "ptd:aws:Vpc", name, vpc, func(child pulumi.ResourceOption) error {
		b := &vpcBuilder{ctx: ctx, name: name, args: args, child: child, component: vpc}
		for _, build := range []func() error{
			b.vpc, func() error { return b.subnets(subnets) }, b.routes, b.nat, b.acls, b.defaults, b.endpoints, b.flowLogs,
		} {
			if err := build(); err != nil {
				return err
			}
		}
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	if args.ZoneCount == 1 {
		err = ctx.Log.Warn("one availability zone only: an outage of it is an outage of everything", &pulumi.LogArgs{Resource: vpc})
	}
	return vpc, err
}

// vpcBuilder holds what the parts of a Vpc share while it is built.
type vpcBuilder struct {
	ctx       *pulumi.Context
	name      string
	args      *VpcArgs
	child     pulumi.ResourceOption
	component *Vpc

	made            *ec2.Vpc
	inVpc           pulumi.ResourceOption // parent of most
	gateway         *ec2.InternetGateway
	public, private []*ec2.Subnet // by zone
	publicTable     *ec2.RouteTable
	privateTables   []*ec2.RouteTable // by zone
}

// tagged is Tags, the Name tag, and the tags of one kind of subnet if access says so.
func (b *vpcBuilder) tagged(name string, access ...Access) pulumi.StringMap {
	sets := []map[string]string{b.args.Tags, nameTag(name)}
	for _, a := range access {
		sets = append(sets, map[Access]map[string]string{Public: b.args.PublicTags, Private: b.args.PrivateTags}[a])
	}
	return tags(sets...)
}

// zone is the n-th zone id, counted from 0.
func (b *vpcBuilder) zone(n int) pulumi.StringOutput {
	return apply.To(b.args.AvailabilityZoneIDs.ToStringArrayOutput(), func(ids []string) (string, error) {
		if len(ids) < b.args.ZoneCount {
			return "", fmt.Errorf("vpc %s: wants %d availability zones, the region offers %d %v; lower the number of zones",
				b.name, b.args.ZoneCount, len(ids), ids)
		}
		if ids[n] == "use1-az2" {
			if err := b.ctx.Log.Warn("zone use1-az2 does not have all instance types", &pulumi.LogArgs{Resource: b.component}); err != nil {
				return "", err
			}
		}
		return ids[n], nil
	}).(pulumi.StringOutput)
}

func (b *vpcBuilder) vpc() (err error) {
	b.made, err = ec2.NewVpc(b.ctx, b.name, &ec2.VpcArgs{
		CidrBlock:          pulumi.String(b.args.CIDR),
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
		Tags:               b.tagged(b.name),
	}, b.child)
	if err != nil {
		return err
	}
	b.inVpc = pulumi.Parent(b.made)
	b.component.ID = b.made.ID().ToStringOutput()
	b.component.CIDR = b.made.CidrBlock
	b.gateway, err = ec2.NewInternetGateway(b.ctx, b.name, &ec2.InternetGatewayArgs{
		VpcId: b.made.ID(),
		Tags:  b.tagged(b.name, Public),
	}, b.inVpc)
	return err
}

func (b *vpcBuilder) subnets(blocks Subnets) error {
	var public, private pulumi.StringArray
	for n := range b.args.ZoneCount {
		for _, kind := range []struct {
			access Access
			cidr   string
			made   *[]*ec2.Subnet
			ids    *pulumi.StringArray
		}{
			{Public, blocks.Public[n].String(), &b.public, &public},
			{Private, blocks.Private[n].String(), &b.private, &private},
		} {
			name := b.inZone(n, string(kind.access))
			subnet, err := ec2.NewSubnet(b.ctx, name, &ec2.SubnetArgs{
				VpcId:               b.made.ID(),
				CidrBlock:           pulumi.String(kind.cidr),
				AvailabilityZoneId:  b.zone(n),
				MapPublicIpOnLaunch: pulumi.Bool(false),
				Tags:                b.tagged(name, kind.access),
				// AWS adds zones to regions, and the list is in no promised order: neither
				// may replace a live subnet.
			}, b.inVpc, pulumi.IgnoreChanges([]string{"availabilityZoneId"}))
			if err != nil {
				return err
			}
			*kind.made = append(*kind.made, subnet)
			*kind.ids = append(*kind.ids, subnet.ID())
		}
	}
	b.component.public, b.component.private = public, private
	b.component.PublicSubnetIDs = public.ToStringArrayOutput()
	b.component.PrivateSubnetIDs = private.ToStringArrayOutput()
	return nil
}

// inZone is the logical name of what there is once a zone: "{cn}-az1",
// "{cn}-public-az1".
func (b *vpcBuilder) inZone(n int, infix ...string) string {
	name := b.name
	for _, part := range infix {
		name += "-" + part
	}
	return fmt.Sprintf("%s-az%d", name, n+1)
}

func (b *vpcBuilder) routes() error {
	var err error
	name := b.name + "-public"
	b.publicTable, err = b.routeTable(name, Public)
	if err != nil {
		return err
	}
	if _, err = ec2.NewRoute(b.ctx, name, &ec2.RouteArgs{
		RouteTableId:         b.publicTable.ID(),
		DestinationCidrBlock: pulumi.String(anywhere),
		GatewayId:            b.gateway.ID(),
	}, pulumi.Parent(b.publicTable)); err != nil {
		return err
	}
	var ids pulumi.StringArray
	for n := range b.args.ZoneCount {
		name := b.inZone(n, "private")
		table, err := b.routeTable(name, Private)
		if err != nil {
			return err
		}
		b.privateTables = append(b.privateTables, table)
		ids = append(ids, table.ID())
		if err := b.associate(name, b.private[n], table); err != nil {
			return err
		}
		if err := b.associate(b.inZone(n, "public"), b.public[n], b.publicTable); err != nil {
			return err
		}
	}
	b.component.PrivateRouteTableIDs = ids.ToStringArrayOutput()
	return nil
}

func (b *vpcBuilder) routeTable(name string, access Access) (*ec2.RouteTable, error) {
	return ec2.NewRouteTable(b.ctx, name, &ec2.RouteTableArgs{
		VpcId: b.made.ID(),
		Tags:  b.tagged(name, access),
	}, b.inVpc)
}

func (b *vpcBuilder) associate(name string, subnet *ec2.Subnet, table *ec2.RouteTable) error {
	_, err := ec2.NewRouteTableAssociation(b.ctx, name, &ec2.RouteTableAssociationArgs{
		SubnetId:     subnet.ID(),
		RouteTableId: table.ID(),
	}, pulumi.Parent(table))
	return err
}

func (b *vpcBuilder) nat() error {
	if !b.args.NATGateways {
		return nil
	}
	for n := range b.args.ZoneCount {
		name := b.inZone(n)
		address, err := ec2.NewEip(b.ctx, name, &ec2.EipArgs{
			Domain: pulumi.String("vpc"),
			Tags:   b.tagged(name),
		}, b.inVpc)
		if err != nil {
			return err
		}
		gateway, err := ec2.NewNatGateway(b.ctx, name, &ec2.NatGatewayArgs{
			SubnetId:     b.public[n].ID(),
			AllocationId: address.ID(),
			Tags:         b.tagged(name),
			// The cloud refuses it in a VPC that has no internet gateway yet.
		}, b.inVpc, pulumi.DeleteBeforeReplace(true), pulumi.DependsOn([]pulumi.Resource{b.gateway}))
		if err != nil {
			return err
		}
		_, err = ec2.NewRoute(b.ctx, b.inZone(n, "nat"), &ec2.RouteArgs{
			RouteTableId:         b.privateTables[n].ID(),
			DestinationCidrBlock: pulumi.String(anywhere),
			NatGatewayId:         gateway.ID(),
		}, pulumi.Parent(b.privateTables[n]))
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *vpcBuilder) acls() error {
	acls := map[Access]*ec2.NetworkAcl{}
	for access, subnets := range map[Access]pulumi.StringArrayOutput{
		Public: b.component.PublicSubnetIDs, Private: b.component.PrivateSubnetIDs,
	} {
		name := b.name + "-" + string(access)
		acl, err := ec2.NewNetworkAcl(b.ctx, name, &ec2.NetworkAclArgs{
			VpcId:     b.made.ID(),
			SubnetIds: subnets,
			Tags:      b.tagged(name, access),
		}, b.inVpc)
		if err != nil {
			return err
		}
		acls[access] = acl
	}
	return networkACLRules(b.ctx, b.name, b.args.CIDR, acls, b.args.NetworkACLRules)
}

// defaults takes over the default security group and network ACL with no rules.
func (b *vpcBuilder) defaults() error {
	if _, err := ec2.NewDefaultSecurityGroup(b.ctx, b.name+"-default", &ec2.DefaultSecurityGroupArgs{
		VpcId: b.made.ID(),
	}, b.child); err != nil {
		return err
	}
	// Subnets are on the default ACL until they have another, those that others make for good:
	// the provider reads them, and would try on every run to take them off, which it cannot.
	_, err := ec2.NewDefaultNetworkAcl(b.ctx, b.name+"-default", &ec2.DefaultNetworkAclArgs{
		DefaultNetworkAclId: b.made.DefaultNetworkAclId,
	}, b.child, pulumi.IgnoreChanges([]string{"subnetIds"}))
	return err
}

func (b *vpcBuilder) endpoints() error {
	group, err := endpointSecurityGroup(b.ctx, b.name, b.component.ID, b.args.CIDR, b.args.Tags, b.inVpc)
	if err != nil {
		return err
	}
	b.component.EndpointSecurityGroupID = group.ID().ToStringOutput()
	services, err := b.args.Endpoints.services()
	if err != nil {
		return fmt.Errorf("vpc %s: %w", b.name, err)
	}
	var tables pulumi.StringArray
	for _, table := range b.privateTables {
		tables = append(tables, table.ID())
	}
	tables = append(tables, b.publicTable.ID())
	for _, service := range services {
		args := &InterfaceEndpointArgs{
			Network: b.component.Network(), Region: b.args.Region, Service: service, Tags: b.args.Tags,
		}
		name := b.name + "-" + service
		if slices.Contains(gatewayServices, service) {
			err = newGatewayEndpoint(b.ctx, name, args, tables, b.inVpc)
		} else {
			_, err = NewInterfaceEndpoint(b.ctx, name, args, b.inVpc)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *vpcBuilder) flowLogs() error {
	if b.args.FlowLogs == nil {
		return nil
	}
	return newFlowLogs(b.ctx, b.name, b.args.FlowLogs, b.made, b.tagged(b.name), b.child)
}
