package kubernetes

import (
	"fmt"
	"maps"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// change is a change of one object: the fields before, and those of them that are changed.
type change struct {
	typ, version, kind string
	cluster            bool // it is in no namespace
	before             object
	after              object
}

func (c change) inputs(fields object) object {
	whole := named(c.version, c.kind, "a", fields)
	if !c.cluster {
		whole["metadata"].(object)["namespace"] = "default"
	}
	return whole
}

var (
	container = object{"name": "a", "image": "a"}
	labels    = object{"app": "a"}
	template  = object{"metadata": object{"labels": labels}, "spec": object{"containers": []any{container}}}
)

// workload is the spec of a Deployment, DaemonSet or StatefulSet.
func workload(more object) object {
	spec := object{"selector": object{"matchLabels": labels}, "template": template}
	maps.Copy(spec, more)
	return object{"spec": spec}
}

func claim(more object) object {
	spec := object{"accessModes": []any{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}}, "storageClassName": "a"}
	maps.Copy(spec, more)
	return object{"spec": spec}
}

var other = object{"selector": object{"matchLabels": object{"app": "b"}}}

// changes are those whose answer the sandbox has to know: row 5 of the sheet.
var changes = []change{
	{"apps/v1", "apps/v1", "Deployment", false, workload(nil), workload(object{"replicas": 3.0})},
	{"apps/v1", "apps/v1", "Deployment", false, workload(nil), workload(other)},
	{"apps/v1", "apps/v1", "DaemonSet", false, workload(nil), workload(other)},
	{"apps/v1", "apps/v1", "DaemonSet", false, workload(nil), workload(object{"minReadySeconds": 3.0})},
	{"apps/v1", "apps/v1", "StatefulSet", false, workload(object{"serviceName": "a"}), workload(object{"serviceName": "b"})},
	{"apps/v1", "apps/v1", "StatefulSet", false, workload(nil), workload(object{"revisionHistoryLimit": 3.0})},
	{"apps/v1", "apps/v1", "StatefulSet", false, workload(nil), workload(object{"podManagementPolicy": "Parallel"})},
	{"batch/v1", "batch/v1", "Job", false, object{"spec": object{"template": template}}, object{"spec": object{"template": template, "backoffLimit": 3.0}}},
	{"batch/v1", "batch/v1", "Job", false, object{"spec": object{"template": template}}, object{"spec": object{"template": template, "parallelism": 2.0}}},
	{"core/v1", "v1", "ConfigMap", false, object{"data": object{"a": "a"}}, object{"data": object{"a": "b"}}},
	{"core/v1", "v1", "ConfigMap", false, object{"data": object{"a": "a"}, "immutable": true}, object{"data": object{"a": "b"}, "immutable": true}},
	{"core/v1", "v1", "Secret", false, object{"stringData": object{"a": "a"}}, object{"stringData": object{"a": "b"}}},
	{"core/v1", "v1", "Secret", false, object{"type": "Opaque"}, object{"type": "example.com/other"}},
	{"core/v1", "v1", "Secret", false, object{"data": object{"a": "YQ=="}, "immutable": true}, object{"data": object{"a": "Yg=="}, "immutable": true}},
	{"core/v1", "v1", "PersistentVolumeClaim", false, claim(nil), claim(object{"resources": object{"requests": object{"storage": "2Gi"}}})},
	{"core/v1", "v1", "PersistentVolumeClaim", false, claim(nil), claim(object{"storageClassName": "b"})},
	{"core/v1", "v1", "PersistentVolumeClaim", false, claim(nil), claim(object{"accessModes": []any{"ReadWriteMany"}})},
	{"core/v1", "v1", "PersistentVolumeClaim", false, claim(nil), claim(object{"volumeMode": "Block"})},
	{"core/v1", "v1", "Service", false, object{"spec": object{"ports": []any{object{"port": 80.0}}}}, object{"spec": object{"ports": []any{object{"port": 81.0}}}}},
	{"core/v1", "v1", "Service", false, object{"spec": object{"ports": []any{object{"port": 80.0}}}}, object{"spec": object{"ports": []any{object{"port": 80.0}}, "clusterIP": "None"}}},
	{"core/v1", "v1", "ServiceAccount", false, object{"automountServiceAccountToken": true}, object{"automountServiceAccountToken": false}},
	{"rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1", "RoleBinding", false, bindingTo("a"), bindingTo("b")},
	{"rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1", "ClusterRoleBinding", true, bindingTo("a"), bindingTo("b")},
	{"storage.k8s.io/v1", "storage.k8s.io/v1", "StorageClass", true, object{"provisioner": "a"}, object{"provisioner": "b"}},
	{"storage.k8s.io/v1", "storage.k8s.io/v1", "StorageClass", true, object{"provisioner": "a", "parameters": object{"a": "a"}}, object{"provisioner": "a", "parameters": object{"a": "b"}}},
	{"storage.k8s.io/v1", "storage.k8s.io/v1", "StorageClass", true, object{"provisioner": "a"}, object{"provisioner": "a", "reclaimPolicy": "Retain"}},
	{"scheduling.k8s.io/v1", "scheduling.k8s.io/v1", "PriorityClass", true, object{"value": 1.0}, object{"value": 2.0}},
	{"networking.k8s.io/v1", "networking.k8s.io/v1", "Ingress", false, object{"spec": object{"ingressClassName": "a", "defaultBackend": backend}}, object{"spec": object{"ingressClassName": "b", "defaultBackend": backend}}},
	{"policy/v1", "policy/v1", "PodDisruptionBudget", false, object{"spec": object{"minAvailable": 1.0}}, object{"spec": object{"minAvailable": 2.0}}},
}

var backend = object{"service": object{"name": "a", "port": object{"number": 80.0}}}

func bindingTo(role string) object {
	return object{"roleRef": object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}}
}

// TestReplacement compares what the sandbox says of changes with what the plugin says.
func TestReplacement(t *testing.T) {
	_, kubeconfig := startAPIServer(t)
	real, simulated := newPlugin(t, kubeconfig), newSimulation(t)
	ask := func(t *testing.T, p *provider, c change) string {
		t.Helper()
		typ := "kubernetes:" + c.typ + ":" + c.kind
		checked, err := p.check(t, typ, "a", nil, c.inputs(c.before))
		require.NoError(t, err)
		id := "default/a"
		if c.cluster {
			id = "a"
		}
		changed, replaces := p.diff(t, &made{urnOf(typ, "a"), resource.ID(id), checked, checked}, c.inputs(c.after))
		return fmt.Sprint("changes: ", changed, ", replaced for: ", replaces)
	}
	for _, c := range changes {
		want := ask(t, real, c)
		assert.Equal(t, want, ask(t, simulated, c), "%s: from %v to %v", c.kind, c.before, c.after)
	}
	for _, p := range []*provider{real, simulated} {
		assert.Equal(t, "changes: true, replaced for: [metadata]", func() string {
			const typ = "kubernetes:core/v1:ConfigMap"
			checked, err := p.check(t, typ, "a", nil, in(named("v1", "ConfigMap", "a", nil), nil))
			require.NoError(t, err)
			changed, replaces := p.diff(t, &made{urnOf(typ, "a"), "default/a", checked, checked}, in(named("v1", "ConfigMap", "b", nil), nil))
			return fmt.Sprint("changes: ", changed, ", replaced for: ", replaces)
		}(), "another name")
	}
}
