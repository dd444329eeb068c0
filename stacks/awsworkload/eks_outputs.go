package awsworkload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/stacks/output"
)

// EKSOutputs is what the eks stack gives to later steps.
type EKSOutputs struct {
	Clusters output.Releases[ClusterOutputs]
}

// ClusterOutputs is what the eks stack gives of one release.
type ClusterOutputs struct {
	Name                 pulumi.StringOutput `pulumi:"*_cluster_name"`
	Endpoint             pulumi.StringOutput `pulumi:"*_endpoint"`
	CertificateAuthority pulumi.StringOutput `pulumi:"*_certificate_authority"` // base64
	// OIDCIssuer is a URL, OIDCProviderARN the IAM provider of it.
	OIDCIssuer      pulumi.StringOutput `pulumi:"*_oidc_issuer"`
	OIDCProviderARN pulumi.StringOutput `pulumi:"*_oidc_provider_arn"`
	// ClusterSecurityGroupID is the group that EKS makes, NodeSecurityGroupIDs all groups
	// of the nodes, in the order of the launch templates.
	ClusterSecurityGroupID pulumi.StringOutput      `pulumi:"*_cluster_security_group_id"`
	NodeSecurityGroupIDs   pulumi.StringArrayOutput `pulumi:"*_node_security_group_ids"`
	NodeRoleARN            pulumi.StringOutput      `pulumi:"*_node_role_arn"`
	NodeGroupNames         pulumi.StringArrayOutput `pulumi:"*_node_group_names"`
}

// Cluster returns the outputs of a release (see output.Releases.Get).
func (o *EKSOutputs) Cluster(ctx *pulumi.Context, release string) (ClusterOutputs, error) {
	return o.Clusters.Get(ctx, "eks", "made the cluster", release)
}
