package aws

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	groupRuleType   = "aws:ec2/securityGroupRule:SecurityGroupRule"
	ingressRuleType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRuleType  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

// groupRules are the rules of security groups that are resources of their own.
func groupRules() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		groupRuleType: {
			Args: shape(ec2.SecurityGroupRuleArgs{}), Defaults: map[string]any{"self": false},
			Replace: []string{
				"type", "protocol", "fromPort", "toPort", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroupId", "self",
				"sourceSecurityGroupId",
			},
			Equal:    map[string]func(old, new any) bool{"protocol": sameProtocol},
			Computed: []string{"sourceSecurityGroupId"},
			Ignore:   ignorePorts,

			DeleteBeforeReplace: true, // pulumi-aws, provider/resources.go
			Outputs:             []string{"securityGroupRuleId"},
			References: []sandbox.Reference{
				rule.Reference("securityGroupId", securityGroupType, noSecurityGroup), rule.Reference("sourceSecurityGroupId", securityGroupType, noSecurityGroup),
			},
			Check: rule.All(rule.OneOf("type", "ingress", "egress"), checkPorts("fromPort", "toPort"), checkGroupRule),
			Create: func(o *sandbox.Operation) error {
				if other := sameRule(o, "cidrBlocks", "fromPort", "ipv6CidrBlocks", "prefixListIds", "protocol", "self", "sourceSecurityGroupId", "toPort", "type"); other != "" {
					return fmt.Errorf("InvalidPermission.Duplicate: the specified rule already exists (%s)", other)
				}
				o.ID = o.NewID("sgrule-", 10)
				o.Outputs["securityGroupRuleId"] = "sgr-" + sandbox.Digest(17, o.ID)
				return nil
			},
		},
		ingressRuleType: vpcRule(vpc.SecurityGroupIngressRuleArgs{}.ElementType()),
		egressRuleType:  vpcRule(vpc.SecurityGroupEgressRuleArgs{}.ElementType()),
	}
}

func vpcRule(args reflect.Type) sandbox.Type {
	return sandbox.Type{
		Args: args, Replace: []string{"securityGroupId"}, Outputs: []string{"arn", "securityGroupRuleId", "tagsAll"},
		Equal: map[string]func(old, new any) bool{"ipProtocol": sameProtocol},
		ReplaceIf: func(old, new sandbox.Inputs) []string {
			before, after := peerOf(old), peerOf(new)
			if before == after {
				return nil
			}
			return []string{before, after}
		},
		References: []sandbox.Reference{
			rule.Reference("securityGroupId", securityGroupType, noSecurityGroup), rule.Reference("referencedSecurityGroupId", securityGroupType, noSecurityGroup),
		},
		Check: rule.All(checkBlock("cidrIpv4", 0, 32), checkBlock("cidrIpv6", 0, 128), checkPorts("fromPort", "toPort"), checkVpcRule,
			rule.Matches("ipProtocol", `^(-1|tcp|udp|icmp|icmpv6|\d{1,3})$`, "is not a protocol")),
		Create: func(o *sandbox.Operation) error {
			if other := sameRule(o, "cidrIpv4", "cidrIpv6", "fromPort", "ipProtocol", "prefixListId", "referencedSecurityGroupId", "toPort"); other != "" {
				return fmt.Errorf("InvalidPermission.Duplicate: the specified rule already exists (%s)", other)
			}
			if err := made("sgr-", "ec2", "security-group-rule/")(o); err != nil {
				return err
			}
			o.Outputs["securityGroupRuleId"] = o.ID
			return nil
		},
	}
}

// sameRule finds a rule of the same group that allows the same.
func sameRule(o *sandbox.Operation, properties ...string) string {
	for _, other := range o.Cloud.OfType(o.Type) {
		same := other.Account == o.Account && other.Region == o.Region && other.Inputs["securityGroupId"] == o.Inputs["securityGroupId"]
		for _, property := range properties {
			same = same && reflect.DeepEqual(other.Inputs[property], o.Inputs[property])
		}
		if same {
			return other.ID
		}
	}
	return ""
}

// ignorePorts leaves ports alone that a rule for all protocols was not made with.
func ignorePorts(old, new sandbox.Inputs) []string {
	var ignored []string
	protocol, _ := new.Text("protocol")
	for _, property := range []string{"fromPort", "toPort"} {
		if port, given := old.Number(property); given && port == 0 && groupProtocol(protocol) == "-1" {
			ignored = append(ignored, property)
		}
	}
	return ignored
}

// checkGroupRule checks where a rule's traffic comes from or goes to. Only prefix lists go
// with everything (terraform-provider-aws, internal/service/ec2/vpc_security_group_rule.go).
func checkGroupRule(in sandbox.Inputs) []sandbox.Problem {
	given := func(property string) bool { _, ok := in[property]; return ok }
	var peers []string
	for _, property := range []string{"cidrBlocks", "ipv6CidrBlocks", "sourceSecurityGroupId"} {
		if given(property) {
			peers = append(peers, property)
		}
	}
	if in.Flag("self") {
		peers = append(peers, "self")
	}
	var problems rule.Problems
	if len(peers) == 0 && !given("prefixListIds") {
		problems.Add("cidrBlocks", "one of cidrBlocks, ipv6CidrBlocks, prefixListIds, self, sourceSecurityGroupId must be specified")
	}
	for _, alone := range []string{"sourceSecurityGroupId", "self"} {
		if slices.Contains(peers, alone) && len(peers) > 1 {
			problems.Add(alone, "conflicts with %s", slices.DeleteFunc(slices.Clone(peers), func(peer string) bool { return peer == alone })[0])
			break
		}
	}
	problems = append(problems, rule.All(checkBlocks("cidrBlocks"), checkBlocks("ipv6CidrBlocks"))(in)...)
	low, _ := in.Number("fromPort")
	high, _ := in.Number("toPort")
	if protocol, _ := in.Text("protocol"); groupProtocol(protocol) == "-1" && (low != 0 || high != 0) {
		problems.Add("fromPort", "from and to port must be 0 for protocol -1")
	}
	return problems
}

// rulePeers are the kinds of peers of an ingress or egress rule.
var rulePeers = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

// peerOf is the kind of peer that a rule has.
func peerOf(in sandbox.Inputs) string {
	for _, property := range rulePeers {
		if in[property] != nil {
			return property
		}
	}
	return ""
}

func checkVpcRule(in sandbox.Inputs) []sandbox.Problem {
	given := slices.DeleteFunc(slices.Clone(rulePeers), func(property string) bool { _, ok := in[property]; return !ok })
	_, from := in["fromPort"]
	_, to := in["toPort"]
	protocol, known := in.Text("ipProtocol")
	switch {
	case len(given) != 1:
		return rule.One("cidrIpv4", "exactly one of %s must be specified, %d are", strings.Join(rulePeers, ", "), len(given))
	case known && protocol == "-1" && (from || to):
		return rule.One("fromPort", "ports cannot be specified for protocol -1")
	case from != to || known && (protocol == "tcp" || protocol == "udp") && !from:
		return rule.One("fromPort", "fromPort and toPort are required with this protocol")
	}
	return nil
}
