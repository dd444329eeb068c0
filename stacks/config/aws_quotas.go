package config

import (
	"cmp"
	"slices"
	"strings"
)

// AWSQuotas are quotas of the account that AWS has raised. What is not given is AWS' default:
// more than a quota lets through fails after hours, so it is refused unless the raised quota is
// declared here. (docs/reference/config-and-cli.md 1.4)
type AWSQuotas struct {
	// CertificatesPerLoadBalancer counts the default certificate, too, so that those of one that
	// moves to another listener have room.
	CertificatesPerLoadBalancer int `yaml:"certificates_per_load_balancer" default:"25" min:"25" max:"1000"`
	LoadBalancersPerRegion      int `yaml:"load_balancers_per_region" default:"50" min:"50"`
	NodeGroupsPerCluster        int `yaml:"node_groups_per_cluster" default:"30" min:"30"`
	NodesPerNodeGroup           int `yaml:"nodes_per_node_group" default:"450" min:"450"`
	VpcsPerHostedZone           int `yaml:"vpcs_per_hosted_zone" default:"300" min:"300"`
	// RoleTrustPolicyLength is in characters; AWS raises it to 4096 at most.
	RoleTrustPolicyLength int `yaml:"role_trust_policy_length" default:"2048" min:"2048" max:"4096"`
}

// quota is one of the quotas: its key in aws_quotas, and what AWS calls it.
type quota struct{ key, name string }

var (
	certificatesQuota  = quota{"certificates_per_load_balancer", "Certificates per Application Load Balancer"}
	loadBalancersQuota = quota{"load_balancers_per_region", "Application Load Balancers per Region"}
	nodeGroupsQuota    = quota{"node_groups_per_cluster", "Managed node groups per cluster"}
	nodesQuota         = quota{"nodes_per_node_group", "Nodes per managed node group"}
	vpcsQuota          = quota{"vpcs_per_hosted_zone", "Amazon VPCs that you can associate with a private hosted zone"}
	trustQuota         = quota{"role_trust_policy_length", "Role trust policy length"}
)

// wayOut is how to go on with more than the quota.
func (q quota) wayOut() string {
	return "or have AWS raise the quota \"" + q.name + "\" and declare it as aws_quotas." + q.key
}

// validateQuotas checks what the configuration adds up to.
// (docs.aws.amazon.com: elasticloadbalancing/latest/application/load-balancer-limits.html,
// eks/latest/userguide/service-quotas.html, Route53/latest/DeveloperGuide/DNSLimitations.html,
// IAM/latest/UserGuide/reference_iam-quotas.html)
func (d *decoder) validateQuotas(w *AWSWorkload) {
	q := w.AWSQuotas
	for release, c := range w.SortedClusters() {
		path := "spec.clusters." + release + ".spec"
		if groups := len(c.AdditionalNodeGroups) + 1; groups > q.NodeGroupsPerCluster {
			d.reject(path+".additional_node_groups", "%d node groups, with the default one, are more than the %d that a cluster takes: use fewer, %s",
				groups, q.NodeGroupsPerCluster, nodeGroupsQuota.wayOut())
		}
		d.validateNodes(path+".mp_max_size", c.MPMaxSize, q.NodesPerNodeGroup)
		for group, g := range sorted(c.AdditionalNodeGroups) {
			d.validateNodes(path+".additional_node_groups."+group+".max_size", g.MaxSize, q.NodesPerNodeGroup)
		}
	}
	if balancers := len(w.Sites) * len(w.Clusters); w.LoadBalancerPerSite && balancers > q.LoadBalancersPerRegion {
		d.reject("spec.load_balancer_per_site", "%d load balancers, one a site and release, are more than the %d that a region takes: "+
			"let sites share one, %s", balancers, q.LoadBalancersPerRegion, loadBalancersQuota.wayOut())
	}
	for name, site := range w.SortedSites() {
		if vpcs := len(site.VpcAssociations) + 1; site.PrivateZone && vpcs > q.VpcsPerHostedZone {
			d.reject("spec.sites."+name+".spec.vpc_associations", "%d VPCs, with the workload's own, are more than the %d that a zone takes: "+
				"associate fewer, %s", vpcs, q.VpcsPerHostedZone, vpcsQuota.wayOut())
		}
	}
	d.validateTrust(w)
	d.validateZonePolicy(w)
}

// The managed policy that lets ExternalDNS change records names each zone: that many characters,
// with zone ids of the usual length, of those that IAM takes of a policy, which is no quota.
const (
	maxPolicy     = 6144
	zonePolicy    = 280
	zoneStatement = len(`"arn:aws:route53:::hostedzone/Z01234567890123456789",`)
)

func (d *decoder) validateZonePolicy(w *AWSWorkload) {
	zones := map[string]bool{}
	for _, site := range w.Sites {
		zones[cmp.Or(site.ZoneID, site.Domain)] = true
	}
	if most := (maxPolicy - zonePolicy) / zoneStatement; w.ExternalDNSEnabled && w.HostedZoneManagementEnabled && len(zones) > most {
		d.reject("spec.sites", "%d zones of the sites are more than the %d that the policy of ExternalDNS has room for, of %d characters: "+
			"let sites share zones (zone_id), or set external_dns_enabled to false", len(zones), most, maxPolicy)
	}
}

func (d *decoder) validateNodes(path string, size, most int) {
	if size > most {
		d.reject(path, "%d nodes are more than the %d that a node group takes: use several groups, %s", size, most, nodesQuota.wayOut())
	}
}

// How many characters the longest trust policy of a role has that trusts every issuer, which is
// that of the load balancer controller: a statement an issuer, with the issuer three times.
const (
	trustPolicy    = 38
	trustStatement = 278
	eksIssuer      = len("oidc.eks..amazonaws.com/id/") + 32
)

// validateTrust checks how long the trust policies become of the roles that trust every cluster's
// issuer and extra_cluster_oidc_urls. (docs/reference/aws-workload-base.md 5.1)
func (d *decoder) validateTrust(w *AWSWorkload) {
	length := trustPolicy + len(w.Clusters)*(trustStatement+3*(eksIssuer+len(w.Region)))
	for i, issuer := range w.ExtraClusterOIDCURLs {
		if !slices.Contains(w.ExtraClusterOIDCURLs[:i], issuer) {
			length += trustStatement + 3*len(strings.TrimPrefix(issuer, "https://"))
		}
	}
	most := w.AWSQuotas.RoleTrustPolicyLength
	if length <= most {
		return
	}
	path := "spec.clusters"
	if len(w.ExtraClusterOIDCURLs) > 0 {
		path = "spec.extra_cluster_oidc_urls"
	}
	d.reject(path, "roles that trust %d issuers, of clusters and extra_cluster_oidc_urls, have trust policies of %d characters, more than the %d that IAM takes: "+
		"use fewer, %s", len(w.Clusters)+len(w.ExtraClusterOIDCURLs), length, most, trustQuota.wayOut())
}

// validateCertificates counts what stands behind the load balancer that all sites of a release
// share. With load_balancer_per_site each has its site's only.
func (d *decoder) validateCertificates(t *Target) {
	w := t.AWSWorkload
	if w == nil || w.LoadBalancerPerSite || len(w.Clusters) == 0 {
		return
	}
	most, seen := w.AWSQuotas.CertificatesPerLoadBalancer, map[string]bool{}
	first := ""
	for _, domain := range w.Domains() {
		if domain.Name == "" {
			return // missing, and reported
		}
		certificate := "of " + domain.Name
		if brought := w.Sites[domain.Primary].CertificateARN; brought != "" {
			certificate = brought // may serve several domains
		}
		seen[certificate] = true
		if len(seen) == most+1 && first == "" {
			first = domain.Primary
		}
	}
	if len(seen) <= most {
		return
	}
	d.problems = append(d.problems, d.aboutDomain(t, first,
		"%d certificates are more than the %d that the load balancer of a release takes: set load_balancer_per_site to true, "+
			"let sites share a domain or a certificate_arn, %s", len(seen), most, certificatesQuota.wayOut()))
}
