package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/aws"
	awsprovider "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload/charts"
)

// EKSIn is what the eks stack is made from.
type EKSIn struct {
	Config     *config.AWSWorkload
	TargetName string
	Persistent *PersistentOutputs
	// Existing are the clusters that state has, by release (see ExistingClusters).
	Existing map[string]ExistingCluster
	// ExistingCharts are the charts that state has in them (see FindExistingCharts).
	ExistingCharts map[string]charts.Existing
}

// EKS makes a cluster for each release: control plane, nodes, access, add-ons, storage
// classes and the pods' network (docs/reference/aws-workload-eks.md). Everything hangs below
// one component, named after the workload, and below one a release. All names have the release
// in them, so that releases side by side never clash.
//
// It is an error if a version of Kubernetes is not the next one to what a cluster runs,
// or something changes that only a new cluster can have.
func EKS(ctx *pulumi.Context, in EKSIn) (*EKSOutputs, error) {
	e := &eks{}
	outputs := &EKSOutputs{Clusters: output.Releases[ClusterOutputs]{}}
	provider, err := awsprovider.NewProvider(ctx, in.Config.Region, in.Config.AccountID, in.Config.IgnoreTags)
	if err != nil {
		return nil, err
	}
	err = components.Register(ctx, "ptd:awsworkload:EKS", in.Config.CompoundName(), e, func(child pulumi.ResourceOption) error {
		for release, cluster := range in.Config.SortedClusters() {
			existing, exists := in.Existing[release]
			r := &eksRelease{
				ctx: ctx, in: in, config: in.Config, release: release, cluster: cluster,
				existing: existing, exists: exists,
				name: in.Config.ClusterName(release),
				tags: in.Config.RequiredTags("ptd.pulumi_resources.aws_workload_eks"),
			}
			if err := r.stay(); err != nil {
				return fmt.Errorf("release %s: %w", release, err)
			}
			made, err := r.make(child)
			if err != nil {
				return fmt.Errorf("release %s: %w", release, err)
			}
			outputs.Clusters[release] = made
		}
		return nil
	}, pulumi.Providers(provider))
	if err != nil {
		return nil, fmt.Errorf("eks stack of %s: %w", in.TargetName, err)
	}
	return outputs, nil
}

// eks is the component of the stack.
type eks struct{ pulumi.ResourceState }

// eksRelease makes one cluster.
type eksRelease struct {
	pulumi.ResourceState

	ctx      *pulumi.Context
	in       EKSIn
	config   *config.AWSWorkload
	release  string
	cluster  config.AWSCluster
	existing ExistingCluster
	exists   bool
	name     string // {cluster}
	tags     map[string]string

	child          pulumi.ResourceOption // of everything in AWS
	inCluster      pulumi.ResourceOption // of everything in Kubernetes
	made           *aws.EKSCluster
	securityGroups pulumi.StringArrayOutput // of the nodes
	nodes          []pulumi.Resource
	outputs        ClusterOutputs
}

// stay keeps what the cluster has, if it is there, and refuses what it cannot become.
func (r *eksRelease) stay() error {
	if !r.exists {
		return nil
	}
	var notes []string
	r.cluster, notes = r.existing.keep(r.release, r.cluster)
	for _, note := range notes {
		if err := r.ctx.Log.Warn(note, nil); err != nil {
			return err
		}
	}
	return r.existing.check(r.cluster)
}

// make makes the cluster. Nodes and Calico come side by side: nodes are only ready with a
// network, and it needs them. Add-ons wait for both. (docs/reference/aws-workload-eks.md 4.1)
func (r *eksRelease) make(child pulumi.ResourceOption) (ClusterOutputs, error) {
	err := components.Register(r.ctx, "ptd:awsworkload:EKSRelease", r.name, r, func(child pulumi.ResourceOption) error {
		r.child = child
		for _, part := range []struct {
			what string
			make func() error
		}{
			{"control plane", r.makeControlPlane},
			{"node groups", r.makeNodeGroups},
			{"Kubernetes provider", r.makeProvider},
			{"access by ConfigMap", r.makeAwsAuth},
			{"Calico", r.makeCalico},
			{"storage classes", r.makeStorageClasses},
			{"add-ons", r.makeAddons},
		} {
			if err := part.make(); err != nil {
				return fmt.Errorf("%s: %w", part.what, err)
			}
		}
		return nil
	}, child)
	return r.outputs, err
}

func (r *eksRelease) makeControlPlane() error {
	access, err := r.accessEntries()
	if err != nil {
		return err
	}
	nodes, nodesIn, err := r.nodeAccess()
	if err != nil {
		return err
	}
	subnets, err := r.subnets()
	if err != nil {
		return err
	}
	args := &aws.EKSClusterArgs{
		Version:              r.cluster.ClusterVersion,
		VpcID:                r.in.Persistent.VpcID,
		SubnetIDs:            subnets,
		PermissionsBoundary:  pulumi.String(r.config.BoundaryARN()),
		WithoutVpcCNI:        r.cluster.CalicoEnabled,
		NodesKeepCNIPolicy:   r.existing.Adopted,
		ConfigMapAccess:      !r.entries(),
		KeepAuthentication:   r.exists,
		WithoutAccessEntries: r.existing.AuthenticationMode == "CONFIG_MAP",
		Access:               access,
		NodeEntryExists:      nodesIn,
		ForceUpdate:          r.cluster.ForceMaintenance,
		Ingress:              r.ingress(),
		Protect:              r.config.ProtectPersistentResources,
		Tags:                 r.tags,
	}
	if nodes != "" {
		args.NodePrincipalARN = pulumi.String(nodes)
	}
	if !r.existing.Adopted {
		args.LogRetentionDays = r.cluster.LogRetentionDays
	}
	if args.Encrypt, err = r.encrypts(); err != nil {
		return err
	}
	if r.made, err = aws.NewEKSCluster(r.ctx, r.name, args, r.child); err != nil {
		return err
	}
	r.outputs = ClusterOutputs{
		Name: r.made.Name, Endpoint: r.made.Endpoint, CertificateAuthority: r.made.CertificateAuthority,
		OIDCIssuer: r.made.OIDCIssuer, OIDCProviderARN: r.made.OIDCProviderARN,
		ClusterSecurityGroupID: r.made.SecurityGroupID, NodeRoleARN: r.made.NodeRoleARN,
	}
	return nil
}

// encrypts tells whether the cluster has a key of its own for its Kubernetes secrets,
// which is decided when it is made. Without one they have a key of AWS'.
func (r *eksRelease) encrypts() (bool, error) {
	if !r.exists || r.existing.SecretsKey == r.cluster.SecretsEncryptionEnabled {
		return r.cluster.SecretsEncryptionEnabled, nil
	}
	stays := "without a key of its own for secrets"
	if r.existing.SecretsKey {
		stays = "with a key of its own for secrets"
	}
	if !r.cluster.Gives("secrets_encryption_enabled") {
		return r.existing.SecretsKey, nil
	}
	return r.existing.SecretsKey, r.ctx.Log.Warn(fmt.Sprintf("cluster %s stays %s, as it was made: secrets_encryption_enabled counts in a new release",
		r.name, stays), nil)
}

// ingress lets ptd's own way in reach the API; a customer's bastion has rules of its own.
// (docs/reference/aws-workload-eks.md 6.2, 8.2)
func (r *eksRelease) ingress() []aws.EKSIngress {
	from := "bastion"
	switch {
	case r.config.TailscaleEnabled:
		from = "tailscale"
	case r.config.CustomerManagedBastionID != "":
		return nil
	}
	return []aws.EKSIngress{{
		Name:            r.name + "-" + from + "-internal-vpc-allow-inbound",
		SecurityGroupID: r.in.Persistent.AccessSecurityGroupID,
		AllTraffic:      r.existing.Adopted,
	}}
}

// makeProvider makes the provider of what is in the cluster. All of that waits for access
// to the cluster. (docs/reference/aws-workload-eks.md 21.5)
func (r *eksRelease) makeProvider() error {
	provider, err := clusterProvider(r.ctx, r.config, r.in.TargetName, r.release, r.outputs, r.child)
	if err != nil {
		return err
	}
	r.inCluster = pulumi.Composite(r.child, pulumi.Providers(provider), pulumi.DependsOn(r.made.Access))
	return nil
}
