package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// release is a workload with one release of these keys, which begin in line 10.
func ofRelease(lines ...string) []string {
	spec := []string{"clusters:", `  "20250115":`, "    spec:"}
	for _, line := range lines {
		spec = append(spec, "      "+line)
	}
	return spec
}

// sitesOf are main and as many sites besides, of which site gives the keys.
func sitesOf(count int, site func(i int) string) string {
	sites := make([]string, count+1)
	sites[0] = "main: {spec: {domain: a.example.com}}"
	for i := range count {
		sites[i+1] = fmt.Sprintf("s%02d: {spec: {%s}}", i, site(i))
	}
	return "sites: {" + strings.Join(sites, ", ") + "}"
}

func ownDomain(i int) string      { return fmt.Sprintf("domain: s%02d.example.com", i) }
func sharedDomain(int) string     { return "domain: a.example.com" }
func mainSite(keys string) string { return "sites: {main: {spec: {" + keys + "}}}" }

func pool(keys string) []string {
	return append(ofRelease("karpenter_config: {node_pools: [{name: a, "+keys+"}]}"), "autoscaling_enabled: true")
}

func nodeGroup(keys string) []string { return ofRelease("additional_node_groups: {g: {" + keys + "}}") }

func entries(count int, entry func(i int) string) string {
	list := make([]string, count)
	for i := range list {
		list[i] = entry(i)
	}
	return strings.Join(list, ", ")
}

func tags(count int) string {
	return "resource_tags: {" + entries(count, func(i int) string { return fmt.Sprintf("t%02d: x", i) }) + "}"
}

// Each limit of the cloud: at the limit a workload loads, and one beyond it is refused, with
// its place and what to do.
func TestLimits(t *testing.T) {
	t.Parallel()
	one := func(line string) []string { return []string{line} }
	with := func(lines []string, more ...string) []string { return append(more, lines...) }
	long := func(count int) string { return strings.Repeat("x", count) }
	groups := func(count int) []string {
		return ofRelease("additional_node_groups: {" + entries(count, func(i int) string { return fmt.Sprintf("g%02d: {}", i) }) + "}")
	}
	releases := func(count int) []string {
		return one("clusters: {" + entries(count, func(i int) string { return fmt.Sprintf("r%d: {spec: {}}", i) }) + "}")
	}
	principal := func(keys ...string) []string {
		return ofRelease("eks_access_entries: {additional_entries: [{" + strings.Join(keys, "}, {") + "}]}")
	}
	const (
		quotas      = "spec.clusters.20250115.spec."
		certificate = "domain: a.example.com, certificate_arn: 'arn:aws:acm:us-east-2:123456789012:certificate/x'"
		alice       = "principalArn: 'arn:aws:iam::123456789012:role/alice'"
		requirement = "requirements: [{key: a, operator: "
	)
	label63, domain64 := long(63), long(50)+".example.co.jp"
	for _, test := range []struct {
		at, beyond []string
		problem    string // its place, then what it says, cut off
	}{
		// Quotas, which can be raised.
		{with(ofRelease(), sitesOf(24, ownDomain)), with(ofRelease(), sitesOf(25, ownDomain)),
			"6:1033: spec.sites.s24.spec.domain: 26 certificates are more than the 25 that the load balancer of a release takes: set load_balancer_per_site to true, let sites share a domain or a certificate_arn, " +
				`or have AWS raise the quota "Certificates per Application Load Balancer" and declare it as aws_quotas.certificates_per_load_balancer`},
		{with(ofRelease(), sitesOf(25, ownDomain), "load_balancer_per_site: true"), with(ofRelease(), sitesOf(25, ownDomain), "load_balancer_per_site: false"), "6:1033: "},
		{with(ofRelease(), sitesOf(30, ownDomain), "aws_quotas: {certificates_per_load_balancer: 31}"),
			with(ofRelease(), sitesOf(30, ownDomain), "aws_quotas: {certificates_per_load_balancer: 30}"), "6:1231: spec.sites.s29.spec.domain: 31 certificates are more than the 30"},
		{with(ofRelease(), sitesOf(60, sharedDomain)), with(ofRelease(), sitesOf(60, ownDomain)), "6:1033: "},
		{with(ofRelease(), sitesOf(49, ownDomain), "load_balancer_per_site: true"), with(ofRelease(), sitesOf(50, ownDomain), "load_balancer_per_site: true"),
			"7:25: spec.load_balancer_per_site: 51 load balancers, one a site and release, are more than the 50"},
		{groups(29), groups(30), "10:31: " + quotas + "additional_node_groups: 31 node groups, with the default one, are more than the 30"},
		{ofRelease("mp_max_size: 450"), ofRelease("mp_max_size: 451"), "10:20: " + quotas + "mp_max_size: 451 nodes are more than the 450"},
		{nodeGroup("max_size: 450"), nodeGroup("max_size: 451"), "10:46: " + quotas + "additional_node_groups.g.max_size: 451 nodes"},
		{releases(4), releases(5), "7:1: spec.clusters: roles that trust 5 issuers, of clusters and extra_cluster_oidc_urls, have trust policies of more than 2048 characters"},
		{with(releases(5), "aws_quotas: {role_trust_policy_length: 4096}"), one("aws_quotas: {role_trust_policy_length: 4097}"), "7:40: spec.aws_quotas.role_trust_policy_length: 4097 must be at most 4096"},
		// Names.
		{one("sites: {main: {spec: {domain: a.example.com}}, " + long(48) + ": {spec: {domain: a.example.com}}}"),
			one("sites: {main: {spec: {domain: a.example.com}}, " + long(49) + ": {spec: {domain: a.example.com}}}"),
			"7:48: spec.sites." + long(49) + ": the database " + long(49) + "_packagemanager has 64 characters, PostgreSQL keeps 63"},
		{one("sites: {main: {spec: {domain: a.example.com}}, " + long(32) + ": {spec: {domain: a.example.com, use_traefik_forward_auth: true}}}"),
			one("sites: {main: {spec: {domain: a.example.com}}, " + long(33) + ": {spec: {domain: a.example.com, use_traefik_forward_auth: true}}}"),
			"7:48: spec.sites." + long(33) + ": the Helm release traefik-forward-auth-" + long(33) + " has 54 characters, and Helm takes 53"},
		{one(mainSite("domain: " + domain64)), one(mainSite("domain: x" + domain64)), "6:31: spec.sites.main.spec.domain: "},
		{one(mainSite("domain: " + label63 + "." + label63 + "." + label63 + "." + long(46) + ", " + certificate[len("domain: a.example.com, "):])),
			one(mainSite("domain: " + label63 + "." + label63 + "." + label63 + "." + long(47) + ", " + certificate[len("domain: a.example.com, "):])), "6:31: spec.sites.main.spec.domain: "},
		{one(mainSite("domain: " + long(60) + ".de")), one(mainSite("domain: " + long(64) + ".de")), "6:31: spec.sites.main.spec.domain: "},
		{pool("x"), pool("x"), ""},
	} {
		if test.problem == "" {
			continue
		}
		_, err := Parse("demo01-staging", "ptd.yaml", []byte(awsSpec(test.at...)))
		require.NoError(t, err, test.problem)
		_, err = Parse("demo01-staging", "ptd.yaml", []byte(awsSpec(test.beyond...)))
		require.Error(t, err, test.problem)
		assert.True(t, strings.HasPrefix(err.Error(), "ptd.yaml:"+test.problem), "%s\ngot %v", test.problem, err)
	}
	_, _, _ = alice, requirement, tags
	_ = principal
}
