package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EKSOutputs is what the eks stack gives to later steps, of each release.
type EKSOutputs struct {
	Names                  map[string]pulumi.StringOutput `pulumi:"*_cluster_name"`
	Endpoints              map[string]pulumi.StringOutput `pulumi:"*_endpoint"`
	CertificateAuthorities map[string]pulumi.StringOutput `pulumi:"*_certificate_authority"` // base64
	// OIDCIssuers are URLs, OIDCProviderARNs the IAM providers of them.
	OIDCIssuers      map[string]pulumi.StringOutput `pulumi:"*_oidc_issuer"`
	OIDCProviderARNs map[string]pulumi.StringOutput `pulumi:"*_oidc_provider_arn"`
	// ClusterSecurityGroupIDs are the groups that EKS makes, NodeSecurityGroupIDs all
	// groups of the nodes, in the order of the launch templates.
	ClusterSecurityGroupIDs map[string]pulumi.StringOutput      `pulumi:"*_cluster_security_group_id"`
	NodeSecurityGroupIDs    map[string]pulumi.StringArrayOutput `pulumi:"*_node_security_group_ids"`
	NodeRoleARNs            map[string]pulumi.StringOutput      `pulumi:"*_node_role_arn"`
	NodeGroupNames          map[string]pulumi.StringArrayOutput `pulumi:"*_node_group_names"`
}

// ClusterOutputs is what the eks stack gives of one release.
type ClusterOutputs struct {
	Name, Endpoint, CertificateAuthority pulumi.StringOutput
	OIDCIssuer, OIDCProviderARN          pulumi.StringOutput
	ClusterSecurityGroupID, NodeRoleARN  pulumi.StringOutput
	NodeSecurityGroupIDs, NodeGroupNames pulumi.StringArrayOutput
}

// Add takes the outputs of a release in.
func (o *EKSOutputs) Add(release string, cluster ClusterOutputs) {
	for _, field := range o.fields(&cluster) {
		if *field.all == nil {
			*field.all = map[string]pulumi.StringOutput{}
		}
		(*field.all)[release] = *field.one
	}
	for _, field := range o.lists(&cluster) {
		if *field.all == nil {
			*field.all = map[string]pulumi.StringArrayOutput{}
		}
		(*field.all)[release] = *field.one
	}
}

// Cluster returns the outputs of a release. A release that the eks step has not made
// yet is unknown in a preview, and an error in a run.
func (o *EKSOutputs) Cluster(ctx *pulumi.Context, release string) (ClusterOutputs, error) {
	var cluster ClusterOutputs
	unknown := func() pulumi.Output { return pulumi.UnsafeUnknownOutput(nil) }
	missing := false
	for _, field := range o.fields(&cluster) {
		output, ok := (*field.all)[release]
		if missing = missing || !ok; !ok {
			output = unknown().ApplyT(func(any) string { return "" }).(pulumi.StringOutput)
		}
		*field.one = output
	}
	for _, field := range o.lists(&cluster) {
		output, ok := (*field.all)[release]
		if missing = missing || !ok; !ok {
			output = unknown().ApplyT(func(any) []string { return nil }).(pulumi.StringArrayOutput)
		}
		*field.one = output
	}
	if missing && !ctx.DryRun() {
		return cluster, fmt.Errorf("step eks has not made the cluster of release %s yet: run it first", release)
	}
	return cluster, nil
}

// eksField ties an output of all releases to that of one.
type eksField[T any] struct {
	all *map[string]T
	one *T
}

func (o *EKSOutputs) fields(c *ClusterOutputs) []eksField[pulumi.StringOutput] {
	return []eksField[pulumi.StringOutput]{
		{&o.Names, &c.Name}, {&o.Endpoints, &c.Endpoint}, {&o.CertificateAuthorities, &c.CertificateAuthority},
		{&o.OIDCIssuers, &c.OIDCIssuer}, {&o.OIDCProviderARNs, &c.OIDCProviderARN},
		{&o.ClusterSecurityGroupIDs, &c.ClusterSecurityGroupID}, {&o.NodeRoleARNs, &c.NodeRoleARN},
	}
}

func (o *EKSOutputs) lists(c *ClusterOutputs) []eksField[pulumi.StringArrayOutput] {
	return []eksField[pulumi.StringArrayOutput]{
		{&o.NodeSecurityGroupIDs, &c.NodeSecurityGroupIDs}, {&o.NodeGroupNames, &c.NodeGroupNames},
	}
}
