package ensure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/stacks/output"
)

// bindRoles lets the service accounts of clusters that are new assume their roles, as
// soon as there are the clusters: charts need their roles while they are installed, and
// persistent_reprise, which binds the roles to exactly the clusters' issuers and
// completes the secrets, comes after them. Only the roles are touched here.
func (w *awsWorkload) bindRoles(ctx context.Context, r *run) error {
	if r.options.DryRun {
		return nil // persistent_reprise shows it
	}
	eks, err := w.eks.Outputs()
	if err != nil {
		return err
	}
	persistent, err := w.persistent.Outputs()
	if err != nil {
		return err
	}
	bound, _, err := output.Await[[]string](ctx, persistent.ClusterOIDCIssuers)
	if err != nil {
		return fmt.Errorf("read the issuers that the roles trust: %w", err)
	}
	trusted := slices.Clone(bound)
	for release := range w.workload.SortedClusters() {
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
	roles, err := w.serviceAccountRoles(ctx)
	if err != nil || len(roles) == 0 {
		return err
	}
	if err := w.readState(ctx, r); err != nil {
		return err
	}
	step := *w.persistent.stackStep
	if err := step.stack.Lock(ctx); err != nil {
		return err
	}
	defer step.stack.Unlock(ctx)
	step.program = func(ctx *pulumi.Context) (any, error) { return w.runPersistent(ctx, pulumi.ToStringArray(trusted)) }
	return step.applyTo(ctx, r, roles)
}

// serviceAccountRoles are the URNs of the roles that clusters' service accounts assume.
func (w *awsWorkload) serviceAccountRoles(ctx context.Context) ([]string, error) {
	resources, err := w.persistent.stack.Resources(ctx, "aws:iam/role:Role")
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

// applyTo previews, asks and applies as converge does, but only to some resources of the
// stack, which must be locked, and which hold nothing that could be lost. Without anybody
// to ask there is nothing to preview for.
func (s *stackStep) applyTo(ctx context.Context, r *run, urns []string) error {
	operation := s.operation(r, false)
	operation.Targets, operation.Excludes, operation.Display = urns, nil, r.display()
	var plan *engine.Plan
	if !r.options.AutoApply {
		preview := operation
		if !r.options.Preview {
			preview.Display = nil
		}
		var err error
		if plan, err = s.stack.Preview(ctx, preview); err != nil || len(plan.Changes) == 0 {
			return err
		}
		if err := r.confirm(ctx, Question{Changes: count(plan)}); err != nil {
			return err
		}
	}
	operation.Events = s.operation(r, true).Events
	same := r.changes.Same // what is not touched belongs to another step
	_, err := s.stack.Up(ctx, operation, plan)
	r.changes.Same = same
	return err
}
