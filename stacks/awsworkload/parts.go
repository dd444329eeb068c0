package awsworkload

import (
	"maps"
	"slices"

	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// Parts are those of an AWS workload (see workload.Parts).
func Parts(w *config.AWSWorkload) []string {
	releases := map[string]map[string]bool{}
	for release, cluster := range w.Clusters {
		parts := map[string]bool{
			"alloy":                  cluster.Components.AlloyVersion != "",
			"forward authentication": cluster.Components.TraefikForwardAuthVersion != "",
		}
		if pools := cluster.KarpenterConfig; pools != nil && w.AutoscalingEnabled {
			parts["karpenter"] = true
			for _, pool := range pools.NodePools {
				parts["node pool "+pool.Name] = true
			}
		}
		releases[release] = parts
	}
	return workload.Parts(map[string]bool{
		"autoscaling": w.AutoscalingEnabled, "keycloak": w.KeycloakEnabled,
		"nvidia": w.NvidiaGPUEnabled, "cert-manager": w.CertManagerEnabled,
	}, slices.Collect(maps.Keys(w.Sites)), releases)
}
