package awsworkload

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload"
	"github.com/ptd-go/ptd/stacks/workload/charts"
)

// HelmIn is what the helm stack is made from.
type HelmIn struct {
	Config     *config.AWSWorkload
	TargetName string
	// SiteFiles are the site.yaml files by site.
	SiteFiles  map[string]*config.SiteFile
	Persistent *PersistentOutputs
	Postgres   *PostgresConfigOutputs
	EKS        *EKSOutputs
	Clusters   *ClustersOutputs
	// Existing are the charts that state has, by release (see FindExistingCharts). A
	// chart whose version the configuration does not give stays at its version.
	Existing map[string]charts.Existing
	// ExistingClusters are the clusters that state has (see ExistingClusters).
	ExistingClusters map[string]ExistingCluster
	// KeepSharedIngress keeps the load balancer that all sites share although each is to have
	// its own, because those are not there yet.
	KeepSharedIngress bool
	// AwaitChart waits until the Helm controller of a cluster has installed a chart
	// (the HelmChart object of this namespace and name), or says why it did not. The
	// identifier is the cluster's ARN. nil waits for nothing.
	AwaitChart func(ctx context.Context, clusterIdentifier, namespace, name string) error
	// Unawaited says that no controller works in the clusters: that pods of charts run is not
	// waited for.
	Unawaited bool
}

// HelmOutputs is what the helm stack gives.
type HelmOutputs struct {
	Clusters output.Releases[ClusterChartsOutputs]
	// Parts are those of the workload (see Parts).
	Parts pulumi.StringArrayOutput `pulumi:"parts,optional"`
}

// ClusterChartsOutputs is what the helm stack gives of one release.
type ClusterChartsOutputs struct {
	charts.Outputs
	// IngressHostname is that of the load balancer that all sites share; none with
	// load_balancer_per_site.
	IngressHostname pulumi.StringOutput `pulumi:"*_ingress_hostname,optional"`
}

// helm is the program while it runs.
type helm struct {
	pulumi.ResourceState

	ctx     *pulumi.Context
	in      HelmIn
	outputs HelmOutputs
}

// Helm installs the charts of each cluster, with what they need
// (docs/reference/aws-workload-apps.md 7.5 to 7.7, 7.10, 8). Everything hangs below one
// component, named after the workload, and below it one a release.
func Helm(ctx *pulumi.Context, in HelmIn) (*HelmOutputs, error) {
	h := &helm{ctx: ctx, in: in, outputs: HelmOutputs{
		Clusters: output.Releases[ClusterChartsOutputs]{},
		Parts:    pulumi.ToStringArray(Parts(in.Config)).ToStringArrayOutput(),
	}}
	err := components.Register(ctx, "ptd:awsworkload:Helm", in.Config.CompoundName(), h, func(child pulumi.ResourceOption) error {
		for release := range in.Config.SortedClusters() {
			if err := h.makeRelease(release, child); err != nil {
				return fmt.Errorf("release %s: %w", release, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("helm stack of %s: %w", in.TargetName, err)
	}
	return &h.outputs, nil
}

// helmRelease is the program while it works on the cluster of a release.
type helmRelease struct {
	pulumi.ResourceState

	ctx     *pulumi.Context
	in      HelmIn
	config  *config.AWSWorkload
	release string
	cluster config.AWSCluster
	name    string // {cluster}
	labels  map[string]string
	eks     ClusterOutputs
	setup   ClusterSetupOutputs

	child    pulumi.ResourceOption
	charts   *charts.Cluster
	hostname pulumi.StringOutput

	// webhook is the AWS Load Balancer Controller: its webhook sees every new Service,
	// so that no chart with one can be installed before it.
	webhook *kubernetes.Chart
	traefik *kubernetes.Chart
	// secretsStore is nil when the driver is an add-on of the cluster.
	secretsStore *kubernetes.Chart
}

func newHelmRelease(ctx *pulumi.Context, in HelmIn, release, managedBy string) *helmRelease {
	cluster := in.Config.Clusters[release]
	r := &helmRelease{
		ctx: ctx, in: in, config: in.Config, release: release, cluster: cluster, name: in.Config.ClusterName(release),
		labels: map[string]string{config.TagManagedBy: managedBy},
	}
	r.charts = &charts.Cluster{
		Ctx: ctx, Name: r.name, Release: release, Workload: &in.Config.WorkloadCommon,
		Sites:    sitesOf(in.Config, in.SiteFiles),
		Settings: cluster.ReleaseCommon, Components: cluster.Components.ComponentVersions, Gives: cluster.Gives,
		Values: cluster.ChartValues, Labels: r.labels, Existing: in.Existing[release],
	}
	if in.AwaitChart != nil {
		r.charts.Await = func(ctx context.Context, namespace, name string) error {
			return in.AwaitChart(ctx, in.Config.ClusterARN(release), namespace, name)
		}
	}
	return r
}

func (h *helm) makeRelease(release string, child pulumi.ResourceOption) error {
	eks, err := h.in.EKS.Cluster(h.ctx, release)
	if err != nil {
		return err
	}
	setup, err := h.in.Clusters.Clusters.Get(h.ctx, "clusters", "set up the cluster", release)
	if err != nil {
		return err
	}
	provider, err := clusterProvider(h.ctx, h.in.Config, h.in.TargetName, release, eks)
	if err != nil {
		return err
	}
	r := newHelmRelease(h.ctx, h.in, release, "ptd.pulumi_resources.aws_workload_helm")
	r.eks, r.setup = eks, setup
	err = components.Register(h.ctx, "ptd:awsworkload:HelmCluster", r.name, r, func(child pulumi.ResourceOption) error {
		r.child = child
		for _, part := range []struct {
			what string
			make func() error
		}{
			{"load balancer controller", r.makeLoadBalancerController},
			{"storage drivers", r.makeStorageDrivers},
			{"Traefik", r.makeTraefik},
			{"ExternalDNS", r.makeExternalDNS},
			{"forward authentication", r.makeForwardAuth},
			{"monitoring", r.makeMonitoring},
			{"cert-manager", r.makeCertManager},
			{"NVIDIA device plugin", r.makeNvidiaDevicePlugin},
			{"Karpenter", r.makeKarpenter},
			{"Keycloak operator", r.makeKeycloakOperator},
			{"Team Operator", r.makeTeamOperator},
		} {
			if err := part.make(); err != nil {
				return fmt.Errorf("%s: %w", part.what, err)
			}
		}
		r.charts.WarnOfUnusedValues()
		r.charts.WarnOfOldDefinitions("aws-load-balancer-controller", "traefik")
		return nil
	}, child, pulumi.Providers(provider))
	if err != nil {
		return err
	}
	gives := ClusterChartsOutputs{Outputs: r.charts.Outputs()}
	if !h.in.Config.LoadBalancerPerSite {
		gives.IngressHostname = r.hostname
	}
	h.outputs.Clusters[release] = gives
	return nil
}

// after are the options of something in the cluster that must not be made before the
// load balancer controller and the given charts are installed.
func (r *helmRelease) after(charts ...*kubernetes.Chart) pulumi.ResourceOption {
	options := []pulumi.ResourceOption{r.child, pulumi.DependsOnInputs(r.webhook.Installed)}
	for _, chart := range charts {
		options = append(options, pulumi.DependsOnInputs(chart.Installed))
	}
	return pulumi.Composite(options...)
}

// makeNvidiaDevicePlugin installs it for those who have GPUs.
func (r *helmRelease) makeNvidiaDevicePlugin() error {
	if !r.config.NvidiaGPUEnabled {
		return nil
	}
	return r.charts.NewNvidiaDevicePlugin(r.after())
}

// makeTeamOperator installs the operator last.
func (r *helmRelease) makeTeamOperator() error {
	after := []*kubernetes.Chart{r.traefik}
	if r.secretsStore != nil {
		after = append(after, r.secretsStore)
	}
	return r.charts.NewTeamOperator(r.setup.TeamOperatorRoleARN, r.config.Region, sitesOf(r.config, r.in.SiteFiles), r.after(after...))
}

// sitesOf are the sites of a workload with their files, sorted by name.
func sitesOf(w *config.AWSWorkload, files map[string]*config.SiteFile) []workload.Site {
	var sites []workload.Site
	for name, site := range w.SortedSites() {
		sites = append(sites, workload.Site{Name: name, Domain: site.Domain, File: files[name]})
	}
	return sites
}

// FindExistingCharts finds the charts of the workload's releases in the state of its helm
// stack (see charts.FindExisting).
func FindExistingCharts(w *config.AWSWorkload, resources func(typ string) ([]StateResource, error)) (map[string]charts.Existing, error) {
	clusters := map[string]string{}
	for release := range w.Clusters {
		clusters[release] = w.ClusterName(release)
	}
	return charts.FindExisting(w.CompoundName(), clusters, "-k8s", resources)
}
