package aws

import (
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// deletable are the types whose objects AWS lets go while others use them: what uses them is
// still there (IAM, DeleteRole; EC2, DeleteLaunchTemplate).
var deletable = []string{roleType, launchTemplateType}

// orphaned tells of what AWS has no more when something else was deleted: what is in a network,
// in a cluster, in a zone, in a bucket. AWS refuses to delete what others need, so what needs
// something that is not there went before it.
func orphaned(cloud *sandbox.Cloud, object *sandbox.Object) bool {
	if object.Type == launchTemplateType { // it only names what it uses
		return false
	}
	if name := object.String("clusterName"); name != "" && strings.HasPrefix(object.Type, "aws:eks/") &&
		cloud.Object(sandbox.Key(controlPlaneType, object.Account, object.Region, name)) == nil {
		return true
	}
	for _, key := range object.References {
		typ, _, _ := strings.Cut(key, " ")
		if slices.Contains(deletable, typ) && !strings.HasPrefix(object.Type, "aws:iam/") {
			continue
		}
		if cloud.Object(key) == nil {
			return true
		}
	}
	if object.Type == secretType && object.URN == "" && strings.HasPrefix(object.String("name"), "rds!") {
		return !slices.ContainsFunc(cloud.OfType(databaseType), func(instance *sandbox.Object) bool {
			return slices.ContainsFunc(sandbox.Inputs(instance.Outputs).List("masterUserSecrets"), func(described any) bool {
				fields, _ := described.(map[string]any)
				return fields["secretArn"] == object.ID
			})
		})
	}
	// EKS deletes the group that it made for a cluster.
	name, owned := sandbox.Inputs(object.Inputs).Map("tags").Text("aws:eks:cluster-name")
	return object.Type == securityGroupType && owned && object.URN == "" &&
		cloud.Object(sandbox.Key(controlPlaneType, object.Account, object.Region, name)) == nil
}
