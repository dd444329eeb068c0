package config

import "maps"

// Labels are the required tags (see RequiredTags) as far as they can be labels of
// Kubernetes. (docs/reference/config-and-cli.md 2.8)
func (w *AWSWorkload) Labels(managedBy string) map[string]string {
	labels := w.RequiredTags(managedBy)
	maps.DeleteFunc(labels, func(key, value string) bool { return !isLabel(key, value) })
	return labels
}
