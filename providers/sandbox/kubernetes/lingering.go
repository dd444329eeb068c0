package kubernetes

import (
	"fmt"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// lingeringType is what the sandbox keeps of an object whose deletion nobody waited for.
const lingeringType = "kubernetes:sandbox/v1:Lingering"

// linger keeps an object in mind that is still there when its deletion returns: with
// skipAwait the provider waits for nothing (provider/pkg/await/await.go, Deletion;
// docs/reference/real-plugins.md 2, row 10).
func (c *cluster) linger(object *sandbox.Object) error {
	if awaits(object.Inputs) {
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
