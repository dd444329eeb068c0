// Package database has the databases of a workload in its PostgreSQL server, whichever
// cloud runs that.
package database

import (
	"cmp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/postgresql"
	postgresqlprovider "github.com/ptd-go/ptd/providers/postgresql"
)

// There are the roles and databases that a server has and no state knows: those that ptd
// would make are taken over.
type There struct{ Roles, Databases []string }

// Server is a database server with what ptd puts into it, all of it protected.
type Server struct {
	ctx        *pulumi.Context
	admin      string // "" for a superuser
	extensions []string
	there      There
	options    []pulumi.ResourceOption
}

// Open makes the provider, with the logical name name, of a server that is there, with
// which databases are made below child. Each has the extensions besides those it needs.
func Open(
	ctx *pulumi.Context, name string, admin postgresqlprovider.Args, extensions []string, there There, child pulumi.ResourceOption,
) (*Server, error) {
	provider, err := postgresqlprovider.NewProvider(ctx, name, admin, child)
	if err != nil {
		return nil, err
	}
	user := admin.Username
	if admin.Superuser {
		user = ""
	}
	return &Server{ctx, user, extensions, there, []pulumi.ResourceOption{child, pulumi.Providers(provider)}}, nil
}

// New makes a database.
func (s *Server) New(logical string, args *postgresql.DatabaseArgs) (*postgresql.Database, error) {
	args.Admin, args.Extensions, args.Protect = s.admin, s.extensions, true
	args.ImportRole = slices.Contains(s.there.Roles, cmp.Or(args.Role, args.Name))
	args.ImportDatabase = slices.Contains(s.there.Databases, args.Name)
	return postgresql.NewDatabase(s.ctx, logical, args, s.options...)
}

// NewWithPassword makes a database called name whose role has a password of its own
// making. Logical names are {prefix}-{part} and {prefix}-db-{part}-pw.
func (s *Server) NewWithPassword(prefix, part, name string) (*postgresql.Database, error) {
	return s.New(prefix+"-"+part, &postgresql.DatabaseArgs{Name: name, PasswordName: prefix + "-db-" + part + "-pw"})
}
