package config

import (
	"iter"
	"slices"
	"strings"
)

// ResolvedVpcCIDR is the CIDR of the provisioned VPC, else vpc_cidr, else one derived
// from the compound name. (docs/reference/config-and-cli.md 2.6)
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
// managed-by; later ones win. (docs/reference/config-and-cli.md 2.8)
func (w *AWSWorkload) RequiredTags(managedBy string) map[string]string {
	return requiredTags(w.ResourceTags, w.TrueName(), w.Environment(), managedBy, awsTagKey)
}

// BoundaryARN is the permissions boundary of every role.
func (w *AWSWorkload) BoundaryARN() string { return AdminPolicyARN(w.AccountID) }

// AdminRoleARN is the role that ptd works with, unless custom_role names another.
func (w *AWSWorkload) AdminRoleARN() string { return adminRoleARN(w.AccountID) }

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

// ClusterARN is the ARN of a release's cluster, which its name gives.
func (w *AWSWorkload) ClusterARN(release string) string {
	return "arn:aws:eks:" + w.Region + ":" + w.AccountID + ":cluster/" + w.ClusterName(release)
}

// ScopedName is the name of one of the workload's roles, policies and security groups.
func (w *AWSWorkload) ScopedName(use string) string {
	return use + "." + w.CompoundName() + ".posit.team"
}

// CSIDriverRoleName is the role of a storage driver in the cluster of a release.
func (w *AWSWorkload) CSIDriverRoleName(release, driver string) string {
	return w.ClusterName(release) + "-" + driver + "-csi-driver.posit.team"
}

// RecordOwner marks the DNS records and the metrics of a release's cluster. It is no name
// of the cluster, and stays what it was: records with another owner are strangers that
// ExternalDNS does not touch. (docs/reference/aws-workload-apps.md 0)
func (w *AWSWorkload) RecordOwner(release string) string {
	if release == "0" {
		return "default_" + w.CompoundName() + "-control-plane"
	}
	return "default_" + w.ClusterName(release) + "-control-plane"
}

// PackageManagerBucketPrefix is what the bucket's name begins with.
func (w *AWSWorkload) PackageManagerBucketPrefix() string { return "ptd-" + w.CompoundName() + "-ppm-" }

// ChronicleBucketPrefix is what the bucket's name begins with.
func (w *AWSWorkload) ChronicleBucketPrefix() string {
	return "ptd-" + w.CompoundName() + "-chronicle-"
}

// MimirBucket is the bucket of the workload's own Mimir.
func (w *AWSWorkload) MimirBucket() string { return "ptd-" + w.CompoundName() + "-mimir" }

// LokiBucket is the bucket of Loki.
func (w *AWSWorkload) LokiBucket() string { return "ptd-" + w.CompoundName() + "-loki" }

// GrafanaPostgresName is Grafana's role and database.
func (w *AWSWorkload) GrafanaPostgresName() string { return "grafana-" + w.Name }

// WorkloadSecretName is the secret of what persistent made.
// (docs/reference/config-and-cli.md 4.4)
func (w *AWSWorkload) WorkloadSecretName() string { return w.Name + ".posit.team" }

// SecretPatterns match the secrets of the workload and its sites, as ARNs end: by the
// target's name, and by the compound name that Python programs used.
func (w *AWSWorkload) SecretPatterns() []string {
	var patterns []string
	for _, name := range slices.Compact([]string{w.CompoundName(), w.Name}) {
		patterns = append(patterns, name+".posit.team-*", name+"-*.posit.team-*")
	}
	return patterns
}

// SiteSecretName is a site's secret; for the site "*" a pattern of all the sites' secrets.
func (w *AWSWorkload) SiteSecretName(site string) string { return w.Name + "-" + site + ".posit.team" }

// SiteSessionSecretName is the secret of a site's sessions.
func (w *AWSWorkload) SiteSessionSecretName(site string) string {
	return w.Name + "-" + site + ".sessions.posit.team"
}

// SSHVaultName is the secret with Package Manager's SSH keys.
func (w *AWSWorkload) SSHVaultName(site string) string {
	return w.Name + "-" + site + "-ssh-ppm-keys.posit.team"
}

// ExtraPostgresDBNames are extra_postgres_dbs as PostgreSQL knows them: "-" is "_".
func (w *AWSWorkload) ExtraPostgresDBNames() []string {
	names := make([]string, len(w.ExtraPostgresDBs))
	for i, name := range w.ExtraPostgresDBs {
		names[i] = strings.ReplaceAll(name, "-", "_")
	}
	return names
}

// SortedSites goes through the sites by name.
func (w *AWSWorkload) SortedSites() iter.Seq2[string, AWSSite] { return sorted(w.Sites) }

// SortedClusters goes through the clusters by release.
func (w *AWSWorkload) SortedClusters() iter.Seq2[string, AWSCluster] { return sorted(w.Clusters) }
