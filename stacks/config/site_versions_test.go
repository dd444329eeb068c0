package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const laterFields = `spec:
  connect:
    additionalRuntimeImages: [{rVersion: "4.4.3", pyVersion: "3.12.11", quartoVersion: "1.7.34", osVersion: ubuntu2204}]
  workbench:
    auditedJobs: {enabled: 1}
    scim: {tokenSecretName: scim}
`

// Every field that came later is one of the definition, with a version that can be read, and
// gone from the definition of an operator before it.
func TestLaterSiteFields(t *testing.T) {
	t.Parallel()
	fields := laterSiteFields()
	require.Greater(t, len(fields), 25)
	for _, field := range fields {
		assert.Regexp(t, `^1\.\d+$`, field.Since, field.Path)
		schema := siteSpecSchema()
		for _, key := range strings.Split(field.Path, ".") {
			require.Contains(t, schema.Properties, key, field.Path)
			schema = schema.Properties[key]
		}
		assert.False(t, field.in("v1.2.0"), field.Path)
		assert.True(t, field.in("v1.29.1"), field.Path)
		assert.True(t, field.in("v"+field.Since+".0"), field.Path)
	}
	count := func(version string) (n int) {
		var walk func(map[string]any)
		walk = func(schema map[string]any) {
			properties, _ := schema["properties"].(map[string]any)
			for _, below := range properties {
				n++
				walk(below.(map[string]any))
			}
		}
		walk(SiteDefinition(version))
		return n
	}
	assert.NotContains(t, SiteDefinition(""), "x-since")
	assert.Equal(t, count(""), count("v1.29.1"), "the default knows all")
	assert.Less(t, count("v1.8.0"), count("v1.9.0"), "auditedJobs")
	assert.Less(t, count("v1.2.0"), count("v1.8.0"))
	assert.Equal(t, count(""), count("v1.29.1"), "no definition changes another")
}

// A field that the release's operator does not have is refused where it stands; what is not
// certain is left to the run.
func TestSiteFieldsOfOlderOperators(t *testing.T) {
	t.Parallel()
	const file = "__work__/demo01-staging/site_main/site.yaml:"
	refused := func(place, path, since, version string) string {
		return file + place + ": spec." + path + ": the Team Operator has this field since " + since + ", and release 20250115 runs " + version +
			" (team_operator_chart_version in ptd.yaml), whose cluster refuses the site: take a later version, or the field away"
	}
	scim, jobs := refused("6:11", "workbench.scim", "v1.22.0", "v1.16.2"), refused("5:18", "workbench.auditedJobs", "v1.9.0", "v1.4.0")
	for name, test := range map[string]struct {
		release string
		keys    []string
		want    []string
	}{
		"the default":                        {release: ""},
		"what is live":                       {release: "team_operator_image: main"},
		"given, old":                         {release: "team_operator_chart_version: v1.16.2", want: []string{scim}},
		"given, older":                       {release: "team_operator_chart_version: v1.4.0", want: []string{refused("3:30", "connect.additionalRuntimeImages", "v1.7.0", "v1.4.0"), jobs, strings.ReplaceAll(scim, "v1.16.2", "v1.4.0")}},
		"newer image":                        {release: "team_operator_chart_version: v1.4.0, team_operator_image: v1.23.2"},
		"image of a branch":                  {release: "team_operator_chart_version: v1.4.0, adhoc_team_operator_image: registry.example/operator:adhoc-main"},
		"image too old to bring definitions": {release: "team_operator_chart_version: v1.16.2, team_operator_image: v1.18.0", want: []string{scim}},
		"definitions of others":              {release: "team_operator_chart_version: v1.4.0, team_operator_skip_crds: true"},
		"unknown fields allowed":             {release: "team_operator_chart_version: v1.4.0", keys: []string{"allow_unknown_site_fields: true"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, _, err := loadSites(t, awsSpec(append(test.keys, `clusters: {"20250115": {spec: {`+test.release+`}}}`)...), map[string]string{"main": laterFields})
			if test.want == nil {
				assert.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Equal(t, strings.Join(test.want, "\n"), relative(tree, err))
		})
	}
	tree, _, err := loadSites(t, azureSpec(`clusters: {"20250115": {team_operator_chart_version: v1.16.2, user_node_pools: []}}`), map[string]string{"main": laterFields})
	require.Error(t, err)
	assert.Contains(t, relative(tree, err), scim)
}
