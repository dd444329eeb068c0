package kubernetes

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// ExternalDNSArgs says which records ExternalDNS keeps, in Route 53. All up to OwnerID are
// required; Version is dotted integers.
type ExternalDNSArgs struct {
	Installation
	// RoleARN is the role of the service account external-dns.posit.team in kube-system.
	RoleARN pulumi.StringInput
	Region  string
	// Domains are those that it may change; each once or not, in any order.
	Domains []string
	// OwnerID marks the records that are this cluster's: another one makes strangers of them.
	OwnerID string
	// Policy is sync (the default), which also deletes records of its own whose ingress is
	// gone, or upsert-only.
	Policy string
	// PrivateZones says that all of the domains have private zones: a public zone of the same
	// name is not theirs.
	PrivateZones bool
	// ZoneIDs are the zones to work in, nil for all that the domains belong to.
	ZoneIDs pulumi.StringArrayInput
}

// NewExternalDNS installs ExternalDNS in kube-system. It touches only records that it
// marked as its own.
//
// It is an error if a required argument is missing or the version is of another form.
// (docs/reference/aws-workload-apps.md 7.7)
func NewExternalDNS(ctx *pulumi.Context, name string, args *ExternalDNSArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.RoleARN == nil || args.Region == "" || args.OwnerID == "" || len(args.Domains) == 0 {
		return nil, errors.New("ExternalDNS " + name + ": role, region, domains and owner are required")
	}
	extra := []string{}
	if args.PrivateZones {
		extra = append(extra, "--aws-zone-type=private")
	}
	matches, err := matchesParentZones(args.Version)
	if err != nil {
		return nil, fmt.Errorf("ExternalDNS %s: %w", name, err)
	}
	if matches {
		extra = append(extra, "--aws-zone-match-parent")
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "external-dns", Chart: "external-dns",
		Repository: "https://kubernetes-sigs.github.io/external-dns/", Namespace: systemNamespace, Atomic: true,
		Installation: args.Installation,
		Values: values(object{
			"provider":       "aws",
			"serviceAccount": IAMRole(args.RoleARN).serviceAccount("external-dns.posit.team"),
			"domainFilters":  slices.Compact(slices.Sorted(slices.Values(args.Domains))),
			"env": []object{
				{"name": "AWS_DEFAULT_REGION", "value": args.Region}, {"name": "AWS_REGION", "value": args.Region},
			},
			"extraArgs": args.inZones(extra), "policy": cmp.Or(args.Policy, "sync"), "txtOwnerId": args.OwnerID, "txtPrefix": "_d",
		}),
	}, opts...)
}

// inZones adds the zones to arguments.
func (args *ExternalDNSArgs) inZones(arguments []string) pulumi.StringArrayInput {
	if args.ZoneIDs == nil {
		return pulumi.ToStringArray(arguments)
	}
	return apply.To(args.ZoneIDs.ToStringArrayOutput(), func(zones []string) []string {
		all := slices.Clone(arguments)
		for _, zone := range zones {
			all = append(all, "--zone-id-filter="+zone)
		}
		return all
	}).(pulumi.StringArrayOutput)
}

// matchesParentZones tells whether this version of ExternalDNS can work in the zone of a
// parent domain: 1.14.0 is the first.
func matchesParentZones(version string) (bool, error) {
	var parts []int
	for part := range strings.SplitSeq(version, ".") {
		number, err := strconv.Atoi(part)
		if err != nil {
			return false, fmt.Errorf("version %q is not made of integers and dots", version)
		}
		parts = append(parts, number)
	}
	return slices.Compare(parts, []int{1, 14}) >= 0, nil
}
