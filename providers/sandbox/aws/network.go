package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	vpcType           = "aws:ec2/vpc:Vpc"
	subnetType        = "aws:ec2/subnet:Subnet"
	gatewayType       = "aws:ec2/internetGateway:InternetGateway"
	natType           = "aws:ec2/natGateway:NatGateway"
	eipType           = "aws:ec2/eip:Eip"
	routeTableType    = "aws:ec2/routeTable:RouteTable"
	associationType   = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	aclType           = "aws:ec2/networkAcl:NetworkAcl"
	securityGroupType = "aws:ec2/securityGroup:SecurityGroup"
	endpointType      = "aws:ec2/vpcEndpoint:VpcEndpoint"
)

const (
	noVpc           = "InvalidVpcID.NotFound: The vpc ID '%s' does not exist"
	noSubnet        = "InvalidSubnetID.NotFound: The subnet ID '%s' does not exist"
	noRouteTable    = "InvalidRouteTableID.NotFound: The routeTable ID '%s' does not exist"
	noSecurityGroup = "InvalidGroup.NotFound: The security group '%s' does not exist"
	noGateway       = "InvalidInternetGatewayID.NotFound: The internetGateway ID '%s' does not exist"
	noNat           = "NatGatewayNotFound: The Nat Gateway %s was not found"
	noAcl           = "InvalidNetworkAclID.NotFound: The networkAcl ID '%s' does not exist"
	noAllocation    = "InvalidAllocationID.NotFound: The allocation ID '%s' does not exist"
)

func network() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		vpcType: {
			Args: shape(ec2.VpcArgs{}), Replace: []string{"cidrBlock", "instanceTenancy"},
			Outputs: []string{"arn", "defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId", "mainRouteTableId", "ownerId", "tagsAll"},
			Check:   rule.All(rule.Required("cidrBlock"), checkBlock("cidrBlock", 16, 28)),
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("vpc-", 17)
				o.Outputs["arn"] = arn(o, "ec2", "vpc/"+o.ID)
				o.Outputs["ownerId"] = o.Account
				for output, prefix := range map[string]string{
					"defaultNetworkAclId": "acl-", "defaultRouteTableId": "rtb-", "defaultSecurityGroupId": "sg-",
				} {
					o.Outputs[output] = prefix + sandbox.Digest(17, o.ID, output)
				}
				o.Outputs["mainRouteTableId"] = o.Outputs["defaultRouteTableId"]
				return nil
			},
		},
		subnetType: {
			Args: shape(ec2.SubnetArgs{}), Replace: []string{"cidrBlock", "vpcId", "availabilityZone", "availabilityZoneId"},
			Outputs:    []string{"arn", "ownerId", "availabilityZone", "availabilityZoneId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Check: rule.All(rule.Required("cidrBlock"), checkBlock("cidrBlock", 16, 28),
				rule.Exclusive("availabilityZone", "availabilityZoneId")),
			Create: createSubnet,
		},
		gatewayType: {
			Args: shape(ec2.InternetGatewayArgs{}), Outputs: []string{"arn", "ownerId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Unique:     rule.Unique("Resource.AlreadyAssociated: vpc %s already has an internet gateway attached", "vpcId"),
			Create:     made("igw-", "ec2", "internet-gateway/"),
		},
		eipType: {
			Args: shape(ec2.EipArgs{}), Replace: []string{"domain", "networkBorderGroup", "publicIpv4Pool"},
			Outputs: []string{"arn", "allocationId", "publicIp", "publicDns", "tagsAll"},
			Check:   rule.OneOf("domain", "vpc", "standard"),
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("eipalloc-", 17)
				o.Outputs["arn"], o.Outputs["allocationId"] = arn(o, "ec2", "elastic-ip/"+o.ID), o.ID
				address := publicAddress(o.ID)
				o.Outputs["publicIp"] = address
				o.Outputs["publicDns"] = "ec2-" + address + "." + o.Region + ".compute.amazonaws.com"
				return nil
			},
		},
		natType: {
			Args: shape(ec2.NatGatewayArgs{}), Replace: []string{"subnetId", "allocationId", "connectivityType"},
			Outputs: []string{"publicIp", "networkInterfaceId", "associationId", "tagsAll"},
			References: []sandbox.Reference{
				rule.Reference("subnetId", subnetType, noSubnet), rule.Reference("allocationId", eipType, noAllocation),
			},
			Unique: rule.Unique("Resource.AlreadyAssociated: address %s is already associated", "allocationId"),
			Create: func(o *sandbox.Operation) error {
				if !gatewayOf(o.Cloud, o.Account, o.Region, o.Inputs["subnetId"]) {
					return fmt.Errorf("Gateway.NotAttached: the VPC of subnet %v has no internet gateway", o.Inputs["subnetId"])
				}
				o.ID = o.NewID("nat-", 17)
				allocation, _ := o.Inputs.Text("allocationId")
				o.Outputs["publicIp"] = publicAddress(allocation)
				o.Outputs["networkInterfaceId"] = "eni-" + sandbox.Digest(17, o.ID)
				o.Outputs["associationId"] = "eipassoc-" + sandbox.Digest(17, o.ID)
				return nil
			},
		},
		routeTableType: {
			Args: shape(ec2.RouteTableArgs{}), Replace: []string{"vpcId"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Create:     made("rtb-", "ec2", "route-table/"),
		},
		"aws:ec2/route:Route": {
			Args: shape(ec2.RouteArgs{}), Replace: []string{"routeTableId", "destinationCidrBlock"},
			Outputs: []string{"origin", "state", "instanceId", "instanceOwnerId"},
			References: []sandbox.Reference{
				rule.Reference("routeTableId", routeTableType, noRouteTable), rule.Reference("gatewayId", gatewayType, noGateway),
				rule.Reference("natGatewayId", natType, noNat), rule.Reference("vpcEndpointId", endpointType, "InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '%s' does not exist"),
			},
			Unique: rule.Unique("RouteAlreadyExists: route table and destination %s are taken", "routeTableId", "destinationCidrBlock"),
			Check:  checkBlock("destinationCidrBlock", 0, 32),
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
		},
		aclType: {
			Args: shape(ec2.NetworkAclArgs{}), Replace: []string{"vpcId"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc), rule.Reference("subnetIds[]", subnetType, noSubnet)},
			Create:     made("acl-", "ec2", "network-acl/"),
		},
		"aws:ec2/networkAclRule:NetworkAclRule": {
			Args: shape(ec2.NetworkAclRuleArgs{}), Defaults: map[string]any{"egress": false},
			Replace:    []string{"networkAclId", "ruleNumber", "egress", "protocol", "ruleAction", "cidrBlock", "fromPort", "toPort"},
			References: []sandbox.Reference{rule.Reference("networkAclId", aclType, noAcl)},
			Unique:     rule.Unique("NetworkAclEntryAlreadyExists: The network acl entry identified by %s already exists", "networkAclId", "egress", "ruleNumber"),
			Check: rule.All(rule.Between("ruleNumber", 1, 32766), rule.OneOf("ruleAction", "allow", "deny"),
				checkBlock("cidrBlock", 0, 32), checkPorts("fromPort", "toPort")),
			Create: made("nacl-", "", ""),
		},
		securityGroupType: {
			Args: shape(ec2.SecurityGroupArgs{}), AutoName: "name", Defaults: map[string]any{"description": "Managed by Pulumi"},
			Replace: []string{"name", "namePrefix", "description", "vpcId"}, Outputs: []string{"arn", "ownerId", "name", "tagsAll"},
			References: []sandbox.Reference{
				rule.Reference("vpcId", vpcType, noVpc), rule.Reference("ingress[].securityGroups[]", securityGroupType, noSecurityGroup),
				rule.Reference("egress[].securityGroups[]", securityGroupType, noSecurityGroup),
			},
			Unique: rule.Unique("InvalidGroup.Duplicate: The security group %s already exists for the VPC", "vpcId", "name"),
			Check: rule.All(rule.Exclusive("name", "namePrefix"), checkRules("ingress"), checkRules("egress"),
				rule.Matches("description", `^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}$`, "is not a valid description: use letters, digits and . _-:/()#,@[]+=&;{}!$*"),
				rule.Matches("name", `^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`, "is not a valid group name")),
			Create: func(o *sandbox.Operation) error {
				if _, err := nameOf(o, "name"); err != nil {
					return err
				}
				return made("sg-", "ec2", "security-group/")(o)
			},
		},
		"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
			Args: shape(ec2.DefaultSecurityGroupArgs{}), Replace: []string{"vpcId"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Create: func(o *sandbox.Operation) error {
				o.ID = "sg-" + sandbox.Digest(17, fmt.Sprint(o.Inputs["vpcId"]), "defaultSecurityGroupId")
				o.Outputs["arn"] = arn(o, "ec2", "security-group/"+o.ID)
				return nil
			},
		},
		"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": {
			Args: shape(ec2.DefaultNetworkAclArgs{}), Replace: []string{"defaultNetworkAclId"}, Outputs: []string{"arn", "ownerId", "vpcId", "tagsAll"},
			References: []sandbox.Reference{rule.By("defaultNetworkAclId", vpcType, "defaultNetworkAclId", noAcl)},
			Create: func(o *sandbox.Operation) error {
				o.ID, _ = o.Inputs.Text("defaultNetworkAclId")
				o.Outputs["arn"] = arn(o, "ec2", "network-acl/"+o.ID)
				return nil
			},
		},
		endpointType: {
			Args: shape(ec2.VpcEndpointArgs{}), Defaults: map[string]any{"vpcEndpointType": "Gateway"},
			Replace: []string{"vpcId", "serviceName", "vpcEndpointType"},
			Outputs: []string{"arn", "ownerId", "state", "prefixListId", "networkInterfaceIds", "dnsEntries", "tagsAll"},
			References: []sandbox.Reference{
				rule.Reference("vpcId", vpcType, noVpc), rule.Reference("subnetIds[]", subnetType, noSubnet),
				rule.Reference("routeTableIds[]", routeTableType, noRouteTable),
				rule.Reference("securityGroupIds[]", securityGroupType, noSecurityGroup),
			},
			Unique: rule.Unique("RouteAlreadyExists: an endpoint for %s exists already", "vpcId", "serviceName"),
			Check: rule.All(rule.Required("serviceName"), rule.OneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer"),
				rule.Matches("serviceName", `^com\.amazonaws\.([a-z0-9-]+\.)+[a-z0-9.\-]+$`, "is not the name of an endpoint service")),
			Create: func(o *sandbox.Operation) error {
				o.Outputs["state"] = "available"
				return made("vpce-", "ec2", "vpc-endpoint/")(o)
			},
		},
		"aws:ec2/flowLog:FlowLog": {
			Args: shape(ec2.FlowLogArgs{}), Outputs: []string{"arn", "tagsAll", "logGroupName"},
			Replace: []string{
				"iamRoleArn", "logDestination", "logDestinationType", "logFormat", "maxAggregationInterval", "trafficType", "vpcId",
			},
			References: []sandbox.Reference{
				rule.Reference("vpcId", vpcType, noVpc),
				rule.By("iamRoleArn", roleType, "arn", "Invalid IAM role: %s does not exist"),
				rule.Unless(isNoLogGroup, rule.By("logDestination", logGroupType, "arn", "LogDestination: %s does not exist")),
			},
			Check:  rule.OneOf("trafficType", "ACCEPT", "REJECT", "ALL"),
			Create: made("fl-", "ec2", "vpc-flow-log/"),
		},
	}
}

// gatewayOf tells whether the VPC of a subnet has an internet gateway.
func gatewayOf(cloud *sandbox.Cloud, account, region string, subnet any) bool {
	object := cloud.Object(sandbox.Key(subnetType, account, region, fmt.Sprint(subnet)))
	for _, gateway := range cloud.OfType(gatewayType) {
		if object != nil && gateway.String("vpcId") == object.String("vpcId") {
			return true
		}
	}
	return false
}

// publicAddress derives an address from the block that is reserved for documentation
// and tests of this size, 198.18.0.0/15.
func publicAddress(id string) string {
	var a, b int
	fmt.Sscanf(sandbox.Digest(4, id), "%02x%02x", &a, &b)
	return fmt.Sprintf("198.18.%d.%d", a, b)
}
