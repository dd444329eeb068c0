package aws

import (
	"errors"

	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// makeOIDCProvider makes the provider by which roles trust the cluster's service accounts.
// The eks component would read the certificate of the issuer by HTTPS in every preview, from
// the machine that runs it, for a thumbprint that AWS does not look at: it knows the
// authority of EKS' issuers itself. Without one, nothing but AWS' own API is needed.
//
// Where the component made it before, it was the component's child: the alias makes it the
// same resource. An address has one provider, so that one could not be made beside it.
// (docs/reference/aws-workload-eks.md 6.10; docs/reference/real-plugins.md 1)
func (c *EKSCluster) makeOIDCProvider(ctx *pulumi.Context, name string, args *EKSClusterArgs, child pulumi.ResourceOption) error {
	provider, err := iam.NewOpenIdConnectProvider(ctx, name+"-oidcProvider", &iam.OpenIdConnectProviderArgs{
		Url: c.OIDCIssuer, ClientIdLists: pulumi.ToStringArray([]string{"sts.amazonaws.com"}), Tags: tags(args.Tags),
	}, child, pulumi.Protect(args.Protect), pulumi.Aliases([]pulumi.Alias{{ParentURN: c.controlPlane.URN()}}))
	if err != nil {
		return err
	}
	c.OIDCProviderARN = provider.Arn
	return nil
}

// issuer is the address of a cluster's OIDC issuer.
func issuer(cluster *awseks.Cluster) pulumi.StringOutput {
	return apply.To(cluster.Identities, func(identities []awseks.ClusterIdentity) (string, error) {
		for _, identity := range identities {
			for _, oidc := range identity.Oidcs {
				if oidc.Issuer != nil && *oidc.Issuer != "" {
					return *oidc.Issuer, nil
				}
			}
		}
		return "", errors.New("EKS tells no OIDC issuer of the cluster: run again with --refresh")
	}).(pulumi.StringOutput)
}
