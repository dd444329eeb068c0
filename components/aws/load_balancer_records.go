package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// LoadBalancerRecordsArgs says which names lead to a load balancer. All but Weight are
// required.
type LoadBalancerRecordsArgs struct {
	// Domain is the one that leads there, with all its subdomains.
	Domain string
	// ZoneID is the Route 53 zone of the records.
	ZoneID pulumi.StringInput
	// Hostname is the load balancer's own name, LoadBalancerZoneID the zone that Amazon
	// has for load balancers of its kind and region.
	Hostname, LoadBalancerZoneID pulumi.StringInput
	// SetIdentifier tells these records from others of the same names, which get Weight's
	// share (0 to 255) of the answers.
	SetIdentifier string
	Weight        int
}

// LoadBalancerRecords are the weighted alias records of a domain and its wildcard.
type LoadBalancerRecords struct {
	pulumi.ResourceState

	// Names are the domain and its wildcard.
	Names pulumi.StringArrayOutput `pulumi:"names"`
}

// NewLoadBalancerRecords makes LoadBalancerRecords: the record of the domain has the
// logical name name, that of the wildcard name-wildcard. They are the ones that
// ExternalDNS makes for such a load balancer, and take over what it left behind.
//
// It is an error if a required argument is missing, if the weight is not from 0 to 255,
// or if the load balancer turns out to have no name.
//
// (docs/reference/aws-workload-apps.md 8.3)
func NewLoadBalancerRecords(ctx *pulumi.Context, name string, args *LoadBalancerRecordsArgs, opts ...pulumi.ResourceOption) (*LoadBalancerRecords, error) {
	if args == nil || args.Domain == "" || args.ZoneID == nil || args.Hostname == nil || args.LoadBalancerZoneID == nil || args.SetIdentifier == "" {
		return nil, fmt.Errorf("load balancer records %s: domain, zones, host name and set identifier are required", name)
	}
	if args.Weight < 0 || args.Weight > 255 {
		return nil, fmt.Errorf("load balancer records %s: the weight %d is not from 0 to 255", name, args.Weight)
	}
	made := &LoadBalancerRecords{}
	err := components.Register(ctx, "ptd:aws:LoadBalancerRecords", name, made, func(child pulumi.ResourceOption) error {
		hostname := apply.To(args.Hostname.ToStringOutput(), func(hostname string) (string, error) {
			if hostname == "" {
				return "", fmt.Errorf("make the records of %s: the load balancer has no host name yet; "+
					"see what its Ingress says, and run again", args.Domain)
			}
			return hostname, nil
		}).(pulumi.StringOutput)
		var names pulumi.StringArray
		for _, record := range []struct{ logical, name string }{
			{name, args.Domain}, {name + "-wildcard", "*." + args.Domain},
		} {
			made, err := route53.NewRecord(ctx, record.logical, &route53.RecordArgs{
				ZoneId: args.ZoneID, Name: pulumi.String(record.name), Type: pulumi.String("A"),
				Aliases: route53.RecordAliasArray{route53.RecordAliasArgs{
					Name: hostname, ZoneId: args.LoadBalancerZoneID, EvaluateTargetHealth: pulumi.Bool(true),
				}},
				SetIdentifier:           pulumi.String(args.SetIdentifier),
				WeightedRoutingPolicies: route53.RecordWeightedRoutingPolicyArray{route53.RecordWeightedRoutingPolicyArgs{Weight: pulumi.Int(args.Weight)}},
				AllowOverwrite:          pulumi.Bool(true),
			}, child, pulumi.DeleteBeforeReplace(true))
			if err != nil {
				return err
			}
			names = append(names, made.Name)
		}
		made.Names = names.ToStringArrayOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}
