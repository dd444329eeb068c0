// Package azure is the edge to Microsoft Azure: the narrow interfaces behind ptd's
// actions (what is not a Pulumi resource). As at the other edges, "absent" is another
// answer than "failed to look".
package azure

import (
	"context"

	"github.com/ptd-go/ptd/providers/secrets"
)

// Cloud hands out subscriptions.
type Cloud interface {
	Subscription(ctx context.Context, tenantID, subscriptionID string) (Subscription, error)
}

// Subscription is one Azure subscription, reached with one credential.
type Subscription interface {
	// Vault keeps the secrets of a Key Vault, each field of a workload's secrets one.
	// (docs/reference/azure-workload.md 4)
	Vault(name string) secrets.Store
}
