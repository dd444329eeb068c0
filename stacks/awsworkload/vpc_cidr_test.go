package awsworkload

import (
	"testing"

	"github.com/ptd-go/ptd/stacks/config"
)

// Later steps take the address block of the VPC that is there; where older state does not
// tell, the configuration's.
func TestVpcCIDRIsThatOfTheVPC(t *testing.T) {
	t.Parallel()
	for made, want := range map[string]string{"10.99.0.0/16": "10.99.0.0/16", "": "10.37.0.0/16"} {
		sites := sitesIn(t, "demo01-staging")
		sites.Persistent.VpcCIDR = constant(made)
		if got := spec(t, mustRunSites(t, sites), "demo01-staging-20250115-main")["vpcCIDR"]; got != want {
			t.Errorf("Site has %v, want %s", got, want)
		}
		helm := helmIn(t, "demo01-staging", func(w *config.AWSWorkload) {
			cluster := w.Clusters["20250115"]
			cluster.CalicoEnabled = false
			w.Clusters["20250115"] = cluster
		})
		helm.Persistent.VpcCIDR = constant(made)
		ini := helmValues(t, mustRunHelm(t, helm), "demo01-staging-20250115-grafana-helm-release")["grafana.ini"].(map[string]any)
		if got := ini["auth.proxy"].(map[string]any)["whitelist"]; got != want {
			t.Errorf("Grafana trusts %v, want %s", got, want)
		}
	}
}
