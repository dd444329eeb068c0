package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Access tells the two kinds of subnet of a Vpc apart.
type Access string

// Public subnets route to the internet gateway, Private ones to a NAT gateway or
// nowhere.
const (
	Public  Access = "public"
	Private Access = "private"
)

const anywhere = "0.0.0.0/0"

// NetworkACLRule allows traffic into, or out of, all subnets of one kind.
type NetworkACLRule struct {
	Subnets  Access
	Egress   bool   // out of the subnets; else into them
	Protocol string // "tcp", "udp" or "all"
	From, To int    // ports; both 0 for "all"
	CIDR     string // the other side; "" is the VPC itself
}

// WorkloadNetworkACLRules is what the subnets of a workload let through besides the
// base rules of every Vpc: the web from outside, NFS and everything else from
// inside, all on the way out.
//
// (docs/reference/aws-workload-base.md 4.2.2)
func WorkloadNetworkACLRules() []NetworkACLRule {
	rules := append(webFromAnywhere(), nfsWithin(Public)...)
	rules = append(rules, allWithin(Public)...)
	rules = append(rules, nfsWithin(Private)...)
	rules = append(rules, allWithin(Private)...)
	return append(rules, allOut(Public), allOut(Private))
}

// ControlRoomNetworkACLRules is the same for a control room, which has no NFS.
//
// (docs/reference/aws-control-room.md 5)
func ControlRoomNetworkACLRules() []NetworkACLRule {
	rules := append(webFromAnywhere(), allOut(Public), allOut(Private))
	rules = append(rules, allWithin(Public)...)
	return append(rules, allWithin(Private)...)
}

// WorkspacesNetworkACLRules is the same for the network of a control room's
// administrative workspaces.
//
// (docs/reference/aws-control-room.md 5)
func WorkspacesNetworkACLRules() []NetworkACLRule {
	return []NetworkACLRule{
		{Subnets: Public, Protocol: "all"},
		{Subnets: Public, Egress: true, Protocol: "all"},
		{Subnets: Public, Egress: true, Protocol: "tcp", From: 22, To: 22, CIDR: anywhere},
		{Subnets: Public, Egress: true, Protocol: "tcp", From: 80, To: 80, CIDR: anywhere},
	}
}

func webFromAnywhere() []NetworkACLRule {
	return []NetworkACLRule{
		{Subnets: Public, Protocol: "tcp", From: 443, To: 443, CIDR: anywhere},
		{Subnets: Public, Protocol: "tcp", From: 80, To: 80, CIDR: anywhere},
	}
}

// nfsWithin stops at port 20002 although the security groups go to 20003: a rule's
// ports cannot change without replacing it, and allWithin, which always follows,
// covers the difference.
func nfsWithin(subnets Access) []NetworkACLRule {
	var rules []NetworkACLRule
	for _, ports := range [][2]int{{111, 111}, {2049, 2049}, {20001, 20002}} {
		for _, protocol := range []string{"tcp", "udp"} {
			rules = append(rules, NetworkACLRule{Subnets: subnets, Protocol: protocol, From: ports[0], To: ports[1]})
		}
	}
	return rules
}

func allWithin(subnets Access) []NetworkACLRule {
	return []NetworkACLRule{
		{Subnets: subnets, Protocol: "tcp", From: 0, To: 65535},
		{Subnets: subnets, Protocol: "udp", From: 0, To: 65535},
	}
}

func allOut(subnets Access) NetworkACLRule {
	return NetworkACLRule{Subnets: subnets, Egress: true, Protocol: "all", CIDR: anywhere}
}

// baseNetworkACLRules are in every Vpc, under names of their own. All are TCP.
//
// (docs/reference/aws-workload-base.md 4.2.1)
var baseNetworkACLRules = []struct {
	suffix   string
	subnets  Access
	egress   bool
	number   int
	from, to int
	cidr     string
	action   string
}{
	{"public-internal-https", Public, false, 1000, 443, 443, "", "allow"},
	{"public-ssh-deny", Public, false, 9000, 22, 22, anywhere, "deny"},
	{"public-rdp-deny", Public, false, 9001, 3389, 3389, anywhere, "deny"},
	{"public-internal-ephemeral", Public, false, 10000, 1024, 65535, anywhere, "allow"},
	{"public-https-egress", Public, true, 1000, 443, 443, anywhere, "allow"},
	{"public-ephemeral-egress", Public, true, 10000, 1024, 65535, anywhere, "allow"},
	{"private-ephemeral", Private, false, 10000, 1024, 65535, anywhere, "allow"},
	{"private-https-egress", Private, true, 1000, 443, 443, anywhere, "allow"},
	{"private-ssh-deny", Private, false, 9000, 22, 22, anywhere, "deny"},
	{"private-rdp-deny", Private, false, 9001, 3389, 3389, anywhere, "deny"},
	{"private-internal-ephemeral-egress", Private, true, 10000, 1024, 65535, "", "allow"},
}

var protocolNumbers = map[string]string{"tcp": "6", "udp": "17", "all": "-1"}

// networkACLRules makes the base rules and then the given ones. Those are numbered
// 2000, 2500, ... for each ACL and direction apart, in the order given, and named
// after the number: what is appended to a list leaves the rules before it alone.
func networkACLRules(
	ctx *pulumi.Context, name, cidr string, acls map[Access]*ec2.NetworkAcl, rules []NetworkACLRule,
) error {
	otherSide := func(given string) pulumi.String {
		if given == "" {
			given = cidr
		}
		return pulumi.String(given)
	}
	for _, rule := range baseNetworkACLRules {
		acl := acls[rule.subnets]
		args := &ec2.NetworkAclRuleArgs{
			NetworkAclId: acl.ID(),
			RuleNumber:   pulumi.Int(rule.number),
			Protocol:     pulumi.String(protocolNumbers["tcp"]),
			FromPort:     pulumi.Int(rule.from),
			ToPort:       pulumi.Int(rule.to),
			CidrBlock:    otherSide(rule.cidr),
			RuleAction:   pulumi.String(rule.action),
		}
		if rule.egress { // ingress rules were made without the property: it stays unset
			args.Egress = pulumi.Bool(true)
		}
		if _, err := ec2.NewNetworkAclRule(ctx, name+"-"+rule.suffix, args, pulumi.Parent(acl)); err != nil {
			return err
		}
	}

	next := map[string]int{}
	for _, rule := range rules {
		acl, known := acls[rule.Subnets]
		protocol, named := protocolNumbers[rule.Protocol]
		if !known || !named {
			return fmt.Errorf("network ACL rule %+v: want subnets public or private and protocol tcp, udp or all", rule)
		}
		direction := "ingress"
		if rule.Egress {
			direction = "egress"
		}
		counter := string(rule.Subnets) + "-" + direction
		number := 2000 + 500*next[counter]
		next[counter]++
		_, err := ec2.NewNetworkAclRule(ctx, fmt.Sprintf("%s-%s-rule-%d", name, counter, number), &ec2.NetworkAclRuleArgs{
			NetworkAclId: acl.ID(),
			Egress:       pulumi.Bool(rule.Egress),
			RuleNumber:   pulumi.Int(number),
			Protocol:     pulumi.String(protocol),
			FromPort:     pulumi.Int(rule.From),
			ToPort:       pulumi.Int(rule.To),
			CidrBlock:    otherSide(rule.CIDR),
			RuleAction:   pulumi.String("allow"),
		}, pulumi.Parent(acl), pulumi.DeleteBeforeReplace(true))
		if err != nil {
			return err
		}
	}
	return nil
}
