package config

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/util/validation"
)

// maxAnnotations is how many bytes the annotations of an object have together.
// (k8s.io/apimachinery/pkg/api/validation, TotalAnnotationSizeLimitB)
const maxAnnotations = 256 << 10

// Kinds whose names are not those of DNS subdomains, as the others' are: names of roles and of
// what binds them may have whatever a path takes, namespaces and services are labels.
var (
	pathNamed  = []string{"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
	labelNamed = []string{"Namespace"}
)

// validateMetadata checks what the API server would refuse in an object's metadata.
func (d *decoder) validateMetadata(at string, object objectIdentity) {
	name, namespace := object.Metadata.Name, object.Metadata.Namespace
	rule := validation.IsDNS1123Subdomain
	switch group, _, grouped := strings.Cut(object.APIVersion, "/"); {
	case group == "rbac.authorization.k8s.io" && slices.Contains(pathNamed, object.Kind):
		rule = path.IsValidPathSegmentName
	case !grouped && slices.Contains(labelNamed, object.Kind):
		rule = validation.IsDNS1123Label
	case !grouped && object.Kind == "Service":
		rule = validation.IsDNS1035Label
	}
	if problems := rule(name); name != "" && len(problems) > 0 {
		d.reject(at+".name", "%q is no name that Kubernetes takes of a %s: %s", name, object.Kind, problems[0])
	}
	if problems := validation.IsDNS1123Label(namespace); namespace != "" && len(problems) > 0 {
		d.reject(at+".namespace", "%q is no name of a namespace: %s", namespace, problems[0])
	}
	for key, value := range sorted(object.Metadata.Labels) {
		if problem, _ := checkLabelKey(key); problem != "" {
			d.reject(at+".labels."+key, "%q %s", key, problem)
		} else if problem, _ := checkLabelValue(value); value != "" && problem != "" {
			d.reject(at+".labels."+key, "%q %s", value, problem)
		}
	}
	size := 0
	for key, value := range sorted(object.Metadata.Annotations) {
		size += len(key) + len(value)
		if problem, _ := checkLabelKey(strings.ToLower(key)); problem != "" {
			d.reject(at+".annotations."+key, "%q %s", key, problem)
		}
	}
	if size > maxAnnotations {
		d.reject(at+".annotations", "annotations of %d bytes are more than the %d that an object takes", size, maxAnnotations)
	}
}
