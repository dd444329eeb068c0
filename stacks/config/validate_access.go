package config

import (
	"slices"
	"strings"
)

// reservedGroups are what the groups of access entries may not begin with.
// (docs.aws.amazon.com: eks/latest/userguide/creating-access-entries.html)
var reservedGroups = []string{"system:", "eks:", "aws:", "amazon:", "iam:"}

func (d *decoder) validateAccessEntries(path string, entries EKSAccessEntries) {
	var principals []string
	for i, e := range entries.AdditionalEntries {
		at := path + ".additional_entries" + index(i)
		if e.PrincipalARN != "" && slices.Contains(principals, e.PrincipalARN) {
			d.reject(at+".principalArn", "%q is given twice: a cluster has one entry of a principal", e.PrincipalARN)
		}
		principals = append(principals, e.PrincipalARN)
		for j, group := range e.KubernetesGroups {
			if k := slices.IndexFunc(reservedGroups, func(prefix string) bool { return strings.HasPrefix(group, prefix) }); k >= 0 {
				d.reject(at+".kubernetesGroups"+index(j), "%q must not begin with %s, which EKS keeps for itself", group, reservedGroups[k])
			}
		}
		if e.Type != "" && e.Type != "STANDARD" {
			if len(e.AccessPolicies) > 0 && e.Type != "EC2" {
				d.reject(at+".accessPolicies", "an entry of type %s takes no policies", e.Type)
			}
			if len(e.KubernetesGroups) > 0 {
				d.reject(at+".kubernetesGroups", "an entry of type %s takes no groups", e.Type)
			}
		}
		for j, p := range e.AccessPolicies {
			if p.AccessScope.Type == "namespace" && len(p.AccessScope.Namespaces) == 0 {
				d.reject(path+".additional_entries"+index(i)+".accessPolicies"+index(j)+".accessScope.namespaces",
					"required value is missing: the scope is namespace")
			}
		}
	}
}
