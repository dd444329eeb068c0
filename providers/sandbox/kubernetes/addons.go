package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	apiServiceType = "kubernetes:apiregistration.k8s.io/v1:APIService"
	configMapType  = "kubernetes:core/v1:ConfigMap"

	addonType     = "aws:eks/addon:Addon"
	nodeGroupType = "aws:eks/nodeGroup:NodeGroup"
)

// awsAuth is the ConfigMap that EKS makes with the first managed node group of a cluster
// that reads it. (facts: aws-workload-eks 6.7)
const awsAuth = "kube-system/aws-auth"

// provided makes what EKS would have made already; nil when there is no such object.
func (c *cluster) provided(token, id string) (*sandbox.Object, error) {
	owner := eksCluster(c.cloud, c.account)
	if owner == nil || token != configMapType || id != awsAuth {
		return nil, nil
	}
	if strings.Contains(authenticationMode(owner), "CONFIG_MAP") && len(partsOf(c.cloud, owner, nodeGroupType)) > 0 {
		return c.put(map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "aws-auth", "namespace": "kube-system"},
			"data": map[string]any{"mapRoles": nodeRoles(c.cloud, owner)},
		})
	}
	return nil, nil
}

// nodeRoles are the entries that EKS writes for its node groups. (facts: aws-workload-eks
// 11.4)
func nodeRoles(cloud *sandbox.Cloud, owner *sandbox.Object) string {
	var roles []string
	for _, group := range partsOf(cloud, owner, nodeGroupType) {
		if arn := group.String("nodeRoleArn"); !slices.Contains(roles, arn) {
			roles = append(roles, arn)
		}
	}
	var text strings.Builder
	for _, role := range roles {
		fmt.Fprintf(&text, "- groups:\n  - system:bootstrappers\n  - system:nodes\n  rolearn: %s\n  username: system:node:{{EC2PrivateDNSName}}\n", role)
	}
	return text.String()
}

// addonServes tells whether an add-on brings the definitions of a group.
func (c *cluster) addonServes(group string) bool {
	return group == "secrets-store.csi.x-k8s.io" && c.addon("aws-secrets-store-csi-driver-provider")
}

// addon tells whether a cluster has an add-on.
func (c *cluster) addon(name string) bool {
	owner := eksCluster(c.cloud, c.account)
	return owner != nil && slices.ContainsFunc(partsOf(c.cloud, owner, addonType), func(addon *sandbox.Object) bool {
		return addon.String("addonName") == name
	})
}

// partsOf lists the objects of a type that name an EKS cluster.
func partsOf(cloud *sandbox.Cloud, owner *sandbox.Object, typ string) []*sandbox.Object {
	var found []*sandbox.Object
	for _, object := range cloud.OfType(typ) {
		if object.Account == owner.Account && object.Region == owner.Region && object.String("clusterName") == clusterName(owner) {
			found = append(found, object)
		}
	}
	return found
}
