package awsworkload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

// deletedOutside is the error of a run that finds something of the state deleted, nil with
// --refresh, which takes it out of the state before it is made anew. anew says how that is.
func (w *workload) deletedOutside(r *step.Run, what, name, service, anew string) error {
	if r.Refresh() {
		return nil
	}
	return w.deleted(what, name, service, anew)
}

func (w *workload) deleted(what, name, service, anew string) error {
	return fmt.Errorf("the %s %s was deleted outside of ptd: the state has it, and %s has none of that name; "+
		"to make it anew, %s: ptd ensure %s --refresh (with --dry-run to see first what is gone)", what, name, service, anew, w.target.Name)
}

// withoutDeleted takes out of the clusters of the state those that EKS does not have any more:
// a refresh is about to do the same, and without one it is an error.
func (w *workload) withoutDeleted(ctx context.Context, r *step.Run, existing map[string]stacks.ExistingCluster, clusters aws.Clusters) error {
	if r.Destroys() {
		return nil
	}
	var failures []error
	for release := range w.config.SortedClusters() {
		if _, has := existing[release]; !has {
			continue
		}
		name := w.config.ClusterName(release)
		_, err := clusters.Cluster(ctx, name)
		switch {
		case errors.Is(err, aws.ErrNotFound):
			delete(existing, release)
			failures = append(failures, w.deletedOutside(r, "cluster", name, "EKS", "and all that was in it"))
		case err != nil:
			failures = append(failures, fmt.Errorf("look whether the cluster %s is there: %w", name, err))
		}
	}
	return errors.Join(failures...)
}

// clustersThere makes sure, for steps that work in the clusters of the state, that those are
// there.
func (w *workload) clustersThere(ctx context.Context, r *step.Run) error {
	existing, err := stacks.ExistingClusters(w.config, w.resources(ctx, r, "eks"))
	if err != nil || len(existing) == 0 {
		return err
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	return w.withoutDeleted(ctx, r, existing, account.Clusters())
}

// place refuses another account or region than those in which the state's resources were made:
// there AWS has none of them, and a refresh or a destroy would take them all for gone. It looks
// at state alone.
func (w *workload) place(ctx context.Context, r *step.Run) error {
	var looked []string
	for _, name := range []string{"persistent", "eks", "clusters", "helm", "sites"} {
		providers, err := w.resources(ctx, r, name)("pulumi:providers:aws")
		if err != nil {
			return err
		}
		for _, provider := range providers {
			region, err := output.Known[string](provider.Inputs["region"])
			if err != nil {
				return fmt.Errorf("read the region of step %s in the state: %w", name, err)
			}
			accounts, err := allowedAccounts(provider)
			if err != nil {
				return fmt.Errorf("read the account of step %s in the state: %w", name, err)
			}
			if region != "" && region != w.config.Region {
				looked = append(looked, fmt.Sprintf("region: %s, and not %s", region, w.config.Region))
			}
			if len(accounts) > 0 && !slices.Contains(accounts, w.config.AccountID) {
				looked = append(looked, fmt.Sprintf("account_id: %s, and not %s", strings.Join(accounts, ", "), w.config.AccountID))
			}
		}
	}
	slices.Sort(looked)
	if looked = slices.Compact(looked); len(looked) == 0 {
		return nil
	}
	return fmt.Errorf("what the state of %s has was made elsewhere than ptd.yaml says, where nothing of it would be found and all of it be "+
		"taken for gone: it has %s; correct ptd.yaml: a target does not move; another place is another target", w.target.Name, strings.Join(looked, ", "))
}

// allowedAccounts are the accounts in which a provider of the state works, none when it does
// not say. Plugins keep lists as JSON.
func allowedAccounts(provider stacks.StateResource) ([]string, error) {
	allowed := provider.Inputs["allowedAccountIds"]
	text, err := output.Known[string](allowed)
	if err != nil || text == "" {
		return output.Known[[]string](allowed)
	}
	var accounts []string
	err = json.Unmarshal([]byte(text), &accounts)
	return accounts, err
}
