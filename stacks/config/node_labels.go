package config

import (
	"maps"
	"strings"
)

// KubernetesLabels are the labels of the group's nodes: those of labels that nodes can
// have, and posit.team/node-role=system with system_nodes. They used to be tags only, so
// the rest stays what it was. (docs/reference/aws-workload-eks.md 2.3, 21.9)
func (g AWSNodeGroup) KubernetesLabels() map[string]string {
	labels := map[string]string{}
	for key, value := range g.Labels {
		if nodeLabel(key, value) {
			labels[key] = value
		}
	}
	if g.SystemNodes {
		maps.Copy(labels, SystemNodeLabels())
	}
	return labels
}

// SystemNodeLabels mark the nodes that are kept for what the cluster itself needs.
func SystemNodeLabels() map[string]string { return map[string]string{"posit.team/node-role": "system"} }

// nodeLabel tells whether EKS takes the label for a node group: it keeps prefixes of
// Kubernetes and of its own for itself.
func nodeLabel(key, value string) bool {
	if !isLabel(key, value) {
		return false
	}
	prefix, _, _ := strings.Cut(key, "/")
	for _, reserved := range []string{"kubernetes.io", "k8s.io", "eks.amazonaws.com"} {
		if prefix == reserved || strings.HasSuffix(prefix, "."+reserved) {
			return false
		}
	}
	return true
}
