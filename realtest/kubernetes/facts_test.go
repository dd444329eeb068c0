package kubernetes

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sandboxkubernetes "github.com/ptd-go/ptd/providers/sandbox/kubernetes"
)

// named is an object with a name and fields.
func named(version, kind, name string, fields object) object {
	whole := object{"apiVersion": version, "kind": kind, "metadata": object{"name": name}}
	for key, value := range fields {
		whole[key] = value
	}
	return whole
}

// in is an object in the namespace default, with annotations.
func in(whole object, annotations object) object {
	metadata := whole["metadata"].(object)
	metadata["namespace"] = "default"
	if annotations != nil {
		metadata["annotations"] = annotations
	}
	return whole
}

// field is the field of an object at a path of names.
func field(whole object, path ...string) any {
	for _, name := range path[:len(path)-1] {
		whole, _ = whole[name].(object)
	}
	return whole[path[len(path)-1]]
}

const (
	configMap     = "kubernetes:core/v1:ConfigMap"
	roleBinding   = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
	priorityClass = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
	storageClass  = "kubernetes:storage.k8s.io/v1:StorageClass"
)

var force = object{"pulumi.com/patchForce": "true"}

// TestFacts holds what docs/reference/real-plugins.md, section 2, says of the plugin, row by
// row; where it no longer does, the sheet and the sandbox have to follow.
func TestFacts(t *testing.T) {
	api, kubeconfig := startAPIServer(t)
	p := newPlugin(t, kubeconfig)

	t.Run("row 1: a patch that is deleted takes away what it has", func(t *testing.T) {
		const path = "/api/v1/namespaces/default/configmaps"
		api.create(t, path, named("v1", "ConfigMap", "forced", object{"data": object{"mapRoles": "theirs", "other": "theirs"}}))
		patch, err := p.create(t, configMap+"Patch", "forced",
			in(named("v1", "ConfigMap", "forced", object{"data": object{"mapRoles": "ours"}}), force), false)
		require.NoError(t, err)
		assert.Equal(t, object{"mapRoles": "ours", "other": "theirs"}, field(api.get(t, path+"/forced"), "data"))
		require.NoError(t, p.remove(t, patch))
		assert.Equal(t, object{"other": "theirs"}, field(api.get(t, path+"/forced"), "data"), "mapRoles is gone, not theirs again")
	})

	t.Run("row 1: a field that others set, too, stays", func(t *testing.T) {
		const path = "/api/v1/namespaces/default/configmaps"
		api.create(t, path, named("v1", "ConfigMap", "shared", object{"data": object{"a": "same"}}))
		patch, err := p.create(t, configMap+"Patch", "shared", in(named("v1", "ConfigMap", "shared", object{"data": object{"a": "same"}}), nil), false)
		require.NoError(t, err)
		require.NoError(t, p.remove(t, patch))
		assert.Equal(t, object{"a": "same"}, field(api.get(t, path+"/shared"), "data"))
	})

	t.Run("row 2: a patch of an absent object makes it, where the kind lets it", func(t *testing.T) {
		_, err := p.create(t, configMap+"Patch", "absent", in(named("v1", "ConfigMap", "absent", object{"data": object{"a": "b"}}), force), false)
		require.NoError(t, err)
		assert.Equal(t, object{"a": "b"}, field(api.get(t, "/api/v1/namespaces/default/configmaps/absent"), "data"))
		_, err = p.create(t, storageClass+"Patch", "absent",
			named("storage.k8s.io/v1", "StorageClass", "absent", object{"allowVolumeExpansion": true}), false)
		require.ErrorContains(t, err, "provisioner")
	})

	t.Run("row 3: a create takes over what is there", func(t *testing.T) {
		const path = "/api/v1/namespaces/default/configmaps"
		api.create(t, path, named("v1", "ConfigMap", "theirs", object{"data": object{"a": "theirs"}}))
		whole := func(value string, annotations object) object {
			return in(named("v1", "ConfigMap", "theirs", object{"data": object{"a": value}}), annotations)
		}
		_, err := p.create(t, configMap, "theirs", whole("ours", nil), false)
		require.ErrorContains(t, err, "conflict", "a field that others have set otherwise")
		_, err = p.create(t, configMap, "theirs", whole("theirs", nil), false)
		require.NoError(t, err, "the same value is no conflict: it is taken over without a word")
		_, err = p.create(t, configMap, "theirs", whole("ours", force), false)
		require.NoError(t, err, "by force anything is")
		assert.Equal(t, object{"a": "ours"}, field(api.get(t, path+"/theirs"), "data"))
	})

	t.Run("row 4: a replacement that is Invalid in a preview", func(t *testing.T) {
		whole := func(role string) object {
			return in(named("rbac.authorization.k8s.io/v1", "RoleBinding", "bound", object{
				"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
				"subjects": []any{object{"kind": "ServiceAccount", "name": "a", "namespace": "default"}},
			}), nil)
		}
		bound, err := p.create(t, roleBinding, "bound", whole("one"), false)
		require.NoError(t, err)
		changes, replaces := p.diff(t, bound, whole("two"))
		assert.True(t, changes)
		assert.Equal(t, []string{"roleRef"}, replaces)
		_, err = p.create(t, roleBinding, "bound", whole("two"), true)
		require.ErrorContains(t, err, "cannot change roleRef")
		assert.NotContains(t, err.Error(), "field is immutable", "so the plugin does not know it for what it is")
		require.NoError(t, p.remove(t, bound))
		_, err = p.create(t, roleBinding, "bound", whole("two"), false)
		require.NoError(t, err)
	})

	t.Run("row 6: the value of a PriorityClass", func(t *testing.T) {
		whole := func(value int) object {
			return named("scheduling.k8s.io/v1", "PriorityClass", "first", object{"value": float64(value)})
		}
		class, err := p.create(t, priorityClass, "first", whole(1), false)
		require.NoError(t, err)
		changes, replaces := p.diff(t, class, whole(2))
		assert.True(t, changes)
		assert.Empty(t, replaces)
		_, err = p.update(t, class, whole(2), true)
		require.ErrorContains(t, err, "may not be changed in an update")
	})

	t.Run("row 9: a namespace in a patch of what has none", func(t *testing.T) {
		for _, definition := range sandboxkubernetes.Definitions(sandboxkubernetes.Options{}) {
			if field(definition, "metadata", "name") == "apiservers.operator.tigera.io" {
				api.create(t, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
			}
		}
		require.Eventually(t, func() bool { return api.get(t, "/apis/operator.tigera.io/v1/apiservers") != nil }, time.Minute, 100*time.Millisecond)
		api.create(t, "/apis/operator.tigera.io/v1/apiservers", named("operator.tigera.io/v1", "APIServer", "default", nil))
		inputs := named("operator.tigera.io/v1", "APIServer", "default", object{"spec": object{}})
		patch, err := p.create(t, "kubernetes:operator.tigera.io/v1:APIServerPatch", "plain", inputs, false)
		require.NoError(t, err)
		metadata := patch.inputs["metadata"].ObjectValue()
		assert.Equal(t, "default", metadata["namespace"].V)
		changes, _ := p.diff(t, patch, inputs)
		assert.False(t, changes)
	})

	t.Run("row 10: what is not awaited is still there after its deletion, of some kinds", func(t *testing.T) {
		kept := func(whole object) object {
			whole = in(whole, object{"pulumi.com/skipAwait": "true", "pulumi.com/timeoutSeconds": "3"})
			whole["metadata"].(object)["finalizers"] = []any{"example.com/kept"}
			return whole
		}
		skipped, err := p.create(t, "kubernetes:apps/v1:DaemonSet", "skipped", kept(named("apps/v1", "DaemonSet", "skipped", workload(nil))), false)
		require.NoError(t, err)
		require.NoError(t, p.remove(t, skipped))
		assert.NotNil(t, field(api.get(t, "/apis/apps/v1/namespaces/default/daemonsets/skipped"), "metadata", "deletionTimestamp"))
		waited, err := p.create(t, configMap, "skipped", kept(named("v1", "ConfigMap", "skipped", nil)), false)
		require.NoError(t, err)
		require.ErrorContains(t, p.remove(t, waited), "timed out", "deletions of what has no pods are awaited all the same")
	})
}

// TestStatus is row 7: the plugin says what it waits for, here that an Ingress gets an
// address.
func TestStatus(t *testing.T) {
	api, kubeconfig := startAPIServer(t)
	p := newPlugin(t, kubeconfig)
	_, err := p.create(t, "kubernetes:networking.k8s.io/v1:Ingress", "waiting", in(named("networking.k8s.io/v1", "Ingress", "waiting", object{
		"spec": object{"rules": []any{object{"http": object{"paths": []any{object{"path": "/", "pathType": "Prefix", "backend": backend}}}}}},
	}), object{"pulumi.com/timeoutSeconds": "12"}), false)
	require.ErrorContains(t, err, "Ingress .status.loadBalancer field was not updated with a hostname/IP address")
	assert.NotNil(t, api.get(t, "/apis/networking.k8s.io/v1/namespaces/default/ingresses/waiting"), "it is there for all that")
	said := p.said.all()
	assert.True(t, slices.ContainsFunc(said, func(text string) bool { return strings.HasPrefix(text, "[") }), "%q", said)
}
