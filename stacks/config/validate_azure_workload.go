package config

import (
	"net/netip"
	"slices"
)

func (d *decoder) validateAzureWorkload(w *AzureWorkload) {
	d.validateName(&w.WorkloadCommon)
	d.validateControlRoomKeys(&w.WorkloadCommon)
	_, hasMain := w.Sites[MainSite]
	d.validateMain(hasMain)
	if _, ok := d.places["spec.network"]; ok {
		d.validateAzureNetwork(w.Network)
	}
	for release, cluster := range w.SortedClusters() {
		d.validatePools("spec.clusters."+release+".user_node_pools", cluster.UserNodePools)
	}
}

func (d *decoder) validateAzureNetwork(n AzureNetwork) {
	const path = "spec.network"
	_, attempted := d.places[path+".vnet_cidr"]
	switch {
	case n.VnetCIDR == "" && n.ProvisionedVnetName == "" && !attempted:
		d.reject(path, "vnet_cidr (to make a network) or provisioned_vnet_name (to use one) is missing")
	case n.VnetCIDR != "" && n.ProvisionedVnetName != "":
		d.warn(path+".vnet_cidr", "no network is made: provisioned_vnet_name names one")
	}
	subnets := []struct{ key, cidr string }{
		{"private_subnet_cidr", n.PrivateSubnetCIDR},
		{"db_subnet_cidr", n.DBSubnetCIDR},
		{"netapp_subnet_cidr", n.NetappSubnetCIDR},
		{"app_gateway_subnet_cidr", n.AppGatewaySubnetCIDR},
		{"bastion_subnet_cidr", n.BastionSubnetCIDR},
		{"public_subnet_cidr", n.PublicSubnetCIDR},
	}
	vnet, vnetErr := netip.ParsePrefix(n.VnetCIDR)
	for i, subnet := range subnets {
		block, err := netip.ParsePrefix(subnet.cidr)
		if err != nil {
			continue // missing or reported
		}
		if vnetErr == nil && n.ProvisionedVnetName == "" && (block.Bits() < vnet.Bits() || !vnet.Contains(block.Addr())) {
			d.reject(path+"."+subnet.key, "%s is not inside vnet_cidr, %s", block, vnet)
		}
		for _, other := range subnets[:i] {
			if before, err := netip.ParsePrefix(other.cidr); err == nil && before.Overlaps(block) {
				d.reject(path+"."+subnet.key, "%s overlaps %s, %s", block, other.key, before)
			}
		}
	}
}

// validatePools checks agent pools. (docs/reference/azure-workload.md 3.3)
func (d *decoder) validatePools(path string, pools []UserNodePool) {
	var names []string
	for i, pool := range pools {
		at := path + index(i)
		switch {
		case pool.Name == "agentpool":
			d.reject(at+".name", "agentpool is the name of the system pool")
		case pool.Name != "" && slices.Contains(names, pool.Name):
			d.reject(at+".name", "%q is the name of two pools", pool.Name)
		}
		names = append(names, pool.Name)
		_, hasMax := d.places[at+".max_count"]
		if !hasMax {
			continue
		}
		if pool.MinCount > pool.MaxCount {
			d.reject(at+".min_count", "%d must be at most max_count, which is %d", pool.MinCount, pool.MaxCount)
		} else if pool.InitialCount < pool.MinCount || pool.InitialCount > pool.MaxCount {
			d.reject(at+".initial_count", "%d must be from min_count to max_count, %d to %d", pool.InitialCount, pool.MinCount, pool.MaxCount)
		}
	}
}
