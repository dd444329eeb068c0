package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/kubernetes"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

type helmStep = step.Stack[stacks.HelmIn, stacks.HelmOutputs]

func (w *workload) helm(persistent *persistentStep, databases *databasesStep, eks *eksStep, setup *clustersStep) *helmStep {
	return &helmStep{
		Name: "helm", Description: "charts: operators, ingress, storage, monitoring",
		Project: w.target.Project("helm"), Proxy: true,
		Needs:        []step.Step{persistent, databases, eks, setup},
		DeletesEarly: true,
		Requires: func(ctx context.Context, r *step.Run) error {
			account, err := w.account(ctx)
			if err != nil || r.DryRun() { // which warns when it gathers
				return err
			}
			return checkForwardAuthSecrets(ctx, r, w.config, account.Secrets())
		},
		Gather: func(ctx context.Context, r *step.Run) (stacks.HelmIn, error) {
			in := stacks.HelmIn{Config: w.config, TargetName: w.target.Name, SiteFiles: w.target.SiteFiles, AwaitChart: w.awaitChart, Unawaited: w.edges.Unawaited}
			var persistentErr, databasesErr, eksErr, setupErr error
			in.Persistent, persistentErr = persistent.Outputs(ctx, r)
			in.Postgres, databasesErr = databases.Outputs(ctx, r)
			in.EKS, eksErr = eks.Outputs(ctx, r)
			in.Clusters, setupErr = setup.Outputs(ctx, r)
			if err := errors.Join(persistentErr, databasesErr, eksErr, setupErr); err != nil {
				return in, err
			}
			err := w.clustersThere(ctx, r)
			if err != nil {
				return in, err
			}
			if in.Existing, err = stacks.FindExistingCharts(w.config, w.resources(ctx, r, "helm")); err != nil {
				return in, err
			}
			if in.ExistingClusters, err = stacks.ExistingClusters(w.config, w.resources(ctx, r, "eks")); err != nil {
				return in, err
			}
			if in.KeepSharedIngress, err = w.keepSharedIngress(ctx, r); err != nil {
				return in, err
			}
			account, err := w.account(ctx)
			if err != nil {
				return in, err
			}
			return in, checkForwardAuthSecrets(ctx, r, w.config, account.Secrets())
		},
		Program: stacks.Helm,
		After:   w.checkCharts,
	}
}

// keepSharedIngress tells whether the load balancer that all sites share stays until each
// has its own, which comes in a later step: in between, no site could be reached.
func (w *workload) keepSharedIngress(ctx context.Context, r *step.Run) (bool, error) {
	const ingress = "kubernetes:networking.k8s.io/v1:Ingress"
	if !w.config.LoadBalancerPerSite {
		return false, nil
	}
	shared, err := w.resources(ctx, r, "helm")(ingress)
	if err != nil {
		return false, err
	}
	own, err := w.resources(ctx, r, "sites")(ingress)
	if err != nil {
		return false, err
	}
	keep := len(shared) > 0 && len(own) == 0
	if keep {
		r.Say(step.Warning, "the load balancer that all sites share stays until each has its own: the next run deletes it")
	}
	return keep, nil
}

func (w *workload) awaitChart(ctx context.Context, identifier, namespace, name string) error {
	_, err := step.AwaitChart(ctx, w.edges.Clusters, identifier, namespace, name)
	return err
}

// checkCharts makes sure that a green run means installed charts: the Helm controller
// installs them after their objects are made, and does not see when somebody uninstalls one.
func (w *workload) checkCharts(ctx context.Context, r *step.Run, outputs *stacks.HelmOutputs) error {
	var failures []error
	for _, release := range slices.Sorted(maps.Keys(outputs.Clusters)) {
		charts, _, err := output.Await[[]string](ctx, outputs.Clusters[release].Charts)
		if err != nil {
			return fmt.Errorf("read the charts of release %s: %w", release, err)
		}
		for _, chart := range charts {
			namespace, name, _ := strings.Cut(chart, "/")
			again, err := w.checkChart(ctx, r, w.config.ClusterARN(release), namespace, name)
			switch {
			case errors.Is(err, kubernetes.ErrNotFound):
				failures = append(failures, fmt.Errorf("chart %s of release %s: its object HelmChart %s was deleted outside of ptd; "+
					"to make it anew: ptd ensure %s --refresh", name, release, chart, w.target.Name))
			case err != nil:
				failures = append(failures, fmt.Errorf("chart %s of release %s: %w", name, release, err))
			case again && r.DryRun():
				r.Say(step.Warning, "chart %s of release %s was uninstalled outside of ptd: a run installs it again", name, release)
			case again:
				r.Say(step.Warning, "chart %s of release %s was uninstalled outside of ptd: it was installed again", name, release)
			}
		}
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("charts are not installed (correct their chart_values or versions, or what is said of them, and run again):\n%w", err)
	}
	return nil
}

// checkChart waits until a chart is installed; again tells that somebody had uninstalled it. A
// dry run only looks, and what is not there yet is to be made.
func (w *workload) checkChart(ctx context.Context, r *step.Run, identifier, namespace, name string) (again bool, err error) {
	if !r.DryRun() {
		return step.AwaitChart(ctx, w.edges.Clusters, identifier, namespace, name)
	}
	cluster, err := w.edges.Clusters.Cluster(ctx, identifier)
	var status kubernetes.ChartStatus
	if err == nil {
		status, err = cluster.Chart(ctx, namespace, name)
	}
	if errors.Is(err, kubernetes.ErrNotFound) {
		return false, nil
	}
	return status.State == kubernetes.ChartUninstalled, err
}
