package awsworkload

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
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
	Existing map[string]ExistingCharts
	// KeepSharedIngress keeps the load balancer that all sites share although each is to have
	// its own, because those are not there yet.
	KeepSharedIngress bool
	// AwaitChart waits until the Helm controller of a cluster has installed a chart
	// (the HelmChart object of this namespace and name), or says why it did not. The
	// identifier is the cluster's ARN. nil waits for nothing.
	AwaitChart func(ctx context.Context, clusterIdentifier, namespace, name string) error
}

// HelmOutputs is what the helm stack gives.
type HelmOutputs struct {
	Clusters output.Releases[ClusterChartsOutputs]
	// Parts are those of the workload (see Parts).
	Parts pulumi.StringArrayOutput `pulumi:"parts,optional"`
}

// ClusterChartsOutputs is what the helm stack gives of one release.
type ClusterChartsOutputs struct {
	// Versions are those of the charts that are installed, by chart.
	Versions pulumi.StringMapOutput `pulumi:"*_chart_versions"`
	// Charts names the HelmChart objects, {namespace}/{name}, sorted: what the Helm
	// controller is to install.
	Charts pulumi.StringArrayOutput `pulumi:"*_charts"`
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

// Helm installs the charts of each cluster, with what they need (facts:
// aws-workload-apps 7.5 to 7.7, 7.10, 8). Everything hangs below one component, named
// after the workload, and below it one a release.
func Helm(ctx *pulumi.Context, in HelmIn) (*HelmOutputs, error) {
	h := &helm{ctx: ctx, in: in, outputs: HelmOutputs{
		Clusters: output.Releases[ClusterChartsOutputs]{},
		Parts:    pulumi.ToStringArray(Parts(in.Config)).ToStringArrayOutput(),
	}}
	err := components.Register(ctx, "ptd:awsworkload:Helm", in.Config.CompoundName(), h, func(child pulumi.ResourceOption) error {
		for release, cluster := range in.Config.SortedClusters() {
			if err := h.makeRelease(release, cluster, child); err != nil {
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
	versions pulumi.StringMap   // by chart
	objects  pulumi.StringArray // HelmChart objects
	hostname pulumi.StringOutput

	// webhook is the AWS Load Balancer Controller: its webhook sees every new Service,
	// so that no chart with one can be installed before it.
	webhook *kubernetes.Chart
	traefik *kubernetes.Chart
	// secretsStore is nil when the driver is an add-on of the cluster.
	secretsStore *kubernetes.Chart
}

func (h *helm) makeRelease(release string, cluster config.AWSCluster, child pulumi.ResourceOption) error {
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
	r := &helmRelease{
		ctx: h.ctx, in: h.in, config: h.in.Config, release: release, cluster: cluster, eks: eks, setup: setup,
		name:     h.in.Config.ClusterName(release),
		labels:   map[string]string{config.TagManagedBy: "ptd.pulumi_resources.aws_workload_helm"},
		versions: pulumi.StringMap{},
	}
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
		r.warnOfUnusedValues()
		return nil
	}, child, pulumi.Providers(provider))
	if err != nil {
		return err
	}
	gives := ClusterChartsOutputs{Versions: r.versions.ToStringMapOutput(), Charts: sortedStrings(r.objects)}
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

func sortedStrings(of pulumi.StringArray) pulumi.StringArrayOutput {
	return of.ToStringArrayOutput().ApplyT(func(of []string) []string {
		return slices.Sorted(slices.Values(of))
	}).(pulumi.StringArrayOutput)
}
