package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Long is not deep: sites, definitions and JSON on one line load at any length.
func TestLongDocumentsAreNotDeep(t *testing.T) {
	t.Parallel()
	sites := "sites:\n    main: {spec: {domain: a.example.com}}\n"
	for i := range 600 {
		sites += fmt.Sprintf("    s%d:\n      spec:\n        domain: a.example.com\n        extra_secret_arns:\n        - arn:aws:secretsmanager:us-east-2:123456789012:secret:s\n", i)
	}
	target := parse(t, "demo01-staging", awsSpec(strings.TrimSuffix(sites, "\n")))
	assert.Len(t, target.AWSWorkload.Sites, 601)

	flow := "sites: {main: {spec: {domain: a.example.com}}"
	for i := range 600 {
		flow += fmt.Sprintf(`, "s%d": {"spec": {"domain": "a.example.com", "extra_secret_arns": []}}`, i)
	}
	target = parse(t, "demo01-staging", awsSpec(flow+"}"))
	assert.Len(t, target.AWSWorkload.Sites, 601)

	long := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: long\ndata:\n"
	for i := range 3000 {
		long += fmt.Sprintf("  k%d: |\n    text: of\n      a: file\n", i)
	}
	list := `{"apiVersion":"v1","kind":"List","items":[`
	for i := range 300 {
		list += fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c%d"},"data":{"a":"b"}},`, i)
	}
	definition := "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.com\nspec:\n"
	for i := range 500 {
		definition += fmt.Sprintf("  p%d:\n    items:\n      properties:\n      - name: x\n        type: string\n", i)
	}
	for text, objects := range map[string]int{long: 1, strings.TrimSuffix(list, ",") + "]}\n": 300, definition: 1} {
		found, d := parseCustomResources("a.yaml", []byte(text))
		require.Empty(t, d.problems)
		assert.Len(t, found, objects)
	}
}

// What is nested deeper than the parser may go is refused, however it is written.
func TestDepth(t *testing.T) {
	t.Parallel()
	block := func(levels int) string {
		var text strings.Builder
		for i := range levels {
			fmt.Fprintf(&text, "%sa:\n", strings.Repeat(" ", i))
		}
		return text.String()
	}
	for name, nested := range map[string]func(levels int) string{
		"mappings": block,
		"lists":    func(levels int) string { return strings.Repeat("- ", levels) + "a" },
		"brackets": func(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) },
		"JSON": func(levels int) string {
			return strings.Repeat(`{"a":`, levels/2) + "1" + strings.Repeat("}", levels/2)
		},
		"lists of mappings": func(levels int) string {
			var text strings.Builder
			for i := range levels / 2 {
				fmt.Fprintf(&text, "%sa:\n%s- \n", strings.Repeat("  ", i), strings.Repeat("  ", i))
			}
			return text.String()
		},
	} {
		deep := func(levels int) bool {
			d, _ := newDecoder("a.yaml", []byte(nested(levels)))
			return strings.Contains(d.problems.Error(), "nested more than 100 levels deep")
		}
		assert.False(t, deep(90), name)
		assert.True(t, deep(240), name)
	}
}

// Sizes have words of their own, and so has what aliases expand to.
func TestSizes(t *testing.T) {
	t.Parallel()
	object := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "
	_, d := parseCustomResources("a.yaml", []byte("\n---\n"+object+strings.Repeat("x", maxObjectSize)+"}\n"))
	require.Len(t, d.problems, 1)
	assert.Regexp(t, `^a.yaml:2:1: the document has \d+ bytes, more than the 2097152 that a cluster takes of an object$`, d.problems.Error())
	_, d = parseCustomResources("a.yaml", make([]byte, maxManifestSize+1))
	assert.EqualError(t, d.problems, "a.yaml: the file has 16777217 bytes, more than the 16777216 that such a file may have")

	many := "apiVersion: v1\nkind: Numbers\nmetadata: {name: a}\ndata: [" + strings.Repeat("1,", 2*maxExpansion) + "1]\n"
	objects, d := parseCustomResources("a.yaml", []byte(many))
	require.Empty(t, d.problems, "values are no aliases")
	assert.Len(t, objects, 1)
	bomb := "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n" +
		"d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nkind: A\napiVersion: v1\nmetadata: {name: a}\n"
	_, d = parseCustomResources("a.yaml", []byte(bomb))
	assert.ErrorContains(t, d.problems, "aliases expand to more than 100000 values")

	documents := strings.Repeat("---\n#\n", 100_000)
	_, d = parseCustomResources("a.yaml", []byte(documents+"---\napiVersion: v1\nkind: A\nmetadata: {name: _}\n"))
	assert.ErrorContains(t, d.problems, "a.yaml:200004:18: metadata.name: ", "lines are those of the file")
}
