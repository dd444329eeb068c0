package config

import (
	"cmp"
	"slices"
	"strings"
)

// gpuFamily are the instance families with NVIDIA processors.
var gpuFamily = pattern(`^(g\d|p\d|gr\d)[a-z0-9-]*\.`)

// warnDrivers is about instances with NVIDIA processors whose image has no drivers for them:
// the nodes come up, and no pod gets a GPU (AL2023_x86_64_STANDARD, BOTTLEROCKET_x86_64).
func (d *decoder) warnDrivers(key, instance, image string) {
	if gpuFamily().MatchString(instance) && !slices.ContainsFunc([]string{"NVIDIA", "GPU", "CUSTOM"}, func(part string) bool { return strings.Contains(image, part) }) {
		d.warn(key, "%s has NVIDIA processors, and image %s has no drivers for them: choose an ami_type such as AL2023_x86_64_NVIDIA", instance, image)
	}
}

const (
	archKey = "kubernetes.io/arch"
	amd64   = "amd64"
	arm64   = "arm64"
)

// validateProcessors holds a pool's requirements on processors against each other. Karpenter
// takes the cheapest instance that fits, and has no default for kubernetes.io/arch since its
// version 1 (docs/reference/config-and-cli.md 1.7).
func (d *decoder) validateProcessors(at string, pool KarpenterNodePool) {
	processors, decided, place, arm := []string{amd64, arm64}, false, "", ""
	keep := func(where string, of func(processor string) bool) {
		if slices.ContainsFunc(processors, func(processor string) bool { return !of(processor) }) {
			place = where
		}
		processors = slices.DeleteFunc(processors, func(processor string) bool { return !of(processor) })
	}
	for i, r := range pool.Requirements {
		where := at + ".requirements" + index(i)
		switch {
		case r.Key == archKey && (r.Operator == "In" || r.Operator == "NotIn"):
			decided = true
			keep(where, func(processor string) bool { return slices.Contains(r.Values, processor) == (r.Operator == "In") })
		case slices.Contains([]string{"node.kubernetes.io/instance-type", "karpenter.k8s.aws/instance-family"}, r.Key) && r.Operator == "In":
			having := map[string]bool{}
			for _, value := range r.Values {
				family, _, _ := strings.Cut(value, ".")
				isArm := armFamily().MatchString(family + ".")
				having[map[bool]string{true: arm64, false: amd64}[isArm]] = true
				if isArm {
					arm = cmp.Or(arm, value)
				}
			}
			keep(where, func(processor string) bool { return having[processor] })
		}
	}
	switch {
	case len(processors) == 0:
		d.reject(cmp.Or(place, at), "no instance fits: the requirements on %s and on instances have no processor in common", archKey)
	case !decided && slices.Contains(processors, arm64):
		what := "so its nodes may be arm64 (Graviton, often the cheapest)"
		if arm != "" {
			what = "and " + arm + " is arm64"
		}
		d.warn(at+".name", "pool %s has no requirement on %s, %s, where images for amd64 alone do not run: add {key: %s, operator: In, values: [%s]}, "+
			"or [%s, %s] where all images have both", pool.Name, archKey, what, archKey, amd64, amd64, arm64)
	}
}
