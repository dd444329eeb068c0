package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	eksClusterType        = "aws:eks/cluster:Cluster"
	accessEntryType       = "aws:eks/accessEntry:AccessEntry"
	policyAssociationType = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	roleType              = "aws:iam/role:Role"
)

// clusterAdmin is the access policy that allows everything.
const clusterAdmin = "AmazonEKSClusterAdminPolicy"

// eksCluster finds an EKS cluster by its ARN or its address; nil when there is none.
func eksCluster(cloud *sandbox.Cloud, identifier string) *sandbox.Object {
	for _, object := range cloud.OfType(eksClusterType) {
		if object.String("arn") == identifier || object.String("endpoint") == identifier {
			return object
		}
	}
	return nil
}

func clusterName(cluster *sandbox.Object) string {
	if name := cluster.String("name"); name != "" {
		return name
	}
	return cluster.ID
}

// authenticationMode is what an EKS cluster believes, "" when it does not say.
func authenticationMode(cluster *sandbox.Object) string {
	access, _ := cluster.Get("accessConfig").(map[string]any)
	mode, _ := sandbox.Inputs(access).Text("authenticationMode")
	return mode
}

// authorize makes sure that ptd may do everything in an EKS cluster. A cluster that says
// nothing about access and has no access entry is open: only tests have such.
func authorize(cloud *sandbox.Cloud, cluster *sandbox.Object) error {
	entries := partsOf(cloud, cluster, accessEntryType)
	mode := authenticationMode(cluster)
	if mode == "" && len(entries) == 0 {
		return nil
	}
	access, _ := cluster.Get("accessConfig").(map[string]any)
	creator, given := access["bootstrapClusterCreatorAdminPermissions"].(bool)
	if mode == "CONFIG_MAP" && (creator || !given) { // in the other modes the creator has an entry
		return nil
	}
	if mode != "CONFIG_MAP" {
		for _, entry := range entries {
			if principal := entry.String("principalArn"); isCaller(cloud, cluster, principal) && isAdmin(cloud, cluster, principal) {
				return nil
			}
		}
	}
	if strings.Contains(mode, "CONFIG_MAP") && mapped(cloud, cluster) {
		return nil
	}
	return fmt.Errorf("the server has asked for the client to provide credentials (Unauthorized): %s has no access entry with %s for the whole of cluster %s",
		adminRole(cluster), clusterAdmin, clusterName(cluster))
}

// adminRole is the role that ptd works with.
func adminRole(cluster *sandbox.Object) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/admin.posit.team", cluster.Account)
}

// isCaller tells whether a role may be the one that ptd works with: the admin role, or one
// that is there before ptd, as a custom role is.
func isCaller(cloud *sandbox.Cloud, cluster *sandbox.Object, principal string) bool {
	if principal == adminRole(cluster) {
		return true
	}
	for _, role := range cloud.OfType(roleType) {
		if role.External && role.String("arn") == principal {
			return true
		}
	}
	return false
}

// isAdmin tells whether a principal has the admin policy for the whole cluster.
func isAdmin(cloud *sandbox.Cloud, cluster *sandbox.Object, principal string) bool {
	return slices.ContainsFunc(partsOf(cloud, cluster, policyAssociationType), func(association *sandbox.Object) bool {
		scope, _ := association.Get("accessScope").(map[string]any)
		return association.String("principalArn") == principal && scope["type"] == "cluster" &&
			strings.HasSuffix(association.String("policyArn"), "/"+clusterAdmin)
	})
}

// mapped tells whether the ConfigMap aws-auth makes the caller an admin.
func mapped(cloud *sandbox.Cloud, cluster *sandbox.Object) bool {
	for _, object := range cloud.OfType(configMapType) {
		if object.ID != awsAuth || object.Account != cluster.String("arn") && object.Account != cluster.String("endpoint") {
			continue
		}
		data, _ := object.Get("data").(map[string]any)
		text, _ := data["mapRoles"].(string)
		var roles []struct {
			RoleARN string `yaml:"rolearn"`
			Groups  []string
		}
		if yaml.Unmarshal([]byte(text), &roles) != nil {
			return false
		}
		for _, role := range roles {
			if isCaller(cloud, cluster, role.RoleARN) && slices.Contains(role.Groups, "system:masters") {
				return true
			}
		}
	}
	return false
}
