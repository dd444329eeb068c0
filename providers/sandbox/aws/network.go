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
			Args: shape(ec2.VpcArgs{}), Replace: []string{"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"},
			ReplaceIf: func(old, new sandbox.Inputs) []string { // only to give dedicated hardware up is in place
				before, _ := old.Text("instanceTenancy")
				after, _ := new.Text("instanceTenancy")
				if before == "dedicated" && after == "default" {
					return nil
				}
				return []string{"instanceTenancy"}
			},
			Computed: []string{
				"cidrBlock", "enableDnsHostnames", "enableNetworkAddressUsageMetrics", "ipv6CidrBlock", "ipv6CidrBlockNetworkBorderGroup",
			},
			Defaults: map[string]any{"instanceTenancy": "default", "enableDnsSupport": true, "assignGeneratedIpv6CidrBlock": false},
			Outputs:  []string{"arn", "defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId", "mainRouteTableId", "ownerId", "tagsAll"},
			Check:    rule.All(rule.Required("cidrBlock"), checkBlock("cidrBlock", 16, 28), checkVpcBlock),
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
			Args:       shape(ec2.SubnetArgs{}),
			Replace:    []string{"cidrBlock", "vpcId", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"},
			Computed:   []string{"availabilityZone", "availabilityZoneId", "privateDnsHostnameTypeOnLaunch"},
			Defaults:   map[string]any{"mapPublicIpOnLaunch": false},
			Outputs:    []string{"arn", "ownerId", "availabilityZone", "availabilityZoneId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Check: rule.All(rule.Required("cidrBlock"), checkBlock("cidrBlock", 16, 28),
				rule.Exclusive("availabilityZone", "availabilityZoneId")),
			Create: createSubnet,
		},
		gatewayType: {
			Args: shape(ec2.InternetGatewayArgs{}), Computed: []string{"vpcId"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Unique:     rule.Unique("Resource.AlreadyAssociated: vpc %s already has an internet gateway attached", "vpcId"),
			Create:     made("igw-", "ec2", "internet-gateway/"),
		},
		eipType: {
			Args:     shape(ec2.EipArgs{}),
			Replace:  []string{"address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"},
			Computed: []string{"domain", "instance", "ipamPoolId", "networkBorderGroup", "networkInterface", "publicIpv4Pool"},
			Outputs:  []string{"arn", "allocationId", "publicIp", "publicDns", "tagsAll"},
			Check:    rule.OneOf("domain", "vpc", "standard"),
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
			Args:     shape(ec2.NatGatewayArgs{}),
			Replace:  []string{"subnetId", "allocationId", "connectivityType", "privateIp", "secondaryPrivateIpAddressCount"},
			Sets:     []string{"secondaryAllocationIds", "secondaryPrivateIpAddresses"},
			Computed: []string{"privateIp", "secondaryPrivateIpAddressCount", "secondaryPrivateIpAddresses"},
			Defaults: map[string]any{"connectivityType": "public"},
			Outputs:  []string{"publicIp", "networkInterfaceId", "associationId", "tagsAll"},
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
