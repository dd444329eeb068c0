package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	nodeClassType       = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
	instanceProfileType = "aws:iam/instanceProfile:InstanceProfile"
)

// ShutsOut implements sandbox.Cluster. Of all that a cluster holds, aws-auth alone decides
// about nodes.
func (c *eksCluster) ShutsOut(typ, id string, fields map[string]any) []string {
	if typ != configMapType || id != awsAuth {
		return nil
	}
	data, _ := fields["data"].(map[string]any)
	roles, _ := data["mapRoles"].(string)
	return c.shutOut(c.authenticationMode(), c.parts(accessEntryType), roles)
}

// shutOut lists the roles of nodes that can enter now, and could not with another
// authentication mode, other access entries and another list of roles in aws-auth: the nodes
// of a cluster are those of its node groups, and those that Karpenter starts.
// (docs/reference/aws-workload-eks.md 11)
func (c *eksCluster) shutOut(mode string, entries []*sandbox.Object, mapRoles string) []string {
	now, before, configMap := c.authenticationMode(), c.parts(accessEntryType), c.mapRoles()
	var lost []string
	for _, role := range c.rolesOfNodes() {
		if admitsNodes(now, before, configMap, role) && !admitsNodes(mode, entries, mapRoles, role) {
			lost = append(lost, role)
		}
	}
	return lost
}

// keeps refuses to delete the access entry that nodes need: EKS deletes it without a word.
func (c *eksCluster) keeps(entry *sandbox.Object) error {
	rest := slices.DeleteFunc(c.parts(accessEntryType), func(other *sandbox.Object) bool { return other.ID == entry.ID })
	return refuseLost("this deletion of an access entry", c.shutOut(c.authenticationMode(), rest, c.mapRoles()))
}

// refuseLost is the sandbox's error when a change shuts nodes out.
func refuseLost(change string, roles []string) error {
	if len(roles) == 0 {
		return nil
	}
	return fmt.Errorf("the sandbox refuses %s: the nodes of %s would be shut out of the cluster, as neither aws-auth nor an access entry lets them in",
		change, strings.Join(roles, ", "))
}

// admitsNodes tells whether nodes of a role may join.
func admitsNodes(mode string, entries []*sandbox.Object, mapRoles, role string) bool {
	if mode == "" {
		return true // only tests have such clusters
	}
	if mode != "CONFIG_MAP" && slices.ContainsFunc(entries, func(entry *sandbox.Object) bool {
		return entry.String("principalArn") == role && strings.HasPrefix(entry.String("type"), "EC2")
	}) {
		return true
	}
	if mode == "API" {
		return false
	}
	return slices.ContainsFunc(roleMappings(mapRoles), func(mapping roleMapping) bool {
		return mapping.RoleARN == role && slices.Contains(mapping.Groups, "system:nodes")
	})
}

// rolesOfNodes are those of the node groups, and of the nodes that Karpenter starts.
func (c *eksCluster) rolesOfNodes() []string {
	var roles []string
	add := func(role string) {
		if role != "" && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	for _, group := range c.parts(nodeGroupType) {
		add(group.String("nodeRoleArn"))
	}
	for _, class := range c.cloud.OfType(nodeClassType) {
		if !c.Is(class.Account) {
			continue
		}
		spec := sandbox.Inputs(class.Inputs).Map("spec")
		name, _ := spec.Text("role")
		if profile, ok := spec.Text("instanceProfile"); ok {
			for _, object := range c.cloud.OfType(instanceProfileType) {
				if object.Account == c.object.Account && object.String("name") == profile {
					name = object.String("role")
				}
			}
		}
		if name != "" {
			add(fmt.Sprintf("arn:aws:iam::%s:role/%s", c.object.Account, name))
		}
	}
	return roles
}

// roleMapping is an item of aws-auth's mapRoles.
type roleMapping struct {
	RoleARN string `yaml:"rolearn"`
	Groups  []string
}

// roleMappings reads mapRoles; what cannot be read lets nobody in.
func roleMappings(text string) []roleMapping {
	var mappings []roleMapping
	if yaml.Unmarshal([]byte(text), &mappings) != nil {
		return nil
	}
	return mappings
}

// mapRoles is what aws-auth says of roles, "" when there is none.
func (c *eksCluster) mapRoles() string {
	for _, object := range c.cloud.OfType(configMapType) {
		if object.ID == awsAuth && c.Is(object.Account) {
			data, _ := object.Get("data").(map[string]any)
			text, _ := data["mapRoles"].(string)
			return text
		}
	}
	provided, _ := c.Provides(configMapType, awsAuth)["data"].(map[string]any)
	text, _ := provided["mapRoles"].(string)
	return text
}
