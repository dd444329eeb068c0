package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/kubernetes"
	awsprovider "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload/database"
)

// ClustersIn is what the clusters stack is made from.
type ClustersIn struct {
	Config     *config.AWSWorkload
	TargetName string
	Persistent *PersistentOutputs
	Postgres   *PostgresConfigOutputs
	EKS        *EKSOutputs
	// Existing are the clusters that state has, by release (see ExistingClusters).
	Existing map[string]ExistingCluster
	// CustomResources are the target's own Kubernetes objects, by folder.
	CustomResources map[string][]config.CustomResourceFile
}

// clusters is the program while it runs.
type clusters struct {
	pulumi.ResourceState

	ctx     *pulumi.Context
	in      ClustersIn
	tags    map[string]string
	outputs ClustersOutputs
}

// Clusters makes in each cluster what must be there before charts: namespaces, the
// Helm controller, network policies, Grafana's database address and the target's own
// objects; and for it in AWS the roles of the products and Karpenter's side
// (docs/reference/aws-workload-apps.md 7). Everything hangs below one component, named after
// the workload, and below it one a release.
func Clusters(ctx *pulumi.Context, in ClustersIn) (*ClustersOutputs, error) {
	c := &clusters{
		ctx: ctx, in: in, tags: in.Config.RequiredTags("ptd.pulumi_resources.aws_workload_clusters"),
		outputs: ClustersOutputs{Clusters: output.Releases[ClusterSetupOutputs]{}},
	}
	provider, err := awsprovider.NewProvider(ctx, in.Config.Region, in.Config.AccountID, in.Config.IgnoreTags)
	if err != nil {
		return nil, err
	}
	err = components.Register(ctx, "ptd:awsworkload:Clusters", in.Config.CompoundName(), c, func(child pulumi.ResourceOption) error {
		for release, cluster := range in.Config.SortedClusters() {
			if err := c.makeRelease(release, cluster, child); err != nil {
				return fmt.Errorf("release %s: %w", release, err)
			}
		}
		return nil
	}, pulumi.Providers(provider))
	if err != nil {
		return nil, fmt.Errorf("clusters stack of %s: %w", in.TargetName, err)
	}
	return &c.outputs, nil
}

// clusterSetup is the program while it works on the cluster of a release.
type clusterSetup struct {
	pulumi.ResourceState

	*clusters
	release string
	cluster config.AWSCluster
	name    string // {cluster}
	eks     ClusterOutputs
	issuers pulumi.StringArrayOutput

	child      pulumi.ResourceOption
	namespaces *kubernetes.Namespaces
	controller *kubernetes.HelmController
	calicoAPI  []pulumi.Resource // what Calico's kinds wait for
	outputs    ClusterSetupOutputs
}

func (c *clusters) makeRelease(release string, cluster config.AWSCluster, child pulumi.ResourceOption) error {
	eks, err := c.in.EKS.Cluster(c.ctx, release)
	if err != nil {
		return err
	}
	provider, err := clusterProvider(c.ctx, c.in.Config, c.in.TargetName, release, eks)
	if err != nil {
		return err
	}
	s := &clusterSetup{clusters: c, release: release, cluster: cluster, name: c.in.Config.ClusterName(release), eks: eks}
	// A pod of another release's cluster may not take this one's roles.
	s.issuers = trustedIssuers(pulumi.StringArray{eks.OIDCIssuer}, c.in.Config.ExtraClusterOIDCURLs)
	err = components.Register(c.ctx, "ptd:awsworkload:ClusterSetup", s.name, s, func(child pulumi.ResourceOption) error {
		s.child = child
		for _, part := range []struct {
			what string
			make func() error
		}{
			{"namespaces", s.makeNamespaces},
			{"Helm controller", s.makeHelmController},
			{"product roles", s.makeRoles},
			{"Grafana's database", s.makeGrafanaSecret},
			{"network policies", s.makeNetworkPolicies},
			{"Karpenter", s.makeKarpenter},
			{"custom Kubernetes resources", s.makeCustomResources},
		} {
			if err := part.make(); err != nil {
				return fmt.Errorf("%s: %w", part.what, err)
			}
		}
		return nil
	}, child, pulumi.Providers(provider))
	if err != nil {
		return err
	}
	c.outputs.Clusters[release] = s.outputs
	return nil
}

// makeNamespaces makes the namespaces of what later steps install, except the Helm
// controller's, which comes with it. That of the products outlives its resource: with
// it would go what users keep in it.
func (s *clusterSetup) makeNamespaces() error {
	namespaces := []kubernetes.NamespaceArgs{
		{Name: "posit-team", LogicalName: s.name + "-posit-team", Retain: true},
		{Name: "posit-team-system", LogicalName: s.name + "-posit-team-system"},
	}
	add := func(names ...string) {
		for _, name := range names {
			namespaces = append(namespaces, kubernetes.NamespaceArgs{Name: name, LogicalName: s.name + "-" + name + "-ns"})
		}
	}
	add("traefik", "grafana", "loki", "mimir")
	if s.cluster.Components.AlloyVersion != "" {
		add("alloy")
	}
	if s.in.Config.NvidiaGPUEnabled {
		add("nvidia-device-plugin")
	}
	made, err := kubernetes.NewNamespaces(s.ctx, s.name+"-namespaces", &kubernetes.NamespacesArgs{Namespaces: namespaces}, s.child)
	if err != nil {
		return err
	}
	s.namespaces = made
	return nil
}

func (s *clusterSetup) makeHelmController() error {
	made, err := kubernetes.NewHelmController(s.ctx, s.name, nil, s.child)
	if err != nil {
		return err
	}
	s.controller = made
	s.outputs.Namespaces = sortedTexts(apply.To(pulumi.All(s.namespaces.Names, made.Namespace), func(values []any) []string {
		return append(values[0].([]string), values[1].(string))
	}).(pulumi.StringArrayOutput))
	return nil
}

// makeGrafanaSecret tells Grafana where its database is. Role and database have the same
// name.
func (s *clusterSetup) makeGrafanaSecret() error {
	postgres := s.in.Postgres
	return database.NewGrafanaSecret(s.ctx, s.name+"-grafana-db-url", database.GrafanaArgs{
		Host: s.in.Persistent.DBAddress, Database: postgres.GrafanaDatabase, Role: postgres.GrafanaDatabase, Password: postgres.GrafanaPassword,
	}, s.child, pulumi.DependsOn([]pulumi.Resource{s.namespaces.ByName["grafana"]}))
}

// makeNetworkPolicies makes Calico's policies, which only Calico knows, when its API
// server answers: step eks installs the operator, and does not wait for more.
func (s *clusterSetup) makeNetworkPolicies() error {
	if !s.cluster.CalicoEnabled {
		return nil
	}
	api, err := kubernetes.NewCalicoAPI(s.ctx, s.name+"-calico-api", s.child)
	if err != nil {
		return err
	}
	s.calicoAPI = []pulumi.Resource{api}
	_, err = kubernetes.NewNetworkPolicies(s.ctx, s.name, &kubernetes.NetworkPoliciesArgs{
		Suffix: s.release, Trust: kubernetes.NetworkTrust(s.in.Config.NetworkTrust.Level()),
	}, s.child, pulumi.DependsOn([]pulumi.Resource{s.namespaces.ByName["posit-team"], api}))
	return err
}
