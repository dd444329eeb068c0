package config

import "fmt"

// warnUnused says which keys are given and have no effect beside others. A key that is false,
// or what it would be anyhow, needs no word.
func (d *decoder) warnUnused(w *AWSWorkload) {
	adopted := w.ProvisionedVpc != nil
	for _, key := range []string{"vpc_cidr", "vpc_az_count", "vpc_endpoints.excluded_services", "flow_log_retention_days", "existing_flow_log_target_arns"} {
		d.unused("spec."+key, adopted, "provisioned_vpc is of others, so ptd makes no network")
	}
	other := w.TailscaleEnabled || w.CustomerManagedBastionID != ""
	d.unused("spec.bastion_instance_type", other, "ptd makes no bastion, with tailscale_enabled or customer_managed_bastion_id")
	d.unused("spec.bastion_ami", other, "ptd makes no bastion, with tailscale_enabled or customer_managed_bastion_id")
	d.unused("spec.efs.throughput_mode", !w.EFS.Enabled, "efs.enabled is false")
	d.unused("spec.efs.transition_to_ia", !w.EFS.Enabled, "efs.enabled is false")
	d.unused("spec.fsx_openzfs_multi_az", w.FSxOpenZFSOverrideDeploymentType != "", "fsx_openzfs_override_deployment_type decides")
	d.unused("spec.filter_control_room_metrics", w.FilterControlRoomMetrics && w.ControlRoomDomain == "", "without control_room_domain no metrics are sent")
	forwardAuth := false
	for name, site := range w.SortedSites() {
		path := "spec.sites." + name + ".spec."
		forwardAuth = forwardAuth || site.UseTraefikForwardAuth
		d.unused(path+"traefik_forward_auth_issuer", !site.UseTraefikForwardAuth, "use_traefik_forward_auth is false")
		d.unused(path+"vpc_associations", !site.PrivateZone, "private_zone is false")
		d.unused(path+"zone_id", !w.HostedZoneManagementEnabled, "hosted_zone_management_enabled is false, so ptd works in no zone")
		d.unused(path+"private_zone", site.PrivateZone && !w.HostedZoneManagementEnabled, "hosted_zone_management_enabled is false, so ptd works in no zone")
	}
	for release, c := range w.SortedClusters() {
		path := "spec.clusters." + release + ".spec."
		d.unused(path+"pod_cidr", !c.CalicoEnabled, "calico_enabled is false")
		d.unused(path+"efs_csi_addon_version", !c.EnableEFSCSIDriver, "enable_efs_csi_driver is false")
		addon, given := w.SecretsStoreAddonEnabled, w.Gives("secrets_store_addon_enabled") // else what is live stays
		d.unused(path+"secrets_store_addon_version", given && !addon, "secrets_store_addon_enabled is false")
		components := map[string]struct {
			unused bool
			why    string
		}{
			"tigera_operator_version":                      {!c.CalicoEnabled, "calico_enabled is false"},
			"karpenter_version":                            {!w.AutoscalingEnabled || c.KarpenterConfig == nil, "Karpenter needs autoscaling_enabled and karpenter_config"},
			"nvidia_device_plugin_version":                 {!w.NvidiaGPUEnabled, "nvidia_gpu_enabled is false"},
			"cert_manager_version":                         {!w.CertManagerEnabled, "cert_manager_enabled is false"},
			"external_dns_version":                         {!w.ExternalDNSEnabled, "external_dns_enabled is false"},
			"traefik_forward_auth_version":                 {c.Components.TraefikForwardAuthVersion != "" && !forwardAuth, "no site has use_traefik_forward_auth"},
			"secret_store_csi_driver_version":              {given && addon, "secrets_store_addon_enabled is true"},
			"secret_store_csi_driver_aws_provider_version": {given && addon, "secrets_store_addon_enabled is true"},
		}
		for key, component := range sorted(components) {
			d.unused(path+"components."+key, component.unused, component.why)
		}
		entries := path + "eks_access_entries."
		for _, key := range []string{"additional_entries", "include_same_account_poweruser", "poweruser_policy"} {
			d.unused(entries+key, !c.EKSAccessEntries.Enabled, "eks_access_entries.enabled is false")
		}
		d.unused(entries+"poweruser_policy", c.EKSAccessEntries.Enabled && !c.EKSAccessEntries.IncludeSameAccountPoweruser, "include_same_account_poweruser is false")
		if c.KarpenterConfig == nil {
			continue
		}
		for i, pool := range c.KarpenterConfig.NodePools {
			for _, key := range []string{"cpu", "memory", "nvidia_gpu"} {
				d.unused(fmt.Sprintf("%skarpenter_config.node_pools%s.overprovisioning_%s_request", path, index(i), key),
					pool.OverprovisioningReplicas == 0, "overprovisioning_replicas is 0")
			}
		}
	}
}

func (d *decoder) unused(path string, unused bool, why string) {
	if unused && d.attempted(path) {
		d.warn(path, "has no effect: %s", why)
	}
}
