package ensure

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ptdconfig "github.com/ptd-go/ptd/stacks/config"
)

// TestVariants converges workloads of many shapes in the sandbox, where every Kubernetes
// object must decode into its API type, or follow its definition, and every reference
// must lead somewhere; a second run changes nothing. In short mode two shapes stand for all.
func TestVariants(t *testing.T) {
	workload := func(change func(*ptdconfig.AWSWorkload)) func(*ptdconfig.Target) {
		return func(target *ptdconfig.Target) { change(target.AWSWorkload) }
	}
	cluster := func(change func(*ptdconfig.AWSCluster)) func(*ptdconfig.Target) {
		return workload(func(w *ptdconfig.AWSWorkload) {
			for release, cluster := range w.Clusters {
				change(&cluster)
				w.Clusters[release] = cluster
			}
		})
	}
	for name, test := range map[string]struct {
		target string
		change func(*ptdconfig.Target)
	}{
		"as it is":           {"demo01-staging", func(*ptdconfig.Target) {}},
		"Tailscale":          {"tailscale01-staging", func(*ptdconfig.Target) {}},
		"provisioned VPC":    {"adopted01-production", func(*ptdconfig.Target) {}},
		"no cluster":         {"minimal01-staging", func(*ptdconfig.Target) {}},
		"one site":           {"demo01-staging", func(target *ptdconfig.Target) { withSites(target, 1) }},
		"three sites":        {"demo01-staging", func(target *ptdconfig.Target) { withSites(target, 3) }},
		"two releases":       {"demo01-staging", func(target *ptdconfig.Target) { withClusters(target, 2) }},
		"no autoscaling":     {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.AutoscalingEnabled = false })},
		"no GPU":             {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.NvidiaGPUEnabled = false })},
		"no Keycloak":        {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.KeycloakEnabled = false })},
		"cert-manager":       {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.CertManagerEnabled = true })},
		"private balancer":   {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.PublicLoadBalancer = false })},
		"no ExternalDNS":     {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.ExternalDNSEnabled = false })},
		"secrets add-on":     {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.SecretsStoreAddonEnabled = true })},
		"no telemetry":       {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.ThirdPartyTelemetryEnabled = false })},
		"system logs":        {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.GrafanaScrapeSystemLogs = true })},
		"zero trust":         {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.NetworkTrust = "ZERO" })},
		"full trust":         {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.NetworkTrust = "FULL" })},
		"no Bedrock":         {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.BedrockEnabled = false })},
		"filtered metrics":   {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.FilterControlRoomMetrics = true })},
		"operator databases": {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.ProductDatabases = "team-operator" })},
		"balancer per site":  {"demo01-staging", workload(func(w *ptdconfig.AWSWorkload) { w.LoadBalancerPerSite = true })},
		"no Calico":          {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.CalicoEnabled = false })},
		"aws-auth":           {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.EKSAccessEntries.Enabled = false })},
		"power users":        {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.EKSAccessEntries.IncludeSameAccountPoweruser = true })},
		"no forward auth":    {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.Components.TraefikForwardAuthVersion = "" })},
		"no Alloy":           {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.Components.AlloyVersion = "" })},
		"key for secrets":    {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.SecretsEncryptionEnabled = true })},
		"image release":      {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.AMIReleaseVersion = "1.33.4-20250920" })},
		"maintenance":        {"demo01-staging", cluster(func(c *ptdconfig.AWSCluster) { c.ForceMaintenance = true })},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "as it is" && name != "no cluster" {
				t.Skip("slow: one of many shapes")
			}
			t.Parallel() // each in a sandbox of its own, in one process
			directory := t.TempDir()
			target := loadTarget(t, test.target)
			test.change(target)
			first := converge(t, directory, target)
			require.NoError(t, first.Err)
			checkObjects(t, directory, target)
			again := converge(t, directory, target)
			for _, step := range again.Steps {
				assert.False(t, step.Changes.Any(), "step %s changes %+v in its second run", step.Step, step.Changes)
			}
			if clusters := slices.Collect(maps.Keys(target.AWSWorkload.Clusters)); len(clusters) > 0 {
				assert.Greater(t, first.Changes.Create, 200)
			}
		})
	}
}
