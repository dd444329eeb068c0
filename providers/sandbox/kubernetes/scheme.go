package kubernetes

import (
	"strings"
	"sync"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
)

const (
	apiServiceType     = "kubernetes:apiregistration.k8s.io/v1:APIService"
	configMapType      = "kubernetes:core/v1:ConfigMap"
	priorityClassType  = "kubernetes:scheduling.k8s.io/v1:PriorityClass"
	namespaceType      = "kubernetes:core/v1:Namespace"
	serviceAccountType = "kubernetes:core/v1:ServiceAccount"
	definitionType     = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
)

// scheme holds the kinds that a cluster has from the start.
var scheme = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistration.AddToScheme, apiextensions.AddToScheme, apps.AddToScheme, autoscaling.AddToScheme,
		batch.AddToScheme, coordination.AddToScheme, core.AddToScheme, discovery.AddToScheme, networking.AddToScheme,
		node.AddToScheme, policy.AddToScheme, rbac.AddToScheme, scheduling.AddToScheme, storage.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err) // two kinds of one name, which only a change of the list can bring
		}
	}
	return scheme
})

// decoder refuses fields that a kind does not have, and fields given twice.
var decoder = sync.OnceValue(func() runtime.Decoder {
	return serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme(), scheme(), serializer.SerializerOptions{Strict: true})
})

// clusterScoped are the kinds of the scheme that belong to no namespace.
var clusterScoped = map[string]bool{
	"Namespace": true, "Node": true, "PersistentVolume": true, "ClusterRole": true, "ClusterRoleBinding": true,
	"StorageClass": true, "VolumeAttachment": true, "CSIDriver": true, "CSINode": true, "IngressClass": true,
	"PriorityClass": true, "RuntimeClass": true, "CustomResourceDefinition": true,
	"ValidatingWebhookConfiguration": true, "MutatingWebhookConfiguration": true,
	"ValidatingAdmissionPolicy": true, "ValidatingAdmissionPolicyBinding": true,
}

// preexisting are the namespaces that every cluster has.
var preexisting = []string{"default", "kube-system", "kube-public", "kube-node-lease"}

// kindOf reads a type token such as "kubernetes:apps/v1:Deployment".
func kindOf(token string) (schema.GroupVersionKind, bool) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 || parts[0] != "kubernetes" {
		return schema.GroupVersionKind{}, false
	}
	group, version, ok := strings.Cut(parts[1], "/")
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: parts[2]}, ok
}
