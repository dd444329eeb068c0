package awsworkload

import (
	"context"
	"errors"

	"github.com/ptd-go/ptd/ensure/step"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
)

func (w *workload) sites(persistent *persistentStep, eks *eksStep, helm *helmStep) step.Step {
	return &step.Stack[stacks.SitesIn, stacks.SitesOutputs]{
		Name: "sites", Description: "sites with their ingress and DNS records",
		Project: w.target.Project("sites"), Proxy: true,
		Needs:        []step.Step{persistent, eks, helm},
		Requires:     w.requireSiteSecrets,
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
			return in, w.clustersThere(ctx, r)
		},
		Program: stacks.Sites,
	}
}
