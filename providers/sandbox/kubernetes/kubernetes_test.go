package kubernetes

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const endpoint = "https://0123.example.com"

const testKubeconfig = `{
	"current-context": "main",
	"contexts": [{"name": "main", "context": {"cluster": "main", "user": "ptd"}}],
	"clusters": [{"name": "main", "cluster": {"server": "` + endpoint + `"}}],
	"users": [{"name": "ptd"}]
}`

// fixture is a simulated cluster with a provider that is configured for it.
type fixture struct {
	t        *testing.T
	cloud    *sandbox.Cloud
	provider *sandbox.Provider
}

func newCluster(t *testing.T, configuration map[string]any) *fixture {
	t.Helper()
	return newClusterIn(t, t.TempDir(), configuration)
}

func newClusterIn(t *testing.T, directory string, configuration map[string]any) *fixture {
	t.Helper()
	cloud, err := sandbox.Open(directory, clouds)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cloud.Close()) })
	require.NoError(t, cloud.DeclareExternal(sandbox.Object{
		Provider: clouds.Name, Type: clusterType, ID: "main", Inputs: fields{"endpoint": endpoint},
	}))
	c := &fixture{t, cloud, New(cloud)}
	c.configure(configuration)
	return c
}

func (c *fixture) configure(configuration map[string]any) {
	c.t.Helper()
	_, err := c.provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: sandbox.Properties(configuration)})
	require.NoError(c.t, err)
}

// object completes the fields of an object; its name is the last part of where.
func object(token, where string, fields map[string]any) (resource.URN, resource.PropertyMap) {
	kind, _ := kindOf(token)
	metadata := map[string]any{"name": where}
	if namespace, name, ok := strings.Cut(where, "/"); ok {
		metadata = map[string]any{"name": name, "namespace": namespace}
	}
	all := map[string]any{"apiVersion": kind.GroupVersion().String(), "kind": kind.Kind, "metadata": metadata}
	for name, value := range fields {
		all[name] = value
	}
	return resource.NewURN("stack", "project", "", tokens.Type(token), where), sandbox.Properties(all)
}

func (c *fixture) create(token, where string, fields map[string]any) (plugin.CreateResponse, error) {
	c.t.Helper()
	urn, inputs := object(token, where, fields)
	checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: inputs})
	require.NoError(c.t, err)
	require.Empty(c.t, checked.Failures)
	return c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: checked.Properties})
}

func (c *fixture) mustCreate(token, where string, fields map[string]any) plugin.CreateResponse {
	c.t.Helper()
	created, err := c.create(token, where, fields)
	require.NoError(c.t, err)
	return created
}

func (c *fixture) delete(token, where string) {
	c.t.Helper()
	urn, inputs := object(token, where, nil)
	_, err := c.provider.Delete(context.Background(), plugin.DeleteRequest{URN: urn, ID: resource.ID(where), Inputs: inputs})
	require.NoError(c.t, err)
}

func (c *fixture) objects() []string {
	c.t.Helper()
	list, err := c.cloud.List()
	require.NoError(c.t, err)
	var names []string
	for _, object := range list {
		if object.Provider == name {
			names = append(names, object.Type[strings.LastIndexByte(object.Type, ':')+1:]+" "+object.ID)
		}
	}
	return names
}

// What the provider makes of a cluster that it cannot reach: its own switch throws away what is
// in state, whatever the reason.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	const reason = "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: it lets only credential into main"
	for forgets, want := range map[bool]string{false: "PULUMI_K8S_DELETE_UNREACHABLE", true: ""} {
		c := newCluster(t, fields{"kubeconfig": testKubeconfig, "clusterIdentifier": "main", "deleteUnreachable": forgets})
		var said []string
		c.provider.LogTo(func(_ diag.Severity, _ resource.URN, message string) { said = append(said, message) })
		c.mustCreate(configMapType, "default/main", nil)
		c.set("lets", "credential")
		_, err := c.create(configMapType, "default/second", nil)
		require.EqualError(t, err, reason)
		urn := resource.NewURN("stack", "project", "", configMapType, "main")
		answer, err := c.provider.Read(t.Context(), plugin.ReadRequest{URN: urn, ID: "default/main"})
		_, deleting := c.provider.Delete(t.Context(), plugin.DeleteRequest{URN: urn, ID: "default/main"})
		assert.Equal(t, []string{reason, reason}, said)
		assert.Empty(t, answer.ID)
		if want == "" {
			require.NoError(t, errors.Join(err, deleting))
			continue
		}
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, deleting, want)
	}
}

func TestConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ kubeconfig, want string }{
		"no YAML":    {"a: b: c", "the kubeconfig is neither YAML nor JSON"},
		"no context": {`{"current-context": "other"}`, `the kubeconfig has no context "other"`},
		"no user":    {strings.Replace(testKubeconfig, `[{"name": "ptd"}]`, `[]`, 1), `context "main" of the kubeconfig names user "ptd", which it does not have`},
		"no server":  {strings.Replace(testKubeconfig, `"server"`, `"servers"`, 1), `context "main" of the kubeconfig names cluster "main", which has no server`},
		"no cluster": {strings.Replace(testKubeconfig, "0123", "4567", 1), `Get "https://4567.example.com/openapi/v2": dial tcp: lookup 4567.example.com: no such host`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, map[string]any{"kubeconfig": test.kubeconfig, "clusterIdentifier": "main"})
			_, err := c.create(configMapType, "default/main", nil)
			assert.EqualError(t, err, "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: "+test.want)
			assert.NotContains(t, err.Error(), "a: b", "a kubeconfig is secret")
		})
	}
}

func TestIdentifierOutlivesTheAddress(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	moved := strings.Replace(testKubeconfig, "0123", "4567", 1)
	for _, test := range []struct {
		old, new map[string]any
		replaced bool
	}{
		{map[string]any{"kubeconfig": testKubeconfig}, map[string]any{"kubeconfig": moved}, true},
		{map[string]any{"kubeconfig": testKubeconfig, "clusterIdentifier": "a"}, map[string]any{"kubeconfig": moved, "clusterIdentifier": "a"}, false},
		{map[string]any{"kubeconfig": testKubeconfig, "clusterIdentifier": "a"}, map[string]any{"kubeconfig": testKubeconfig, "clusterIdentifier": "b"}, true},
	} {
		answer, err := c.provider.DiffConfig(context.Background(), plugin.DiffConfigRequest{
			OldInputs: sandbox.Properties(test.old), NewInputs: sandbox.Properties(test.new),
		})
		require.NoError(t, err)
		assert.Equal(t, test.replaced, len(answer.ReplaceKeys) > 0, "%v", test.new["clusterIdentifier"])
	}
}

func TestNamespaceTakesAllWithIt(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	c.mustCreate(namespaceType, "loki", nil)
	c.mustCreate(configMapType, "loki/main", nil)
	c.mustCreate(configMapType, "default/main", nil)
	c.mustCreate("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "loki", nil)
	c.delete(namespaceType, "loki")
	assert.Equal(t, []string{"ConfigMap default/main", "ClusterRole loki"}, c.objects())
	c.delete(configMapType, "loki/main") // what went with its namespace is deleted
}

func definition(scope string) map[string]any {
	return map[string]any{"spec": map[string]any{
		"group": "core.posit.team", "scope": scope, "names": map[string]any{"kind": "Site", "plural": "sites"},
		"versions": []any{map[string]any{
			"name": "v1beta1", "served": true, "storage": true,
			"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
		}},
	}}
}

func TestDefinitionTakesItsResourcesWithIt(t *testing.T) {
	t.Parallel()
	const site = "kubernetes:core.posit.team/v1beta1:Site"
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	c.mustCreate(definitionType, "sites.core.posit.team", definition("Namespaced"))
	assert.Equal(t, "default/main", string(c.mustCreate(site, "main", map[string]any{"spec": map[string]any{"any": 1.0}}).ID))
	c.mustCreate(configMapType, "default/main", nil)
	_, err := c.create("kubernetes:core.posit.team/v1:Site", "second", nil)
	assert.EqualError(t, err, `no matches for kind "Site" in version "core.posit.team/v1": sites.core.posit.team does not serve that version`)
	c.delete(definitionType, "sites.core.posit.team")
	assert.Equal(t, []string{"ConfigMap default/main"}, c.objects())
}

func TestClusterScopedCustomResource(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	c.mustCreate(definitionType, "sites.core.posit.team", definition("Cluster"))
	assert.Equal(t, "main", string(c.mustCreate("kubernetes:core.posit.team/v1beta1:Site", "main", nil).ID))
	_, err := c.create("kubernetes:core.posit.team/v1beta1:Site", "default/second", nil)
	assert.EqualError(t, err, "Site.core.posit.team is invalid: metadata.namespace: Forbidden: default: not allowed on this type")
}

func pods(app, serviceAccount string) map[string]any {
	specification := map[string]any{"containers": []any{map[string]any{"name": "app", "image": "example.com/app:1"}}}
	if serviceAccount != "" {
		specification["serviceAccountName"] = serviceAccount
	}
	return map[string]any{"spec": map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"app": app}},
		"template": map[string]any{"metadata": map[string]any{"labels": map[string]any{"app": app}}, "spec": specification},
	}}
}

func TestPodsNeedTheirServiceAccountAndPriority(t *testing.T) {
	t.Parallel()
	const deployment = "kubernetes:apps/v1:Deployment"
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	_, err := c.create(deployment, "default/app", pods("app", "app"))
	assert.EqualError(t, err, `pods of Deployment.apps "default/app" are forbidden: error looking up service account default/app: serviceaccount "app" not found`)
	c.mustCreate(serviceAccountType, "default/app", nil)
	c.mustCreate(deployment, "default/app", pods("app", "app"))
	c.mustCreate(deployment, "default/plain", pods("app", ""))
	urgent := pods("app", "")
	urgent["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)["priorityClassName"] = "urgent"
	_, err = c.create(deployment, "default/urgent", urgent)
	assert.EqualError(t, err, `pods of Deployment.apps "default/urgent" are forbidden: no PriorityClass with name urgent was found`)
	c.mustCreate(priorityClassType, "urgent", map[string]any{"value": 1.0})
	c.mustCreate(deployment, "default/urgent", urgent)
}

const claimType = "kubernetes:core/v1:PersistentVolumeClaim"

func claim(size, class string) fields {
	return fields{"spec": fields{
		"accessModes": []any{"ReadWriteOnce"}, "storageClassName": class, "resources": fields{"requests": fields{"storage": size}},
	}}
}

func pod(image string) fields {
	return fields{"spec": fields{"containers": []any{fields{"name": "app", "image": "example.com/" + image}}}}
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	for name, test := range map[string]struct {
		token    string
		old, new map[string]any
		replaced []resource.PropertyKey
	}{
		"data of a config map":     {configMapType, map[string]any{"data": map[string]any{"a": "b"}}, map[string]any{"data": map[string]any{"a": "c"}}, []resource.PropertyKey{"data"}},
		"selector of a deployment": {"kubernetes:apps/v1:Deployment", pods("a", ""), pods("b", ""), []resource.PropertyKey{"spec"}},
		"pods of a deployment":     {"kubernetes:apps/v1:Deployment", pods("a", ""), pods("a", "other"), nil},
		"pods of a job":            {"kubernetes:batch/v1:Job", pods("a", ""), pods("a", "other"), []resource.PropertyKey{"spec"}},
		"selector of a daemon set": {"kubernetes:apps/v1:DaemonSet", pods("a", ""), pods("b", ""), []resource.PropertyKey{"spec"}},
		"size of a claim":          {claimType, claim("1Gi", "fast"), claim("2Gi", "fast"), nil},
		"class of a claim":         {claimType, claim("1Gi", "fast"), claim("1Gi", "slow"), []resource.PropertyKey{"spec"}},
		"source of a volume":       {"kubernetes:core/v1:PersistentVolume", fields{"spec": fields{"rbd": fields{"image": "a"}}}, fields{"spec": fields{"rbd": fields{"image": "b"}}}, []resource.PropertyKey{"spec"}},
		"image of a pod":           {"kubernetes:core/v1:Pod", pod("app:1"), pod("app:2"), []resource.PropertyKey{"spec"}},
		"value of a priority":      {priorityClassType, fields{"value": 1.0}, fields{"value": 2.0}, nil},
		"custom resource":          {"kubernetes:core.posit.team/v1beta1:Deployment", pods("a", ""), pods("b", ""), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			urn, old := object(test.token, "default/main", test.old)
			_, next := object(test.token, "default/main", test.new)
			answer, err := c.provider.Diff(context.Background(), plugin.DiffRequest{URN: urn, OldInputs: old, NewInputs: next})
			require.NoError(t, err)
			assert.Equal(t, plugin.DiffSome, answer.Changes)
			assert.Equal(t, test.replaced, answer.ReplaceKeys)
			assert.Equal(t, len(test.replaced) > 0, answer.DeleteBeforeReplace, "its name is not generated")
		})
	}
}

func TestNotSimulated(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	for _, token := range []string{
		"kubernetes:helm.sh/v3:Chart", "kubernetes:core/v1:ConfigMapsPatch", "kubernetes:core/v1:ConfigMapList",
		"kubernetes:apps/v1beta1:Deployment", "kubernetes:extensions/v1beta1:Ingress",
	} {
		urn, inputs := object(token, "default/main", nil)
		_, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: inputs})
		assert.EqualError(t, err, "the sandbox does not simulate "+token)
	}
}

func TestSecretsAreSecret(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]any{"kubeconfig": testKubeconfig})
	created := c.mustCreate("kubernetes:core/v1:Secret", "default/main", map[string]any{"stringData": map[string]any{"a": "b"}})
	assert.True(t, created.Properties["stringData"].IsSecret())
}

func TestMutableData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		token, option string
		old           fields
		replaced      bool
	}{
		{configMapType, "enableConfigMapMutable", fields{}, false},
		{secretType, "enableSecretMutable", fields{}, false},
		{configMapType, "enableSecretMutable", fields{}, true},
		{configMapType, "enableConfigMapMutable", fields{"immutable": true}, true},
	} {
		c := newCluster(t, fields{"kubeconfig": testKubeconfig, test.option: true})
		test.old["data"] = fields{"a": "b"}
		urn, old := object(test.token, "default/main", test.old)
		_, next := object(test.token, "default/main", fields{"data": fields{"a": "c"}})
		answer, err := c.provider.Diff(context.Background(), plugin.DiffRequest{URN: urn, OldInputs: old, NewInputs: next})
		require.NoError(t, err)
		assert.Equal(t, test.replaced, len(answer.ReplaceKeys) > 0, "%v", test)
	}
}
