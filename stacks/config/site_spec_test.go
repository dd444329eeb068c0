package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// siteTable lists the fields of a schema as the fact sheet does.
func siteTable(schema map[string]any, path string, lines *[]string) {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for name, value := range properties {
		field := value.(map[string]any)
		at := strings.TrimPrefix(path+"."+name, ".")
		var constraints []string
		if slices.Contains(required, any(name)) {
			constraints = append(constraints, "required")
		}
		for since, paths := range siteDefinitionSchema().Since {
			if slices.Contains(paths, at) {
				constraints = append(constraints, "since v"+since)
			}
		}
		if fallback, ok := field["default"]; ok {
			text := fmt.Sprint(fallback)
			if _, isBool := fallback.(bool); isBool {
				text = strings.ToUpper(text[:1]) + text[1:]
			}
			constraints = append(constraints, "default `"+text+"`")
		}
		if pattern, ok := field["pattern"]; ok {
			constraints = append(constraints, fmt.Sprintf("pattern `%v`", pattern))
		}
		if enum, ok := field["enum"].([]any); ok {
			var choices []string
			for _, choice := range enum {
				choices = append(choices, fmt.Sprintf("`%v`", choice))
			}
			constraints = append(constraints, "one of "+strings.Join(choices, ", "))
		}
		for _, bound := range []string{"minimum", "maximum", "minLength", "maxLength"} {
			if value, ok := field[bound]; ok {
				constraints = append(constraints, fmt.Sprintf("%s %v", bound, value))
			}
		}
		typ, suffix := fmt.Sprint(field["type"]), ""
		below := field
		items, isList := field["items"].(map[string]any)
		additional, isMap := field["additionalProperties"].(map[string]any)
		switch {
		case isList:
			typ, suffix, below = fmt.Sprint("list of ", items["type"]), "[]", items
		case isMap:
			typ, suffix, below = fmt.Sprint("map of ", additional["type"]), "{}", additional
		case field["x-kubernetes-preserve-unknown-fields"] == true:
			typ = "map of any"
		case field["x-kubernetes-int-or-string"] == true:
			typ = "int or string"
		}
		*lines = append(*lines, at+" | "+typ+" | "+strings.Join(constraints, "; "))
		if !slices.ContainsFunc([]string{"olerations", "envVars", "resources"}, func(named string) bool { return strings.HasSuffix(at, named) }) { // the sheet names them, no more
			siteTable(below, at+suffix, lines)
		}
	}
}

// docs/reference/site-spec.md has the table, row by row.
func TestSiteDefinitionIsTheFactSheet(t *testing.T) {
	t.Parallel()
	definition, err := parseSiteDefinition()
	require.NoError(t, err)
	var lines []string
	siteTable(definition["properties"].(map[string]any)["spec"].(map[string]any), "", &lines)
	sheet, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "site-spec.md"))
	require.NoError(t, err)
	var want []string
	for line := range strings.Lines(string(sheet)) {
		row, ok := strings.CutPrefix(strings.TrimSpace(line), "| `")
		if !ok {
			continue
		}
		path, rest, _ := strings.Cut(strings.TrimSuffix(row, "|"), "`")
		want = append(want, strings.TrimRight(path+strings.ReplaceAll(rest, `\|`, "|"), " "))
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	slices.Sort(lines)
	slices.Sort(want)
	assert.Greater(t, len(want), 340)
	assert.Equal(t, want, lines)
}

func TestSiteDefinitionIsACopy(t *testing.T) {
	t.Parallel()
	definition := SiteDefinition("")
	require.Equal(t, "object", definition["type"])
	delete(definition, "type")
	assert.Equal(t, "object", SiteDefinition("")["type"])
}

func TestSitePatternsCompile(t *testing.T) {
	t.Parallel()
	count := 0
	var walk func(*siteSchema)
	walk = func(schema *siteSchema) {
		if schema == nil {
			return
		}
		if schema.Pattern != "" {
			_, err := regexp.Compile(schema.Pattern)
			require.NoError(t, err)
			count++
		}
		walk(schema.Items)
		walk(schema.AdditionalProperties)
		for _, field := range schema.Properties {
			walk(field)
		}
	}
	walk(siteSpecSchema())
	assert.Equal(t, 16, count)
}

func TestInvalidSiteFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid-sites/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			_, d := parseSiteFile("main", "site_main/site.yaml", data, false)
			require.NotEmpty(t, d.problems)
			d.problems.sort()
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", d.problems.Error()+"\n")
		})
	}
}

// With allow_unknown_site_fields a newer operator's fields pass; what is known is checked
// all the same, and what looks like a slip is a warning.
func TestUnknownSiteFieldsAllowed(t *testing.T) {
	t.Parallel()
	text := "spec:\n  telemetry: {level: 3, sampling: ~}\n  connect:\n    replica: 2\n    quotas: [1, ~]\n    replicas: two\n"
	load := func(key string) (*Tree, *Target, error) {
		tree := tree(t, map[string]string{
			"__work__/demo01-staging/ptd.yaml":            awsSpec(key),
			"__work__/demo01-staging/site_main/site.yaml": text,
		})
		target, err := tree.Load("demo01-staging")
		return tree, target, err
	}
	tree, _, err := load("allow_unknown_site_fields: false")
	require.Error(t, err)
	assert.Equal(t, strings.Join([]string{
		`__work__/demo01-staging/site_main/site.yaml:2:3: spec.telemetry: unknown key`,
		`__work__/demo01-staging/site_main/site.yaml:4:5: spec.connect.replica: unknown key (did you mean "replicas"?)`,
		`__work__/demo01-staging/site_main/site.yaml:5:5: spec.connect.quotas: unknown key`,
		`__work__/demo01-staging/site_main/site.yaml:6:15: spec.connect.replicas: must be an integer, not a string`,
	}, "\n"), relative(tree, err))

	tree, _, err = load("allow_unknown_site_fields: true")
	require.Error(t, err)
	assert.Equal(t, `__work__/demo01-staging/site_main/site.yaml:6:15: spec.connect.replicas: must be an integer, not a string`, relative(tree, err))

	text = strings.ReplaceAll(text, "two", "3")
	tree, target, err := load("allow_unknown_site_fields: true")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"telemetry": map[string]any{"level": 3, "sampling": nil},
		"connect":   map[string]any{"replica": 2, "quotas": []any{1, nil}, "replicas": 3},
	}, target.SiteFiles["main"].Spec)
	assert.Equal(t, `__work__/demo01-staging/site_main/site.yaml:4:5: spec.connect.replica: unknown key, passed on to the operator (did you mean "replicas"?)`,
		relative(tree, Errors(target.Warnings)))
}

// false, 0, "" and empty lists are values; a key without a value sets nothing.
func TestSiteFileZeroValues(t *testing.T) {
	t.Parallel()
	site, d := parseSiteFile("main", "site.yaml", []byte(`spec:
  debug: false
  networkTrust: 0
  logFormat: ""
  imagePullSecrets: []
  chronicle: {image: ~, nodeSelector: {a: ~, b: ""}}
  flightdeck:
  workbench: {positronConfig: {userSettings: {a: ~}}}
`), false)
	require.Empty(t, d.problems)
	assert.Equal(t, map[string]any{
		"debug": false, "networkTrust": 0, "logFormat": "", "imagePullSecrets": []any{},
		"chronicle": map[string]any{"nodeSelector": map[string]any{"b": ""}},
		"workbench": map[string]any{"positronConfig": map[string]any{"userSettings": map[string]any{"a": nil}}},
	}, site.Spec)
}

// What stands around the spec has no effect, which is said unless it is so anyhow.
func TestSiteEnvelope(t *testing.T) {
	t.Parallel()
	said := func(text string) string {
		_, d := parseSiteFile("main", "site.yaml", []byte(text), false)
		require.Empty(t, d.problems)
		return d.warnings.Error()
	}
	assert.Empty(t, said("apiVersion: core.posit.team/v1beta1\nkind: Site\nmetadata: {name: main, namespace: posit-team}\nspec: {}\n"))
	assert.Equal(t, "site.yaml:1:1: kind: is not read: the file is laid over a Site, not Connect\n"+
		"site.yaml:2:12: metadata.annotations: has no effect: of a site.yaml only spec is read\n"+
		"site.yaml:2:33: metadata.name: has no effect: of a site.yaml only spec is read",
		said("kind: Connect\nmetadata: {annotations: {a: b}, name: other}\nspec: {}\n"))
}

// What is merged is checked again: a value from the file has its place there.
func TestCheckOfMergedSpec(t *testing.T) {
	t.Parallel()
	site, d := parseSiteFile("main", "site.yaml", []byte(`spec:
  workbench:
    tolerations:
      - {key: b}
`), false)
	require.Empty(t, d.problems)
	base := map[string]any{"domain": "demo.example.com", "networkTrust": 50, "workbench": map[string]any{
		"tolerations": []any{map[string]any{"key": "a"}},
	}}
	require.NoError(t, site.Check(ReplaceLists.Merge(base, site.Spec), false))

	merged := AppendLists.Merge(base, site.Spec)
	tolerations := merged["workbench"].(map[string]any)["tolerations"].([]any)
	require.Len(t, tolerations, 2, "lists append")
	merged["workbench"].(map[string]any)["tolerations"] = []any{
		map[string]any{"key": 1}, map[string]any{"key": 2},
	}
	merged["networkTrust"], merged["newer"] = 200, 1
	delete(merged, "domain")
	assert.EqualError(t, site.Check(merged, true), strings.Join([]string{
		`site main: spec.domain: required value is missing`,
		`site main: spec.networkTrust: 200 must be at most 100`,
		`site main: spec.workbench.tolerations[0].key: must be a string, not an integer: write "1" in quotes`,
		`site.yaml:4:15: spec.workbench.tolerations[1].key: must be a string, not an integer: write "b" in quotes`,
	}, "\n"))
	assert.ErrorContains(t, site.Check(merged, false), "site main: spec.newer: unknown key")

	for _, file := range []*SiteFile{site, emptySiteFile("other"), {Site: "by-hand"}} {
		merged["workbench"] = map[string]any{"replicas": -1}
		assert.ErrorContains(t, file.Check(merged, true), "spec.workbench.replicas: -1 must be at least 0")
	}
}
