package aws

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// ExistingVpcArgs names a VPC that somebody else made. All but the tags is required.
type ExistingVpcArgs struct {
	VpcID string
	CIDR  string // of the VPC; security groups let it in
	// PrivateSubnetNames are values of the Name tag. Each must be that of at least
	// one subnet.
	PrivateSubnetNames []string
	Tags               map[string]string // for what is made in the VPC
}

// ExistingVpc is an adopted VPC: its private subnets and their route tables are
// looked up; nothing is made in it but a security group for endpoints.
type ExistingVpc struct {
	pulumi.ResourceState

	ID                      pulumi.StringOutput      `pulumi:"vpcId"`
	CIDR                    pulumi.StringOutput      `pulumi:"cidrBlock"`
	PrivateSubnetIDs        pulumi.StringArrayOutput `pulumi:"privateSubnetIds"`
	PrivateRouteTableIDs    pulumi.StringArrayOutput `pulumi:"privateRouteTableIds"`
	EndpointSubnetIDs       pulumi.StringArrayOutput `pulumi:"endpointSubnetIds"`
	EndpointSecurityGroupID pulumi.StringOutput      `pulumi:"endpointSecurityGroupId"`

	private, endpoints pulumi.StringArray // ids of the subnets
	cidr               string
	zones              int
}

// Network is the VPC as other components take it. It has no public subnets.
func (v *ExistingVpc) Network() Network {
	return Network{
		ID:                      v.ID,
		CIDR:                    v.cidr,
		PrivateSubnetIDs:        v.private,
		PublicSubnetIDs:         pulumi.StringArray{},
		PrivateRouteTableIDs:    v.PrivateRouteTableIDs,
		EndpointSubnetIDs:       v.endpoints,
		Zones:                   v.zones,
		adopted:                 true,
		EndpointSecurityGroupID: v.EndpointSecurityGroupID,
	}
}

// NewExistingVpc adopts a VPC. Its subnets come in the order of the EC2 API, its
// route tables are those with an explicit association with one of the subnets.
//
// It is an error if a subnet name is that of no subnet of the VPC, or if a look-up
// fails.
//
// (docs/reference/aws-workload-base.md 4.5)
func NewExistingVpc(ctx *pulumi.Context, name string, args *ExistingVpcArgs, opts ...pulumi.ResourceOption) (*ExistingVpc, error) {
	if args == nil || args.VpcID == "" || args.CIDR == "" || len(args.PrivateSubnetNames) == 0 {
		return nil, errors.New("existing VPC " + name + ": id, CIDR and names of private subnets are required")
	}
	vpc := &ExistingVpc{cidr: args.CIDR}
	err := components.Register(ctx, "ptd:aws:ExistingVpc", name, vpc, func(child pulumi.ResourceOption) error {
		asChild := pulumi.Parent(vpc)
		subnets, err := lookUpSubnets(ctx, args.VpcID, args.PrivateSubnetNames, asChild)
		if err != nil {
			return err
		}
		tables, err := lookUpRouteTables(ctx, args.VpcID, subnets.ids, asChild)
		if err != nil {
			return err
		}
		group, err := endpointSecurityGroup(ctx, name, pulumi.String(args.VpcID), args.CIDR,
			args.Tags, child)
		if err != nil {
			return err
		}
		vpc.ID = pulumi.String(args.VpcID).ToStringOutput()
		vpc.CIDR = pulumi.String(args.CIDR).ToStringOutput()
		vpc.private, vpc.endpoints = pulumi.ToStringArray(subnets.ids), pulumi.ToStringArray(subnets.onePerZone)
		vpc.PrivateSubnetIDs = vpc.private.ToStringArrayOutput()
		vpc.zones = len(subnets.onePerZone)
		vpc.EndpointSubnetIDs = vpc.endpoints.ToStringArrayOutput()
		vpc.PrivateRouteTableIDs = pulumi.ToStringArray(tables).ToStringArrayOutput()
		vpc.EndpointSecurityGroupID = group.ID().ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return vpc, nil
}

type foundSubnets struct {
	ids        []string
	onePerZone []string // the first in each availability zone
}

// lookUpSubnets finds the subnets of a VPC whose Name tag is one of names.
func lookUpSubnets(ctx *pulumi.Context, vpcID string, names []string, opts ...pulumi.InvokeOption) (foundSubnets, error) {
	var found foundSubnets
	list, err := ec2.GetSubnets(ctx, &ec2.GetSubnetsArgs{Filters: []ec2.GetSubnetsFilter{
		{Name: "vpc-id", Values: []string{vpcID}},
		{Name: "tag:Name", Values: names},
	}}, opts...)
	if err != nil {
		return found, fmt.Errorf("list subnets %q of VPC %s: %w", names, vpcID, err)
	}
	found.ids = list.Ids
	unresolved := slices.Clone(names)
	zones := map[string]bool{}
	for _, id := range found.ids {
		subnet, err := ec2.LookupSubnet(ctx, &ec2.LookupSubnetArgs{Id: &id}, opts...)
		if err != nil {
			return found, fmt.Errorf("look up subnet %s of VPC %s: %w", id, vpcID, err)
		}
		unresolved = slices.DeleteFunc(unresolved, func(name string) bool { return name == subnet.Tags["Name"] })
		if !zones[subnet.AvailabilityZoneId] {
			zones[subnet.AvailabilityZoneId] = true
			found.onePerZone = append(found.onePerZone, id)
		}
	}
	if len(unresolved) > 0 {
		return found, fmt.Errorf("VPC %s has no subnets with the Name tags %q: correct the names or tag the subnets",
			vpcID, unresolved)
	}
	return found, nil
}

// lookUpRouteTables finds the route tables of a VPC that are explicitly associated
// with one of the subnets.
func lookUpRouteTables(ctx *pulumi.Context, vpcID string, subnets []string, opts ...pulumi.InvokeOption) ([]string, error) {
	list, err := ec2.GetRouteTables(ctx, &ec2.GetRouteTablesArgs{VpcId: &vpcID}, opts...)
	if err != nil {
		return nil, fmt.Errorf("list route tables of VPC %s: %w", vpcID, err)
	}
	var tables []string
	for _, id := range list.Ids {
		table, err := ec2.LookupRouteTable(ctx, &ec2.LookupRouteTableArgs{RouteTableId: &id}, opts...)
		if err != nil {
			return nil, fmt.Errorf("look up route table %s of VPC %s: %w", id, vpcID, err)
		}
		if slices.ContainsFunc(table.Associations, func(a ec2.GetRouteTableAssociationType) bool {
			return slices.Contains(subnets, a.SubnetId)
		}) {
			tables = append(tables, id)
		}
	}
	return tables, nil
}
