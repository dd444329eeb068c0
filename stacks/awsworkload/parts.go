package awsworkload

import (
	"slices"

	"github.com/ptd-go/ptd/stacks/config"
)

// Parts names what of a workload can be taken away and is in several stacks, sorted:
// releases, sites, and what is switched on. The helm stack outputs them, so that the next
// run knows what is no longer there.
func Parts(workload *config.AWSWorkload) []string {
	var parts []string
	for feature, on := range map[string]bool{
		"autoscaling": workload.AutoscalingEnabled, "keycloak": workload.KeycloakEnabled,
		"nvidia": workload.NvidiaGPUEnabled, "cert-manager": workload.CertManagerEnabled,
	} {
		if on {
			parts = append(parts, feature)
		}
	}
	for site := range workload.SortedSites() {
		parts = append(parts, "site "+site)
	}
	for release, cluster := range workload.SortedClusters() {
		parts = append(parts, "release "+release)
		if cluster.Components.AlloyVersion != "" {
			parts = append(parts, "alloy of release "+release)
		}
		if cluster.Components.TraefikForwardAuthVersion != "" {
			parts = append(parts, "forward authentication of release "+release)
		}
		if pools := cluster.KarpenterConfig; pools != nil && workload.AutoscalingEnabled {
			for _, pool := range pools.NodePools {
				parts = append(parts, "node pool "+pool.Name+" of release "+release)
			}
		}
	}
	slices.Sort(parts)
	return parts
}
