// Package postgresql is the edge to PostgreSQL servers: the explicit Pulumi provider
// that the stacks use.
package postgresql

import (
	"errors"

	"github.com/pulumi/pulumi-postgresql/sdk/v3/go/postgresql"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What a provider is like unless its Args say otherwise.
const (
	DefaultPort    = 5432
	DefaultSSLMode = "require"
)

// Args says which server a provider works on, and as whom. Host, Username and Password
// are required.
type Args struct {
	Host     pulumi.StringInput
	Port     int // DefaultPort if 0
	Username string
	Password pulumi.StringInput // made a secret if it is none
	// SSLMode is as in libpq ("require", "verify-full"); DefaultSSLMode if "".
	SSLMode string
	// Superuser says that the user is one. The master user of a cloud's server is not:
	// it joins the roles that it makes owners.
	Superuser bool
}

// NewProvider makes a provider with the logical name name, {target}-postgres-provider
// in the sheets. A changed password updates it and replaces nothing.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-base.md 8.2 row 79)
func NewProvider(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*postgresql.Provider, error) {
	if args.Host == nil || args.Username == "" || args.Password == nil {
		return nil, errors.New("make the PostgreSQL provider " + name + ": host, username and password are required")
	}
	if args.Port == 0 {
		args.Port = DefaultPort
	}
	if args.SSLMode == "" {
		args.SSLMode = DefaultSSLMode
	}
	return postgresql.NewProvider(ctx, name, &postgresql.ProviderArgs{
		Host:      args.Host.ToStringOutput(),
		Port:      pulumi.Int(args.Port),
		Username:  pulumi.String(args.Username),
		Password:  pulumi.ToSecret(args.Password.ToStringOutput()).(pulumi.StringOutput),
		Sslmode:   pulumi.String(args.SSLMode),
		Superuser: pulumi.Bool(args.Superuser),
	}, opts...)
}
