package aws

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// VpcEndpointsArgs says which AWS services a Vpc reaches without the internet.
type VpcEndpointsArgs struct {
	Enabled bool // without it there are none
	// Services to have endpoints, by their short names; DefaultEndpointServices if
	// nil. Those of S3 and DynamoDB are routes (gateway endpoints), the others have
	// addresses (interface endpoints).
	Services []string
	// ExcludedServices get no endpoint after all. FSx, whose endpoint is made with
	// NewInterfaceEndpoint because it needs a security group of its own, may be
	// named and is ignored.
	ExcludedServices []string
	// InPublicSubnets puts new interface endpoints into the public subnets, for a
	// network whose private ACL does not let HTTPS in.
	InPublicSubnets bool
}

// DefaultEndpointServices are what a cluster and its nodes need, in the order in
// which the endpoints are made.
var DefaultEndpointServices = []string{"ec2", "ec2messages", "kms", "s3", "ssm", "ssmmessages"}

// FSxEndpointService is the short name of FSx.
const FSxEndpointService = "fsx"

var gatewayServices = []string{"s3", "dynamodb"}

// services lists the services to make endpoints for.
func (a VpcEndpointsArgs) services() ([]string, error) {
	if !a.Enabled {
		return nil, nil
	}
	services := a.Services
	if services == nil {
		services = DefaultEndpointServices
	}
	for _, excluded := range a.ExcludedServices {
		if excluded != FSxEndpointService && !slices.Contains(services, excluded) {
			return nil, fmt.Errorf("endpoint service %q is excluded but not one of %v and %s", excluded, services, FSxEndpointService)
		}
	}
	return slices.DeleteFunc(slices.Clone(services), func(service string) bool {
		return slices.Contains(a.ExcludedServices, service)
	}), nil
}

// endpointSecurityGroup makes the group that lets everybody in the VPC talk to
// interface endpoints.
//
// (docs/reference/aws-workload-base.md 4.2 row 23, 4.5 row 32)
func endpointSecurityGroup(
	ctx *pulumi.Context, name string, vpcID pulumi.StringInput, cidr string, base map[string]string, opts ...pulumi.ResourceOption,
) (*ec2.SecurityGroup, error) {
	logical := name + "-vpc-endpoint"
	return ec2.NewSecurityGroup(ctx, logical, &ec2.SecurityGroupArgs{
		NamePrefix:  pulumi.String(logical + "-"),
		Description: pulumi.String(name + " VPC endpoint"),
		VpcId:       vpcID.ToStringOutput(),
		Ingress: ec2.SecurityGroupIngressArray{ec2.SecurityGroupIngressArgs{
			Protocol:   pulumi.String("tcp"),
			FromPort:   pulumi.Int(443),
			ToPort:     pulumi.Int(443),
			CidrBlocks: pulumi.StringArray{pulumi.String(cidr)},
		}},
		Tags: tags(base, nameTag(logical)),
	}, opts...)
}

// InterfaceEndpointArgs says what an interface endpoint is for. All but the
// security groups and the tags is required.
type InterfaceEndpointArgs struct {
	Network Network
	Region  pulumi.StringInput // of the network and the service
	Service string             // short name: "fsx"
	// SecurityGroupIDs are added to the network's endpoint group, which lets in
	// HTTPS, without which a private name that resolves to the endpoint is a dead end.
	SecurityGroupIDs pulumi.StringArray
	Tags             map[string]string // a Name tag is added
}

func (a *InterfaceEndpointArgs) serviceName() pulumi.StringOutput {
	return pulumi.Sprintf("com.amazonaws.%s.%s", a.Region, a.Service)
}

func (a *InterfaceEndpointArgs) check(name string) error {
	if a == nil || a.Region == nil || a.Service == "" || a.Network.ID.OutputState == nil {
		return errors.New("endpoint " + name + ": network, region and service are required")
	}
	return nil
}

// NewInterfaceEndpoint makes an endpoint of an AWS service in a network, with
// private DNS: the service's public name resolves to it.
//
// New endpoints have their addresses in the private subnets (Vpc's InPublicSubnets
// apart). In a network that ptd made, those that have them elsewhere, the public
// subnets say, stay there: AWS refuses a second subnet in the same zone even while
// the first is taken away, so that such a move would fail half-way. For the same
// reason a zone added later gets no address; names resolve to those of the other
// zones. In an adopted network the subnets follow the configuration.
//
// (docs/reference/aws-workload-base.md 4.3)
func NewInterfaceEndpoint(
	ctx *pulumi.Context, name string, args *InterfaceEndpointArgs, opts ...pulumi.ResourceOption,
) (*ec2.VpcEndpoint, error) {
	if err := args.check(name); err != nil {
		return nil, err
	}
	if args.Network.keepEndpointSubnets {
		opts = append(slices.Clone(opts), pulumi.IgnoreChanges([]string{"subnetIds"}))
	}
	return ec2.NewVpcEndpoint(ctx, name, &ec2.VpcEndpointArgs{
		VpcId:             args.Network.ID,
		ServiceName:       args.serviceName(),
		VpcEndpointType:   pulumi.String("Interface"),
		PrivateDnsEnabled: pulumi.Bool(true),
		SecurityGroupIds:  append(slices.Clone(args.SecurityGroupIDs), args.Network.EndpointSecurityGroupID),
		SubnetIds:         args.Network.EndpointSubnetIDs,
		Tags:              tags(args.Tags, nameTag(name)),
	}, opts...)
}

// newGatewayEndpoint makes an endpoint that the route tables point to.
func newGatewayEndpoint(
	ctx *pulumi.Context, name string, args *InterfaceEndpointArgs, tables pulumi.StringArray, opts ...pulumi.ResourceOption,
) error {
	if err := args.check(name); err != nil {
		return err
	}
	_, err := ec2.NewVpcEndpoint(ctx, name, &ec2.VpcEndpointArgs{
		VpcId:           args.Network.ID,
		ServiceName:     args.serviceName(),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   tables,
		Tags:            tags(args.Tags, nameTag(name)),
	}, opts...)
	return err
}
