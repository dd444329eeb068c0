package awsworkload

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/ensure/step"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

// bindRoles lets the service accounts of clusters that are new assume their roles, as
// soon as there are the clusters: charts need their roles while they are installed, and
// persistent_reprise, which binds the roles to exactly the clusters' issuers and
// completes the secrets, comes after them. Only the roles are touched here.
func (w *workload) bindRoles(
	ctx context.Context, r *step.Run, persistent *persistentStep, made *stacks.PersistentOutputs, eks *stacks.EKSOutputs,
) error {
	if r.DryRun() {
		return nil // persistent_reprise shows it
	}
	bound, _, err := output.Await[[]string](ctx, made.ClusterOIDCIssuers)
	if err != nil {
		return fmt.Errorf("read the issuers that the roles trust: %w", err)
	}
	trusted := slices.Clone(bound)
	for release := range w.config.SortedClusters() {
		issuer, known, err := output.Await[string](ctx, eks.Clusters[release].OIDCIssuer)
		if err != nil {
			return fmt.Errorf("read the OIDC issuer of release %s: %w", release, err)
		}
		if known && !slices.Contains(trusted, issuer) {
			trusted = append(trusted, issuer)
		}
	}
	if len(trusted) == len(bound) {
		return nil
	}
	roles, err := w.serviceAccountRoles(ctx, r)
	if err != nil || len(roles) == 0 {
		return err
	}
	in, err := w.gatherPersistent(ctx, r)
	if err != nil {
		return err
	}
	in.OIDCIssuers = pulumi.ToStringArray(trusted)
	return persistent.ApplyTo(ctx, r, in, roles)
}

// serviceAccountRoles are the URNs of the roles that clusters' service accounts assume.
func (w *workload) serviceAccountRoles(ctx context.Context, r *step.Run) ([]string, error) {
	state, err := r.State("persistent")
	if err != nil {
		return nil, err
	}
	resources, err := state.Resources(ctx, "aws:iam/role:Role")
	if err != nil {
		return nil, err
	}
	var roles []string
	for _, role := range resources {
		if strings.Contains(role.URN, "$ptd:aws:ServiceAccountRole$") {
			roles = append(roles, role.URN)
		}
	}
	return roles, nil
}
