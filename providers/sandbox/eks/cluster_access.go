package eks

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// makeInstanceRole takes the roles of nodes that are given, or makes one when asked.
func (c *cluster) makeInstanceRole() error {
	switch {
	case c.given("instanceRoles"):
		c.instanceRoles = c.input("instanceRoles").ArrayValue()
	case c.given("instanceRole"):
		role, err := c.find(c.raw("instanceRole"), roleType)
		if err != nil {
			return err
		}
		return c.admitInstances(role)
	case c.isTrue("createInstanceRole"):
		role, attachments, err := c.makeServiceRole(c.Name+"-instanceRole", "ec2.amazonaws.com", "",
			"AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
		if err != nil {
			return err
		}
		if _, err := c.register(child{
			typ: "aws:iam/instanceProfile:InstanceProfile", name: c.Name + "-instanceProfile",
			inputs: map[string]value{"role": role.get("name")}, dependsOn: attachments,
		}); err != nil {
			return err
		}
		return c.admitInstances(role)
	}
	return nil
}

// admitInstances lets nodes of a role join.
func (c *cluster) admitInstances(role *made) error {
	c.instanceRoles = []value{role.reference()}
	if !c.hasEntries() {
		return nil
	}
	return c.makeAccessEntry("defaultNodeGroupInstanceRole", resource.PropertyMap{
		"principalArn": role.get("arn"), "type": text("EC2_LINUX"),
	})
}

// makeNodeAccess makes the ConfigMap aws-auth, by the API of the cluster.
func (c *cluster) makeNodeAccess() error {
	if !c.hasConfigMap() {
		return nil
	}
	var roles []value
	for _, reference := range c.instanceRoles {
		role, err := c.find(reference, roleType)
		if err != nil {
			return err
		}
		roles = append(roles, role.get("arn"))
	}
	data := map[string]value{"mapRoles": derive(func(known []value) value {
		mappings := mapped(known[0], "rolearn", "roleArn")
		for _, arn := range known[1].ArrayValue() {
			mappings += mapping("rolearn", arn.StringValue(), "system:node:{{EC2PrivateDNSName}}", "system:bootstrappers", "system:nodes")
		}
		return text(orEmpty(mappings))
	}, c.raw("roleMappings"), list(roles...))}
	if c.given("userMappings") {
		data["mapUsers"] = derive(func(known []value) value { return text(orEmpty(mapped(known[0], "userarn", "userArn"))) }, c.raw("userMappings"))
	}
	access, err := c.register(child{
		typ: "kubernetes:core/v1:ConfigMap", name: c.Name + "-nodeAccess", version: kubernetesVersion, provider: c.kubernetes.provider(),
		inputs: map[string]value{
			"apiVersion": text("v1"), "kind": text("ConfigMap"), "immutable": flag(false), "data": object(data),
			"metadata": object(map[string]value{
				"name": text("aws-auth"), "namespace": text("kube-system"),
				"annotations": object(map[string]value{"pulumi.com/patchForce": text("true")}),
			}),
		},
	})
	if err != nil {
		return err
	}
	c.nodeAccess = access
	c.authentication = append(c.authentication, access)
	return nil
}

func orEmpty(mappings string) string {
	if mappings == "" {
		return "[]\n"
	}
	return mappings
}

// mapped writes role or user mappings as YAML.
func mapped(mappings value, key, property string) string {
	var written strings.Builder
	if !mappings.IsArray() {
		return ""
	}
	for _, element := range mappings.ArrayValue() {
		arn, _ := at(element, property)
		user, _ := at(element, "username")
		list, _ := at(element, "groups")
		var groups []string
		if list.IsArray() {
			for _, group := range list.ArrayValue() {
				groups = append(groups, group.StringValue())
			}
		}
		written.WriteString(mapping(key, arn.StringValue(), user.StringValue(), groups...))
	}
	return written.String()
}

func mapping(key, arn, user string, groups ...string) string {
	written := "- " + key + ": " + arn + "\n  username: '" + user + "'\n  groups:\n"
	for _, group := range groups {
		written += "    - " + group + "\n"
	}
	return written
}

// makeAccessEntries makes the entries that are asked for, each with its policies.
func (c *cluster) makeAccessEntries() error {
	entries := c.input("accessEntries")
	if !c.hasEntries() || !entries.IsObject() {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(entries.ObjectValue())) {
		entry, _ := shallow(entries.ObjectValue()[key])
		if err := c.makeAccessEntry(string(key), entry.ObjectValue()); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) makeAccessEntry(key string, entry resource.PropertyMap) error {
	name := c.Name + "-" + key
	made, err := c.register(child{
		typ: "aws:eks/accessEntry:AccessEntry", name: name, dependsOn: []*made{c.cluster}, inputs: map[string]value{
			"clusterName": c.cluster.get("name"), "principalArn": entry["principalArn"], "type": entry["type"],
			"kubernetesGroups": entry["kubernetesGroups"], "userName": entry["username"], "tags": entry["tags"],
		},
	})
	if err != nil {
		return err
	}
	c.authentication = append(c.authentication, made)
	c.entries = append(c.entries, resource.NewObjectProperty(entry))
	policies, _ := shallow(entry["accessPolicies"])
	if !policies.IsObject() {
		return nil
	}
	for _, policy := range slices.Sorted(maps.Keys(policies.ObjectValue())) {
		association, _ := shallow(policies.ObjectValue()[policy])
		if err := c.associate(name+"-"+string(policy), made, entry["principalArn"], association); err != nil {
			return err
		}
	}
	return nil
}

// associate gives the principal of an entry the rights of a policy.
func (c *cluster) associate(name string, entry *made, principal, association value) error {
	policy, _ := at(association, "policyArn")
	scope, _ := at(association, "accessScope")
	_, err := c.register(child{
		typ: "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", name: name, parent: entry.urn, dependsOn: []*made{entry},
		inputs: map[string]value{
			"clusterName": c.cluster.get("name"), "principalArn": principal, "policyArn": policy, "accessScope": scope,
		},
	})
	return err
}
