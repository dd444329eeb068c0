package database

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
)

// Site says what the databases of a site's products are like.
type Site struct {
	Name string
	// File is the site.yaml, which may name schemas of Connect's; nil for none.
	File *config.SiteFile
	// Secret is the name of the secret with the passwords, Passwords what it has by key.
	Secret    string
	Passwords map[string]pulumi.StringInput
	// Runs tells whether the site has a product.
	Runs func(config.Product) bool
}

// NewProducts makes the databases of a site's products
// (docs/reference/aws-workload-base.md 9). The Team Operator finds them, and leaves them,
// because name and password are the ones that it would use. prefix begins the logical names.
//
// It is an error if a password is missing.
func (s *Server) NewProducts(prefix string, site Site) error {
	for _, product := range config.DatabaseProducts() {
		if !site.Runs(product) {
			continue
		}
		password := site.Passwords[product.PasswordKey()]
		missing := fmt.Errorf("secret %s has no %s: without it %s cannot have a database", site.Secret, product.PasswordKey(), product.Name)
		if password == nil {
			return missing
		}
		checked := apply.To(password.ToStringOutput(), func(password string) (string, error) {
			if password == "" {
				return "", missing
			}
			return password, nil
		}).(pulumi.StringOutput)
		_, err := s.New(prefix+"-"+site.Name+"-"+product.Name, &postgresql.DatabaseArgs{
			Name: product.Database(site.Name), Password: checked, Schemas: site.File.Schemas(product),
		})
		if err != nil {
			return fmt.Errorf("%s: %w", product.Name, err)
		}
	}
	return nil
}
