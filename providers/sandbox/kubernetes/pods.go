package kubernetes

import (
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// admit makes sure that the service account and the priority class of pods are there, and
// the class of an Ingress.
func (s *simulation) admit(o *sandbox.Operation, preview bool) error {
	if o.Type == ingressType {
		return s.cluster(o).admitIngress(o.Inputs, preview)
	}
	kind, _ := kindOf(o.Type)
	path, ok := podTemplates[kind.Kind]
	if !ok || preview {
		return nil
	}
	class, _ := o.Inputs.At(path + ".priorityClassName").(string)
	if !s.cluster(o).hasPriority(class) {
		return fmt.Errorf("pods of %s %q are forbidden: no PriorityClass with name %s was found", kind.GroupKind(), namespaceOf(o.Inputs)+"/"+physical(o.Inputs), class)
	}
	name, ok := o.Inputs.At(path + ".serviceAccountName").(string)
	if !ok || name == "" || name == "default" {
		return nil
	}
	id := namespaceOf(o.Inputs) + "/" + name
	if o.Cloud.Object(sandbox.Key(serviceAccountType, o.Account, o.Region, id)) == nil {
		return fmt.Errorf("pods of %s %q are forbidden: error looking up service account %s: serviceaccount %q not found",
			kind.GroupKind(), namespaceOf(o.Inputs)+"/"+physical(o.Inputs), id, name)
	}
	return nil
}

// hasPriority tells whether a priority class is there; "" is none.
func (c *cluster) hasPriority(class string) bool {
	return class == "" || strings.HasPrefix(class, "system-") || c.cloud.Object(sandbox.Key(priorityClassType, c.account, "", class)) != nil
}

// podTemplates leads to the pod specification of the kinds that make pods.
var podTemplates = map[string]string{
	"Pod": "spec", "Deployment": "spec.template.spec", "StatefulSet": "spec.template.spec", "DaemonSet": "spec.template.spec",
	"ReplicaSet": "spec.template.spec", "Job": "spec.template.spec", "CronJob": "spec.jobTemplate.spec.template.spec",
}
