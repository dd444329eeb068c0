package config

import (
	"strings"
)

// What Kubernetes takes as the parts of a label.
var (
	labelName   = pattern(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
	labelPrefix = pattern(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
)

// KubernetesLabels are the labels of the group's nodes: those of labels that nodes can
// have, and posit.team/node-role=system with system_nodes. They used to be tags only, so
// the rest stays what it was. (facts: aws-workload-eks 2.3, 21.9)
func (g AWSNodeGroup) KubernetesLabels() map[string]string {
	labels := map[string]string{}
	for key, value := range g.Labels {
		if nodeLabel(key, value) {
			labels[key] = value
		}
	}
	if g.SystemNodes {
		labels["posit.team/node-role"] = "system"
	}
	return labels
}

// nodeLabel tells whether EKS takes the label for a node group: it keeps prefixes of
// Kubernetes and of its own for itself.
func nodeLabel(key, value string) bool {
	prefix, name, prefixed := strings.Cut(key, "/")
	if !prefixed {
		prefix, name = "", key
	}
	if prefixed && !labelPrefix().MatchString(prefix) || !labelName().MatchString(name) {
		return false
	}
	if value != "" && !labelName().MatchString(value) {
		return false
	}
	for _, reserved := range []string{"kubernetes.io", "k8s.io", "eks.amazonaws.com"} {
		if prefix == reserved || strings.HasSuffix(prefix, "."+reserved) {
			return false
		}
	}
	return true
}
