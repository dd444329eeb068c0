package kubernetes

import (
	"slices"
	"testing"
)

func TestDefinedBeforeCharts(t *testing.T) {
	t.Parallel()
	manifests := []Manifest{
		handwritten("v1", "ConfigMap", "team", "core", nil),
		handwritten("apps/v1", "Deployment", "team", "apps", nil),
		handwritten("networking.k8s.io/v1", "NetworkPolicy", "team", "networking", nil),
		handwritten("gateway.networking.k8s.io/v1", "Gateway", "team", "gateway", nil),
		handwritten("traefik.io/v1alpha1", "Middleware", "team", "traefik", nil),
		handwritten("karpenter.sh/v1", "NodePool", "", "karpenter", nil),
		handwritten("helm.cattle.io/v1", "HelmChart", "helm-controller", "chart", nil),
		handwritten("projectcalico.org/v3", "NetworkPolicy", "team", "calico", nil),
		handwritten("example.com/v1", "Widget", "team", "defined", nil),
		handwritten("example.com/v1", "Gadget", "team", "undefined", nil),
		handwritten("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets.example.com", object{
			"group": "example.com", "names": object{"kind": "Widget"},
		}),
	}
	names := func(of []Manifest) []string {
		var names []string
		for _, manifest := range of {
			names = append(names, manifest.Object["metadata"].(object)["name"].(string))
		}
		return names
	}
	for calico, want := range map[bool][]string{
		true:  {"gateway", "traefik", "karpenter", "undefined"},
		false: {"gateway", "traefik", "karpenter", "calico", "undefined"},
	} {
		before, after := DefinedBeforeCharts(manifests, calico)
		if got := names(after); !slices.Equal(got, want) {
			t.Errorf("Calico %v: after charts %v, want %v", calico, got, want)
		}
		if len(before)+len(after) != len(manifests) {
			t.Errorf("Calico %v: %d and %d of %d", calico, len(before), len(after), len(manifests))
		}
	}
	if before, after := DefinedBeforeCharts([]Manifest{{Name: "x"}}, true); len(before) != 1 || after != nil {
		t.Errorf("a broken manifest is in %v and %v", before, after)
	}
}
