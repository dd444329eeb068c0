package aws

import (
	"maps"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

func networkACLs() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		aclType: {
			Args: shape(ec2.NetworkAclArgs{}), Replace: []string{"vpcId"}, Sets: aclSets, Computed: aclSets, Equal: aclMeanings(), Outputs: []string{"arn", "ownerId", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc), rule.Reference("subnetIds[]", subnetType, noSubnet)},
			Create:     made("acl-", "ec2", "network-acl/"),
		},
		"aws:ec2/networkAclRule:NetworkAclRule": {
			Args: shape(ec2.NetworkAclRuleArgs{}), Defaults: map[string]any{"egress": false},
			Replace: []string{
				"networkAclId", "ruleNumber", "egress", "protocol", "ruleAction", "cidrBlock", "ipv6CidrBlock", "fromPort", "toPort",
				"icmpCode", "icmpType",
			},
			Equal:      map[string]func(old, new any) bool{"protocol": sameACLProtocol, "ruleAction": sameFolded},
			References: []sandbox.Reference{rule.Reference("networkAclId", aclType, noAcl)},
			Unique:     rule.Unique("NetworkAclEntryAlreadyExists: The network acl entry identified by %s already exists", "networkAclId", "egress", "ruleNumber"),
			Check: rule.All(rule.Between("ruleNumber", 1, 32766), rule.OneOf("ruleAction", "allow", "deny"), checkACLProtocol,
				exactlyOne("cidrBlock", "ipv6CidrBlock"), checkBlock("cidrBlock", 0, 32), checkBlock("ipv6CidrBlock", 0, 128),
				checkPorts("fromPort", "toPort")),
			Create: made("nacl-", "", ""),
		},
		"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": {
			Args: shape(ec2.DefaultNetworkAclArgs{}), Replace: []string{"defaultNetworkAclId"}, Outputs: []string{"arn", "ownerId", "vpcId", "tagsAll"},
			// Not computed: subnets without an ACL of their own and rules of others are
			// differences (terraform-provider-aws, internal/service/ec2/vpc_default_network_acl.go).
			Sets: aclSets, Equal: aclMeanings(), ReadBack: aclSets,
			References: []sandbox.Reference{rule.By("defaultNetworkAclId", vpcType, "defaultNetworkAclId", noAcl)},
			Create: func(o *sandbox.Operation) error {
				o.ID, _ = o.Inputs.Text("defaultNetworkAclId")
				o.Outputs["arn"] = arn(o, "ec2", "network-acl/"+o.ID)
				return nil
			},
			Read: func(o *sandbox.Operation) error {
				if subnets := subnetsWithoutACL(o, o.ID); len(subnets) > 0 {
					o.Outputs["subnetIds"] = subnets
				}
				return nil
			},
		},
	}
}

// aclSets are the sets of a network ACL.
var aclSets = []string{"subnetIds", "ingress", "egress"}

func aclMeanings() map[string]func(old, new any) bool {
	equal := meanings(sameACLProtocol, "ingress[].protocol", "egress[].protocol")
	maps.Copy(equal, meanings(sameFolded, "ingress[].action", "egress[].action"))
	return equal
}

// aclProtocols are the protocols that have names, by name (terraform-provider-aws,
// internal/service/ec2/vpc_network_acl_rule.go and its protocol mapping).
var aclProtocols = map[string]int{
	"all": -1, "ah": 51, "esp": 50, "gre": 47, "icmp": 1, "icmpv6": 58, "igmp": 2, "ipv4": 4, "ipv6": 41, "ospf": 89, "sctp": 132,
	"tcp": 6, "udp": 17,
}

// aclProtocol is the number of a protocol that is given by name or number.
func aclProtocol(text string) (number int, ok bool) {
	if number, ok = aclProtocols[text]; ok {
		return number, true
	}
	number, err := strconv.Atoi(text)
	return number, err == nil && number >= -1 && number <= 255
}

func sameACLProtocol(old, new any) bool {
	before, known := aclProtocol(text(old))
	after, alsoKnown := aclProtocol(text(new))
	return known && alsoKnown && before == after
}

func checkACLProtocol(in sandbox.Inputs) []sandbox.Problem {
	protocol, given := in.Text("protocol")
	if _, known := aclProtocol(protocol); given && !known {
		return rule.One("protocol", "%q is not a protocol", protocol)
	}
	return nil
}

// subnetsWithoutACL are the subnets that a VPC's default ACL holds for: those that no other
// has taken.
func subnetsWithoutACL(o *sandbox.Operation, id string) []any {
	taken := map[any]bool{}
	for _, acl := range o.Cloud.OfType(aclType) {
		subnets, _ := acl.Get("subnetIds").([]any)
		for _, subnet := range subnets {
			taken[subnet] = true
		}
	}
	var subnets []any
	for _, vpc := range o.Cloud.OfType(vpcType) {
		for _, subnet := range o.Cloud.OfType(subnetType) {
			if vpc.String("defaultNetworkAclId") == id && subnet.String("vpcId") == vpc.ID && !taken[subnet.ID] {
				subnets = append(subnets, subnet.ID)
			}
		}
	}
	return subnets
}
