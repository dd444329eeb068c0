package awsworkload

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-postgresql/sdk/v3/go/postgresql"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	"github.com/ptd-go/ptd/stacks/config"
)

// PostgresConfigIn is what the postgres_config stack is made from. The server is only
// reachable from within the network: the runner gives the provider its way in.
type PostgresConfigIn struct {
	Config     *config.AWSWorkload
	TargetName string
	Persistent *PersistentOutputs
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

// roleDatabase is a database with the role that owns it, both called name.
type roleDatabase struct {
	logical, name string
	password      pulumi.StringInput
	schemas       []string
}

func (p *postgresConfig) make(child pulumi.ResourceOption) error {
	provider, err := postgresql.NewProvider(p.ctx, p.in.TargetName+"-postgres-provider", &postgresql.ProviderArgs{
		Host:      p.in.Persistent.DBAddress,
		Port:      pulumi.Int(5432),
		Sslmode:   pulumi.String("require"),
		Username:  pulumi.String(masterUser),
		Password:  pulumi.ToSecret(p.in.MasterPassword).(pulumi.StringOutput),
		Superuser: pulumi.Bool(false), // RDS gives nobody that
	}, child)
	if err != nil {
		return err
	}
	p.options = []pulumi.ResourceOption{child, pulumi.Provider(provider)}

	grafana := "grafana-" + p.in.TargetName
	password, grant, err := p.withNewPassword("grafana", grafana, child)
	if err != nil {
		return err
	}
	p.outputs.GrafanaPassword, p.outputs.GrafanaDatabase = password, constant(grafana)
	p.outputs.GrantID = grant.ID().ToStringOutput()

	p.outputs.Passwords = map[string]pulumi.StringOutput{}
	for _, name := range p.in.Config.ExtraPostgresDBNames() {
		if p.outputs.Passwords[name], _, err = p.withNewPassword(name, name, child); err != nil {
			return err
		}
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
func (p *postgresConfig) withNewPassword(part, name string, child pulumi.ResourceOption) (pulumi.StringOutput, *postgresql.Grant, error) {
	logical := p.in.TargetName + "-" + part
	made, err := random.NewRandomPassword(p.ctx, p.in.TargetName+"-db-"+part+"-pw", &random.RandomPasswordArgs{
		Length: pulumi.Int(36), Special: pulumi.Bool(true), OverrideSpecial: pulumi.String("-_"),
	}, child)
	if err != nil {
		return pulumi.StringOutput{}, nil, err
	}
	password := pulumi.ToSecret(made.Result).(pulumi.StringOutput)
	grant, err := p.database(roleDatabase{logical: logical, name: name, password: password})
	return password, grant, err
}

// makeSite makes the databases of a site's products. The Team Operator finds them, and
// leaves them, because name and password are the ones that it would use.
func (p *postgresConfig) makeSite(site string) error {
	for _, product := range products {
		name := productDatabase(site, product.name)
		if product.name == keycloak {
			if !p.in.Config.KeycloakEnabled {
				continue
			}
			name = KeycloakDatabase(site)
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
		_, err := p.database(roleDatabase{
			logical:  fmt.Sprintf("%s-%s-%s", p.in.TargetName, site, product.name),
			name:     name,
			password: pulumi.ToSecret(checked).(pulumi.StringOutput),
			schemas:  product.schemas,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", product.name, err)
		}
	}
	return nil
}

// productDatabase is the name of the role and the database of a site's product.
func productDatabase(site, product string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, site+"-"+product)
}

// database makes a role, its database, its right to work in the schema public, its
// own schemas, and the extensions of the configuration.
func (p *postgresConfig) database(d roleDatabase) (*postgresql.Grant, error) {
	after := func(resources ...pulumi.Resource) []pulumi.ResourceOption {
		return append([]pulumi.ResourceOption{pulumi.DependsOn(resources)}, p.options...)
	}
	role, err := postgresql.NewRole(p.ctx, d.logical+"-role", &postgresql.RoleArgs{
		Name: pulumi.String(d.name), Login: pulumi.Bool(true), Password: d.password.ToStringOutput(),
	}, p.options...)
	if err != nil {
		return nil, err
	}
	database, err := postgresql.NewDatabase(p.ctx, d.logical+"-db", &postgresql.DatabaseArgs{
		Name: pulumi.String(d.name), Owner: pulumi.String(d.name),
	}, append(after(role), pulumi.Protect(true))...)
	if err != nil {
		return nil, err
	}
	grant, err := postgresql.NewGrant(p.ctx, d.logical+"-grant", &postgresql.GrantArgs{
		Database: pulumi.String(d.name), Role: pulumi.String(d.name),
		Schema: pulumi.String("public"), ObjectType: pulumi.String("schema"),
		Privileges: pulumi.ToStringArray([]string{"CREATE", "USAGE"}),
	}, after(database, role)...)
	if err != nil {
		return nil, err
	}
	for _, schema := range d.schemas {
		if _, err := postgresql.NewSchema(p.ctx, d.logical+"-"+schema+"-schema", &postgresql.SchemaArgs{
			Name: pulumi.String(schema), Database: database.Name, Owner: role.Name, IfNotExists: pulumi.Bool(true),
		}, after(database, role)...); err != nil {
			return nil, err
		}
	}
	for _, extension := range p.in.Config.ExtraPostgresExtensions {
		if _, err := postgresql.NewExtension(p.ctx, d.logical+"-"+extension+"-extension", &postgresql.ExtensionArgs{
			Name: pulumi.String(extension), Database: database.Name,
		}, after(database)...); err != nil {
			return nil, err
		}
	}
	return grant, nil
}
