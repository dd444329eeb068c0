package awsworkload

import (
	"context"
	"errors"
	"fmt"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
)

func (w *workload) sites(persistent *persistentStep, eks *eksStep, helm *helmStep) step.Step {
	return &step.Stack[stacks.SitesIn, stacks.SitesOutputs]{
		Name: "sites", Description: "sites with their ingress and DNS records",
		Project: w.target.Project("sites"), Proxy: true,
		Needs:        []step.Step{persistent, eks, helm},
		DeletesEarly: true,
		Gather: func(ctx context.Context, r *step.Run) (stacks.SitesIn, error) {
			in := stacks.SitesIn{
				Config: w.config, TargetName: w.target.Name, SiteFiles: w.target.SiteFiles, CustomResources: w.target.CustomResources,
			}
			var persistentErr, eksErr, helmErr error
			in.Persistent, persistentErr = persistent.Outputs(ctx, r)
			in.EKS, eksErr = eks.Outputs(ctx, r)
			in.Helm, helmErr = helm.Outputs(ctx, r)
			if err := errors.Join(persistentErr, eksErr, helmErr); err != nil {
				return in, err
			}
			if err := w.clustersThere(ctx, r); err != nil {
				return in, err
			}
			return in, w.checkSiteSecrets(ctx, r)
		},
		Program: stacks.Sites,
	}
}

// checkSiteSecrets makes sure that what the Site objects name is there.
func (w *workload) checkSiteSecrets(ctx context.Context, r *step.Run) error {
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for site := range w.config.SortedSites() {
		_, err := account.Secrets().GetSecret(ctx, w.config.SiteSecretName(site))
		switch {
		case err == nil || errors.Is(err, aws.ErrNotFound) && r.DryRun():
		case errors.Is(err, aws.ErrNotFound):
			failures = append(failures, fmt.Errorf("the secret of site %s: %w; bootstrap makes it: ptd ensure %s --only-steps bootstrap",
				site, err, w.target.Name))
		default:
			failures = append(failures, fmt.Errorf("look for the secret of site %s: %w", site, err))
		}
	}
	return errors.Join(failures...)
}
