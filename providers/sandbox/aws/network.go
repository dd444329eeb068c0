package aws

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/ptd-go/ptd/providers/sandbox"
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

var network = map[string]sandbox.Type{
	vpcType: {
		Args: shape(ec2.VpcArgs{}), Replace: []string{"cidrBlock", "instanceTenancy"},
		Outputs: []string{"arn", "defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId", "mainRouteTableId", "ownerId", "tagsAll"},
		Check:   sandbox.All(sandbox.Required("cidrBlock"), checkBlock("cidrBlock", 16, 28)),
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
		References: []sandbox.Reference{reference("vpcId", vpcType, noVpc)},
		Check: sandbox.All(sandbox.Required("cidrBlock"), checkBlock("cidrBlock", 16, 28),
			sandbox.Exclusive("availabilityZone", "availabilityZoneId")),
		Create: createSubnet,
	},
	gatewayType: {
		Args: shape(ec2.InternetGatewayArgs{}), Outputs: []string{"arn", "ownerId", "tagsAll"},
		References: []sandbox.Reference{reference("vpcId", vpcType, noVpc)},
		Unique:     uniqueName("Resource.AlreadyAssociated: vpc %s already has an internet gateway attached", "vpcId"),
		Create:     made("igw-", "ec2", "internet-gateway/"),
	},
	eipType: {
		Args: shape(ec2.EipArgs{}), Replace: []string{"domain", "networkBorderGroup", "publicIpv4Pool"},
		Outputs: []string{"arn", "allocationId", "publicIp", "publicDns", "tagsAll"},
		Check:   sandbox.OneOf("domain", "vpc", "standard"),
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
			reference("subnetId", subnetType, noSubnet), reference("allocationId", eipType, noAllocation),
		},
		Unique: uniqueName("Resource.AlreadyAssociated: address %s is already associated", "allocationId"),
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
		References: []sandbox.Reference{reference("vpcId", vpcType, noVpc)},
		Create:     made("rtb-", "ec2", "route-table/"),
	},
	"aws:ec2/route:Route": {
		Args: shape(ec2.RouteArgs{}), Replace: []string{"routeTableId", "destinationCidrBlock"},
		Outputs: []string{"origin", "state", "instanceId", "instanceOwnerId"},
		References: []sandbox.Reference{
			reference("routeTableId", routeTableType, noRouteTable), reference("gatewayId", gatewayType, noGateway),
			reference("natGatewayId", natType, noNat), reference("vpcEndpointId", endpointType, "InvalidVpcEndpointId.NotFound: The Vpc Endpoint Id '%s' does not exist"),
		},
		Unique: uniqueName("RouteAlreadyExists: route table and destination %s are taken", "routeTableId", "destinationCidrBlock"),
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
			reference("routeTableId", routeTableType, noRouteTable), reference("subnetId", subnetType, noSubnet),
		},
		Unique: uniqueName("Resource.AlreadyAssociated: subnet %s already has a route table", "subnetId"),
		Create: made("rtbassoc-", "", ""),
	},
	aclType: {
		Args: shape(ec2.NetworkAclArgs{}), Replace: []string{"vpcId"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
		References: []sandbox.Reference{reference("vpcId", vpcType, noVpc), reference("subnetIds[]", subnetType, noSubnet)},
		Create:     made("acl-", "ec2", "network-acl/"),
	},
	"aws:ec2/networkAclRule:NetworkAclRule": {
		Args: shape(ec2.NetworkAclRuleArgs{}), Defaults: map[string]any{"egress": false},
		Replace:    []string{"networkAclId", "ruleNumber", "egress", "protocol", "ruleAction", "cidrBlock", "fromPort", "toPort"},
		References: []sandbox.Reference{reference("networkAclId", aclType, noAcl)},
		Unique:     uniqueName("NetworkAclEntryAlreadyExists: The network acl entry identified by %s already exists", "networkAclId", "egress", "ruleNumber"),
		Check: sandbox.All(sandbox.Between("ruleNumber", 1, 32766), sandbox.OneOf("ruleAction", "allow", "deny"),
			checkBlock("cidrBlock", 0, 32), checkPorts("fromPort", "toPort")),
		Create: made("nacl-", "", ""),
	},
	securityGroupType: {
		Args: shape(ec2.SecurityGroupArgs{}), AutoName: "name", Defaults: map[string]any{"description": "Managed by Pulumi"},
		Replace: []string{"name", "namePrefix", "description", "vpcId"}, Outputs: []string{"arn", "ownerId", "name", "tagsAll"},
		References: []sandbox.Reference{
			reference("vpcId", vpcType, noVpc), reference("ingress[].securityGroups[]", securityGroupType, noSecurityGroup),
			reference("egress[].securityGroups[]", securityGroupType, noSecurityGroup),
		},
		Unique: uniqueName("InvalidGroup.Duplicate: The security group %s already exists for the VPC", "vpcId", "name"),
		Check: sandbox.All(sandbox.Exclusive("name", "namePrefix"), checkRules("ingress"), checkRules("egress"),
			sandbox.Matches("description", `^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}$`, "is not a valid description: use letters, digits and . _-:/()#,@[]+=&;{}!$*"),
			sandbox.Matches("name", `^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`, "is not a valid group name")),
		Create: func(o *sandbox.Operation) error {
			if _, err := nameOf(o, "name"); err != nil {
				return err
			}
			return made("sg-", "ec2", "security-group/")(o)
		},
	},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
		Args: shape(ec2.DefaultSecurityGroupArgs{}), Replace: []string{"vpcId"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
		References: []sandbox.Reference{reference("vpcId", vpcType, noVpc)},
		Create: func(o *sandbox.Operation) error {
			o.ID = "sg-" + sandbox.Digest(17, fmt.Sprint(o.Inputs["vpcId"]), "defaultSecurityGroupId")
			o.Outputs["arn"] = arn(o, "ec2", "security-group/"+o.ID)
			return nil
		},
	},
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": {
		Args: shape(ec2.DefaultNetworkAclArgs{}), Replace: []string{"defaultNetworkAclId"}, Outputs: []string{"arn", "ownerId", "vpcId", "tagsAll"},
		References: []sandbox.Reference{byProperty("defaultNetworkAclId", vpcType, "defaultNetworkAclId", noAcl)},
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
			reference("vpcId", vpcType, noVpc), reference("subnetIds[]", subnetType, noSubnet),
			reference("routeTableIds[]", routeTableType, noRouteTable),
			reference("securityGroupIds[]", securityGroupType, noSecurityGroup),
		},
		Unique: uniqueName("RouteAlreadyExists: an endpoint for %s exists already", "vpcId", "serviceName"),
		Check: sandbox.All(sandbox.Required("serviceName"), sandbox.OneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer"),
			sandbox.Matches("serviceName", `^com\.amazonaws\.([a-z0-9-]+\.)+[a-z0-9.\-]+$`, "is not the name of an endpoint service")),
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
			reference("vpcId", vpcType, noVpc),
			byProperty("iamRoleArn", roleType, "arn", "Invalid IAM role: %s does not exist"),
			{Path: "logDestination", Types: []string{logGroupType}, By: "arn", Skip: isNoLogGroup,
				Message: "LogDestination: %s does not exist"},
		},
		Check:  sandbox.OneOf("trafficType", "ACCEPT", "REJECT", "ALL"),
		Create: made("fl-", "ec2", "vpc-flow-log/"),
	},
}

// createSubnet makes a subnet whose block lies in its VPC and overlaps no other.
func createSubnet(o *sandbox.Operation) error {
	block, err := netip.ParsePrefix(fmt.Sprint(o.Inputs["cidrBlock"]))
	if err != nil {
		return err
	}
	id := fmt.Sprint(o.Inputs["vpcId"])
	owner := o.Cloud.Object(sandbox.Key(vpcType, o.Account, o.Region, id))
	if outer, err := netip.ParsePrefix(owner.String("cidrBlock")); err != nil || !outer.Contains(block.Addr()) || outer.Bits() > block.Bits() {
		return fmt.Errorf("InvalidSubnet.Range: The CIDR '%s' is invalid: it is not in the block %s of %s", block, owner.String("cidrBlock"), id)
	}
	for _, other := range o.Cloud.OfType(subnetType) {
		taken, err := netip.ParsePrefix(other.String("cidrBlock"))
		if err == nil && other.String("vpcId") == id && other.Account == o.Account && taken.Overlaps(block) {
			return fmt.Errorf("InvalidSubnet.Conflict: The CIDR '%s' conflicts with another subnet (%s)", block, other.ID)
		}
	}
	zone, zoneID, err := zoneOf(o)
	if err != nil {
		return err
	}
	o.Outputs["availabilityZone"], o.Outputs["availabilityZoneId"], o.Outputs["ownerId"] = zone, zoneID, o.Account
	return made("subnet-", "ec2", "subnet/")(o)
}

// zoneOf finds the availability zone that a resource asks for by name or id.
func zoneOf(o *sandbox.Operation) (name, id string, err error) {
	wanted, byID := o.Inputs.Text("availabilityZoneId")
	if !byID {
		if wanted, byID = o.Inputs.Text("availabilityZone"); !byID {
			return o.Region + "a", zoneID(o.Region, 1), nil
		}
	}
	for i, letter := range []string{"a", "b", "c"} {
		if name, id := o.Region+letter, zoneID(o.Region, i+1); wanted == name || wanted == id {
			return name, id, nil
		}
	}
	return "", "", fmt.Errorf("InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid in %s", wanted, o.Region)
}

// checkBlock checks a CIDR block: no host bits, and a size between two lengths.
func checkBlock(property string, shortest, longest int) func(sandbox.Inputs) []sandbox.Problem {
	return func(in sandbox.Inputs) []sandbox.Problem {
		text, ok := in.Text(property)
		if !ok {
			return nil
		}
		if problem := blockProblem(text, shortest, longest); problem != "" {
			return []sandbox.Problem{{Path: property, Text: problem}}
		}
		return nil
	}
}

func blockProblem(text string, shortest, longest int) string {
	block, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return fmt.Sprintf("%q is not a valid CIDR block", text)
	case block != block.Masked():
		return fmt.Sprintf("%q is not a valid CIDR block: it has host bits; did you mean %s?", text, block.Masked())
	case block.Addr().Is4() && (block.Bits() < shortest || block.Bits() > longest):
		return fmt.Sprintf("%q must be between /%d and /%d", text, shortest, longest)
	}
	return ""
}

// checkPorts checks a range of ports.
func checkPorts(from, to string) func(sandbox.Inputs) []sandbox.Problem {
	return func(in sandbox.Inputs) []sandbox.Problem {
		low, hasLow := in.Number(from)
		high, hasHigh := in.Number(to)
		if hasLow && hasHigh && (low > high || low < -1 || high > 65535) {
			return []sandbox.Problem{{Path: from, Text: fmt.Sprintf("InvalidPortRange: %v to %v is not a range of ports", low, high)}}
		}
		return nil
	}
}

// checkRules checks the inline rules of a security group.
func checkRules(property string) func(sandbox.Inputs) []sandbox.Problem {
	return func(in sandbox.Inputs) []sandbox.Problem {
		var problems []sandbox.Problem
		for i, element := range in.List(property) {
			object, ok := element.(map[string]any)
			if !ok {
				continue
			}
			rule, path := sandbox.Inputs(object), fmt.Sprintf("%s[%d]", property, i)
			for _, problem := range checkPorts("fromPort", "toPort")(rule) {
				problems = append(problems, sandbox.Problem{Path: path, Text: problem.Text})
			}
			low, _ := rule.Number("fromPort")
			high, _ := rule.Number("toPort")
			if protocol, _ := rule.Text("protocol"); protocol == "-1" && (low != 0 || high != 0) {
				problems = append(problems, sandbox.Problem{Path: path, Text: "from and to port must be 0 for protocol -1"})
			}
			for _, block := range rule.List("cidrBlocks") {
				if text, ok := block.(string); ok && blockProblem(text, 0, 32) != "" {
					problems = append(problems, sandbox.Problem{Path: path + ".cidrBlocks", Text: blockProblem(text, 0, 32)})
				}
			}
		}
		return problems
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
