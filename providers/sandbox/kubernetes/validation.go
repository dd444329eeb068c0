package kubernetes

import (
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	rbac "k8s.io/api/rbac/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validate finds what the API server would refuse in an object of the scheme, in its
// words: everything about names, labels and annotations, and of the specification what
// programs get wrong.
func validate(object runtime.Object) field.ErrorList {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	kind := object.GetObjectKind().GroupVersionKind().Kind
	namespaced := !clusterScoped[kind]
	if namespaced && accessor.GetNamespace() == "" {
		accessor.SetNamespace(core.NamespaceDefault) // as the provider does
	}
	problems := apivalidation.ValidateObjectMetaAccessor(accessor, namespaced, nameRule(kind), field.NewPath("metadata"))
	spec := field.NewPath("spec")
	switch object := object.(type) {
	case *core.Pod:
		problems = append(problems, validatePod(&object.Spec, spec)...)
	case *apps.Deployment:
		problems = append(problems, validateWorkload(object.Spec.Selector, &object.Spec.Template)...)
	case *apps.StatefulSet:
		problems = append(problems, validateWorkload(object.Spec.Selector, &object.Spec.Template, object.Spec.VolumeClaimTemplates...)...)
	case *apps.DaemonSet:
		problems = append(problems, validateWorkload(object.Spec.Selector, &object.Spec.Template)...)
	case *batch.Job:
		problems = append(problems, validateJob(&object.Spec, spec)...)
	case *batch.CronJob:
		if object.Spec.Schedule == "" {
			problems = append(problems, field.Required(spec.Child("schedule"), ""))
		}
		problems = append(problems, validateJob(&object.Spec.JobTemplate.Spec, spec.Child("jobTemplate", "spec"))...)
	case *core.Service:
		problems = append(problems, validateService(&object.Spec, spec)...)
	case *core.ConfigMap:
		problems = append(problems, validateKeys(object.Data, field.NewPath("data"))...)
		problems = append(problems, validateKeys(object.BinaryData, field.NewPath("binaryData"))...)
	case *core.Secret:
		problems = append(problems, validateKeys(object.Data, field.NewPath("data"))...)
		problems = append(problems, validateKeys(object.StringData, field.NewPath("stringData"))...)
	case *core.PersistentVolumeClaim:
		problems = append(problems, validateClaim(&object.Spec, spec)...)
	case *core.PersistentVolume:
		if len(object.Spec.AccessModes) == 0 {
			problems = append(problems, field.Required(spec.Child("accessModes"), ""))
		}
		if len(object.Spec.Capacity) == 0 {
			problems = append(problems, field.Required(spec.Child("capacity"), ""))
		}
	case *rbac.Role:
		problems = append(problems, validateRules(object.Rules, true)...)
	case *rbac.ClusterRole:
		problems = append(problems, validateRules(object.Rules, false)...)
	case *rbac.RoleBinding:
		problems = append(problems, validateBinding(object.RoleRef, object.Subjects, true)...)
	case *rbac.ClusterRoleBinding:
		problems = append(problems, validateBinding(object.RoleRef, object.Subjects, false)...)
	case *networking.NetworkPolicy:
		problems = append(problems, validateNetworkPolicy(&object.Spec, spec)...)
	case *networking.Ingress:
		problems = append(problems, validateIngress(&object.Spec, spec)...)
	case *storage.StorageClass:
		if object.Provisioner == "" {
			problems = append(problems, field.Required(field.NewPath("provisioner"), ""))
		}
	case *apiextensions.CustomResourceDefinition:
		problems = append(problems, validateDefinition(object)...)
	}
	return problems
}

// nameRule is what a kind allows as a name.
func nameRule(kind string) apivalidation.ValidateNameFunc {
	switch kind {
	case "Namespace", "StatefulSet":
		return apivalidation.NameIsDNSLabel
	case "Service":
		return apivalidation.NameIsDNS1035Label
	case "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding":
		return path.ValidatePathSegmentName
	default:
		return apivalidation.NameIsDNSSubdomain
	}
}

func invalid(at *field.Path, value any, messages []string) field.ErrorList {
	var problems field.ErrorList
	for _, message := range messages {
		problems = append(problems, field.Invalid(at, value, message))
	}
	return problems
}

// validateLabelName checks a name within an object, which may be there only once.
func validateLabelName(name string, seen map[string]bool, at *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(at, "")}
	}
	if seen[name] {
		return field.ErrorList{field.Duplicate(at, name)}
	}
	seen[name] = true
	return invalid(at, name, validation.IsDNS1123Label(name))
}

func validateKeys[V any](data map[string]V, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	for key := range data {
		problems = append(problems, invalid(at.Key(key), key, validation.IsConfigMapKey(key))...)
	}
	return problems
}

func validateClaim(claim *core.PersistentVolumeClaimSpec, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	if len(claim.AccessModes) == 0 {
		problems = append(problems, field.Required(at.Child("accessModes"), "at least 1 access mode is required"))
	}
	if _, ok := claim.Resources.Requests[core.ResourceStorage]; !ok {
		problems = append(problems, field.Required(at.Child("resources", "requests").Key("storage"), ""))
	}
	return problems
}

func validateDefinition(definition *apiextensions.CustomResourceDefinition) field.ErrorList {
	var problems field.ErrorList
	at := field.NewPath("spec")
	if want := definition.Spec.Names.Plural + "." + definition.Spec.Group; definition.Name != want {
		problems = append(problems, field.Invalid(field.NewPath("metadata", "name"), definition.Name, "must be spec.names.plural+\".\"+spec.group"))
	}
	if scope := definition.Spec.Scope; scope != apiextensions.NamespaceScoped && scope != apiextensions.ClusterScoped {
		problems = append(problems, field.NotSupported(at.Child("scope"), scope,
			[]apiextensions.ResourceScope{apiextensions.ClusterScoped, apiextensions.NamespaceScoped}))
	}
	if definition.Spec.Names.Kind == "" {
		problems = append(problems, field.Required(at.Child("names", "kind"), ""))
	}
	stored := 0
	for i, version := range definition.Spec.Versions {
		if version.Storage {
			stored++
		}
		if version.Schema == nil || version.Schema.OpenAPIV3Schema == nil {
			problems = append(problems, field.Required(at.Child("versions").Index(i).Child("schema", "openAPIV3Schema"), "schemas are required"))
		}
	}
	if stored != 1 {
		problems = append(problems, field.Invalid(at.Child("versions"), len(definition.Spec.Versions), "must have exactly one version marked as storage version"))
	}
	return problems
}
