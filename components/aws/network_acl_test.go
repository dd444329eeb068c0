package aws

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const baseRules = `
public-internal-https in 1000 6 443-443 10.10.0.0/16 allow
public-ssh-deny in 9000 6 22-22 0.0.0.0/0 deny
public-rdp-deny in 9001 6 3389-3389 0.0.0.0/0 deny
public-internal-ephemeral in 10000 6 1024-65535 0.0.0.0/0 allow
public-https-egress out 1000 6 443-443 0.0.0.0/0 allow
public-ephemeral-egress out 10000 6 1024-65535 0.0.0.0/0 allow
private-ephemeral in 10000 6 1024-65535 0.0.0.0/0 allow
private-https-egress out 1000 6 443-443 0.0.0.0/0 allow
private-ssh-deny in 9000 6 22-22 0.0.0.0/0 deny
private-rdp-deny in 9001 6 3389-3389 0.0.0.0/0 deny
private-internal-ephemeral-egress out 10000 6 1024-65535 10.10.0.0/16 allow
`

// Every rule against the tables of the fact sheets, in their order and wording.
func TestNetworkACLRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		rules []NetworkACLRule
		want  string
	}{
		{"workload", WorkloadNetworkACLRules(), `
public-ingress-rule-2000 in 2000 6 443-443 0.0.0.0/0 allow
public-ingress-rule-2500 in 2500 6 80-80 0.0.0.0/0 allow
public-ingress-rule-3000 in 3000 6 111-111 10.10.0.0/16 allow
public-ingress-rule-3500 in 3500 17 111-111 10.10.0.0/16 allow
public-ingress-rule-4000 in 4000 6 2049-2049 10.10.0.0/16 allow
public-ingress-rule-4500 in 4500 17 2049-2049 10.10.0.0/16 allow
public-ingress-rule-5000 in 5000 6 20001-20002 10.10.0.0/16 allow
public-ingress-rule-5500 in 5500 17 20001-20002 10.10.0.0/16 allow
public-ingress-rule-6000 in 6000 6 0-65535 10.10.0.0/16 allow
public-ingress-rule-6500 in 6500 17 0-65535 10.10.0.0/16 allow
private-ingress-rule-2000 in 2000 6 111-111 10.10.0.0/16 allow
private-ingress-rule-2500 in 2500 17 111-111 10.10.0.0/16 allow
private-ingress-rule-3000 in 3000 6 2049-2049 10.10.0.0/16 allow
private-ingress-rule-3500 in 3500 17 2049-2049 10.10.0.0/16 allow
private-ingress-rule-4000 in 4000 6 20001-20002 10.10.0.0/16 allow
private-ingress-rule-4500 in 4500 17 20001-20002 10.10.0.0/16 allow
private-ingress-rule-5000 in 5000 6 0-65535 10.10.0.0/16 allow
private-ingress-rule-5500 in 5500 17 0-65535 10.10.0.0/16 allow
public-egress-rule-2000 out 2000 -1 0-0 0.0.0.0/0 allow
private-egress-rule-2000 out 2000 -1 0-0 0.0.0.0/0 allow
`},
		{"control room", ControlRoomNetworkACLRules(), `
public-ingress-rule-2000 in 2000 6 443-443 0.0.0.0/0 allow
public-ingress-rule-2500 in 2500 6 80-80 0.0.0.0/0 allow
public-egress-rule-2000 out 2000 -1 0-0 0.0.0.0/0 allow
private-egress-rule-2000 out 2000 -1 0-0 0.0.0.0/0 allow
public-ingress-rule-3000 in 3000 6 0-65535 10.10.0.0/16 allow
public-ingress-rule-3500 in 3500 17 0-65535 10.10.0.0/16 allow
private-ingress-rule-2000 in 2000 6 0-65535 10.10.0.0/16 allow
private-ingress-rule-2500 in 2500 17 0-65535 10.10.0.0/16 allow
`},
		{"workspaces", WorkspacesNetworkACLRules(), `
public-ingress-rule-2000 in 2000 -1 0-0 10.10.0.0/16 allow
public-egress-rule-2000 out 2000 -1 0-0 10.10.0.0/16 allow
public-egress-rule-2500 out 2500 6 22-22 0.0.0.0/0 allow
public-egress-rule-3000 out 3000 6 80-80 0.0.0.0/0 allow
`},
		{"none", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := workloadVpcArgs()
			args.NetworkACLRules = test.rules
			r := componenttest.Run(t, makeVpc(args))
			var got []string
			for _, rule := range r.All(aclRuleType) {
				name := strings.TrimPrefix(rule.Name, "demo01-staging-")
				access, _, _ := strings.Cut(name, "-")
				counted := strings.Contains(name, "-rule-")
				inputs := rule.Args()
				direction := "in"
				if inputs["egress"] == true {
					direction = "out"
				}
				if _, set := inputs["egress"]; set != (counted || direction == "out") {
					t.Errorf("%s: egress set is %t", name, set)
				}
				if rule.Replace != counted {
					t.Errorf("%s: delete before replace is %t, want %t", name, rule.Replace, counted)
				}
				if want := "aws:ec2/networkAcl:NetworkAcl demo01-staging-" + access; rule.Parent != want {
					t.Errorf("%s: parent %s, want %s", name, rule.Parent, want)
				}
				if want := "networkacl/demo01-staging-" + access; inputs["networkAclId"] != want {
					t.Errorf("%s: ACL %v, want %s", name, inputs["networkAclId"], want)
				}
				got = append(got, fmt.Sprintf("%s %s %v %v %v-%v %v %v", name, direction, inputs["ruleNumber"],
					inputs["protocol"], inputs["fromPort"], inputs["toPort"], inputs["cidrBlock"], inputs["ruleAction"]))
			}
			want := append(strings.Fields(strings.ReplaceAll(baseRules, " ", "\x00")),
				strings.Fields(strings.ReplaceAll(test.want, " ", "\x00"))...)
			for i := range want {
				want[i] = strings.ReplaceAll(want[i], "\x00", " ")
			}
			slices.Sort(want)
			slices.Sort(got)
			assert.Equal(t, want, got, "rules")
		})
	}
}
