package kubernetes

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	layer "github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/sandbox"
)

// declare makes an object that belongs to nobody.
func (c *fixture) declare(token, where string, all fields) {
	c.t.Helper()
	_, inputs := object(token, where, all)
	require.NoError(c.t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: name, Type: token, ID: where, Account: endpoint, Inputs: sandbox.PlainMap(inputs),
	}))
}

// A create is an apply: it takes over what is there, unless another manager has set a field
// to something else; a preview says nothing of either. (docs/reference/real-plugins.md 2, row 3)
func TestCreateTakesOver(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.declare(configMapType, "default/main", fields{"data": fields{"a": "others"}})
	urn, inputs := object(configMapType, "default/main", fields{"data": fields{"a": "own"}})
	_, err := c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: inputs, Preview: true})
	require.NoError(t, err, "a preview forces")
	_, err = c.create(configMapType, "default/main", fields{"data": fields{"a": "own"}})
	assert.ErrorContains(t, err, `conflict with "before-first-apply" using v1: .data.a`)
	c.mustCreate(configMapType, "default/main", fields{"data": fields{"b": "own"}})
	assert.Equal(t, fields{"a": "others", "b": "own"}, c.live(configMapType, "default/main", "data"))
	c.delete(configMapType, "default/main")
	assert.Empty(t, c.objects(), "with what others had in it")

	c.declare(configMapType, "default/main", fields{"data": fields{"a": "others"}})
	c.mustCreate(configMapType, "default/main", fields{"data": fields{"a": "own"}, "metadata": taking("default/main")})
	assert.Equal(t, fields{"a": "own"}, c.live(configMapType, "default/main", "data"))
}

// A read without a state tells who manages the object, one with a state only what it knows.
func TestRead(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.declare(configMapType, "default/main", fields{"data": fields{"a": "others"}})
	urn, inputs := object(configMapType, "default/main", fields{"data": fields{"b": "own"}})
	read := func(request plugin.ReadRequest) (inputs, outputs fields) {
		answer, err := c.provider.Read(context.Background(), request)
		require.NoError(t, err)
		return sandbox.PlainMap(answer.Inputs), sandbox.PlainMap(answer.Outputs)
	}
	c.mustCreate(configMapType, "default/main", fields{"data": fields{"b": "own"}})
	all, outputs := read(plugin.ReadRequest{URN: urn, ID: "default/main"})
	assert.Equal(t, fields{"a": "others", "b": "own"}, all["data"])
	assert.Equal(t, []any{fields{"manager": noManager}, fields{"manager": fieldManager(string(urn))}}, outputs["metadata"].(fields)["managedFields"])
	own, outputs := read(plugin.ReadRequest{URN: urn, ID: "default/main", Inputs: inputs})
	assert.Equal(t, fields{"b": "own"}, own["data"])
	assert.NotContains(t, outputs["metadata"], "managedFields")
	answer, err := c.provider.Read(context.Background(), plugin.ReadRequest{URN: urn, ID: "default/absent"})
	require.NoError(t, err)
	assert.Empty(t, answer.ID)
}

// What the API server refuses to change it refuses in a dry run, too. Where an object is
// replaced, only the words "field is immutable" let the provider go on with its preview.
// (docs/reference/real-plugins.md 2, rows 4 and 6)
func TestImmutableFields(t *testing.T) {
	t.Parallel()
	const class, binding = "kubernetes:storage.k8s.io/v1:StorageClass", "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
	role := func(name string) fields {
		return fields{"roleRef": fields{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}}
	}
	fast := func(more fields) fields {
		all := fields{"provisioner": "ebs.csi.aws.com", "reclaimPolicy": "Delete", "parameters": fields{"type": "gp3"}}
		for field, value := range more {
			all[field] = value
		}
		return all
	}
	for name, test := range map[string]struct {
		token, where string
		old, new     fields
		update       string
		create       string // "" when the provider tries another name
	}{
		"class":       {class, "fast", fast(nil), fast(fields{"reclaimPolicy": "Retain"}), "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.", "reclaimPolicy"},
		"parameters":  {class, "fast", fast(nil), fast(fields{"parameters": fields{"type": "gp2"}}), "parameters: Forbidden: updates to parameters are forbidden.", "parameters"},
		"binding":     {class, "fast", fast(nil), fast(fields{"volumeBindingMode": "Immediate"}), "volumeBindingMode: Invalid value: Immediate: field is immutable", ""},
		"role":        {binding, "default/main", role("a"), role("b"), "cannot change roleRef", "cannot change roleRef"},
		"priority":    {priorityClassType, "main", fields{"value": 1.0}, fields{"value": 2.0}, "value: Forbidden: may not be changed in an update.", "value"},
		"selector":    {"kubernetes:apps/v1:DaemonSet", "default/main", pods("a", ""), pods("b", ""), "field is immutable", ""},
		"growth":      {claimType, "default/main", claim("1Gi", "fast"), claim("2Gi", "fast"), "", ""},
		"shrinking":   {claimType, "default/main", claim("2Gi", "fast"), claim("1Gi", "fast"), "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity", "storage"},
		"claim":       {claimType, "default/main", claim("1Gi", "fast"), claim("1Gi", "slow"), "spec: Forbidden: spec is immutable after creation except resources.requests", "spec"},
		"secret":      {secretType, "default/main", fields{"type": "Opaque"}, fields{"type": "example.com/main"}, "type: Invalid value: example.com/main: field is immutable", ""},
		"immutable":   {configMapType, "default/main", fields{"immutable": true, "data": fields{"a": "b"}}, fields{"immutable": true, "data": fields{"a": "c"}}, "field is immutable when `immutable` is set", ""},
		"anything":    {configMapType, "default/main", fields{"data": fields{"a": "b"}}, fields{"data": fields{"a": "c"}}, "", ""},
		"description": {priorityClassType, "main", fields{"value": 1.0}, fields{"value": 1.0, "description": "a"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := openCluster(t)
			id := c.mustCreate(test.token, test.where, test.old).ID
			urn, inputs := object(test.token, test.where, test.new)
			check := func(err error, want string) {
				t.Helper()
				if want == "" {
					assert.NoError(t, err)
				} else {
					assert.ErrorContains(t, err, want)
				}
			}
			_, err := c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: inputs, Preview: true})
			check(err, test.create)
			for _, preview := range []bool{true, false} {
				_, err := c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: id, NewInputs: inputs, Preview: preview})
				check(err, test.update)
			}
		})
	}
}

// Whoever asks what an object is marked with gets what the cluster has.
func TestMarks(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	clusters := Clusters(c.cloud, Options{})
	cluster, err := clusters.Cluster(context.Background(), endpoint)
	require.NoError(t, err)
	_, err = cluster.Object(context.Background(), "v1", "ConfigMap", "default", "main")
	assert.ErrorIs(t, err, layer.ErrNotFound)
	c.declare(configMapType, "default/main", fields{"metadata": fields{
		"name": "main", "namespace": "default", "labels": fields{managedBy: "Helm"},
		"annotations": fields{releaseName: "loki", releaseNamespace: "loki"},
	}})
	marks, err := cluster.Object(context.Background(), "v1", "ConfigMap", "default", "main")
	require.NoError(t, err)
	assert.True(t, marks.OwnedBy("loki", "loki"))
	assert.False(t, marks.OwnedBy("loki", "other"))
}

// Without awaits a deletion returns at once, and what is made again meets the old object.
// (docs/reference/real-plugins.md 2, row 10)
func TestDeletionThatIsNotAwaited(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	skipping := fields{"metadata": fields{"name": "main", "namespace": "default", "annotations": fields{skipAwait: "true"}}}
	c.mustCreate(configMapType, "default/main", skipping)
	c.delete(configMapType, "default/main")
	c.mustCreate(configMapType, "default/main", skipping) // what has no pods is awaited all the same
	const daemonSet = "kubernetes:apps/v1:DaemonSet"
	workload := func(skips bool) fields {
		inputs := pods("app", "")
		metadata := fields{"name": "main", "namespace": "default"}
		if inputs["metadata"] = metadata; skips {
			metadata["annotations"] = fields{skipAwait: "true"}
		}
		return inputs
	}
	c.mustCreate(daemonSet, "default/main", workload(false))
	c.delete(daemonSet, "default/main")
	c.mustCreate(daemonSet, "default/main", workload(true))
	c.delete(daemonSet, "default/main")
	_, err := c.create(daemonSet, "default/main", workload(true))
	assert.EqualError(t, err, `object is being deleted: DaemonSet.apps "default/main" already exists: its deletion was not awaited (pulumi.com/skipAwait)`)
	c.mustCreate(daemonSet, "default/main", workload(true))
	assert.Equal(t, []string{"DaemonSet default/main", "ConfigMap default/main"}, c.objects())
}
