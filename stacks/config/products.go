package config

import (
	"slices"
	"strings"
)

// Product is a part of Posit Team that a site runs.
type Product struct {
	// Name is in the names of its hosts, service accounts and database.
	Name string
	// Key is its key in site.yaml.
	Key string
	// Served products have a host of their own below the site's domain, and replicas and
	// a domainPrefix in site.yaml that ptd itself reads.
	Served bool
	// Secrets are its keys of the site's secret.
	Secrets map[string]FirstValue
	// Schemas are those of its database besides public.
	Schemas []string
}

// FirstValue is what bootstrap puts under a key of a site's secret.
type FirstValue string

// The first values. What people fill in is empty at first.
const (
	FilledIn         FirstValue = ""
	DatabasePassword FirstValue = "a password in the database server"
	DatabaseRole     FirstValue = "the name of the role in the database server"
	EncryptionKey    FirstValue = "a key to encrypt what is stored"
)

const keycloak = "keycloak"

// Products are all that a site can have. (docs/reference/aws-workload-base.md 2.1, 9)
func Products() []Product {
	return []Product{
		{
			Name: "connect", Key: "connect", Served: true, Schemas: []string{"instrumentation"},
			Secrets: map[string]FirstValue{
				"pub-chronicle-api-key": FilledIn, "pub-client-secret": FilledIn, "pub-db-password": DatabasePassword,
				"pub-license": FilledIn, "pub-secret-key": EncryptionKey,
			},
		},
		{
			Name: "workbench", Key: "workbench", Served: true,
			Secrets: map[string]FirstValue{
				"dev-admin-token": FilledIn, "dev-chronicle-api-key": FilledIn, "dev-client-secret": FilledIn,
				"dev-db-password": DatabasePassword, "dev-license": FilledIn, "dev-user-token": FilledIn,
			},
		},
		{
			Name: "packagemanager", Key: "packageManager", Served: true, Schemas: []string{"pm", "metrics"},
			Secrets: map[string]FirstValue{
				"pkg-db-password": DatabasePassword, "pkg-license": FilledIn, "pkg-secret-key": EncryptionKey,
				"ppm-oidc-client-secret": FilledIn,
			},
		},
		{
			Name: keycloak, Key: keycloak, Schemas: []string{keycloak},
			Secrets: map[string]FirstValue{"keycloak-db-password": DatabasePassword, "keycloak-db-user": DatabaseRole},
		},
		{Name: "home", Key: "flightdeck", Secrets: map[string]FirstValue{"home-auth-map": FilledIn}},
	}
}

// ServedProducts are those with a host of their own.
func ServedProducts() []Product {
	return slices.DeleteFunc(Products(), func(p Product) bool { return !p.Served })
}

// DatabaseProducts are those with a database for each site.
func DatabaseProducts() []Product {
	return slices.DeleteFunc(Products(), func(p Product) bool { return p.PasswordKey() == "" })
}

// DatabasePasswordKeys are the keys of a site's secret with the passwords of the products'
// roles in the database server.
func DatabasePasswordKeys() []string {
	var keys []string
	for _, product := range DatabaseProducts() {
		keys = append(keys, product.PasswordKey())
	}
	return keys
}

// Runs tells whether the workload has the product, which may be Keycloak.
func (w *AWSWorkload) Runs(p Product) bool { return p.Name != keycloak || w.KeycloakEnabled }

// PasswordKey is the key of the site's secret with the password of the product's role in
// the database server; "" for a product without a database.
func (p Product) PasswordKey() string {
	for key, first := range p.Secrets {
		if first == DatabasePassword {
			return key
		}
	}
	return ""
}

// Database is the name of the product's role and database of a site: what is neither a
// lower-case letter nor a digit is "_". (docs/reference/aws-workload-base.md 9)
func (p Product) Database(site string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, site+"-"+p.Name)
}
