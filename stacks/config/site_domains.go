package config

import (
	"fmt"
	"slices"
)

// Domains are the distinct domains with their sites, in the order of each one's first
// site by name. (docs/reference/aws-workload-base.md 4.10)
func (w *AWSWorkload) Domains() []Domain {
	return domains(w.Sites, func(site AWSSite) string { return site.Domain })
}

// Domains are the distinct domains with their sites, by the site's name.
func (w *AzureWorkload) Domains() []Domain {
	return domains(w.Sites, func(site AzureSite) string { return site.Domain })
}

// MainDomain is the domain of the site called main.
func (w *AWSWorkload) MainDomain() string { return w.Sites[MainSite].Domain }

// MainDomain is the domain of the site called main.
func (w *AzureWorkload) MainDomain() string { return w.Sites[MainSite].Domain }

// Domain is a domain and the sites that have it.
type Domain struct {
	Name string
	// Primary is the first of Sites; its settings are those of the zone and certificate.
	Primary string
	Sites   []string
}

// domains groups sites by domain, in the order of each domain's first site by name.
func domains[S any](sites map[string]S, domainOf func(S) string) []Domain {
	var grouped []Domain
	for name, site := range sorted(sites) {
		domain := domainOf(site)
		i := slices.IndexFunc(grouped, func(d Domain) bool { return d.Name == domain })
		if i < 0 {
			grouped = append(grouped, Domain{Name: domain, Primary: name})
			i = len(grouped) - 1
		}
		grouped[i].Sites = append(grouped[i].Sites, name)
	}
	return grouped
}

// resolveDomains gives the sites the domains of their site.yaml.
func (t *Target) resolveDomains() {
	for name, file := range t.SiteFiles {
		switch {
		case file.domain == "":
		case t.AWSWorkload != nil:
			site := t.AWSWorkload.Sites[name]
			site.Domain, file.replaced = file.domain, site.Domain
			t.AWSWorkload.Sites[name] = site
		case t.AzureWorkload != nil:
			site := t.AzureWorkload.Sites[name]
			site.Domain, file.replaced = file.domain, site.Domain
			t.AzureWorkload.Sites[name] = site
		}
	}
}

// validateDomains checks the sites' domains against each other, and against what ptd.yaml
// names for them. (docs/reference/aws-workload-base.md 12.10-11)
func (d *decoder) validateDomains(t *Target) {
	if w := t.AWSWorkload; w != nil {
		d.validateDomainLengths(t)
		for name, site := range w.SortedSites() {
			replaced := t.SiteFiles[name].replaced
			if replaced != "" && replaced != site.Domain && (site.ZoneID != "" || site.CertificateARN != "") {
				d.warnings = append(d.warnings, d.aboutDomain(t, name,
					"takes the place of %q: the zone_id and certificate_arn of site %s in ptd.yaml must be those of %q", replaced, name, site.Domain))
			}
		}
		for name, primary := range sorted(sharing(w.Domains())) {
			site, first := w.Sites[name], w.Sites[primary]
			if site.ZoneID != first.ZoneID || site.PrivateZone != first.PrivateZone || site.CertificateARN != first.CertificateARN {
				d.warnings = append(d.warnings, d.aboutDomain(t, name,
					"site %s has the same domain and comes first: its zone_id, private_zone and certificate_arn hold for both", primary))
			}
		}
	}
	if w := t.AzureWorkload; w != nil {
		for name, primary := range sorted(sharing(w.Domains())) {
			d.problems = append(d.problems, d.aboutDomain(t, name, "%q is the domain of site %s too", w.Sites[name].Domain, primary))
		}
	}
}

// sharing are the sites that have the domain of one before, each with that one.
func sharing(domains []Domain) map[string]string {
	primaries := map[string]string{}
	for _, domain := range domains {
		for _, site := range domain.Sites[1:] {
			if domain.Name != "" {
				primaries[site] = domain.Primary
			}
		}
	}
	return primaries
}

// aboutDomain says something of a site's domain, at the place that gives it.
func (d *decoder) aboutDomain(t *Target, site, format string, args ...any) Problem {
	text := fmt.Sprintf(format, args...)
	if file := t.SiteFiles[site]; file.domain != "" {
		return file.decoder.at(file.place("domain"), "spec.domain", "", text)
	}
	path := "spec.sites." + site + ".spec.domain"
	return d.at(d.place(path), path, "", text)
}
