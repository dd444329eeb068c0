package kubernetes

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	apiServiceType   = "kubernetes:apiregistration.k8s.io/v1:APIService"
	configMapType    = "kubernetes:core/v1:ConfigMap"
	storageClassType = "kubernetes:storage.k8s.io/v1:StorageClass"

	addonType     = "aws:eks/addon:Addon"
	nodeGroupType = "aws:eks/nodeGroup:NodeGroup"
)

// The objects that EKS itself makes in a cluster. They come into the store when somebody
// first asks for them.
const (
	awsAuth             = "kube-system/aws-auth"
	defaultStorageClass = "ebs-csi-default-sc"
)

// provided makes what AWS would have made already; nil when there is no such object.
func (c *cluster) provided(token, id string) (*sandbox.Object, error) {
	owner := eksCluster(c.cloud, c.account)
	if owner == nil {
		return nil, nil
	}
	switch {
	case token == configMapType && id == awsAuth:
		if strings.Contains(authenticationMode(owner), "CONFIG_MAP") && len(partsOf(c.cloud, owner, nodeGroupType)) > 0 {
			return c.put(map[string]any{
				"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "aws-auth", "namespace": "kube-system"},
				"data": map[string]any{"mapRoles": nodeRoles(c.cloud, owner)},
			})
		}
	case token == storageClassType && id == defaultStorageClass:
		if c.addon("aws-ebs-csi-driver", "defaultStorageClass", "enabled") {
			return c.put(map[string]any{
				"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
				"metadata": map[string]any{
					"name": defaultStorageClass, "annotations": map[string]any{"storageclass.kubernetes.io/is-default-class": "true"},
				},
				"volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true,
			})
		}
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

// addon tells whether a cluster has an add-on, with a flag set in its configuration.
func (c *cluster) addon(name string, flag ...string) bool {
	owner := eksCluster(c.cloud, c.account)
	if owner == nil {
		return false
	}
	for _, addon := range partsOf(c.cloud, owner, addonType) {
		if addon.String("addonName") != name {
			continue
		}
		if len(flag) == 0 {
			return true
		}
		var configuration map[string]any
		if json.Unmarshal([]byte(addon.String("configurationValues")), &configuration) != nil {
			return false
		}
		return at(configuration, strings.Join(flag, ".")) == true
	}
	return false
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
