package kubernetes

import (
	"fmt"
	"maps"
	"testing"

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

func (c change) inputs(name string, fields object) object {
	whole := named(c.version, c.kind, name, fields)
	metadata := whole["metadata"].(object)
	metadata["annotations"] = object{"pulumi.com/skipAwait": "true"} // no controller does anything here
	if !c.cluster {
		metadata["namespace"] = "default"
	}
	return whole
}

var (
	container = object{"name": "a", "image": "a"}
	labels    = object{"app": "a"}
	template  = templateOf(labels, "Always")
)

func templateOf(labels object, restart string) object {
	return object{"metadata": object{"labels": labels}, "spec": object{"containers": []any{container}, "restartPolicy": restart}}
}

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

var (
	others = object{"app": "b"}
	other  = object{"selector": object{"matchLabels": others}, "template": templateOf(others, "Always")}
	once   = templateOf(labels, "Never")
)

// changes are those whose answer the sandbox has to know: row 5 of the sheet.
var changes = []change{
	{"apps/v1", "apps/v1", "Deployment", false, workload(nil), workload(object{"replicas": 3.0})},
	{"apps/v1", "apps/v1", "Deployment", false, workload(nil), workload(other)},
	{"apps/v1", "apps/v1", "DaemonSet", false, workload(nil), workload(other)},
	{"apps/v1", "apps/v1", "DaemonSet", false, workload(nil), workload(object{"minReadySeconds": 3.0})},
	{"apps/v1", "apps/v1", "StatefulSet", false, workload(object{"serviceName": "a"}), workload(object{"serviceName": "b"})},
	{"apps/v1", "apps/v1", "StatefulSet", false, workload(nil), workload(object{"revisionHistoryLimit": 3.0})},
	{"apps/v1", "apps/v1", "StatefulSet", false, workload(nil), workload(object{"podManagementPolicy": "Parallel"})},
	{"batch/v1", "batch/v1", "Job", false, object{"spec": object{"template": once}}, object{"spec": object{"template": once, "backoffLimit": 3.0}}},
	{"batch/v1", "batch/v1", "Job", false, object{"spec": object{"template": once}}, object{"spec": object{"template": once, "parallelism": 2.0}}},
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

// TestReplacement compares what the sandbox says of changes with what the plugin says, each
// of an object that is there.
func TestReplacement(t *testing.T) {
	_, kubeconfig := startAPIServer(t)
	real, simulated := newPlugin(t, kubeconfig), newSimulation(t)
	ask := func(t *testing.T, p *provider, c change, name string) string {
		t.Helper()
		old, err := p.create(t, "kubernetes:"+c.typ+":"+c.kind, name, c.inputs(name, c.before), false)
		if err != nil {
			return fmt.Sprint("it cannot be made: ", err)
		}
		changed, replaces := p.diff(t, old, c.inputs(name, c.after))
		return fmt.Sprint("changes: ", changed, ", replaced for: ", replaces)
	}
	for i, c := range changes {
		name := fmt.Sprintf("a%d", i)
		want := ask(t, real, c, name)
		t.Logf("%s from %v to %v: %s", c.kind, c.before, c.after, want)
		assert.Equal(t, want, ask(t, simulated, c, name), "%s: from %v to %v", c.kind, c.before, c.after)
	}
	for _, p := range []*provider{real, simulated} {
		old, err := p.create(t, configMap, "name", in(named("v1", "ConfigMap", "one", nil), nil), false)
		require.NoError(t, err)
		changed, replaces := p.diff(t, old, in(named("v1", "ConfigMap", "other", nil), nil))
		assert.True(t, changed)
		assert.Equal(t, []string{"metadata"}, replaces, "another name")
	}
}
