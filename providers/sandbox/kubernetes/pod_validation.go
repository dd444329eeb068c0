package kubernetes

import (
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

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
