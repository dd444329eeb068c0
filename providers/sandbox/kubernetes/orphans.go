package kubernetes

import "github.com/ptd-go/ptd/providers/sandbox"

// orphaned tells of what is gone with its cluster, with its namespace, or with Helm's record of
// it, which is all that there is of a release.
func orphaned(cloud *sandbox.Cloud, object *sandbox.Object) bool {
	c := &cluster{cloud: cloud, account: object.Account}
	if c.owner() == nil {
		return true
	}
	if object.Type == lingeringType {
		return false
	}
	namespace := namespaceOfObject(object)
	if namespace != "" && !c.hasNamespace(namespace) {
		return true
	}
	return object.Type == releaseType && c.cloud.Object(recordKey(c.account, namespace, object.ID[len(namespace)+1:])) == nil
}
