package config

import (
	"slices"
	"strings"
)

// What a NodePool takes. (karpenter.sh_nodepools.yaml)
const (
	maxRequirements = 100
	maxLabelValue   = 63
	// overprovisioningSuffix is what a pool's name gets for the pods that keep room free.
	overprovisioningSuffix = "-overprovisioning"
)

func (d *decoder) validateKarpenter(path string, c *KarpenterConfig, version string) {
	var names []string
	for i, pool := range c.NodePools {
		at := path + ".node_pools" + index(i)
		if pool.Name != "" && slices.Contains(names, pool.Name) {
			d.reject(at+".name", "%q is the name of two pools", pool.Name)
		}
		names = append(names, pool.Name)
		if over := len(pool.Name+overprovisioningSuffix) - maxLabelValue; over > 0 && pool.OverprovisioningReplicas > 0 {
			d.reject(at+".name", "%q has %d characters, and with overprovisioning_replicas there is room for %d", pool.Name, len(pool.Name), len(pool.Name)-over)
		}
		taints := make([][2]string, len(pool.Taints))
		for j, taint := range pool.Taints {
			taints[j] = [2]string{taint.Key, string(taint.Effect)}
		}
		d.validateTaints(at+".taints", taints)
		if len(pool.Requirements) > maxRequirements {
			d.reject(at+".requirements", "%d requirements are more than the %d that a NodePool takes", len(pool.Requirements), maxRequirements)
		}
		for j, r := range pool.Requirements {
			d.validateRequirement(at+".requirements"+index(j), r, version)
		}
		d.validateProcessors(at, pool)
	}
}

// validateRequirement holds a pool's requirement to the definition of a NodePool: Gte and
// Lte came with Karpenter 1.9. (docs/reference/config-and-cli.md 1.7)
func (d *decoder) validateRequirement(path string, r KarpenterRequirement, version string) {
	listed := slices.Contains([]string{"In", "NotIn"}, r.Operator)
	compared := slices.Contains([]string{"Gt", "Lt", "Gte", "Lte"}, r.Operator)
	for i, value := range r.Values {
		if problem, _ := checkLabelValue(value); listed && problem != "" {
			d.reject(path+".values"+index(i), "%q %s", value, problem)
		}
	}
	switch {
	case r.Operator == "": // missing or wrong, and reported
	case (listed || compared) && len(r.Values) == 0:
		d.reject(path+".values", "required value is missing: operator %s needs it", r.Operator)
	case !listed && !compared && len(r.Values) > 0:
		d.reject(path+".values", "operator %s takes no values", r.Operator)
	case compared && len(r.Values) != 1:
		d.reject(path+".values", "operator %s takes one value", r.Operator)
	case compared && !decimal().MatchString(r.Values[0]):
		d.reject(path+".values", "operator %s takes an integer, not %q", r.Operator, r.Values[0])
	case compared && strings.HasPrefix(r.Values[0], "-"):
		d.reject(path+".values", "operator %s takes an integer from 0, not %s", r.Operator, r.Values[0])
	}
	if problem := restrictedKey(r.Key); problem != "" {
		d.reject(path+".key", "%q %s", r.Key, problem)
	}
	if strings.HasSuffix(r.Operator, "te") && OlderThan(version, 1, 9) {
		d.reject(path+".operator", "%s is an operator since Karpenter 1.9, and karpenter_version is %s", r.Operator, version)
	}
}

// ofNodes are the keys of Kubernetes' own domains that requirements may have besides those of
// node.kubernetes.io and node-restriction.kubernetes.io. (karpenter.sh_nodepools.yaml)
var ofNodes = []string{
	"beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type", "beta.kubernetes.io/os",
	"failure-domain.beta.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
	"kubernetes.io/arch", "kubernetes.io/os", "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
	"karpenter.sh/capacity-type",
}

// restrictedKey says what is wrong with the key of a requirement: Karpenter keeps some for itself.
func restrictedKey(key string) string {
	domain, _, prefixed := strings.Cut(key, "/")
	if !prefixed || slices.Contains(ofNodes, key) {
		return ""
	}
	of := func(name string) bool { return strings.HasSuffix(domain, name) }
	switch {
	case of("node.kubernetes.io"), of("node-restriction.kubernetes.io"), of("kops.k8s.io"):
		return ""
	case of("kubernetes.io"), of("k8s.io"), of("karpenter.sh"):
		return "is no key of a requirement: Karpenter keeps others of " + domain + " for itself"
	default:
		return ""
	}
}
