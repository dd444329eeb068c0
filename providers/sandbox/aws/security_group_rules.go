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
			Outputs: []string{"securityGroupRuleId"},
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

// checkGroupRule checks where a rule's traffic comes from or goes to.
func checkGroupRule(in sandbox.Inputs) []sandbox.Problem {
	var given []string
	for _, property := range []string{"cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "sourceSecurityGroupId"} {
		if _, ok := in[property]; ok {
			given = append(given, property)
		}
	}
	if in.Flag("self") {
		given = append(given, "self")
	}
	var problems rule.Problems
	if len(given) == 0 {
		problems.Add("cidrBlocks", "one of cidrBlocks, ipv6CidrBlocks, prefixListIds, self, sourceSecurityGroupId must be specified")
	}
	if slices.Contains(given, "sourceSecurityGroupId") && len(given) > 1 {
		problems.Add("sourceSecurityGroupId", "conflicts with %s", given[0])
	}
	problems = append(problems, rule.All(checkBlocks("cidrBlocks"), checkBlocks("ipv6CidrBlocks"))(in)...)
	low, _ := in.Number("fromPort")
	high, _ := in.Number("toPort")
	if protocol, _ := in.Text("protocol"); (protocol == "-1" || strings.EqualFold(protocol, "all")) && (low != 0 || high != 0) {
		problems.Add("fromPort", "from and to port must be 0 for protocol -1")
	}
	return problems
}

func checkVpcRule(in sandbox.Inputs) []sandbox.Problem {
	peers := []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}
	given := slices.DeleteFunc(slices.Clone(peers), func(property string) bool { _, ok := in[property]; return !ok })
	_, from := in["fromPort"]
	_, to := in["toPort"]
	protocol, known := in.Text("ipProtocol")
	switch {
	case len(given) != 1:
		return rule.One("cidrIpv4", "exactly one of %s must be specified, %d are", strings.Join(peers, ", "), len(given))
	case known && protocol == "-1" && (from || to):
		return rule.One("fromPort", "ports cannot be specified for protocol -1")
	case from != to || known && (protocol == "tcp" || protocol == "udp") && !from:
		return rule.One("fromPort", "fromPort and toPort are required with this protocol")
	}
	return nil
}
