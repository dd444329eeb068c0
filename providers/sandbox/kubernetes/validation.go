package kubernetes

import (
	"net/netip"
	"strings"

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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
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

func validateWorkload(selector *metav1.LabelSelector, template *core.PodTemplateSpec, claims ...core.PersistentVolumeClaim) field.ErrorList {
	spec := field.NewPath("spec")
	if selector == nil {
		return field.ErrorList{field.Required(spec.Child("selector"), "")}
	}
	problems := metavalidation.ValidateLabelSelector(selector, metavalidation.LabelSelectorValidationOptions{}, spec.Child("selector"))
	at := spec.Child("template")
	if compiled, err := metav1.LabelSelectorAsSelector(selector); err == nil {
		switch {
		case compiled.Empty():
			problems = append(problems, field.Invalid(spec.Child("selector"), selector, "empty selector is invalid for workloads"))
		case !compiled.Matches(labels.Set(template.Labels)):
			problems = append(problems, field.Invalid(at.Child("metadata", "labels"), template.Labels, "`selector` does not match template `labels`"))
		}
	}
	problems = append(problems, metavalidation.ValidateLabels(template.Labels, at.Child("metadata", "labels"))...)
	if policy := template.Spec.RestartPolicy; policy != "" && policy != core.RestartPolicyAlways {
		problems = append(problems, field.NotSupported(at.Child("spec", "restartPolicy"), policy, []core.RestartPolicy{core.RestartPolicyAlways}))
	}
	return append(problems, validatePod(&template.Spec, at.Child("spec"), claims...)...)
}

func validateJob(job *batch.JobSpec, at *field.Path) field.ErrorList {
	pod, where := &job.Template.Spec, at.Child("template", "spec")
	var problems field.ErrorList
	if pod.RestartPolicy != core.RestartPolicyNever && pod.RestartPolicy != core.RestartPolicyOnFailure {
		problems = append(problems, field.NotSupported(where.Child("restartPolicy"), pod.RestartPolicy,
			[]core.RestartPolicy{core.RestartPolicyOnFailure, core.RestartPolicyNever}))
	}
	return append(problems, validatePod(pod, where)...)
}

// validatePod also takes the claims of a stateful set, which are volumes of its pods.
func validatePod(pod *core.PodSpec, at *field.Path, claims ...core.PersistentVolumeClaim) field.ErrorList {
	var problems field.ErrorList
	volumes := map[string]bool{}
	for _, claim := range claims {
		volumes[claim.Name] = true
	}
	for i, volume := range pod.Volumes {
		problems = append(problems, validateLabelName(volume.Name, volumes, at.Child("volumes").Index(i).Child("name"))...)
	}
	if len(pod.Containers) == 0 {
		problems = append(problems, field.Required(at.Child("containers"), ""))
	}
	names := map[string]bool{}
	for _, list := range []struct {
		field      string
		containers []core.Container
	}{{"initContainers", pod.InitContainers}, {"containers", pod.Containers}} {
		for i := range list.containers {
			problems = append(problems, validateContainer(&list.containers[i], names, volumes, at.Child(list.field).Index(i))...)
		}
	}
	return problems
}

func validateContainer(container *core.Container, names, volumes map[string]bool, at *field.Path) field.ErrorList {
	problems := validateLabelName(container.Name, names, at.Child("name"))
	if container.Image == "" {
		problems = append(problems, field.Required(at.Child("image"), ""))
	}
	for i, mount := range container.VolumeMounts {
		where := at.Child("volumeMounts").Index(i)
		if !volumes[mount.Name] {
			problems = append(problems, field.NotFound(where.Child("name"), mount.Name))
		}
		if mount.MountPath == "" {
			problems = append(problems, field.Required(where.Child("mountPath"), ""))
		}
	}
	for i, variable := range container.Env {
		where := at.Child("env").Index(i)
		if variable.Name == "" {
			problems = append(problems, field.Required(where.Child("name"), ""))
		}
		if variable.Value != "" && variable.ValueFrom != nil {
			problems = append(problems, field.Invalid(where.Child("valueFrom"), "", "may not be specified when `value` is not empty"))
		}
	}
	for i, port := range container.Ports {
		problems = append(problems, validatePort(int(port.ContainerPort), at.Child("ports").Index(i).Child("containerPort"))...)
	}
	for resource, request := range container.Resources.Requests {
		if limit, ok := container.Resources.Limits[resource]; ok && request.Cmp(limit) > 0 {
			problems = append(problems, field.Invalid(at.Child("resources", "requests"), request.String(),
				"must be less than or equal to "+string(resource)+" limit of "+limit.String()))
		}
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

func invalid(at *field.Path, value any, messages []string) field.ErrorList {
	var problems field.ErrorList
	for _, message := range messages {
		problems = append(problems, field.Invalid(at, value, message))
	}
	return problems
}

func validatePort(port int, at *field.Path) field.ErrorList {
	if port == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	return invalid(at, port, validation.IsValidPortNum(port))
}

func validateService(service *core.ServiceSpec, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	switch {
	case service.Type == core.ServiceTypeExternalName:
		if service.ExternalName == "" {
			problems = append(problems, field.Required(at.Child("externalName"), ""))
		}
		return problems
	case len(service.Ports) == 0 && service.ClusterIP != core.ClusterIPNone:
		problems = append(problems, field.Required(at.Child("ports"), ""))
	}
	names := map[string]bool{}
	for i, port := range service.Ports {
		where := at.Child("ports").Index(i)
		problems = append(problems, validatePort(int(port.Port), where.Child("port"))...)
		if len(service.Ports) > 1 {
			problems = append(problems, validateLabelName(port.Name, names, where.Child("name"))...)
		}
	}
	return problems
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

func validateRules(rules []rbac.PolicyRule, namespaced bool) field.ErrorList {
	var problems field.ErrorList
	for i, rule := range rules {
		at := field.NewPath("rules").Index(i)
		if len(rule.Verbs) == 0 {
			problems = append(problems, field.Required(at.Child("verbs"), "verbs must contain at least one value"))
		}
		if len(rule.NonResourceURLs) > 0 {
			if namespaced {
				problems = append(problems, field.Invalid(at.Child("nonResourceURLs"), rule.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs"))
			}
			continue
		}
		if len(rule.APIGroups) == 0 {
			problems = append(problems, field.Required(at.Child("apiGroups"), "resource rules must supply at least one api group"))
		}
		if len(rule.Resources) == 0 {
			problems = append(problems, field.Required(at.Child("resources"), "resource rules must supply at least one resource"))
		}
	}
	return problems
}

func validateBinding(role rbac.RoleRef, subjects []rbac.Subject, namespaced bool) field.ErrorList {
	var problems field.ErrorList
	at := field.NewPath("roleRef")
	if role.APIGroup != rbac.GroupName {
		problems = append(problems, field.NotSupported(at.Child("apiGroup"), role.APIGroup, []string{rbac.GroupName}))
	}
	kinds := []string{"ClusterRole"}
	if namespaced {
		kinds = append(kinds, "Role")
	}
	if role.Kind != "ClusterRole" && !(namespaced && role.Kind == "Role") {
		problems = append(problems, field.NotSupported(at.Child("kind"), role.Kind, kinds))
	}
	if role.Name == "" {
		problems = append(problems, field.Required(at.Child("name"), ""))
	}
	for i, subject := range subjects {
		where := field.NewPath("subjects").Index(i)
		if subject.Name == "" {
			problems = append(problems, field.Required(where.Child("name"), ""))
		}
		switch subject.Kind {
		case rbac.ServiceAccountKind:
			if subject.APIGroup != "" {
				problems = append(problems, field.NotSupported(where.Child("apiGroup"), subject.APIGroup, []string{""}))
			}
			if subject.Namespace == "" && !namespaced {
				problems = append(problems, field.Required(where.Child("namespace"), ""))
			}
		case rbac.UserKind, rbac.GroupKind:
			if subject.APIGroup != "" && subject.APIGroup != rbac.GroupName {
				problems = append(problems, field.NotSupported(where.Child("apiGroup"), subject.APIGroup, []string{rbac.GroupName}))
			}
		default:
			problems = append(problems, field.NotSupported(where.Child("kind"), subject.Kind,
				[]string{rbac.ServiceAccountKind, rbac.UserKind, rbac.GroupKind}))
		}
	}
	return problems
}

func validateNetworkPolicy(spec *networking.NetworkPolicySpec, at *field.Path) field.ErrorList {
	problems := metavalidation.ValidateLabelSelector(&spec.PodSelector, metavalidation.LabelSelectorValidationOptions{}, at.Child("podSelector"))
	for i, policy := range spec.PolicyTypes {
		if policy != networking.PolicyTypeIngress && policy != networking.PolicyTypeEgress {
			problems = append(problems, field.NotSupported(at.Child("policyTypes").Index(i), policy,
				[]networking.PolicyType{networking.PolicyTypeEgress, networking.PolicyTypeIngress}))
		}
	}
	for i, rule := range spec.Ingress {
		problems = append(problems, validatePeers(rule.From, at.Child("ingress").Index(i).Child("from"))...)
	}
	for i, rule := range spec.Egress {
		problems = append(problems, validatePeers(rule.To, at.Child("egress").Index(i).Child("to"))...)
	}
	return problems
}

func validatePeers(peers []networking.NetworkPolicyPeer, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	for i, peer := range peers {
		where := at.Index(i)
		if peer.IPBlock == nil {
			if peer.PodSelector == nil && peer.NamespaceSelector == nil {
				problems = append(problems, field.Required(where, "must specify a peer"))
			}
			continue
		}
		if peer.PodSelector != nil || peer.NamespaceSelector != nil {
			problems = append(problems, field.Forbidden(where, "may not specify both ipBlock and another peer"))
		}
		block := where.Child("ipBlock")
		whole, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		if err != nil {
			problems = append(problems, field.Invalid(block.Child("cidr"), peer.IPBlock.CIDR, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"))
			continue
		}
		for j, except := range peer.IPBlock.Except {
			part, err := netip.ParsePrefix(except)
			if err != nil || !whole.Contains(part.Addr()) || part.Bits() <= whole.Bits() {
				problems = append(problems, field.Invalid(block.Child("except").Index(j), except, "must be a strict subset of `cidr`"))
			}
		}
	}
	return problems
}

func validateIngress(ingress *networking.IngressSpec, at *field.Path) field.ErrorList {
	var problems field.ErrorList
	if len(ingress.Rules) == 0 && ingress.DefaultBackend == nil {
		problems = append(problems, field.Invalid(at, ingress.Rules, "either `defaultBackend` or `rules` must be specified"))
	}
	for i, rule := range ingress.Rules {
		where := at.Child("rules").Index(i)
		if name, wild := strings.CutPrefix(rule.Host, "*."); rule.Host != "" {
			messages := validation.IsDNS1123Subdomain(name)
			if wild {
				messages = validation.IsWildcardDNS1123Subdomain(rule.Host)
			}
			problems = append(problems, invalid(where.Child("host"), rule.Host, messages)...)
		}
		if rule.HTTP == nil {
			continue
		}
		for j, path := range rule.HTTP.Paths {
			here := where.Child("http", "paths").Index(j)
			if path.PathType == nil {
				problems = append(problems, field.Required(here.Child("pathType"), "pathType must be specified"))
			}
			if path.Backend.Service == nil && path.Backend.Resource == nil {
				problems = append(problems, field.Required(here.Child("backend"), "either a service or a resource is required"))
			}
		}
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
