package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// Where a route leads from and to (terraform-provider-aws, internal/service/ec2/vpc_route.go).
var (
	routeDestinations = []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}
	routeTargets      = []string{
		"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId", "networkInterfaceId",
		"transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
	}
)

// exactlyOne makes a check that one of some properties is given, and no other.
func exactlyOne(properties ...string) rule.Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		given := slices.DeleteFunc(slices.Clone(properties), func(property string) bool { _, ok := in[property]; return !ok })
		if len(given) == 1 {
			return nil
		}
		return rule.One(append(given, properties[0])[0], "exactly one of %s must be specified, %d are", strings.Join(properties, ", "), len(given))
	}
}

func routes() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		routeTableType: {
			Args: shape(ec2.RouteTableArgs{}), Replace: []string{"vpcId"}, Sets: []string{"routes", "propagatingVgws"},
			Computed: []string{"routes", "propagatingVgws"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Create:     made("rtb-", "ec2", "route-table/"),
		},
		"aws:ec2/route:Route": {
			Args: shape(ec2.RouteArgs{}), Replace: append([]string{"routeTableId"}, routeDestinations...),
			Outputs: []string{"origin", "state", "instanceId", "instanceOwnerId"},
			References: []sandbox.Reference{
				rule.Reference("routeTableId", routeTableType, noRouteTable), rule.Reference("gatewayId", gatewayType, noGateway),
				rule.Reference("natGatewayId", natType, noNat), rule.Reference("vpcEndpointId", endpointType, "InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '%s' does not exist"),
			},
			Unique: rule.Unique("RouteAlreadyExists: route table and destination %s are taken", "routeTableId", "destinationCidrBlock"),
			Check:  rule.All(exactlyOne(routeDestinations...), exactlyOne(routeTargets...), checkBlock("destinationCidrBlock", 0, 32)),
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("r-"+fmt.Sprint(o.Inputs["routeTableId"]), 10)
				o.Outputs["origin"], o.Outputs["state"] = "CreateRoute", "active"
				return nil
			},
		},
		associationType: {
			Args: shape(ec2.RouteTableAssociationArgs{}), Replace: []string{"subnetId", "gatewayId"},
			References: []sandbox.Reference{
				rule.Reference("routeTableId", routeTableType, noRouteTable), rule.Reference("subnetId", subnetType, noSubnet),
			},
			Unique: rule.Unique("Resource.AlreadyAssociated: subnet %s already has a route table", "subnetId"),
			Create: made("rtbassoc-", "", ""),
			// Another table is another association; the protocol of providers has no word for a
			// new id, so that the engine keeps the old one
			// (terraform-provider-aws, internal/service/ec2/vpc_route_table_association.go).
			Update: func(o *sandbox.Operation) error {
				if o.Inputs["routeTableId"] != o.Old.Inputs["routeTableId"] {
					o.ID = o.NewID("rtbassoc-", 17)
				}
				return nil
			},
		},
	}
}
