package awsworkload

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// loadBalancer is a load balancer in front of Traefik in the cluster of a release, for
// these domains and their subdomains. set tells its DNS records from those of the others.
// (docs/reference/aws-workload-apps.md 8.3)
func loadBalancer(
	workload *config.AWSWorkload, cluster config.AWSCluster, object, set string, certificates pulumi.StringArrayInput, domains ...string,
) *kubernetes.ALBIngressArgs {
	args := &kubernetes.ALBIngressArgs{
		ObjectName: object, Namespace: "traefik", Service: "traefik",
		HealthCheckPort: kubernetes.TraefikPort, HealthCheckPath: kubernetes.TraefikPing,
		CertificateARNs: certificates,
		MaxCertificates: workload.AWSQuotas.CertificatesPerLoadBalancer,
		Public:          workload.PublicLoadBalancer,
		Tags: append(ownTags(workload),
			kubernetes.Tag{Key: config.TagTrueName, Value: workload.TrueName()},
			kubernetes.Tag{Key: config.TagEnvironment, Value: workload.Environment()},
			kubernetes.Tag{Key: "Name", Value: workload.CompoundName()},
		),
		Labels: map[string]string{config.TagManagedBy: "ptd.pulumi_resources.aws_workload_helm", "app": "traefik"},
	}
	if workload.ProvisionedVpc != nil {
		args.SubnetNames = workload.ProvisionedVpc.PrivateSubnets
	}
	if workload.ExternalDNSEnabled {
		args.DNS = &kubernetes.IngressDNS{SetIdentifier: set, Weight: cluster.RoutingWeight}
		for _, domain := range domains {
			args.DNS.Hosts = append(args.DNS.Hosts, domain, "*."+domain)
		}
	}
	return args
}

// ownTags are resource_tags, as far as they can be written in an annotation (the configuration
// warns of the others) and are not ptd's.
func ownTags(workload *config.AWSWorkload) []kubernetes.Tag {
	var tags []kubernetes.Tag
	for _, key := range slices.Sorted(maps.Keys(workload.ResourceTags)) {
		tag := kubernetes.Tag{Key: key, Value: workload.ResourceTags[key]}
		ours := slices.Contains([]string{config.TagTrueName, config.TagEnvironment, "Name"}, key)
		if _, err := kubernetes.TagsAnnotation([]kubernetes.Tag{tag}); err == nil && !ours {
			tags = append(tags, tag)
		}
	}
	return tags
}

// warnOfUnreachable warns of a load balancer that nobody would reach: its controller takes the
// subnets that are named as they are, and of an adopted VPC ptd knows the private ones.
func warnOfUnreachable(ctx *pulumi.Context, workload *config.AWSWorkload) {
	if workload.ProvisionedVpc == nil || !workload.PublicLoadBalancer {
		return
	}
	_ = ctx.Log.Warn("the load balancer is internet-facing (public_load_balancer is true), but in the private subnets of the VPC of "+
		"others (provisioned_vpc.private_subnets), where nobody on the internet reaches it unless they have a route to an internet gateway: "+
		"set public_load_balancer: false", nil)
}
