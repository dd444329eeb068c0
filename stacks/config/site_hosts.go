package config

import (
	"fmt"
	"slices"
	"strings"
)

// siteProducts says what a site.yaml asks of the products that is more than it seems: hosts
// that ptd's certificates and records do not cover, and data that goes for good.
func (l *loader) siteProducts() {
	for _, site := range l.target.SiteNames() {
		file := l.target.SiteFiles[site]
		domain, covered := l.target.siteDomains(site)
		hosts := file.Hosts(domain)
		for _, product := range ServedProducts() {
			host, runs := hosts[product.Key]
			for _, key := range []string{"domainPrefix", "baseDomain"} {
				path := product.Key + "." + key
				if text, _ := file.at(path).(string); text == "" || !runs || domain == "" {
					continue
				}
				if problem, _ := checkDomain(host); problem != "" {
					l.problems = append(l.problems, file.about(path, "%q, the host of the product, %s", host, problem))
					break
				}
			}
			_, base, _ := strings.Cut(host, ".")
			if runs && file.decoder != nil && domain != "" && !slices.Contains(covered, base) {
				path := product.Key + ".domainPrefix"
				if file.at(product.Key+".baseDomain") != nil {
					path = product.Key + ".baseDomain"
				}
				l.warnings = append(l.warnings, file.about(path, "ptd makes no certificate and no record for %s, only for %s and what is directly below: "+
					"both are yours to make", host, strings.Join(covered, ", ")))
			}
		}
		for _, product := range []string{"chronicle", "connect", "packageManager", "workbench"} {
			if file.at(product+".teardown") != true {
				continue
			}
			path, text := product+".teardown", "has no effect: the operator takes nothing away while the product is enabled (enabled: false)"
			if file.at(product+".enabled") == false {
				text = "the operator deletes the product's database, secrets and volume for good, in every release"
				if product == "chronicle" {
					text = "the operator deletes all that the product has in the cluster for good, in every release"
				}
			}
			l.warnings = append(l.warnings, file.about(path, "%s", text))
		}
	}
}

// about says something of a path of the file's spec, at its place.
func (s *SiteFile) about(path, format string, args ...any) Problem {
	return s.decoder.at(s.place(path), "spec."+path, "", fmt.Sprintf(format, args...))
}

// siteDomains are the domain of a site, and the domains whose certificates its load balancer
// has; none on Azure, where ptd makes no certificate.
func (t *Target) siteDomains(site string) (own string, covered []string) {
	w := t.AWSWorkload
	if w == nil {
		return "", nil
	}
	own = w.Sites[site].Domain
	if w.LoadBalancerPerSite {
		return own, []string{own}
	}
	for _, domain := range w.Domains() {
		covered = append(covered, domain.Name)
	}
	return own, covered
}
