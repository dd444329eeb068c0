package awsworkload

import (
	"context"
	"errors"

	"github.com/ptd-go/ptd/ensure/step"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
)

type clustersStep = step.Stack[stacks.ClustersIn, stacks.ClustersOutputs]

// tellNarrowed warns of policies in a step's stack that this run narrows.
func (w *workload) tellNarrowed(ctx context.Context, r *step.Run, name string) error {
	narrowed, err := stacks.NarrowedSecrets(w.config, w.resources(ctx, r, name))
	for _, warning := range narrowed {
		r.Say(step.Warning, "%s", warning)
	}
	return err
}

// setUpClusters is the step clusters.
func (w *workload) setUpClusters(persistent *persistentStep, databases *databasesStep, eks *eksStep) *clustersStep {
	return &clustersStep{
		Name: "clusters", Description: "namespaces, product roles, network policies, Helm controller",
		Project: w.target.Project("clusters"), Proxy: true,
		Needs:        []step.Step{persistent, databases, eks},
		DeletesEarly: true,
		Gather: func(ctx context.Context, r *step.Run) (stacks.ClustersIn, error) {
			in := stacks.ClustersIn{Config: w.config, TargetName: w.target.Name, CustomResources: w.target.CustomResources}
			var persistentErr, databasesErr, eksErr error
			in.Persistent, persistentErr = persistent.Outputs(ctx, r)
			in.Postgres, databasesErr = databases.Outputs(ctx, r)
			in.EKS, eksErr = eks.Outputs(ctx, r)
			if err := errors.Join(persistentErr, databasesErr, eksErr); err != nil {
				return in, err
			}
			var err error
			if in.Existing, err = w.existingClusters(ctx, r, "clusters"); err != nil {
				return in, err
			}
			return in, w.tellNarrowed(ctx, r, "clusters")
		},
		Program: stacks.Clusters,
	}
}
