package aws

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

func loadBalancerRecordsArgs() *LoadBalancerRecordsArgs {
	return &LoadBalancerRecordsArgs{
		Domain: "team.example.com", ZoneID: pulumi.String("Z1"), Hostname: pulumi.String("k8s-traefik.us-east-2.elb.amazonaws.com"),
		LoadBalancerZoneID: pulumi.String("Z3AADJGX6KTTL2"), SetIdentifier: "demo01-staging-20250115", Weight: 50,
	}
}

func makeLoadBalancerRecords(args *LoadBalancerRecordsArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewLoadBalancerRecords(ctx, "demo01-staging-20250115-team.example.com", args)
		return err
	}
}

func TestLoadBalancerRecords(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-20250115-team.example.com"
	r := componenttest.Run(t, makeLoadBalancerRecords(loadBalancerRecordsArgs()))
	r.Golden(t, "load-balancer-records")
	for logical, domain := range map[string]string{name: "team.example.com", name + "-wildcard": "*.team.example.com"} {
		r.Find(t, "aws:route53/record:Record", logical).Exactly(t, map[string]any{
			"zoneId": "Z1", "name": domain, "type": "A", "setIdentifier": "demo01-staging-20250115", "allowOverwrite": true,
			"weightedRoutingPolicies": []any{map[string]any{"weight": 50.0}},
			"aliases": []any{map[string]any{
				"name": "k8s-traefik.us-east-2.elb.amazonaws.com", "zoneId": "Z3AADJGX6KTTL2", "evaluateTargetHealth": true,
			}},
		})
	}
	componenttest.SamePreview(t, makeLoadBalancerRecords(loadBalancerRecordsArgs()))
}

func TestLoadBalancerRecordsErrors(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*LoadBalancerRecordsArgs){
		"domain, zones, host name and set identifier are required": func(args *LoadBalancerRecordsArgs) { args.SetIdentifier = "" },
		"the weight 256 is not from 0 to 255":                      func(args *LoadBalancerRecordsArgs) { args.Weight = 256 },
		"the load balancer has no host name yet":                   func(args *LoadBalancerRecordsArgs) { args.Hostname = pulumi.String("") },
	} {
		args := loadBalancerRecordsArgs()
		change(args)
		componenttest.Fails(t, makeLoadBalancerRecords(args), want)
	}
}

// Half of the answers for a domain and its subdomains lead to a load balancer.
func ExampleNewLoadBalancerRecords() {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := NewLoadBalancerRecords(ctx, "blue", &LoadBalancerRecordsArgs{
			Domain:             "team.example.com",
			ZoneID:             pulumi.String("Z1"),
			Hostname:           pulumi.String("k8s-traefik.us-east-2.elb.amazonaws.com"),
			LoadBalancerZoneID: pulumi.String("Z3AADJGX6KTTL2"),
			SetIdentifier:      "blue",
			Weight:             128,
		})
		return err
	}, pulumi.WithMocks("project", "stack", componenttest.New()))
	fmt.Println(err)
	// Output: <nil>
}
