package awsworkload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
	"github.com/ptd-go/ptd/stacks/workload/charts"
)

// secretsStoreChart is Helm's name of the chart of the Secrets Store driver.
const secretsStoreChart = "secret-store-csi"

// How the Secrets Store driver comes into a cluster, as notes call it.
const (
	byAddon  = "the EKS add-on"
	byCharts = "the Helm charts"
)

// secretsStoreByAddon tells whether the Secrets Store driver of a release is an add-on of
// EKS, which step eks makes, or comes by charts, which step helm installs. Both steps ask
// here: a cluster that has the one stays with it until the configuration says otherwise.
func secretsStoreByAddon(log pulumi.Log, w *config.AWSWorkload, release string, cluster ExistingCluster, installed charts.Existing) bool {
	return secretsStore(w, release, cluster, installed).Settle(log) == byAddon
}

// SecretsStoreChartsGo tells whether the charts of a release are to make place for the add-on.
func SecretsStoreChartsGo(w *config.AWSWorkload, clusters map[string]ExistingCluster, installed map[string]charts.Existing) bool {
	for release := range w.SortedClusters() {
		_, has := installed[release].Versions[secretsStoreChart]
		if value, _ := secretsStore(w, release, clusters[release], installed[release]).Value(); has && value == byAddon {
			return true
		}
	}
	return false
}

func secretsStore(w *config.AWSWorkload, release string, cluster ExistingCluster, installed charts.Existing) workload.Kept[string] {
	configured, live := byCharts, ""
	if w.SecretsStoreAddonEnabled {
		configured = byAddon
	}
	if _, has := installed.Versions[secretsStoreChart]; has {
		live = byCharts
	}
	if _, has := cluster.Addons[secretsStoreAddon]; has {
		live = byAddon
	}
	return workload.Kept[string]{
		What: "the Secrets Store driver of release " + release, Key: "secrets_store_addon_enabled",
		Configured: configured, Given: w.Gives("secrets_store_addon_enabled"), Live: live, Form: "%v",
	}
}
