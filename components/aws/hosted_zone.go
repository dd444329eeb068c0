package aws

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// HostedZoneArgs says what a HostedZone is. Domain is required for a zone of one's
// own, and ZoneID alone for one that is there.
type HostedZoneArgs struct {
	Domain string
	// ZoneID is that of a zone which others manage. It is read, never changed.
	ZoneID string
	// Owner is what the zone's comment says the zone is for, {cn} in the sheets.
	Owner string
	// Private hides the zone from the internet: only VPCs, of which it needs one,
	// resolve its names.
	Private bool
	VPCs    []ZoneVPC
	// Protect makes Pulumi refuse to delete the zone.
	Protect bool
	Tags    map[string]string
}

// ZoneVPC is a VPC that resolves names of a private zone.
type ZoneVPC struct {
	ID     pulumi.StringInput
	Region pulumi.StringPtrInput // the provider's if nil
}

// HostedZone is a DNS zone in Route 53: made here, or managed by others.
type HostedZone struct {
	pulumi.ResourceState

	ID          pulumi.StringOutput      `pulumi:"zoneId"`
	ARN         pulumi.StringOutput      `pulumi:"arn"`
	NameServers pulumi.StringArrayOutput `pulumi:"nameServers"`
}

// NewHostedZone makes or reads a HostedZone with the logical name name, {domain}-zone
// in the sheets. The comment of a zone that is there stays as it is.
//
// A public zone answers once the parent domain delegates to its name servers.
//
// It is an error if the domain is missing, a private zone has no VPC (it would become
// a public one), or a public zone has one (it would become a private one).
//
// (docs/reference/aws-workload-base.md 4.10 rows 50a and 50b)
func NewHostedZone(ctx *pulumi.Context, name string, args *HostedZoneArgs, opts ...pulumi.ResourceOption) (*HostedZone, error) {
	if err := checkZone(args); err != nil {
		return nil, fmt.Errorf("hosted zone %s: %w", name, err)
	}
	made := &HostedZone{}
	err := components.Register(ctx, "ptd:aws:HostedZone", name, made, func(child pulumi.ResourceOption) error {
		zone, err := makeZone(ctx, name, args, child)
		if err != nil {
			return err
		}
		made.ID, made.ARN, made.NameServers = zone.ZoneId, zone.Arn, zone.NameServers
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func checkZone(args *HostedZoneArgs) error {
	switch {
	case args == nil || args.Domain == "" && args.ZoneID == "":
		return errors.New("a domain, or the id of a zone, is required")
	case args.ZoneID != "":
		return nil
	case args.Private && len(args.VPCs) == 0:
		return errors.New("a private zone needs a VPC that resolves its names, else it would be public: associate one")
	case !args.Private && len(args.VPCs) > 0:
		return errors.New("a public zone cannot have VPCs, else it would be private: make it private or leave them out")
	}
	return nil
}

func makeZone(ctx *pulumi.Context, name string, args *HostedZoneArgs, child pulumi.ResourceOption) (*route53.Zone, error) {
	if args.ZoneID != "" {
		return route53.GetZone(ctx, name, pulumi.ID(args.ZoneID), nil, child)
	}
	audience := "Publicly accessible"
	var vpcs route53.ZoneVpcArray
	if args.Private {
		audience = "Private"
		for _, vpc := range args.VPCs {
			vpcs = append(vpcs, route53.ZoneVpcArgs{VpcId: vpc.ID, VpcRegion: vpc.Region})
		}
	}
	zoneArgs := &route53.ZoneArgs{
		Name:    pulumi.String(args.Domain),
		Comment: pulumi.String("Hosted Zone for the Posit Team Dedicated service in " + args.Owner + ". " + audience),
		Tags:    tags(args.Tags),
	}
	if vpcs != nil {
		zoneArgs.Vpcs = vpcs
	}
	return route53.NewZone(ctx, name, zoneArgs, child,
		pulumi.Protect(args.Protect), pulumi.IgnoreChanges([]string{"comment"}))
}
