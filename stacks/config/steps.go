package config

import "cmp"

// Steps are the kind's standard steps, in order.
func (k Kind) Steps() []string {
	switch k {
	case KindAWSControlRoom:
		return []string{"workspaces", "persistent", "postgres_config", "cluster"}
	case KindAzureWorkload:
		return []string{"bootstrap", "persistent", "postgres_config", "aks", "clusters", "helm", "sites", "persistent_reprise"}
	default:
		return []string{"bootstrap", "persistent", "postgres_config", "eks", "clusters", "helm", "sites", "persistent_reprise"}
	}
}

// StepAliases are other names of the kind's steps: a workload's step that makes its
// clusters is also called kubernetes, on every cloud.
func (k Kind) StepAliases() map[string]string {
	switch k {
	case KindAWSWorkload:
		return map[string]string{"kubernetes": "eks"}
	case KindAzureWorkload:
		return map[string]string{"kubernetes": "aks"}
	default:
		return nil
	}
}

// StepName is the name of the step that a name or an alias stands for; other names are
// left as they are.
func (k Kind) StepName(name string) string { return cmp.Or(k.StepAliases()[name], name) }
