package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the products' hosts need besides what ptd makes is said, and what deletes data.
func TestSiteProducts(t *testing.T) {
	t.Parallel()
	const file = "__work__/demo01-staging/site_main/site.yaml:"
	const sites = "sites: {main: {spec: {domain: a.example.com}}, lab: {spec: {domain: lab.example.com}}}"
	for name, test := range map[string]struct {
		spec, key        string
		problem, warning string
	}{
		"a prefix":               {spec: "connect: {domainPrefix: pub}"},
		"base of another site":   {spec: "connect: {baseDomain: lab.example.com}"},
		"and its own balancer":   {spec: "connect: {baseDomain: lab.example.com}", key: "load_balancer_per_site: true", warning: "1:30: spec.connect.baseDomain: ptd makes no certificate and no record for connect.lab.example.com, only for a.example.com and what is directly below: both are yours to make"},
		"base of others":         {spec: "connect: {baseDomain: example.org}", warning: "1:30: spec.connect.baseDomain: ptd makes no certificate and no record for connect.example.org, only for lab.example.com, a.example.com and what is directly below: both are yours to make"},
		"two levels":             {spec: "workbench: {domainPrefix: a.b}", warning: "1:34: spec.workbench.domainPrefix: ptd makes no certificate and no record for a.b.a.example.com, only for lab.example.com, a.example.com and what is directly below: both are yours to make"},
		"no host name":           {spec: "workbench: {domainPrefix: my_lab}", problem: `1:34: spec.workbench.domainPrefix: "my_lab.a.example.com", the host of the product, must be a domain name in lower case such as team.example.com`},
		"not running":            {spec: "workbench: {domainPrefix: a.b, enabled: false}"},
		"not deleted yet":        {spec: "workbench: {teardown: true}", warning: "1:30: spec.workbench.teardown: has no effect: the operator takes nothing away while the product is enabled (enabled: false)"},
		"deleted":                {spec: "connect: {enabled: false, teardown: true}", warning: "1:44: spec.connect.teardown: the operator deletes the product's database, secrets and volume for good, in every release"},
		"deleted, no database":   {spec: "chronicle: {enabled: false, teardown: true}", warning: "1:46: spec.chronicle.teardown: the operator deletes all that the product has in the cluster for good, in every release"},
		"disabled, nothing more": {spec: "connect: {enabled: false}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, target, err := loadSites(t, awsSpec(sites, test.key), map[string]string{"main": "spec: {" + test.spec + "}"})
			if test.problem != "" {
				require.Error(t, err)
				assert.Equal(t, file+test.problem, relative(tree, err))
				return
			}
			require.NoError(t, err)
			if test.warning != "" {
				test.warning = file + test.warning
			}
			assert.Equal(t, test.warning, relative(tree, Errors(target.Warnings)))
		})
	}
	off := &SiteFile{Site: "main", Spec: map[string]any{
		"connect": map[string]any{"enabled": false}, "workbench": map[string]any{"baseDomain": "b.example", "domainPrefix": "lab"}, "packageManager": map[string]any{"replicas": 0, "enabled": true},
	}}
	assert.Equal(t, map[string]string{"workbench": "lab.b.example"}, off.Hosts("a.example"))
}
