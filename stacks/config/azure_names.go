package config

import (
	"fmt"
	"iter"
	"strings"
)

// RequiredTags are resource_tags, then true name, environment and, unless it is "",
// managed-by, those keys with ":" for "/"; later ones win.
// (docs/reference/config-and-cli.md 2.8)
func (w *AzureWorkload) RequiredTags(managedBy string) map[string]string {
	return requiredTags(w.ResourceTags, w.TrueName(), w.Environment(), managedBy, azureTagKey)
}

// sanitized is the target in lower case with "-" for what Azure does not allow in names.
func (w *AzureWorkload) sanitized() string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(w.Name))
}

// ResourceGroup is rsg-ptd-{target}. (docs/reference/config-and-cli.md 2.4)
func (w *AzureWorkload) ResourceGroup() string { return "rsg-ptd-" + w.sanitized() }

// VnetResourceGroup holds network, bastion and jump box.
func (w *AzureWorkload) VnetResourceGroup() string {
	if w.Network.VnetRsgName != "" {
		return w.Network.VnetRsgName
	}
	return w.ResourceGroup()
}

// KeyVault is kv-ptd-{target}, cut to 24 characters.
func (w *AzureWorkload) KeyVault() string { return "kv-ptd-" + prefix(w.sanitized(), 17) }

// StateStorageAccount is stptd{target} without hyphens, cut to 24 characters.
func (w *AzureWorkload) StateStorageAccount() string {
	return "stptd" + prefix(strings.ReplaceAll(w.sanitized(), "-", ""), 19)
}

// StateContainer is the blob container of the state.
func (w *AzureWorkload) StateContainer() string { return "blob-ptd-" + w.sanitized() }

// FilesStorageAccount is stptdfiles{compound name} without hyphens, cut to 24 characters.
func (w *AzureWorkload) FilesStorageAccount() string {
	return "stptdfiles" + prefix(strings.ReplaceAll(strings.ToLower(w.CompoundName()), "-", ""), 14)
}

// ContainerRegistry is crptd{compound name} without hyphens; what follows the first
// hyphen is lower-cased.
func (w *AzureWorkload) ContainerRegistry() string {
	first, rest, _ := strings.Cut(w.CompoundName(), "-")
	return "crptd" + first + strings.ToLower(strings.ReplaceAll(rest, "-", ""))
}

// Vnet is the provisioned network or vnet-ptd-{compound name}.
func (w *AzureWorkload) Vnet() string {
	if w.Network.ProvisionedVnetName != "" {
		return w.Network.ProvisionedVnetName
	}
	return "vnet-ptd-" + w.CompoundName()
}

// Subnet is the name of one of the subnets public, private, db, netapp, agw.
func (w *AzureWorkload) Subnet(which string) string {
	return "snet-ptd-" + w.CompoundName() + "-" + which
}

// NetworkSecurityGroup is the one of private, db, netapp, app-gateway or bastion.
func (w *AzureWorkload) NetworkSecurityGroup(which string) string {
	return "nsg-ptd-" + w.CompoundName() + "-" + which
}

// NetAppAccount is naa-ptd-{compound name}.
func (w *AzureWorkload) NetAppAccount() string { return "naa-ptd-" + w.CompoundName() }

// NetAppPool is nap-ptd-{compound name}.
func (w *AzureWorkload) NetAppPool() string { return "nap-ptd-" + w.CompoundName() }

// PostgresServer is psql-ptd-{compound name}.
func (w *AzureWorkload) PostgresServer() string { return "psql-ptd-" + w.CompoundName() }

// GrafanaPostgresServer is the server of Grafana's databases.
func (w *AzureWorkload) GrafanaPostgresServer() string { return w.PostgresServer() + "-grafana" }

// GrafanaPostgresName is Grafana's role and database of a release.
func (w *AzureWorkload) GrafanaPostgresName(release string) string {
	return "grafana-" + w.ClusterName(release)
}

// Bastion is the stem of the logical names of bastion and jump box.
func (w *AzureWorkload) Bastion() string { return "bas-ptd-" + w.CompoundName() + "-bastion" }

// FilesStorageClass is the storage class of Azure Files.
func (w *AzureWorkload) FilesStorageClass() string { return w.CompoundName() + "-azure-files-csi" }

// DNSPrefix is the DNS prefix of a release's cluster.
func (w *AzureWorkload) DNSPrefix(release string) string { return w.Name + "-" + release + "-dns" }

// NodeResourceGroup is where AKS puts the nodes of a release.
func (w *AzureWorkload) NodeResourceGroup(release string) string {
	return fmt.Sprintf("MC_%s_%s_%s", w.ResourceGroup(), w.ClusterName(release), w.Region)
}

// Identity is the logical name of a release's managed identity: loki, mimir, alloy,
// external-dns or cert-manager-sa.
func (w *AzureWorkload) Identity(release, which string) string {
	return "id-" + w.ClusterName(release) + "-" + which
}

// FederatedCredential is the name of the credential of a release's managed identity.
func (w *AzureWorkload) FederatedCredential(release, which string) string {
	return "fedid-" + w.ClusterName(release) + "-" + which
}

// WorkloadSecretName is the Kubernetes secret of the workload.
func (w *AzureWorkload) WorkloadSecretName() string { return w.CompoundName() + "-posit-team" }

// SiteSecretName is the Kubernetes secret of a site.
func (w *AzureWorkload) SiteSecretName(site string) string {
	return w.CompoundName() + "-" + site + "-posit-team"
}

// SiteFieldSecretName is the Key Vault secret of one field of a site; with External
// Secrets on any release it carries the compound name. (docs/reference/config-and-cli.md 4.5)
func (w *AzureWorkload) SiteFieldSecretName(site, field string) string {
	for _, cluster := range w.Clusters {
		if cluster.ExternalSecretsEnabled {
			return w.CompoundName() + "-" + site + "-" + field
		}
	}
	return site + "-" + field
}

// PostgresAdminSecretName is the Key Vault secret of the database server's administrator.
func (w *AzureWorkload) PostgresAdminSecretName() string {
	return w.CompoundName() + "-postgres-admin-secret"
}

// GrafanaPostgresAdminSecretName is the same of Grafana's server.
func (w *AzureWorkload) GrafanaPostgresAdminSecretName() string {
	return w.CompoundName() + "-grafana-postgres-admin-secret"
}

// GrafanaPostgresUserSecretName is the Key Vault secret of a release's Grafana database.
func (w *AzureWorkload) GrafanaPostgresUserSecretName(release string) string {
	return w.ClusterName(release) + "-postgres-grafana-user"
}

// MimirPasswordSecretName is the Key Vault secret of the workload's own Mimir password.
func (w *AzureWorkload) MimirPasswordSecretName() string { return w.CompoundName() + "-mimir-auth" }

// SortedSites goes through the sites by name.
func (w *AzureWorkload) SortedSites() iter.Seq2[string, AzureSite] { return sorted(w.Sites) }

// SortedClusters goes through the clusters by release.
func (w *AzureWorkload) SortedClusters() iter.Seq2[string, AzureCluster] { return sorted(w.Clusters) }

// prefix is the first n bytes of s.
func prefix(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
