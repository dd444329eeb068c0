package config

import (
	"maps"
	"strings"
)

// What Kubernetes takes as the parts of a label.
var (
	labelName   = pattern(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
	labelPrefix = pattern(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// isLabel tells whether Kubernetes takes key and value as a label.
func isLabel(key, value string) bool {
	prefix, name, prefixed := strings.Cut(key, "/")
	if !prefixed {
		name = key
	} else if len(prefix) > 253 || !labelPrefix().MatchString(prefix) {
		return false
	}
	return labelName().MatchString(name) && (value == "" || labelName().MatchString(value))
}

// Labels are the required tags (see RequiredTags) as far as they can be labels of
// Kubernetes. (docs/reference/config-and-cli.md 2.8)
func (w *AWSWorkload) Labels(managedBy string) map[string]string {
	labels := w.RequiredTags(managedBy)
	maps.DeleteFunc(labels, func(key, value string) bool { return !isLabel(key, value) })
	return labels
}
