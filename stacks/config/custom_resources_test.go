package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withFolders is a workload whose releases list folders.
func withFolders(release ...string) string {
	spec := []string{"clusters:"}
	for i, folders := range release {
		spec = append(spec, `  "2025010`+string(rune('1'+i))+`":`, "    spec:", "      custom_k8s_resources: "+folders)
	}
	return awsSpec(spec...)
}

const customDir = "__work__/demo01-staging/custom_k8s_resources/"

func loadCustom(t *testing.T, ptd string, files map[string]string) (*Tree, *Target, error) {
	t.Helper()
	all := map[string]string{"__work__/demo01-staging/ptd.yaml": ptd}
	for name, text := range files {
		all[customDir+name] = text
	}
	tree := tree(t, all)
	target, err := tree.Load("demo01-staging")
	return tree, target, err
}

func TestCustomResources(t *testing.T) {
	t.Parallel()
	_, target, err := loadCustom(t, withFolders("[quotas, classes]", "[classes]"), map[string]string{
		"quotas/b.yml": "# a comment\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n---\n---\n" +
			"apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: 7\n  namespace: team\n  labels: {tier: 1, on: x}\nspec:\n  hard: {pods: 4, cpu: 1.5}\n",
		"quotas/a.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: one}\n" +
			"- apiVersion: example.com/v1\n  kind: WidgetList\n  items:\n  - {apiVersion: example.com/v1, kind: Widget, metadata: {name: two}}\n",
		"quotas/README.md":    "not read",
		"quotas/sub.yaml/x":   "not read",
		"classes/a.yaml":      "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: low}\nvalue: -1\n",
		"classes/.hidden.yml": "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1\n",
	})
	require.NoError(t, err)
	assert.Empty(t, target.Warnings)
	require.Len(t, target.CustomResources, 2)
	assert.Len(t, target.CustomResources["classes"], 2)

	files := target.CustomResources["quotas"]
	require.Len(t, files, 2)
	assert.Equal(t, "a", files[0].Stem)
	assert.Equal(t, "quotas", files[1].Folder)
	assert.True(t, strings.HasSuffix(files[1].File, customDir+"quotas/b.yml"))

	var identities []string
	for _, file := range files {
		for _, object := range file.Objects {
			identities = append(identities, object.Identity())
		}
	}
	assert.Equal(t, []string{"/ConfigMap//one", "example.com/Widget//two", "/Namespace//team", "/ResourceQuota/team/7"}, identities)
	quota := files[1].Objects[1]
	assert.Equal(t, [2]int{8, 1}, [2]int{quota.Line, quota.Column})
	assert.Equal(t, map[string]any{
		"apiVersion": "v1", "kind": "ResourceQuota",
		"metadata": map[string]any{"name": "7", "namespace": "team", "labels": map[string]any{"tier": "1", "on": "x"}},
		"spec":     map[string]any{"hard": map[string]any{"pods": 4, "cpu": 1.5}},
	}, quota.Object)
}

// All problems of all files are reported, each with its place.
func TestCustomResourceProblems(t *testing.T) {
	t.Parallel()
	const class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: low}\n"
	tree, _, err := loadCustom(t, withFolders("[good, goood, file, good, bad]", "[bad, good]"), map[string]string{
		"good/a.yaml": class,
		"good/a.yml":  class,
		"file":        "",
		"bad/a.yaml":  "# first\n" + class + "---\n" + strings.Replace(class, "/v1", "/v1beta1", 1),
		"bad/b.yaml":  "kind: Service\nmetadata:\n  namespace: x\n---\n- 1\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  labels: {a: true}\n",
		"bad/c.yaml":  "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n",
		"bad/d.yaml":  "a: [",
	})
	require.Error(t, err)
	got := strings.ReplaceAll(relative(tree, err), "__work__/demo01-staging/", "")
	assert.Equal(t, strings.Join([]string{
		`ptd.yaml:10:38: spec.clusters.20250101.spec.custom_k8s_resources[1]: there is no folder custom_k8s_resources/goood (did you mean "good"?)`,
		`ptd.yaml:10:45: spec.clusters.20250101.spec.custom_k8s_resources[2]: read folder custom_k8s_resources/file: not a directory`,
		`ptd.yaml:10:51: spec.clusters.20250101.spec.custom_k8s_resources[3]: "good" is given twice`,
		`custom_k8s_resources/good/a.yml: has the same name as a.yaml: rename one`,
		`custom_k8s_resources/bad/b.yaml:1:1: apiVersion: required value is missing`,
		`custom_k8s_resources/bad/b.yaml:2:1: metadata.name: required value is missing`,
		`custom_k8s_resources/bad/b.yaml:5:1: must be a Kubernetes object, not a list`,
		`custom_k8s_resources/bad/b.yaml:11:15: metadata.labels.a: must be a string, not a boolean: write "true" in quotes`,
		`custom_k8s_resources/bad/c.yaml:4:3: items[0].metadata: required value is missing`,
		`custom_k8s_resources/bad/d.yaml:1:4: not valid YAML: sequence end token ']' not found`,
		`custom_k8s_resources/bad/a.yaml:6:1: PriorityClass low is in release 20250101 twice, first in custom_k8s_resources/bad/a.yaml:2`,
		`custom_k8s_resources/good/a.yaml:1:1: PriorityClass low is in release 20250101 twice, first in custom_k8s_resources/bad/a.yaml:2`,
	}, "\n"), got)
}

func TestCustomResourceWarnings(t *testing.T) {
	t.Parallel()
	tree, target, err := loadCustom(t, withFolders("[empty, none]"), map[string]string{
		"empty/a.yaml": "# nothing\n---\n", "none/README.md": "", "stray/a.yaml": "not read: [",
	})
	require.NoError(t, err)
	got := strings.ReplaceAll(relative(tree, Errors(target.Warnings)), "__work__/demo01-staging/", "")
	assert.Equal(t, strings.Join([]string{
		`ptd.yaml:10:39: spec.clusters.20250101.spec.custom_k8s_resources[1]: folder custom_k8s_resources/none has no *.yaml or *.yml files`,
		`custom_k8s_resources/empty/a.yaml: has no objects`,
		`custom_k8s_resources/stray: is not applied: no release lists it in custom_k8s_resources`,
	}, "\n"), got)
}

// What the API server would refuse in metadata is refused with its place.
func TestMetadataOfCustomResources(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("x", 63)
	object := func(apiVersion, kind, metadata string) string {
		return "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {" + metadata + "}\n"
	}
	const rbac = "rbac.authorization.k8s.io/v1"
	for _, test := range []struct{ at, beyond, problem string }{
		{object("v1", "Namespace", "name: "+label), object("v1", "Namespace", "name: x"+label), `a.yaml:3:18: metadata.name: "x` + label + `" is no name that Kubernetes takes of a Namespace: `},
		{object("v1", "ConfigMap", "name: a.b"), object("v1", "ConfigMap", "name: a_b"), "a.yaml:3:18: metadata.name: "},
		{object("v1", "ConfigMap", "name: "+strings.Repeat(label+".", 3)+label[:61]), object("v1", "ConfigMap", "name: "+strings.Repeat(label+".", 3)+label), "a.yaml:3:18: "},
		{object("v1", "Service", "name: a1"), object("v1", "Service", "name: 1a"), "a.yaml:3:18: metadata.name: "},
		{object(rbac, "ClusterRole", "name: 'team:Reader'"), object(rbac, "ClusterRole", "name: 'team/Reader'"), "a.yaml:3:18: metadata.name: "},
		{object("example.com/v1", "Widget", "name: a, namespace: "+label), object("example.com/v1", "Widget", "name: a, namespace: a.b"), `a.yaml:3:32: metadata.namespace: "a.b" is no name of a namespace: `},
		{object("v1", "Secret", "name: a, labels: {a.example/"+label+": "+label+"}"), object("v1", "Secret", "name: a, labels: {a: x"+label+"}"), "a.yaml:3:33: metadata.labels.a: "},
		{object("v1", "Secret", "name: a, labels: {a: ''}"), object("v1", "Secret", "name: a, labels: {a b: x}"), `a.yaml:3:35: metadata.labels.a b: "a b" is no key`},
		{object("v1", "Secret", "name: a, annotations: {A.example/b: 'any text'}"), object("v1", "Secret", "name: a, annotations: {a/b/c: x}"), "a.yaml:3:42: metadata.annotations.a/b/c: "},
		{object("v1", "Secret", "name: a, annotations: {a: "+strings.Repeat("x", maxAnnotations-1)+"}"),
			object("v1", "Secret", "name: a, annotations: {a: "+strings.Repeat("x", maxAnnotations)+"}"), "a.yaml:3:21: metadata.annotations: annotations of 262145 bytes"},
	} {
		objects, d := parseCustomResources("a.yaml", []byte(test.at))
		assert.Empty(t, d.problems, test.at)
		assert.Len(t, objects, 1)
		_, d = parseCustomResources("a.yaml", []byte(test.beyond))
		assert.True(t, strings.HasPrefix(d.problems.Error(), test.problem), "%s\ngot %v", test.problem, d.problems)
	}
}
