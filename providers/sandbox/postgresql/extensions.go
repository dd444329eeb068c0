package postgresql

import (
	"fmt"
	"slices"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// trusted are the extensions that whoever may create in a database may install: those of
// PostgreSQL 16 whose control file says so.
var trusted = []string{
	"bool_plperl", "btree_gin", "btree_gist", "citext", "cube", "dict_int", "fuzzystrmatch", "hstore", "intarray", "isn",
	"jsonb_plperl", "lo", "ltree", "pg_trgm", "pgcrypto", "plperl", "plpgsql", "pltcl", "seg", "tablefunc", "tcn",
	"tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp",
}

// Trusts tells whether who may create in a database may install an extension.
func Trusts(extension string) bool { return slices.Contains(trusted, extension) }

// checkExtension checks that a server offers an extension.
func checkExtension(server *sandbox.Database) rule.Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		name, ok := in.Text("name")
		if ok && !slices.Contains(server.Extensions, name) {
			return rule.One("name", "extension %q is not available: could not open extension control file", name)
		}
		return nil
	}
}

// install creates an extension, which takes CREATE on the database, also of who has made
// its owner, and for one that is not trusted a superuser.
// (PostgreSQL's CREATE EXTENSION; docs/reference/real-plugins.md 3)
func install(o *sandbox.Operation) error {
	name, _ := o.Inputs.Text("name")
	database, ok := o.Inputs.Text("database")
	if !ok {
		database = "postgres"
	}
	s := serverOf(o)
	if !s.may(s.Username, mayCreate, database) || !s.InstallsAny && !Trusts(name) {
		return fmt.Errorf("pq: permission denied to create extension %q", name)
	}
	return named("database", "name")(o)
}
