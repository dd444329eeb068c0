package config

import (
	"iter"
	"strings"
)

// TrueName is the target's name before its last hyphen, unless true_name overrides it.
func (w *AWSWorkload) TrueName() string { return w.trueName(w.Name) }

// Environment is what follows the target's last hyphen, unless environment overrides it.
func (w *AWSWorkload) Environment() string { return w.environment(w.Name) }

// CompoundName is {true name}-{environment}; it is the target's name unless overridden.
func (w *AWSWorkload) CompoundName() string { return w.TrueName() + "-" + w.Environment() }

// Tenant is tenant_name, or the compound name.
func (w *AWSWorkload) Tenant() string {
	if w.TenantName != "" {
		return w.TenantName
	}
	return w.CompoundName()
}

// ResolvedVpcCIDR is the CIDR of the provisioned VPC, else vpc_cidr, else one derived
// from the compound name. (facts: config-and-cli 2.6)
func (w *AWSWorkload) ResolvedVpcCIDR() string {
	if w.ProvisionedVpc != nil {
		return w.ProvisionedVpc.CIDR
	}
	if w.VpcCIDR != "" {
		return w.VpcCIDR
	}
	return derivedCIDR(w.CompoundName())
}

// RequiredTags are resource_tags, then true name, environment and, unless it is "",
// managed-by; later ones win. (facts: config-and-cli 2.8)
func (w *AWSWorkload) RequiredTags(managedBy string) map[string]string {
	return requiredTags(w.ResourceTags, w.TrueName(), w.Environment(), managedBy, awsTagKey)
}

// BoundaryARN is the permissions boundary of every role.
func (w *AWSWorkload) BoundaryARN() string { return boundaryARN(w.AccountID) }

// StateBucket is ptd-{target}.
func (w *AWSWorkload) StateBucket() string { return stateBucket(w.Name) }

// MultiAZDatabase is true in production.
func (w *AWSWorkload) MultiAZDatabase() bool { return w.Environment() == "production" }

// ParameterGroupFamily is postgres and the engine's major version.
func (w *AWSWorkload) ParameterGroupFamily() string { return parameterGroupFamily(w.DBEngineVersion) }

// FSxDeploymentType is the override, else MULTI_AZ_1 or SINGLE_AZ_HA_2.
func (w *AWSWorkload) FSxDeploymentType() string {
	switch {
	case w.FSxOpenZFSOverrideDeploymentType != "":
		return w.FSxOpenZFSOverrideDeploymentType
	case w.FSxOpenZFSMultiAZ:
		return "MULTI_AZ_1"
	default:
		return "SINGLE_AZ_HA_2"
	}
}

// EFSNeeded says that something uses EFS: efs.enabled, or a cluster.
func (w *AWSWorkload) EFSNeeded() bool {
	for _, cluster := range w.Clusters {
		if cluster.EFSNeeded() {
			return true
		}
	}
	return w.EFS.Enabled
}

// EFSNeeded says that the cluster's nodes reach EFS: enable_efs_csi_driver or efs_config.
func (c AWSCluster) EFSNeeded() bool { return c.EnableEFSCSIDriver || c.EFSConfig != nil }

// ClusterName is {compound name}-{release}.
func (w *AWSWorkload) ClusterName(release string) string { return w.CompoundName() + "-" + release }

// ClusterARN is the ARN of a release's cluster, which its name gives.
func (w *AWSWorkload) ClusterARN(release string) string {
	return "arn:aws:eks:" + w.Region + ":" + w.AccountID + ":cluster/" + w.ClusterName(release)
}

// WorkloadSecretName is the secret of what persistent made. (facts: config-and-cli 4.4)
func (w *AWSWorkload) WorkloadSecretName() string { return w.Name + ".posit.team" }

// SiteSecretName is a site's secret.
func (w *AWSWorkload) SiteSecretName(site string) string { return w.Name + "-" + site + ".posit.team" }

// SiteSessionSecretName is the secret of a site's sessions.
func (w *AWSWorkload) SiteSessionSecretName(site string) string {
	return w.Name + "-" + site + ".sessions.posit.team"
}

// SSHVaultName is the secret with Package Manager's SSH keys.
func (w *AWSWorkload) SSHVaultName(site string) string {
	return w.Name + "-" + site + "-ssh-ppm-keys.posit.team"
}

// MimirAuthSecretName is the control room's secret with the workloads' Mimir passwords;
// "" without a control room.
func (w *WorkloadCommon) MimirAuthSecretName() string {
	if w.ControlRoomClusterName == "" {
		return ""
	}
	return w.ControlRoomClusterName + ".mimir-auth.posit.team"
}

// ExtraPostgresDBNames are extra_postgres_dbs as PostgreSQL knows them: "-" is "_".
func (w *AWSWorkload) ExtraPostgresDBNames() []string {
	names := make([]string, len(w.ExtraPostgresDBs))
	for i, name := range w.ExtraPostgresDBs {
		names[i] = strings.ReplaceAll(name, "-", "_")
	}
	return names
}

// DatabaseProducts are those with a database for each site.
var DatabaseProducts = []string{"connect", "workbench", "packagemanager", "keycloak"}

// ProductDatabase is the name of the role and the database of a site's product: what is
// neither a lower-case letter nor a digit is "_". (facts: aws-workload-base 9)
func ProductDatabase(site, product string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, site+"-"+product)
}

// Domains are the distinct domains with their sites, in the order of each one's first
// site by name. (facts: aws-workload-base 4.10)
func (w *AWSWorkload) Domains() []Domain {
	return domains(func(yield func(string, string) bool) {
		for name, site := range w.SortedSites() {
			if !yield(name, site.Domain) {
				return
			}
		}
	})
}

// MainDomain is the domain of the site called main.
func (w *AWSWorkload) MainDomain() string { return w.Sites[MainSite].Domain }

// SortedSites goes through the sites by name.
func (w *AWSWorkload) SortedSites() iter.Seq2[string, AWSSite] { return sorted(w.Sites) }

// SortedClusters goes through the clusters by release.
func (w *AWSWorkload) SortedClusters() iter.Seq2[string, AWSCluster] { return sorted(w.Clusters) }
