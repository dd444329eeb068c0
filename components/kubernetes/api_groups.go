package kubernetes

import (
	"slices"
	"strings"
)

// groupsOfKubernetes are the API groups of Kubernetes itself that have a dot; extensions
// use the same domain.
var groupsOfKubernetes = []string{
	"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
	"certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io",
	"networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
	"storagemigration.k8s.io",
}

// groupsOfCalico are those that Calico's chart and its API server bring.
var groupsOfCalico = []string{"crd.projectcalico.org", "operator.tigera.io", "projectcalico.org"}

// groupOfHelmController is that of the Helm controller's kinds.
const groupOfHelmController = "helm.cattle.io"

// DefinedBeforeCharts divides manifests in two: those whose kind a cluster knows before
// charts are installed in it, which are Kubernetes' own, the Helm controller's, Calico's
// where it runs, and those that a CustomResourceDefinition of the manifests defines; and
// the others. What is no object with an apiVersion and a kind is among the first.
func DefinedBeforeCharts(manifests []Manifest, calico bool) (before, after []Manifest) {
	defined := map[string]bool{}
	for _, manifest := range manifests {
		if object, err := read(manifest); err == nil && object.kind == "CustomResourceDefinition" {
			defined[definitionOf(object.defines())] = true
		}
	}
	for _, manifest := range manifests {
		object, err := read(manifest)
		known := err != nil || !strings.Contains(object.group, ".") || object.group == groupOfHelmController ||
			slices.Contains(groupsOfKubernetes, object.group) || calico && slices.Contains(groupsOfCalico, object.group) ||
			defined[definitionOf(object.group, object.kind)]
		if known {
			before = append(before, manifest)
		} else {
			after = append(after, manifest)
		}
	}
	return before, after
}
