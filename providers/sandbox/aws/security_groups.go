package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

func securityGroups() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		securityGroupType: {
			Args: shape(ec2.SecurityGroupArgs{}), AutoName: "name", Defaults: map[string]any{"description": "Managed by Pulumi"},
			Replace: []string{"name", "namePrefix", "description", "vpcId"}, Outputs: []string{"arn", "ownerId", "name", "tagsAll"},
			Sets: groupSets(), Equal: meanings(sameProtocol, "ingress[].protocol", "egress[].protocol"),
			Computed: []string{"vpcId", "ingress", "egress"},
			References: []sandbox.Reference{
				rule.Reference("vpcId", vpcType, noVpc), rule.Reference("ingress[].securityGroups[]", securityGroupType, noSecurityGroup),
				rule.Reference("egress[].securityGroups[]", securityGroupType, noSecurityGroup),
			},
			Unique: rule.Unique("InvalidGroup.Duplicate: The security group %s already exists for the VPC", "vpcId", "name"),
			Check: rule.All(rule.Exclusive("name", "namePrefix"), checkRules("ingress"), checkRules("egress"),
				rule.Matches("description", `^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}$`, "is not a valid description: use letters, digits and . _-:/()#,@[]+=&;{}!$*"),
				rule.Matches("name", `^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`, "is not a valid group name"),
				rule.Matches("namePrefix", `^.{1,229}$`, "is longer than 229 characters, which leave room for what is generated"),
				notReserved("name"), notReserved("namePrefix")),
			Create: func(o *sandbox.Operation) error {
				if _, err := nameOf(o, "name"); err != nil {
					return err
				}
				return made("sg-", "ec2", "security-group/")(o)
			},
		},
		"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
			Args: shape(ec2.DefaultSecurityGroupArgs{}), Replace: []string{"vpcId"}, Outputs: []string{"arn", "ownerId", "tagsAll"},
			Sets: groupSets(), Equal: meanings(sameProtocol, "ingress[].protocol", "egress[].protocol"),
			Computed:   []string{"vpcId", "ingress", "egress"},
			References: []sandbox.Reference{rule.Reference("vpcId", vpcType, noVpc)},
			Create: func(o *sandbox.Operation) error {
				o.ID = "sg-" + sandbox.Digest(17, fmt.Sprint(o.Inputs["vpcId"]), "defaultSecurityGroupId")
				o.Outputs["arn"] = arn(o, "ec2", "security-group/"+o.ID)
				return nil
			},
		},
	}
}

// groupSets are the sets of a security group. Within a rule order means nothing either: the
// provider sorts what it compares (terraform-provider-aws,
// internal/service/ec2/vpc_security_group.go, securityGroupRuleHash).
func groupSets() []string {
	sets := []string{"ingress", "egress"}
	for _, direction := range []string{"ingress[].", "egress[]."} {
		for _, peers := range []string{"cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroups"} {
			sets = append(sets, direction+peers)
		}
	}
	return sets
}

// notReserved makes a check that a name does not look like an id.
func notReserved(property string) rule.Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		if name, _ := in.Text(property); strings.HasPrefix(name, "sg-") {
			return rule.One(property, "cannot begin with sg-")
		}
		return nil
	}
}

// groupProtocols are the protocols that a security group calls by name, by number.
var groupProtocols = map[string]string{"all": "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}

// sameProtocol compares protocols of security groups, of which some are given by name or by
// number (terraform-provider-aws, internal/service/ec2, protocolForValue).
func sameProtocol(old, new any) bool {
	return groupProtocol(text(old)) == groupProtocol(text(new))
}

func groupProtocol(protocol string) string {
	protocol = strings.ToLower(protocol)
	if name, ok := groupProtocols[protocol]; ok {
		return name
	}
	return protocol
}
