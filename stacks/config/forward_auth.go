package config

// ForwardAuthSecretName is the secret with the credentials of a site's login, which people
// put there. (docs/reference/aws-workload-apps.md 7.10)
func (w *AWSWorkload) ForwardAuthSecretName(site string) string {
	return forwardAuthSecret + "." + w.CompoundName() + "-" + site + ".posit.team"
}

// ForwardAuthSecretPatterns match these secrets of all workloads, as ARNs end.
func ForwardAuthSecretPatterns() []string {
	return []string{forwardAuthSecret + "-*", forwardAuthSecret + ".*.posit.team", forwardAuthSecret + ".*.posit.team*"}
}

const forwardAuthSecret = "okta-oidc-client-creds"

// ForwardAuthSecretKeys are the keys of that secret.
func ForwardAuthSecretKeys() []string {
	return []string{"oidcClientId", "oidcClientSecret", "signingSecret"}
}

// ForwardAuthSites are the sites that ask for a login, sorted; none while no release
// installs what asks.
func (w *AWSWorkload) ForwardAuthSites() []string {
	installed := false
	for _, cluster := range w.Clusters {
		installed = installed || cluster.Components.TraefikForwardAuthVersion != ""
	}
	var sites []string
	for name, site := range w.SortedSites() {
		if installed && site.UseTraefikForwardAuth {
			sites = append(sites, name)
		}
	}
	return sites
}
