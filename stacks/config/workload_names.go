package config

// TrueName is the target's name before its last hyphen, unless true_name overrides it.
func (w *WorkloadCommon) TrueName() string {
	if w.TrueNameOverride != "" {
		return w.TrueNameOverride
	}
	trueName, _ := splitWorkloadName(w.Name)
	return trueName
}

// Environment is what follows the target's last hyphen, unless environment overrides it.
func (w *WorkloadCommon) Environment() string {
	if w.EnvironmentOverride != "" {
		return w.EnvironmentOverride
	}
	_, environment := splitWorkloadName(w.Name)
	return environment
}

// CompoundName is {true name}-{environment}; it is the target's name unless overridden.
func (w *WorkloadCommon) CompoundName() string { return w.TrueName() + "-" + w.Environment() }

// Tenant is tenant_name, or the compound name.
func (w *WorkloadCommon) Tenant() string {
	if w.TenantName != "" {
		return w.TenantName
	}
	return w.CompoundName()
}

// ClusterName is {compound name}-{release}.
func (w *WorkloadCommon) ClusterName(release string) string { return w.CompoundName() + "-" + release }

// MimirUser is who the workload is to the Mimir of its control room: its Alloy logs in so,
// and MimirAuthSecretName has its password under this key.
func (w *WorkloadCommon) MimirUser() string { return w.CompoundName() }

// MimirAuthSecretName is the control room's secret with the workloads' Mimir passwords;
// "" without a control room.
func (w *WorkloadCommon) MimirAuthSecretName() string {
	if w.ControlRoomClusterName == "" {
		return ""
	}
	return mimirAuthSecret(w.ControlRoomClusterName)
}
