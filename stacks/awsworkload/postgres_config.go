package awsworkload

import (
	"fmt"

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
	// SitePasswords are, by site, the passwords in its secret by key.
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

	grafana, err := p.withNewPassword("grafana", p.in.Config.GrafanaPostgresName())
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
	for _, product := range config.DatabaseProducts() {
		if !p.in.Config.Runs(product) {
			continue
		}
		password := p.in.SitePasswords[site][product.PasswordKey()]
		missing := fmt.Errorf("secret %s has no %s: without it %s cannot have a database",
			p.in.Config.SiteSecretName(site), product.PasswordKey(), product.Name)
		if password == nil {
			return missing
		}
		checked := password.ToStringOutput().ApplyT(func(password string) (string, error) {
			if password == "" {
				return "", missing
			}
			return password, nil
		}).(pulumi.StringOutput)
		_, err := p.database(site+"-"+product.Name, &postgresql.DatabaseArgs{
			Name: product.Database(site), Password: checked, Schemas: p.in.SiteFiles[site].Schemas(product),
		})
		if err != nil {
			return fmt.Errorf("%s: %w", product.Name, err)
		}
	}
	return nil
}
