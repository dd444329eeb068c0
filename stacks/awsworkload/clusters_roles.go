package awsworkload

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeRoles makes the roles of the products (docs/reference/aws-workload-apps.md 7.3).
func (s *clusterSetup) makeRoles() error {
	workload := s.in.Config
	args := &aws.ProductRolesArgs{
		Workload: workload.CompoundName(), Release: s.release, Region: workload.Region, AccountID: workload.AccountID,
		Issuers: s.issuers, PermissionsBoundary: pulumi.String(workload.BoundaryARN()), Tags: s.tags,
		Secrets:         releaseSecrets(workload),
		ChronicleBucket: s.in.Persistent.ChronicleBucket, PackageManagerBucket: s.in.Persistent.PackageManagerBucket,
		TeamOperatorPolicyARN: s.teamOperatorPolicy(),
		FileSystem:            s.fileSystem(),
		Bedrock:               workload.BedrockEnabled, Keycloak: workload.KeycloakEnabled,
	}
	for site := range workload.SortedSites() {
		args.Sites = append(args.Sites, aws.ProductSite{Name: site, Secrets: siteSecrets(workload, site)})
	}
	roles, err := aws.NewProductRoles(s.ctx, s.name+"-product-roles", args, s.child)
	if err != nil {
		return err
	}
	s.outputs.RoleARNs = roles.ARNs
	s.outputs.TeamOperatorRoleARN = roles.ARNs.MapIndex(pulumi.String("team-operator"))
	s.outputs.KeycloakRoleARN = constant("")
	if workload.KeycloakEnabled {
		s.outputs.KeycloakRoleARN = roles.ARNs.MapIndex(pulumi.String("keycloak"))
	}
	return nil
}

// siteSecrets are the names of the secrets that a site's own products read: the
// site's, and the workload's.
func siteSecrets(workload *config.AWSWorkload, site string) []string {
	return append([]string{
		workload.SiteSecretName(site), workload.SiteSessionSecretName(site), workload.SSHVaultName(site), workload.WorkloadSecretName(),
	}, workload.Sites[site].ExtraSecretARNs...)
}

// releaseSecrets are those of the workload and all its sites. They are a pattern: IAM
// does not take a policy with the names of many sites.
func releaseSecrets(workload *config.AWSWorkload) []string {
	return append([]string{workload.WorkloadSecretName(), workload.SiteSecretName("*")}, extraSecrets(workload)...)
}

// extraSecrets are the ARNs of the secrets that ptd.yaml names for its sites, each once.
func extraSecrets(w *config.AWSWorkload) []string {
	var arns []string
	for _, site := range w.SortedSites() {
		arns = append(arns, site.ExtraSecretARNs...)
	}
	return slices.Compact(slices.Sorted(slices.Values(arns)))
}

// teamOperatorPolicy is the policy that persistent makes. State of the Python programs
// does not tell its ARN, which has always been this one.
func (s *clusterSetup) teamOperatorPolicy() pulumi.StringOutput {
	workload := s.in.Config
	known := "arn:aws:iam::" + workload.AccountID + ":policy/" + workload.ScopedName("team-operator")
	return apply.To(s.in.Persistent.TeamOperatorPolicyARN, func(arn string) string {
		if arn == "" {
			return known
		}
		return arn
	}).(pulumi.StringOutput)
}

// fileSystem is the EFS file system of the cluster, which the configuration names or
// persistent makes; nil for none. (docs/reference/aws-workload-apps.md 7.4)
func (s *clusterSetup) fileSystem() *aws.FileSystemAccess {
	switch {
	case s.cluster.EFSConfig != nil:
		return &aws.FileSystemAccess{
			ID: pulumi.String(s.cluster.EFSConfig.FileSystemID), AccessPointID: s.cluster.EFSConfig.AccessPointID,
		}
	case s.in.Config.EFS.Enabled && s.cluster.EFSNeeded():
		return &aws.FileSystemAccess{ID: s.in.Persistent.EFSID}
	default:
		return nil
	}
}

// makeKarpenter makes the AWS side of the autoscaler
// (docs/reference/aws-workload-apps.md 7.13). Without access entries its nodes are let in by
// the eks step's aws-auth.
func (s *clusterSetup) makeKarpenter() error {
	workload := s.in.Config
	if !workload.AutoscalingEnabled {
		s.outputs.KarpenterControllerRoleARN, s.outputs.KarpenterNodeRoleName = constant(""), constant("")
		s.outputs.KarpenterInstanceProfile, s.outputs.KarpenterQueue = constant(""), constant("")
		return nil
	}
	entry := aws.AccessEntry{Type: aws.LinuxNodeAccess}
	role := aws.KarpenterNodeRoleARN(workload.AccountID, s.name)
	lets := s.in.Existing[s.release].entries(s.cluster)
	if lets {
		if err := s.in.Existing[s.release].takeOver(s.ctx.Log, s.name, role, &entry); err != nil {
			return err
		}
	}
	karpenter, err := aws.NewKarpenter(s.ctx, s.name+"-karpenter", &aws.KarpenterArgs{
		Cluster: s.name, Region: workload.Region, AccountID: workload.AccountID, Suffix: "-" + s.release,
		Issuers: s.issuers, PermissionsBoundary: pulumi.String(workload.BoundaryARN()), Tags: s.tags,
		Protect: workload.ProtectPersistentResources, AccessEntry: lets, AccessEntryExists: entry.Exists,
	}, s.child)
	if err != nil {
		return err
	}
	s.outputs.KarpenterControllerRoleARN, s.outputs.KarpenterNodeRoleName = karpenter.ControllerRoleARN, karpenter.NodeRoleName
	s.outputs.KarpenterInstanceProfile, s.outputs.KarpenterQueue = karpenter.InstanceProfile, karpenter.Queue
	return nil
}

// sortedTexts sorts what an output lists.
func sortedTexts(of pulumi.StringArrayOutput) pulumi.StringArrayOutput {
	return apply.To(of, func(texts []string) []string { return slices.Sorted(slices.Values(texts)) }).(pulumi.StringArrayOutput)
}
