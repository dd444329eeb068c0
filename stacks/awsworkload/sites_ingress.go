package awsworkload

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// makeIngress makes a load balancer for one site, with the site's own certificate: a load
// balancer takes no more than 25 (docs/reference/aws-workload-apps.md 8.3, 15.12).
func (r *sitesRelease) makeIngress(name string, site config.AWSSite) error {
	var certificates pulumi.StringArrayInput = certificatesOf(r.ctx, r.in.Config, r.in.Persistent, site.Domain)
	if site.CertificateARN != "" {
		certificates = pulumi.StringArray{pulumi.String(site.CertificateARN)}
	}
	args := loadBalancer(r.in.Config, r.cluster, "traefik-"+name, r.name+"-"+name, certificates, site.Domain)
	args.Labels["site"] = name
	ingress, err := kubernetes.NewALBIngress(r.ctx, r.name+"-"+name+"-traefik-ingress", args, r.child)
	if err != nil {
		return err
	}
	r.hostnames[name] = ingress.Hostname
	return nil
}

// ownsRecords says that this stack makes the DNS records of the sites.
func (s *sites) ownsRecords() bool {
	return !s.in.Config.ExternalDNSEnabled && s.in.Config.HostedZoneManagementEnabled
}

// sayWhoOwnsRecords puts it into the outputs and, when somebody has to act, into the log.
func (s *sites) sayWhoOwnsRecords() error {
	workload := s.in.Config
	var domains []string
	for _, domain := range workload.Domains() {
		domains = append(domains, domain.Name+" and *."+domain.Name)
	}
	info := "ptd makes the records of " + strings.Join(domains, ", ")
	switch {
	case workload.ExternalDNSEnabled:
		info = "ExternalDNS makes the records of " + strings.Join(domains, ", ")
	case !s.ownsRecords():
		info = fmt.Sprintf("others manage the zones (hosted_zone_management_enabled is false): point %s to the load balancer there",
			strings.Join(domains, ", "))
		if err := s.ctx.Log.Info("DNS: "+info, &pulumi.LogArgs{Resource: s}); err != nil {
			return err
		}
	}
	s.outputs.DNSInfo = constant(info)
	return nil
}

// makeRecords makes the weighted records of the release: for each domain to the load
// balancer that the sites share, or for each site to its own. The names of the sets are
// those that the annotations would give.
func (r *sitesRelease) makeRecords() error {
	zone, err := lb.GetHostedZoneId(r.ctx, &lb.GetHostedZoneIdArgs{
		LoadBalancerType: pulumi.StringRef("application"), Region: pulumi.StringRef(r.in.Config.Region),
	}, pulumi.Parent(r))
	if err != nil {
		return fmt.Errorf("look up Amazon's zone for load balancers in %s: %w", r.in.Config.Region, err)
	}
	r.balancerZone = pulumi.String(zone.Id)
	if r.in.Config.LoadBalancerPerSite {
		for name, site := range r.in.Config.SortedSites() {
			if err := r.makeRecord(r.name+"-"+name, site.Domain, r.hostnames[name]); err != nil {
				return fmt.Errorf("records of site %s: %w", name, err)
			}
		}
		return nil
	}
	shared := r.in.Helm.Clusters[r.release].IngressHostname
	hostname := output.MadeBy(r.ctx, "helm", "load balancer of release "+r.release, shared)
	for _, domain := range r.in.Config.Domains() {
		if err := r.makeRecord(r.name, domain.Name, hostname); err != nil {
			return fmt.Errorf("records of %s: %w", domain.Name, err)
		}
	}
	return nil
}

// makeRecord makes the records of a domain in the set of an identifier.
func (r *sitesRelease) makeRecord(set, domain string, hostname pulumi.StringInput) error {
	weight, err := strconv.Atoi(cmp.Or(r.cluster.RoutingWeight, "100"))
	if err != nil {
		return fmt.Errorf("routing_weight %q: must be a number", r.cluster.RoutingWeight)
	}
	zone := apply.To(r.in.Persistent.ZoneIDs, func(zones map[string]string) (string, error) {
		if zones[domain] == "" {
			return "", fmt.Errorf("step persistent has no zone for %s: run it first", domain)
		}
		return zones[domain], nil
	}).(pulumi.StringOutput)
	_, err = aws.NewLoadBalancerRecords(r.ctx, set+"-"+domain, &aws.LoadBalancerRecordsArgs{
		Domain: domain, ZoneID: zone, Hostname: hostname, LoadBalancerZoneID: r.balancerZone, SetIdentifier: set, Weight: weight,
	}, r.child)
	return err
}
