package database

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
)

// PasswordKeys are the keys of a site's secret that hold passwords of database
// roles.
var PasswordKeys = []string{"dev-db-password", "keycloak-db-password", "pkg-db-password", "pub-db-password"}

// products are those with a database for each site: the password of the role is in the
// site's secret, the schemas are the product's own.
var products = []struct {
	name, passwordKey string
	schemas           []string
}{
	{"connect", "pub-db-password", []string{"instrumentation"}},
	{"workbench", "dev-db-password", nil},
	{"packagemanager", "pkg-db-password", []string{"pm", "metrics"}},
	{keycloak, "keycloak-db-password", []string{"keycloak"}},
}

const keycloak = "keycloak"

// Site says what the databases of a site's products are like.
type Site struct {
	Name string
	// File is the site.yaml, which may name schemas of Connect's; nil for none.
	File *config.SiteFile
	// Secret is the name of the secret with the passwords, Passwords what of it PasswordKeys
	// names.
	Secret    string
	Passwords map[string]pulumi.StringInput
	// Keycloak says that the site has one.
	Keycloak bool
}

// NewProducts makes the databases of a site's products (facts: aws-workload-base 9). The
// Team Operator finds them, and leaves them, because name and password are the ones that it
// would use. prefix begins the logical names.
//
// It is an error if a password is missing.
func (s *Server) NewProducts(prefix string, site Site) error {
	for _, product := range products {
		if product.name == keycloak && !site.Keycloak {
			continue
		}
		password := site.Passwords[product.passwordKey]
		missing := fmt.Errorf("secret %s has no %s: without it %s cannot have a database", site.Secret, product.passwordKey, product.name)
		if password == nil {
			return missing
		}
		checked := password.ToStringOutput().ApplyT(func(password string) (string, error) {
			if password == "" {
				return "", missing
			}
			return password, nil
		}).(pulumi.StringOutput)
		_, err := s.New(prefix+"-"+site.Name+"-"+product.name, &postgresql.DatabaseArgs{
			Name: config.ProductDatabase(site.Name, product.name), Password: checked, Schemas: schemas(site.File, product.name, product.schemas),
		})
		if err != nil {
			return fmt.Errorf("%s: %w", product.name, err)
		}
	}
	return nil
}

// schemas are those of a site's product: its own, and for Connect the ones that site.yaml
// configures (facts: aws-workload-base 9, site-spec).
func schemas(file *config.SiteFile, product string, own []string) []string {
	if product != "connect" || file == nil {
		return own
	}
	connect, _ := file.Spec["connect"].(map[string]any)
	settings, _ := connect["databaseSettings"].(map[string]any)
	schemas := slices.Clone(own)
	if instrumentation, ok := settings["instrumentationSchema"].(string); ok && instrumentation != "" {
		schemas = []string{instrumentation} // in place of the default
	}
	if schema, ok := settings["schema"].(string); ok && schema != "" && schema != "public" && !slices.Contains(schemas, schema) {
		schemas = append(schemas, schema)
	}
	return slices.DeleteFunc(schemas, func(schema string) bool { return schema == "public" }) // is there
}
