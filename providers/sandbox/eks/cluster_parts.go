package eks

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// makeServiceRole makes a role with policies that AWS manages, below a component.
func (c *cluster) makeServiceRole(name, service, description string, policies ...string) (role *made, attachments []*made, err error) {
	group, err := c.group(serviceRoleType, name)
	if err != nil {
		return nil, nil, err
	}
	inputs := map[string]value{
		"assumeRolePolicy": text(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":%q}}]}`, service)),
		"tags":             c.raw("tags"),
	}
	if description != "" {
		inputs["description"] = text(description)
	}
	if role, err = c.register(child{typ: roleType, name: name + "-role", parent: group.urn, inputs: inputs}); err != nil {
		return nil, nil, err
	}
	for _, policy := range policies {
		arn := "arn:aws:iam::aws:policy/" + policy
		sum := sha1.Sum([]byte(arn))
		attachment, err := c.register(child{
			typ: "aws:iam/rolePolicyAttachment:RolePolicyAttachment", name: name + "-" + hex.EncodeToString(sum[:])[:8], parent: group.urn,
			inputs: map[string]value{"role": role.get("name"), "policyArn": text(arn)},
		})
		if err != nil {
			return nil, nil, err
		}
		attachments = append(attachments, attachment)
	}
	return role, attachments, nil
}

// makeSecurityGroup makes the control plane's own group, unless it is switched off.
func (c *cluster) makeSecurityGroup() (err error) {
	if c.given("clusterSecurityGroup") {
		c.securityGroup, err = c.find(c.raw("clusterSecurityGroup"), "aws:ec2/securityGroup:SecurityGroup")
		return err
	}
	if c.isTrue("skipDefaultSecurityGroups") {
		return nil
	}
	name := c.Name + "-eksClusterSecurityGroup"
	if c.securityGroup, err = c.register(child{typ: "aws:ec2/securityGroup:SecurityGroup", name: name, inputs: map[string]value{
		"vpcId": c.raw("vpcId"), "revokeRulesOnDelete": flag(true), "tags": c.tags(name, "clusterSecurityGroupTags"),
	}}); err != nil {
		return err
	}
	return c.makeRule("eksClusterInternetEgressRule", "Allow internet access.", "egress", "-1", 0, 0, c.securityGroup, nil)
}

// makeRule makes a rule of a group for the members of another one, of itself, or, with
// nil, for every address.
func (c *cluster) makeRule(name, description, direction, protocol string, from, to float64, group, peer *made) error {
	inputs := map[string]value{
		"description": text(description), "type": text(direction), "protocol": text(protocol),
		"fromPort": resource.NewNumberProperty(from), "toPort": resource.NewNumberProperty(to), "securityGroupId": group.identifier(),
	}
	switch peer {
	case nil:
		inputs["cidrBlocks"] = list(text("0.0.0.0/0"))
	case group:
		inputs["self"] = flag(true)
	default:
		inputs["sourceSecurityGroupId"] = peer.identifier()
	}
	rule, err := c.register(child{typ: "aws:ec2/securityGroupRule:SecurityGroupRule", name: c.Name + "-" + name, inputs: inputs})
	c.ingress = rule // the last one of the nodes' is what nodes reach the API by
	return err
}

// makeNodeSecurityGroup makes the group of self-managed nodes, unless it is switched off.
func (c *cluster) makeNodeSecurityGroup() (err error) {
	if c.isTrue("skipDefaultSecurityGroups") {
		return nil
	}
	if c.nodeGroup, err = c.register(child{
		typ: "aws:ec2/securityGroup:SecurityGroup", name: c.Name + "-nodeSecurityGroup", inputs: map[string]value{
			"vpcId": c.raw("vpcId"), "revokeRulesOnDelete": flag(true), "tags": c.tags(c.Name+"-nodeSecurityGroup", "nodeSecurityGroupTags"),
		},
	}); err != nil {
		return err
	}
	for _, rule := range []struct {
		name, description, direction, protocol string
		from, to                               float64
		group, peer                            *made
	}{
		{"eksNodeIngressRule", "Allow nodes to communicate with each other", "ingress", "-1", 0, 0, c.nodeGroup, c.nodeGroup},
		{"eksNodeClusterIngressRule", "Allow worker Kubelets and pods to receive communication from the cluster control plane", "ingress", "tcp", 1025, 65535, c.nodeGroup, c.securityGroup},
		{"eksExtApiServerClusterIngressRule", "Allow pods running extension API servers on port 443 to receive communication from cluster control plane", "ingress", "tcp", 443, 443, c.nodeGroup, c.securityGroup},
		{"eksNodeInternetEgressRule", "Allow internet access.", "egress", "-1", 0, 0, c.nodeGroup, nil},
		{"eksClusterIngressRule", "Allow pods to communicate with the cluster API Server", "ingress", "tcp", 443, 443, c.securityGroup, c.nodeGroup},
	} {
		if err := c.makeRule(rule.name, rule.description, rule.direction, rule.protocol, rule.from, rule.to, rule.group, rule.peer); err != nil {
			return err
		}
	}
	return nil
}

// addonVersion is the version that is asked for, or the newest for the cluster.
func (c *cluster) addonVersion(name string, asked value) (value, error) {
	if !asked.IsNull() {
		return asked, nil
	}
	m := marks{}
	version := plain(c.cluster.get("version"), &m)
	if m.unknown {
		return m.output(version), nil
	}
	answer, err := c.invoke("aws:eks/getAddonVersion:getAddonVersion", resource.PropertyMap{
		"addonName": text(name), "kubernetesVersion": version, "mostRecent": flag(true),
	})
	if err != nil {
		return value{}, fmt.Errorf("version of the add-on %s: %w", name, err)
	}
	return answer["version"], nil
}

// makeAddon makes one of the add-ons that have arguments of their own.
func (c *cluster) makeAddon(addon, arguments string, parent resource.URN, dependsOn []*made) error {
	options := c.input(arguments)
	argument := func(names ...any) value { v, _ := at(options, names...); return v }
	asked := argument("version")
	if asked.IsNull() {
		asked = argument("addonVersion")
	}
	version, err := c.addonVersion(addon, asked)
	if err != nil {
		return err
	}
	inputs := map[string]value{
		"clusterName": c.cluster.get("name"), "addonName": text(addon), "addonVersion": version, "preserve": flag(true), "tags": c.raw("tags"),
	}
	for _, name := range []string{"resolveConflictsOnCreate", "resolveConflictsOnUpdate"} {
		if inputs[name] = argument(name); inputs[name].IsNull() {
			inputs[name] = text("OVERWRITE")
		}
	}
	if values := argument("configurationValues"); !values.IsNull() {
		inputs["configurationValues"] = derive(asJSON, values)
	}
	_, err = c.register(child{typ: awsAddonType, name: c.Name + "-" + addon, parent: parent, inputs: inputs, dependsOn: dependsOn})
	return err
}

func (c *cluster) makeKubeProxy() error {
	enabled, _ := at(c.raw("kubeProxyAddonOptions"), "enabled")
	if !orFlag(enabled, true) {
		return nil
	}
	return c.makeAddon("kube-proxy", "kubeProxyAddonOptions", "", nil)
}

// makeCoredns makes the add-on when it is asked for: without a default node group it has
// no nodes to run on.
func (c *cluster) makeCoredns() error {
	enabled, _ := at(c.raw("corednsAddonOptions"), "enabled")
	values, _ := at(c.raw("corednsAddonOptions"), "configurationValues")
	if !orFlag(enabled, false) && values.IsNull() {
		return nil
	}
	return c.makeAddon("coredns", "corednsAddonOptions", "", nil)
}

// makeVpcCni makes the add-on of the VPC CNI unless useDefaultVpcCni leaves that to EKS.
func (c *cluster) makeVpcCni() error {
	if c.isTrue("useDefaultVpcCni") {
		return nil
	}
	group, err := c.group(vpcCniType, c.Name+"-vpc-cni")
	if err != nil {
		return err
	}
	return c.makeAddon("vpc-cni", "vpcCniOptions", group.urn, c.authentication)
}
