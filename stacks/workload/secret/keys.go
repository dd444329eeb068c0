// Package secret has the secrets of a workload, wherever a cloud keeps them.
package secret

import (
	"context"

	"github.com/ptd-go/ptd/stacks/action"
)

// Keys is a secret with values by key. How a cloud keeps it is its own: as a JSON object
// in one secret (Object), or as a secret for each key, none of which can be empty.
type Keys interface {
	// Make makes the secret, which has the given keys, with its first values. What is there
	// stays as it is.
	Make(ctx context.Context, keys []string, first func() (map[string]string, error), dryRun bool) (action.Change, error)
	// Merge sets the given keys and keeps all others. It writes only when a value differs.
	// A nil value is not known yet, which only a dry run may meet. The secret must exist:
	// secrets.ErrNotFound otherwise.
	Merge(ctx context.Context, set map[string]*string, dryRun bool) (action.Change, error)
}

var _ Keys = Object{}

// MakeSite makes the secret of a site's products with its first values; what is there
// stays as it is. (docs/reference/aws-workload-base.md 2.1;
// docs/reference/azure-workload.md 4)
func MakeSite(ctx context.Context, keys Keys, site string, dryRun bool) (action.Change, error) {
	return keys.Make(ctx, SiteKeys(), func() (map[string]string, error) { return NewSite(site) }, dryRun)
}
