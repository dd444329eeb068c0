package ensure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

// kubernetesSteps are the steps of the workload's clusters: the clusters themselves,
// what is in them before charts, charts, and sites.
func (w *awsWorkload) kubernetesSteps() []runnable {
	w.eks = typed(w.stack("eks", "Kubernetes clusters: control planes, node groups, add-ons", true),
		func(ctx *pulumi.Context) (*awsworkload.EKSOutputs, error) {
			persistent, err := w.persistent.Outputs()
			if err != nil {
				return nil, err
			}
			return awsworkload.EKS(ctx, awsworkload.EKSIn{
				Config: w.workload, TargetName: w.target.Name, Persistent: persistent, Existing: w.existingClusters,
			})
		})
	w.eks.needs = []*stackStep{w.persistent.stackStep}
	w.eks.prepare, w.eks.reconcile = w.readClusters, w.followClusters
	w.persistent.keepsAll = w.clustersNeedNetwork

	w.clusters = typed(w.stack("clusters", "namespaces, product roles, network policies, Helm controller", true), w.runClusters)
	w.clusters.needs = []*stackStep{w.persistent.stackStep, w.postgres.stackStep, w.eks.stackStep}
	w.clusters.prepare = w.tellTunnel

	w.helm = typed(w.stack("helm", "charts: operators, ingress, storage, monitoring", true), w.runHelm)
	w.helm.needs = append(slices.Clone(w.clusters.needs), w.clusters.stackStep)
	w.helm.prepare, w.helm.reconcile = w.prepareCharts, w.checkCharts

	w.sites = typed(w.stack("sites", "sites with their ingress and DNS records", true), w.runSites)
	w.sites.needs = append(slices.Clone(w.helm.needs), w.helm.stackStep)
	w.sites.prepare = w.checkSiteSecrets

	return []runnable{w.eks.stackStep, w.clusters.stackStep, w.helm.stackStep, w.sites.stackStep}
}

func (w *awsWorkload) tellTunnel(_ context.Context, r *run) error {
	w.environment.wouldTunnel(r, w.workload.TailscaleEnabled)
	return nil
}

// readClusters finds out which clusters there are by the state of the stack, since some
// of their settings can be chosen only when a cluster is made.
func (w *awsWorkload) readClusters(ctx context.Context, r *run) error {
	w.environment.wouldTunnel(r, w.workload.TailscaleEnabled)
	var err error
	w.existingClusters, err = awsworkload.ExistingClusters(w.workload, func(typ string) ([]awsworkload.StateResource, error) {
		resources, err := w.eks.stack.Resources(ctx, typ)
		if err != nil {
			return nil, err
		}
		found := make([]awsworkload.StateResource, len(resources))
		for i, resource := range resources {
			found[i] = awsworkload.StateResource{Name: resource.Name, Inputs: resource.Inputs, Outputs: resource.Outputs}
		}
		return found, nil
	})
	return err
}

// followClusters does what clusters need of what other steps or others made: their roles,
// and the file systems that the configuration names.
func (w *awsWorkload) followClusters(ctx context.Context, r *run) error {
	return errors.Join(w.attachFileSystems(ctx, r), w.bindRoles(ctx, r))
}

// attachFileSystems lets the nodes reach the file systems of efs_config.
func (w *awsWorkload) attachFileSystems(ctx context.Context, r *run) error {
	persistent, err := w.persistent.Outputs()
	if err != nil {
		return err
	}
	group, known, err := output.Await[string](ctx, persistent.NodesEFSSecurityGroupID)
	if err != nil {
		return fmt.Errorf("read the nodes' group of EFS: %w", err)
	}
	in := awsworkload.MountTargetsIn{Config: w.workload}
	if known {
		in.SecurityGroupID = &group
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	changes, err := awsworkload.AttachMountTargets(ctx, account.MountTargets(), in, r.options.DryRun)
	r.actions(changes)
	return err
}

// clustersNeedNetwork keeps persistent while there are clusters: they live in its
// network, and lose their way to the internet and their file systems with it.
func (w *awsWorkload) clustersNeedNetwork(ctx context.Context) (reason string, err error) {
	clusters, err := w.eks.stack.Resources(ctx, "aws:eks/cluster:Cluster")
	if err != nil {
		return "", err
	}
	if plan := w.eks.planned; plan != nil { // by a dry run, after which the state still has what would be gone
		clusters = slices.DeleteFunc(clusters, func(cluster engine.Resource) bool {
			return slices.ContainsFunc(plan.Changes, func(change engine.Change) bool {
				return change.URN == cluster.URN && change.Kind == engine.Delete
			})
		})
	}
	if len(clusters) == 0 {
		return "", nil
	}
	return fmt.Sprintf("the clusters of step eks live in it (%d are left): destroy that step first", len(clusters)), nil
}

func (w *awsWorkload) runClusters(ctx *pulumi.Context) (*awsworkload.ClustersOutputs, error) {
	persistent, persistentErr := w.persistent.Outputs()
	postgres, postgresErr := w.postgres.Outputs()
	eks, eksErr := w.eks.Outputs()
	if err := errors.Join(persistentErr, postgresErr, eksErr); err != nil {
		return nil, err
	}
	return awsworkload.Clusters(ctx, awsworkload.ClustersIn{
		Config: w.workload, TargetName: w.target.Name, Persistent: persistent, Postgres: postgres, EKS: eks,
		CustomResources: w.target.CustomResources,
	})
}

func (w *awsWorkload) runHelm(ctx *pulumi.Context) (*awsworkload.HelmOutputs, error) {
	persistent, persistentErr := w.persistent.Outputs()
	postgres, postgresErr := w.postgres.Outputs()
	eks, eksErr := w.eks.Outputs()
	clusters, clustersErr := w.clusters.Outputs()
	if err := errors.Join(persistentErr, postgresErr, eksErr, clustersErr); err != nil {
		return nil, err
	}
	return awsworkload.Helm(ctx, awsworkload.HelmIn{
		Config: w.workload, TargetName: w.target.Name, SiteFiles: w.target.SiteFiles,
		Persistent: persistent, Postgres: postgres, EKS: eks, Clusters: clusters,
		Existing: w.existingCharts, AwaitChart: w.awaitChart, KeepSharedIngress: w.keepSharedIngress,
	})
}

// How long a chart may take to be installed, and how often to look.
const (
	chartTimeout  = 15 * time.Minute
	chartInterval = 3 * time.Second
)

// awaitChart waits until the Helm controller has installed a chart.
func (w *awsWorkload) awaitChart(ctx context.Context, identifier, namespace, name string) error {
	cluster, err := w.environment.Clusters.Cluster(ctx, identifier)
	if err != nil {
		return fmt.Errorf("reach the cluster %s: %w", identifier, err)
	}
	deadline, interrupts := time.After(chartTimeout), engine.InterruptsOf(ctx)
	for {
		status, err := cluster.Chart(ctx, namespace, name)
		switch {
		case err != nil:
			return fmt.Errorf("look at chart %s/%s: %w", namespace, name, err)
		case status.State == kubernetes.ChartInstalled:
			return nil
		case status.State == kubernetes.ChartFailed:
			return fmt.Errorf("the Helm controller could not install it: %s", status.Message)
		}
		select {
		case <-time.After(chartInterval):
		case <-deadline:
			return fmt.Errorf("it was not installed after %v: %s", chartTimeout, status.Message)
		case <-interrupts.Cancel:
			return ErrInterrupted
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkCharts makes sure that a green run means installed charts: the Helm controller
// installs them after their objects are made.
func (w *awsWorkload) checkCharts(ctx context.Context, r *run) error {
	if r.options.DryRun {
		return nil
	}
	outputs, err := w.helm.Outputs()
	if err != nil {
		return err
	}
	var failures []error
	for _, release := range slices.Sorted(maps.Keys(outputs.Clusters)) {
		charts, _, err := output.Await[[]string](ctx, outputs.Clusters[release].Charts)
		if err != nil {
			return fmt.Errorf("read the charts of release %s: %w", release, err)
		}
		for _, chart := range charts {
			namespace, name, _ := strings.Cut(chart, "/")
			if err := w.awaitChart(ctx, w.workload.ClusterARN(release), namespace, name); err != nil {
				failures = append(failures, fmt.Errorf("chart %s of release %s: %w", name, release, err))
			}
		}
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("charts are not installed (correct their chart_values or versions, and run again):\n%w", err)
	}
	return nil
}

// checkSiteSecrets makes sure that what the Site objects name is there.
func (w *awsWorkload) checkSiteSecrets(ctx context.Context, r *run) error {
	w.environment.wouldTunnel(r, w.workload.TailscaleEnabled)
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for site := range w.workload.SortedSites() {
		_, err := account.Secrets().GetSecret(ctx, w.workload.SiteSecretName(site))
		switch {
		case err == nil || errors.Is(err, aws.ErrNotFound) && r.options.DryRun:
		case errors.Is(err, aws.ErrNotFound):
			failures = append(failures, fmt.Errorf("the secret of site %s: %w; bootstrap makes it: ptd ensure %s --only-steps bootstrap",
				site, err, w.target.Name))
		default:
			failures = append(failures, fmt.Errorf("look for the secret of site %s: %w", site, err))
		}
	}
	return errors.Join(failures...)
}

func (w *awsWorkload) runSites(ctx *pulumi.Context) (*awsworkload.SitesOutputs, error) {
	persistent, persistentErr := w.persistent.Outputs()
	eks, eksErr := w.eks.Outputs()
	helm, helmErr := w.helm.Outputs()
	if err := errors.Join(persistentErr, eksErr, helmErr); err != nil {
		return nil, err
	}
	return awsworkload.Sites(ctx, awsworkload.SitesIn{
		Config: w.workload, TargetName: w.target.Name, SiteFiles: w.target.SiteFiles,
		Persistent: persistent, EKS: eks, Helm: helm, CustomResources: w.target.CustomResources,
	})
}

// clusterIssuers are the OIDC issuers of all clusters, from the eks step.
func (w *awsWorkload) clusterIssuers(ctx *pulumi.Context) (pulumi.StringArray, error) {
	eks, err := w.eks.Outputs()
	if err != nil {
		return nil, err
	}
	issuers := pulumi.StringArray{}
	for release := range w.workload.SortedClusters() {
		cluster, err := eks.Cluster(ctx, release)
		if err != nil {
			return nil, err
		}
		issuers = append(issuers, cluster.OIDCIssuer)
	}
	return issuers, nil
}
