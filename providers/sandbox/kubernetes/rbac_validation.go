package kubernetes

import (
	rbac "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

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
