package aws

import (
	"errors"

	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ProviderName is the logical name of the provider of a stack's own region.
const ProviderName = "aws"

// NewProvider makes the provider of a stack's AWS resources. It refuses to work in any
// account but accountID, whatever credentials it finds. Tags with the keys ignoreTags,
// which others set, are left alone.
//
// Credentials are those of the environment that the provider runs in.
//
// It is an error if the region or the account is missing.
func NewProvider(ctx *pulumi.Context, region, accountID string, ignoreTags []string, opts ...pulumi.ResourceOption) (*pulumiaws.Provider, error) {
	if region == "" || accountID == "" {
		return nil, errors.New("make the AWS provider: a region and an account id are required")
	}
	args := &pulumiaws.ProviderArgs{
		Region:            pulumi.String(region),
		AllowedAccountIds: pulumi.ToStringArray([]string{accountID}),
	}
	if len(ignoreTags) > 0 {
		args.IgnoreTags = pulumiaws.ProviderIgnoreTagsArgs{Keys: pulumi.ToStringArray(ignoreTags)}
	}
	return pulumiaws.NewProvider(ctx, ProviderName, args, opts...)
}
