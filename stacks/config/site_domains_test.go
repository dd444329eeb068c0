package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loadSites loads a target with these files of sites.
func loadSites(t *testing.T, ptd string, files map[string]string) (*Tree, *Target, error) {
	t.Helper()
	all := map[string]string{"__work__/demo01-staging/ptd.yaml": ptd}
	for site, text := range files {
		all["__work__/demo01-staging/site_"+site+"/site.yaml"] = text
	}
	tree := tree(t, all)
	target, err := tree.Load("demo01-staging")
	return tree, target, err
}

// A domain in site.yaml is the site's, for whoever asks the configuration.
func TestDomainOfTheSiteFile(t *testing.T) {
	t.Parallel()
	const sites = "sites: {main: {spec: {domain: a.example.com}}, lab: {spec: {domain: lab.example.com}}, shared: {spec: {domain: lab.example.com}}}"
	_, target, err := loadSites(t, awsSpec(sites), map[string]string{
		"main":   "spec: {domain: other.example.org, connect: {replicas: 2}}",
		"lab":    "spec: {domain: lab.example.com}",
		"shared": "spec: {domain: ~}",
	})
	require.NoError(t, err)
	assert.Empty(t, target.Warnings)
	assert.Equal(t, "other.example.org", target.AWSWorkload.MainDomain())
	assert.Equal(t, []Domain{
		{Name: "lab.example.com", Primary: "lab", Sites: []string{"lab", "shared"}},
		{Name: "other.example.org", Primary: "main", Sites: []string{"main"}},
	}, target.AWSWorkload.Domains())
	assert.Equal(t, map[string]any{"connect": map[string]any{"replicas": 2}}, target.SiteFiles["main"].Spec, "the domain has one owner")

	_, target, err = loadSites(t, azureSpec(), map[string]string{"main": "spec: {domain: other.example.org}"})
	require.NoError(t, err)
	assert.Equal(t, "other.example.org", target.AzureWorkload.MainDomain())
}

// Problems with domains are where the domain is given.
func TestDomainsOfSiteFilesAreChecked(t *testing.T) {
	t.Parallel()
	const (
		zone        = "zone_id: Z0400000ANALYTICS001"
		certificate = "certificate_arn: 'arn:aws:acm:us-east-2:123456789012:certificate/x'"
		file        = "__work__/demo01-staging/site_lab/site.yaml:2:11: spec.domain: "
	)
	sites := func(lab ...string) string {
		return "sites: {main: {spec: {domain: a.example.com}}, lab: {spec: {" +
			strings.Join(append([]string{"domain: lab.example.com"}, lab...), ", ") + "}}}"
	}
	for _, test := range []struct {
		name, ptd, domain string
		problem, warning  string
	}{
		{name: "upper case", ptd: awsSpec(sites()), domain: "Lab.Example.com",
			problem: file + `"Lab.Example.com" must be a domain name in lower case such as team.example.com (did you mean "lab.example.com"?)`},
		{name: "empty", ptd: awsSpec(sites()), domain: `""`, problem: file + `"" must be a domain name in lower case such as team.example.com`},
		{name: "number", ptd: awsSpec(sites()), domain: "1.5", problem: file + `must be a string, not a number: write "1.5" in quotes`},
		{name: "wrong on Azure", ptd: azureSpec(sites()), domain: "lab", problem: file + `"lab" must be a domain name in lower case such as team.example.com`},
		{name: "two sites on Azure", ptd: azureSpec(sites()), domain: "a.example.com",
			// lab comes first: the other site is the second, whose domain ptd.yaml gives
			problem: `__work__/demo01-staging/ptd.yaml:8:33: spec.sites.main.spec.domain: "a.example.com" is the domain of site lab too`},
		{name: "two sites", ptd: awsSpec(sites()), domain: "a.example.com"},
		{name: "two sites, two zones", ptd: awsSpec(sites(zone)), domain: "a.example.com",
			warning: file + `takes the place of "lab.example.com": the zone_id and certificate_arn of site lab in ptd.yaml must be those of "a.example.com"` + "\n" +
				`__work__/demo01-staging/ptd.yaml:6:33: spec.sites.main.spec.domain: site lab has the same domain and comes first: ` +
				`its zone_id, private_zone and certificate_arn hold for both`},
		{name: "another zone", ptd: awsSpec(sites(zone)), domain: "other.example.org",
			warning: file + `takes the place of "lab.example.com": the zone_id and certificate_arn of site lab in ptd.yaml must be those of "other.example.org"`},
		{name: "another certificate", ptd: awsSpec("hosted_zone_management_enabled: true", sites(certificate)), domain: "other.example.org",
			warning: file + `takes the place of "lab.example.com": the zone_id and certificate_arn of site lab in ptd.yaml must be those of "other.example.org"`},
		{name: "the same domain", ptd: awsSpec(sites(zone, certificate)), domain: "lab.example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tree, target, err := loadSites(t, test.ptd, map[string]string{"lab": "spec:\n  domain: " + test.domain + "\n"})
			if test.problem != "" {
				require.Error(t, err)
				assert.Equal(t, test.problem, relative(tree, err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.warning, relative(tree, Errors(target.Warnings)))
			assert.Equal(t, test.domain, target.AWSWorkload.Sites["lab"].Domain)
		})
	}
}

// A file can part two sites that share a domain in ptd.yaml, and join two that do not.
func TestSiteFilePartsSites(t *testing.T) {
	t.Parallel()
	const sites = "sites: {main: {spec: {domain: a.example.com}}, lab: {spec: {domain: a.example.com}}}"
	_, _, err := loadSites(t, azureSpec(sites), nil)
	require.ErrorContains(t, err, `spec.sites.main.spec.domain: "a.example.com" is the domain of site lab too`)
	_, target, err := loadSites(t, azureSpec(sites), map[string]string{"lab": "spec: {domain: b.example.com}"})
	require.NoError(t, err)
	assert.Len(t, target.AzureWorkload.Domains(), 2)

	tree, _, err := loadSites(t, azureSpec("sites: {main: {spec: {domain: a.example.com}}, new: {spec: {domain: b.example.com}}}"),
		map[string]string{"new": "spec: {domain: a.example.com}"})
	require.Error(t, err)
	assert.Equal(t, `__work__/demo01-staging/site_new/site.yaml:1:16: spec.domain: "a.example.com" is the domain of site main too`, relative(tree, err))
}
