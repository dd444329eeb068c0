package config

import "strings"

// Limits of names that ptd makes of others. (docs.aws.amazon.com: AmazonS3/latest/userguide/
// bucketnamingrules.html, acm/latest/APIReference/API_RequestCertificate.html; postgresql.org:
// docs/current/sql-syntax-lexical.html; Helm takes 53 characters for a release, so that what it
// appends to them stays a label)
const (
	maxBucketName      = 63
	maxDatabaseName    = 63
	maxHelmRelease     = 53
	maxCertificateName = 64
	maxHostName        = 253
	maxTaintKey        = 63
)

// validateTargetName checks what is named after the target's directory, which true_name and
// environment do not change.
func (d *decoder) validateTargetName(w *AWSWorkload) {
	if bucket := w.StateBucket(); len(bucket) > maxBucketName {
		d.reject("", "the state bucket %s has %d characters, and S3 takes %d: the target's directory needs a shorter name", bucket, len(bucket), maxBucketName)
	}
	if role := w.GrafanaPostgresName(); len(role) > maxDatabaseName {
		d.reject("", "the database %s has %d characters, and PostgreSQL keeps %d: the target's directory needs a shorter name", role, len(role), maxDatabaseName)
	}
}

// validateSiteNames checks what is named after sites. Objects of the products have the names of
// their databases with hyphens, and Kubernetes takes as many characters.
func (d *decoder) validateSiteNames(w *AWSWorkload) {
	for name, site := range w.SortedSites() {
		longest := ""
		for _, product := range DatabaseProducts() {
			if database := product.Database(name); len(database) > len(longest) {
				longest = database
			}
		}
		path := "spec.sites." + name
		if over := len(longest) - maxDatabaseName; over > 0 {
			d.reject(path, "the database %s has %d characters, PostgreSQL keeps %d and Kubernetes takes as many of a service: the site's name may have %d",
				longest, len(longest), maxDatabaseName, len(name)-over)
			continue
		}
		if release := "traefik-forward-auth-" + name; site.UseTraefikForwardAuth && len(release) > maxHelmRelease {
			d.reject(path, "the Helm release %s has %d characters, and Helm takes %d", release, len(release), maxHelmRelease)
		}
	}
}

// validateDomainLengths checks what is made for a site's domain: a certificate has it as its
// common name, and hosts of the products stand below it.
func (d *decoder) validateDomainLengths(t *Target) {
	w := t.AWSWorkload
	for name, site := range w.SortedSites() {
		switch length := len(site.Domain); {
		case site.CertificateARN == "" && w.HostedZoneManagementEnabled && length > maxCertificateName:
			d.problems = append(d.problems, d.aboutDomain(t, name, "%q has %d characters, and ACM takes %d of a certificate's first name: bring a certificate with certificate_arn",
				site.Domain, length, maxCertificateName))
		case length+len("packagemanager.") > maxHostName:
			d.problems = append(d.problems, d.aboutDomain(t, name, "%q has %d characters, which leaves no room for the hosts of products below it: a host's name has %d",
				site.Domain, length, maxHostName))
		}
	}
}

// validateCertificateARN checks that a load balancer can have the certificate: it takes those of
// its own region and account. (docs.aws.amazon.com: acm/latest/userguide/acm-regions.html)
func (d *decoder) validateCertificateARN(path string, w *AWSWorkload, arn string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || w.Region == "" || w.AccountID == "" {
		return
	}
	if region := parts[3]; region != w.Region {
		d.reject(path, "the certificate is in %s, and load balancers in %s take those of their own region: request one there", region, w.Region)
	}
	if account := parts[4]; account != w.AccountID {
		d.reject(path, "the certificate is of account %s, and load balancers take those of their own account, %s", account, w.AccountID)
	}
}

// leastDisk is how large the images of nodes are, in GiB: a smaller disk is refused.
// (docs.aws.amazon.com: eks/latest/APIReference/API_CreateNodegroup.html, diskSize)
var leastDisk = []struct {
	family string
	size   int
}{{"WINDOWS_", 50}, {"AL2", 20}}

func (d *decoder) validateDisk(path string, size int, image string) {
	for _, least := range leastDisk {
		if strings.HasPrefix(image, least.family) && size > 0 && size < least.size {
			d.reject(path, "%d must be at least %d: the image of %s is that large", size, least.size, image)
		}
	}
}
