package awsworkload

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/components/postgresql"
	postgresqlprovider "github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
)

// PostgresConfigIn is what the postgres_config stack is made from. The server is only
// reachable from within the network: the runner gives the provider its way in.
type PostgresConfigIn struct {
	Config     *config.AWSWorkload
	TargetName string
	Persistent *PersistentOutputs
	// SiteFiles are the site.yaml files by site, which may name schemas of Connect's.
	SiteFiles map[string]*config.SiteFile
	// MasterPassword is the password of the server's master user, a secret.
	MasterPassword pulumi.StringInput
	// SitePasswords are, by site, the keys of its secret that DatabasePasswordKeys names.
	SitePasswords map[string]map[string]pulumi.StringInput
}

// PostgresConfigOutputs is what the postgres_config stack gives (facts:
// aws-workload-base 8.3).
type PostgresConfigOutputs struct {
	GrafanaPassword pulumi.StringOutput `pulumi:"db_grafana_pw"` // secret
	GrafanaDatabase pulumi.StringOutput `pulumi:"grafana_db_name"`
	GrantID         pulumi.StringOutput `pulumi:"grant_id"`
	// Passwords are those of the extra databases, by database; secret.
	Passwords map[string]pulumi.StringOutput `pulumi:"*_pw"`
}

// DatabasePasswordKeys are the keys of a site's secret that hold passwords of database
// roles.
var DatabasePasswordKeys = []string{"dev-db-password", "keycloak-db-password", "pkg-db-password", "pub-db-password"}

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

// PostgresConfig makes the roles and databases of Grafana, of extra_postgres_dbs, and,
// unless the Team Operator does, of each site's products (facts: aws-workload-base 8
// and 9). Databases are always protected.
func PostgresConfig(ctx *pulumi.Context, in PostgresConfigIn) (*PostgresConfigOutputs, error) {
	p := &postgresConfig{ctx: ctx, in: in}
	err := components.Register(ctx, "ptd:awsworkload:PostgresConfig", in.TargetName, p, p.make)
	if err != nil {
		return nil, fmt.Errorf("postgres_config stack of %s: %w", in.TargetName, err)
	}
	return &p.outputs, nil
}

// postgresConfig is the program while it runs.
type postgresConfig struct {
	pulumi.ResourceState

	ctx     *pulumi.Context
	in      PostgresConfigIn
	options []pulumi.ResourceOption // of everything in the server
	outputs PostgresConfigOutputs
}

func (p *postgresConfig) make(child pulumi.ResourceOption) error {
	provider, err := postgresqlprovider.NewProvider(p.ctx, p.in.TargetName+"-postgres-provider", postgresqlprovider.Args{
		Host: p.in.Persistent.DBAddress, Username: "postgres", Password: p.in.MasterPassword,
	}, child)
	if err != nil {
		return err
	}
	p.options = []pulumi.ResourceOption{child, pulumi.Providers(provider)}

	grafana, err := p.withNewPassword("grafana", "grafana-"+p.in.TargetName)
	if err != nil {
		return err
	}
	p.outputs.GrafanaPassword, p.outputs.GrafanaDatabase = grafana.Password, grafana.Name
	p.outputs.GrantID = grafana.GrantID

	p.outputs.Passwords = map[string]pulumi.StringOutput{}
	for _, name := range p.in.Config.ExtraPostgresDBNames() {
		database, err := p.withNewPassword(name, name)
		if err != nil {
			return err
		}
		p.outputs.Passwords[name] = database.Password
	}
	if p.in.Config.ProductDatabases != "ptd" {
		return nil
	}
	for site := range p.in.Config.SortedSites() {
		if err := p.makeSite(site); err != nil {
			return fmt.Errorf("site %s: %w", site, err)
		}
	}
	return nil
}

// withNewPassword makes a database whose role has a password of its own making.
func (p *postgresConfig) withNewPassword(part, name string) (*postgresql.Database, error) {
	return p.database(part, &postgresql.DatabaseArgs{Name: name, PasswordName: p.in.TargetName + "-db-" + part + "-pw"})
}

// database makes a database with the extensions of the configuration.
func (p *postgresConfig) database(part string, args *postgresql.DatabaseArgs) (*postgresql.Database, error) {
	args.Extensions, args.Protect = p.in.Config.ExtraPostgresExtensions, true
	return postgresql.NewDatabase(p.ctx, p.in.TargetName+"-"+part, args, p.options...)
}

// makeSite makes the databases of a site's products. The Team Operator finds them, and
// leaves them, because name and password are the ones that it would use.
func (p *postgresConfig) makeSite(site string) error {
	for _, product := range products {
		if product.name == keycloak && !p.in.Config.KeycloakEnabled {
			continue
		}
		password := p.in.SitePasswords[site][product.passwordKey]
		missing := fmt.Errorf("secret %s has no %s: without it %s cannot have a database",
			SiteSecretName(p.in.TargetName, site), product.passwordKey, product.name)
		if password == nil {
			return missing
		}
		checked := password.ToStringOutput().ApplyT(func(password string) (string, error) {
			if password == "" {
				return "", missing
			}
			return password, nil
		}).(pulumi.StringOutput)
		_, err := p.database(site+"-"+product.name, &postgresql.DatabaseArgs{
			Name: config.ProductDatabase(site, product.name), Password: checked, Schemas: p.schemas(site, product.name, product.schemas),
		})
		if err != nil {
			return fmt.Errorf("%s: %w", product.name, err)
		}
	}
	return nil
}

// schemas are those of a site's product: its own, and for Connect the ones that site.yaml
// configures (facts: aws-workload-base 9, site-spec).
func (p *postgresConfig) schemas(site, product string, own []string) []string {
	file := p.in.SiteFiles[site]
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
