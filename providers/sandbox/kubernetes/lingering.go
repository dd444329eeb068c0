package kubernetes

import (
	"fmt"
	"slices"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// lingeringType is what the sandbox keeps of an object whose deletion nobody waited for.
const lingeringType = "kubernetes:sandbox/v1:Lingering"

// hasty are the kinds whose deletion nobody waits for with skipAwait; those of all others
// are awaited all the same (provider/pkg/metadata/overrides.go, allowsSkipAwaitWithDelete).
var hasty = []string{
	"kubernetes:core/v1:Namespace", "kubernetes:core/v1:Pod", "kubernetes:core/v1:ReplicationController",
	"kubernetes:apps/v1:DaemonSet", "kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet", "kubernetes:batch/v1:Job",
}

// linger keeps an object in mind that is still there when its deletion returns
// (provider/pkg/await/await.go, Deletion; docs/reference/real-plugins.md 2, row 10).
func (c *cluster) linger(object *sandbox.Object) error {
	if awaits(object.Inputs) || !slices.Contains(hasty, object.Type) {
		return nil
	}
	return c.cloud.Put(&sandbox.Object{Provider: name, Type: lingeringType, ID: object.Type + " " + object.ID, Account: c.account})
}

// meets refuses a create that meets an object which is still being deleted. Then it is gone.
func (c *cluster) meets(token, id string) error {
	lingering := c.cloud.Object(sandbox.Key(lingeringType, c.account, "", token+" "+id))
	if lingering == nil {
		return nil
	}
	if err := c.cloud.Remove(lingering.Key()); err != nil {
		return err
	}
	kind, _ := kindOf(token)
	return fmt.Errorf("object is being deleted: %s %q already exists: its deletion was not awaited (%s)", kind.GroupKind(), id, skipAwait)
}
