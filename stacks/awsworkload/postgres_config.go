package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
	postgresqlprovider "github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/database"
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
	// Products says that ptd makes the products' databases, not the Team Operator.
	Products bool
	// SitePasswords are, by site, the passwords in its secret by key, where Products is set.
	SitePasswords map[string]map[string]pulumi.StringInput
	// There is what the server has and the state does not.
	There database.There
}

// PostgresConfigOutputs is what the postgres_config stack gives
// (docs/reference/aws-workload-base.md 8.3).
type PostgresConfigOutputs struct {
	GrafanaPassword pulumi.StringOutput `pulumi:"db_grafana_pw"` // secret
	GrafanaDatabase pulumi.StringOutput `pulumi:"grafana_db_name"`
	GrantID         pulumi.StringOutput `pulumi:"grant_id"`
	// Passwords are those of the extra databases, by database; secret.
	Passwords map[string]pulumi.StringOutput `pulumi:"*_pw"`
}

// DatabaseUsername is the master user of the database server.
const DatabaseUsername = "postgres"

// PostgresConfig makes the roles and databases of Grafana, of extra_postgres_dbs, and,
// unless the Team Operator does, of each site's products
// (docs/reference/aws-workload-base.md 8 and 9). Databases are always protected.
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
	outputs PostgresConfigOutputs
}

func (p *postgresConfig) make(child pulumi.ResourceOption) error {
	target := p.in.TargetName
	server, err := database.Open(p.ctx, target+"-postgres-provider", postgresqlprovider.Args{
		Host: p.in.Persistent.DBAddress, Username: DatabaseUsername, Password: p.in.MasterPassword,
	}, p.in.Config.ExtraPostgresExtensions, p.in.There, child)
	if err != nil {
		return err
	}
	grafana, err := server.NewWithPassword(target, "grafana", p.in.Config.GrafanaPostgresName())
	if err != nil {
		return err
	}
	p.outputs.GrafanaPassword, p.outputs.GrafanaDatabase = grafana.Password, grafana.Name
	p.outputs.GrantID = grafana.GrantID

	p.outputs.Passwords = map[string]pulumi.StringOutput{}
	for _, name := range p.in.Config.ExtraPostgresDBNames() {
		extra, err := server.NewWithPassword(target, name, name)
		if err != nil {
			return err
		}
		p.outputs.Passwords[name] = extra.Password
	}
	if !p.in.Products {
		return nil
	}
	for site := range p.in.Config.SortedSites() {
		if err := server.NewProducts(target, database.Site{
			Name: site, File: p.in.SiteFiles[site], Secret: p.in.Config.SiteSecretName(site), Passwords: p.in.SitePasswords[site],
			Runs: p.in.Config.Runs,
		}); err != nil {
			return fmt.Errorf("site %s: %w", site, err)
		}
	}
	return nil
}
