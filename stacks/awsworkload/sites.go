package awsworkload

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/kubernetes"
	awsprovider "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload"
	"github.com/ptd-go/ptd/stacks/workload/site"
)

// SitesIn is what the sites stack is made from.
type SitesIn struct {
	Config     *config.AWSWorkload
	TargetName string
	// SiteFiles are the site.yaml files by site; a site may have none.
	SiteFiles  map[string]*config.SiteFile
	Persistent *PersistentOutputs
	EKS        *EKSOutputs
	Helm       *HelmOutputs
	// CustomResources are the target's own Kubernetes objects, by folder.
	CustomResources map[string][]config.CustomResourceFile
}

// SitesOutputs is what the sites stack gives.
type SitesOutputs struct {
	Clusters output.Releases[ClusterSitesOutputs]
	// DNSInfo says who makes the records of the sites' domains.
	DNSInfo pulumi.StringOutput `pulumi:"dns_info"`
}

// ClusterSitesOutputs is what the sites stack gives of one release.
type ClusterSitesOutputs struct {
	// URLs are, by site, those of the site itself ("site") and of its products, as
	// site.yaml names them ("connect", ...); a product without replicas has none.
	URLs pulumi.StringMapMapOutput `pulumi:"*_site_urls"`
	// Namespaces are those of the Site objects by site.
	Namespaces pulumi.StringMapOutput `pulumi:"*_site_namespaces"`
	// IngressHostnames are those of the load balancers by site, with
	// load_balancer_per_site; the helm step gives that of the shared one.
	IngressHostnames pulumi.StringMapOutput `pulumi:"*_site_ingress_hostnames,optional"`
}

// sites is the program while it runs.
type sites struct {
	pulumi.ResourceState

	ctx     *pulumi.Context
	in      SitesIn
	outputs SitesOutputs
}

// Sites makes the Site object of each site in the cluster of each release and, where the
// configuration asks for it, the site's own load balancer and the DNS records
// (docs/reference/aws-workload-apps.md 8.3, 9); and the target's own objects of kinds that
// charts define, which step clusters is too early for. A record has one owner: ExternalDNS, by
// the annotations of the Ingress, or this stack when external_dns_enabled is false; in zones
// that others manage, they do. Everything hangs below one component, named after the workload,
// and below it one a release.
func Sites(ctx *pulumi.Context, in SitesIn) (*SitesOutputs, error) {
	s := &sites{ctx: ctx, in: in, outputs: SitesOutputs{Clusters: output.Releases[ClusterSitesOutputs]{}}}
	err := s.make()
	if err != nil {
		return nil, fmt.Errorf("sites stack of %s: %w", in.TargetName, err)
	}
	return &s.outputs, nil
}

func (s *sites) make() error {
	var options []pulumi.ResourceOption
	if s.ownsRecords() && len(s.in.Config.Clusters) > 0 {
		provider, err := awsprovider.NewProvider(s.ctx, s.in.Config.Region, s.in.Config.AccountID, s.in.Config.IgnoreTags)
		if err != nil {
			return err
		}
		options = append(options, pulumi.Providers(provider))
	}
	return components.Register(s.ctx, "ptd:awsworkload:Sites", s.in.Config.CompoundName(), s, func(child pulumi.ResourceOption) error {
		if err := s.sayWhoOwnsRecords(); err != nil {
			return err
		}
		for release, cluster := range s.in.Config.SortedClusters() {
			if err := s.makeRelease(release, cluster, child); err != nil {
				return fmt.Errorf("release %s: %w", release, err)
			}
		}
		return nil
	}, options...)
}

// sitesRelease is the program while it works on the cluster of a release.
type sitesRelease struct {
	pulumi.ResourceState

	*sites
	release string
	cluster config.AWSCluster
	name    string // {cluster}
	child   pulumi.ResourceOption
	// balancerZone is the zone that Amazon has for load balancers; only for records.
	balancerZone pulumi.StringInput
	hostnames    pulumi.StringMap // of the sites' load balancers
}

func (s *sites) makeRelease(release string, cluster config.AWSCluster, child pulumi.ResourceOption) error {
	eks, err := s.in.EKS.Cluster(s.ctx, release)
	if err != nil {
		return err
	}
	provider, err := clusterProvider(s.ctx, s.in.Config, s.in.TargetName, release, eks)
	if err != nil {
		return err
	}
	r := &sitesRelease{
		sites: s, release: release, cluster: cluster, name: s.in.Config.ClusterName(release), hostnames: pulumi.StringMap{},
	}
	urls, namespaces := pulumi.StringMapMap{}, pulumi.StringMap{}
	err = components.Register(s.ctx, "ptd:awsworkload:SitesCluster", r.name, r, func(child pulumi.ResourceOption) error {
		r.child = child
		for _, of := range sitesOf(s.in.Config, s.in.SiteFiles) {
			made, err := r.makeSite(of)
			if err != nil {
				return fmt.Errorf("site %s: %w", of.Name, err)
			}
			urls[of.Name], namespaces[of.Name] = site.URLs(of), made.Namespace
			if s.in.Config.LoadBalancerPerSite {
				if err := r.makeIngress(of.Name, s.in.Config.Sites[of.Name]); err != nil {
					return fmt.Errorf("load balancer of site %s: %w", of.Name, err)
				}
			}
		}
		if s.ownsRecords() {
			if err := r.makeRecords(); err != nil {
				return err
			}
		}
		_, manifests, err := workload.CustomManifests(release, cluster.CustomK8sResources, cluster.CalicoEnabled, s.in.CustomResources)
		if err == nil {
			err = workload.MakeCustomManifests(s.ctx, release, manifests, child)
		}
		if err != nil {
			return fmt.Errorf("custom Kubernetes resources: %w", err)
		}
		return nil
	}, child, pulumi.Providers(provider))
	if err != nil {
		return err
	}
	gives := ClusterSitesOutputs{URLs: urls.ToStringMapMapOutput(), Namespaces: namespaces.ToStringMapOutput()}
	if s.in.Config.LoadBalancerPerSite {
		gives.IngressHostnames = r.hostnames.ToStringMapOutput()
	}
	s.outputs.Clusters[release] = gives
	return nil
}

func (r *sitesRelease) makeSite(of workload.Site) (*kubernetes.Site, error) {
	args := site.Args{
		Site: of, Release: r.release, Workload: &r.in.Config.WorkloadCommon,
		Labels: r.in.Config.Labels("ptd.pulumi_resources.team_site"),
		Secret: r.in.Config.SiteSecretName(of.Name), WorkloadSecret: r.in.Config.WorkloadSecretName(), Cloud: r.cloudFields(),
	}
	if karpenter := r.cluster.KarpenterConfig; karpenter != nil {
		args.SessionNodes = slices.ContainsFunc(karpenter.NodePools, func(pool config.KarpenterNodePool) bool { return pool.SessionTaints })
	}
	return site.New(r.ctx, r.name+"-"+of.Name, args, r.child)
}

// cloudFields are those of the spec that all sites of a release have in AWS.
func (r *sitesRelease) cloudFields() map[string]any {
	persistent := r.in.Persistent
	fields := map[string]any{
		"awsAccountId":                 r.in.Config.AccountID,
		"chronicle":                    map[string]any{"s3Bucket": persistent.ChronicleBucket},
		"mainDatabaseCredentialSecret": map[string]any{"type": "aws", "vaultName": persistent.DBSecretARN},
		"packageManager":               map[string]any{"s3Bucket": persistent.PackageManagerBucket},
		"secret":                       map[string]any{"type": "aws"},
		"secretType":                   "aws",
		"workloadSecret":               map[string]any{"type": "aws"},
		"volumeSource":                 map[string]any{"type": "nfs", "dnsName": persistent.FSDNSName},
	}
	if r.cluster.EFSNeeded() {
		fields["efsEnabled"], fields["vpcCIDR"] = true, persistent.vpcCIDR(r.in.Config)
	}
	return fields
}
