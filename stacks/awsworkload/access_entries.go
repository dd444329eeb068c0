package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/aws"
	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// FindAccessEntries completes what is known of clusters with the access entries that they
// really have: EKS makes some, and so do other programs and people.
func FindAccessEntries(ctx context.Context, w *config.AWSWorkload, existing map[string]ExistingCluster, clusters awsedge.Clusters) error {
	for release, found := range existing {
		entries, err := clusters.AccessEntries(ctx, w.ClusterName(release))
		switch {
		case errors.Is(err, awsedge.ErrNotFound): // it is made anew
		case err != nil:
			return fmt.Errorf("look who may enter the cluster of release %s: %w", release, err)
		}
		found.Entries = entries
		existing[release] = found
	}
	return nil
}

// entry is the access entry of a principal that a cluster really has and that state knows
// nothing of; nil when there is none.
func (existing ExistingCluster) entry(principal string) *awsedge.AccessEntry {
	if existing.Access[principal] != "" {
		return nil
	}
	at := slices.IndexFunc(existing.Entries, func(entry awsedge.AccessEntry) bool { return entry.PrincipalARN == principal })
	if at < 0 {
		return nil
	}
	return &existing.Entries[at]
}

// takeOver marks of an entry, and of its policies, what is in the cluster and in no state,
// and says so. It is an error if it has another type, which cannot change.
func (existing ExistingCluster) takeOver(log pulumi.Log, cluster, principal string, entry *aws.AccessEntry) error {
	found := existing.entry(principal)
	if found == nil {
		return nil
	}
	wanted := entry.Type
	if wanted == "" {
		wanted = aws.StandardAccess
	}
	if found.Type != wanted {
		return fmt.Errorf("cluster %s has an access entry of %s already, of type %s and not %s, which cannot change: delete it "+
			"(aws eks delete-access-entry --cluster-name %s --principal-arn %s), and run again",
			cluster, principal, found.Type, wanted, cluster, principal)
	}
	entry.Exists = true
	for i, policy := range entry.Policies {
		entry.Policies[i].Exists = slices.ContainsFunc(found.Policies, func(has awsedge.AccessPolicy) bool { return has.ARN == policy.ARN })
	}
	return log.Info(fmt.Sprintf("the access entry of %s in cluster %s is there already: it is taken over", principal, cluster), nil)
}

// nodeAccess are the principal of the nodes' access entry, "" for the role of the nodes,
// and whether the entry is there although state knows nothing of it. An entry in state
// keeps its principal, which older programs took from an entry that they found.
// (docs/reference/aws-workload-eks.md 11.2)
func (r *eksRelease) nodeAccess() (principal string, exists bool, _ error) {
	if !r.entries() {
		return "", false, nil
	}
	for recorded, name := range r.existing.Access {
		if name == "node-access-entry" {
			return recorded, false, nil
		}
	}
	entry := aws.AccessEntry{Type: aws.LinuxNodeAccess}
	role := fmt.Sprintf("arn:aws:iam::%s:role/%s-eks-node.posit.team", r.config.AccountID, r.name)
	err := r.existing.takeOver(r.ctx.Log, r.name, role, &entry)
	return "", entry.Exists, err
}

// stableNames are names of things that are listed: prefix and a number, the place in the list
// unless state knows the thing by another, which it then keeps, so that one which leaves the
// list moves no other. recorded are the names in state, also of what goes.
func stableNames(prefix string, things []string, recorded map[string]string) []string {
	names, taken := make([]string, len(things)), map[string]bool{}
	for _, name := range recorded {
		taken[name] = true
	}
	for i, thing := range things {
		if name := recorded[thing]; name != "" && strings.HasPrefix(name, prefix) {
			names[i] = name
		}
	}
	for i := range things {
		for number := i; names[i] == ""; number++ {
			if name := prefix + strconv.Itoa(number); !taken[name] {
				names[i], taken[name] = name, true
			}
		}
	}
	return names
}
