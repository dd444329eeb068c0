package postgresql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/database"
)

// odd begins the passwords of products: what a password can have that a statement, a URL or
// a shell takes for something else. (A backslash is not among them: real-plugins.md 3.)
const odd = `' " @ / % $ ; -- ü `

// The codes of PostgreSQL's errors.
const (
	insufficientPrivilege = "42501"
	invalidPassword       = "28P01"
	dependentObjects      = "2BP01"
)

// code is that of a server's error, "" for none.
func code(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// workload is one with two sites, Keycloak, an extra database and extensions.
func workload(t *testing.T) *config.AWSWorkload {
	t.Helper()
	tree, err := config.OpenTree("../../testdata/targets")
	require.NoError(t, err)
	target, err := tree.Load("demo01-staging")
	require.NoError(t, err)
	target.AWSWorkload.ExtraPostgresExtensions = []string{"pg_trgm", "uuid-ossp"}
	return target.AWSWorkload
}

// run runs the program of postgres_config against a server.
func run(p *plugin, workload *config.AWSWorkload, there database.There) error {
	secret := func(text string) pulumi.StringInput {
		return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput)
	}
	passwords := map[string]map[string]pulumi.StringInput{}
	for site := range workload.SortedSites() {
		passwords[site] = map[string]pulumi.StringInput{}
		for _, key := range config.DatabasePasswordKeys() {
			passwords[site][key] = secret(odd + key)
		}
	}
	return pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := awsworkload.PostgresConfig(ctx, awsworkload.PostgresConfigIn{
			Config: workload, TargetName: workload.Name, MasterPassword: secret(masterPassword), Products: true,
			Persistent:    &awsworkload.PersistentOutputs{DBAddress: pulumi.String("127.0.0.1").ToStringOutput()},
			SitePasswords: passwords, There: there,
		})
		return err
	}, pulumi.WithMocks("project", workload.Name, p))
}

// passwords are those of the roles that were made, by role, which is also its database.
func (p *plugin) passwords() map[string]string {
	found := map[string]string{}
	for _, o := range p.made {
		if o.kind == "Role" {
			found[o.text("name")] = o.text("password")
		}
	}
	return found
}

// Who can connect, create and read where: each role in its own database, with all that its
// product needs, and in no other one; the master user in all; a stranger in none.
func TestWhoMayWhatWhere(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		p := &plugin{server: s}
		require.NoError(t, run(p, workload(t), database.There{}))
		passwords := p.passwords()
		require.Len(t, passwords, 10)
		s.must(t, superuser, superuserPassword, "postgres", "CREATE ROLE stranger LOGIN PASSWORD 'x'")

		for role, password := range passwords {
			s.must(t, role, password, role,
				"CREATE TABLE kept (id uuid DEFAULT public.uuid_generate_v4(), name text)", "CREATE INDEX ON kept USING gin (name public.gin_trgm_ops)",
				"INSERT INTO kept (name) VALUES ('of "+role+"')", "CREATE TEMPORARY TABLE passing ()", "CREATE SCHEMA its_own")
			assert.Equal(t, []string{"of " + role}, s.column(t, role, "SELECT name FROM kept"))
			s.must(t, master, masterPassword, role, "SELECT * FROM kept")
			for other := range passwords {
				if other != role {
					assert.Equal(t, insufficientPrivilege, code(s.do(role, password, other, "SELECT 1")), "%s in %s", role, other)
				}
			}
			assert.Equal(t, insufficientPrivilege, code(s.do("stranger", "x", role, "SELECT 1")), role)
			assert.Equal(t, invalidPassword, code(s.do(role, password+" ", role, "SELECT 1")), role)
			assert.Equal(t, insufficientPrivilege, code(s.do(role, password, "postgres", "CREATE TABLE mine ()")), role)
			assert.Equal(t, insufficientPrivilege, code(s.do(role, password, "postgres", "SET ROLE "+master)), role)
		}
		for _, o := range p.made {
			if o.kind == "Schema" {
				role := o.text("owner")
				s.must(t, role, passwords[role], o.text("database"), "CREATE TABLE "+identifier(o.text("name"))+".kept ()")
			}
		}
	})
}

// What the plugin reads back is what was given, so that a second run has nothing to do; but
// not for a membership, whose admin option the program leaves alone for that reason.
func TestReadBack(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		p := &plugin{server: s}
		require.NoError(t, run(p, workload(t), database.There{}))
		grants, members := 0, 0
		for _, o := range p.made {
			switch o.kind {
			case "Grant":
				grants++
				access, from := "datacl", "pg_database WHERE datname = $1"
				name := o.text("database")
				if o.text("objectType") == "schema" {
					access, from, name = "nspacl", "pg_namespace WHERE nspname = $1", o.text("schema")
				}
				granted := s.column(t, o.text("database"), `SELECT privilege_type FROM (SELECT (aclexplode(`+access+`)).* FROM `+from+`) a
					WHERE CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END = $2 ORDER BY 1`, name, o.text("role"))
				wanted := texts(o.inputs["privileges"])
				slices.Sort(wanted)
				assert.Equal(t, strings.Join(wanted, " "), strings.Join(granted, " "), o.name)
			case "GrantRole":
				members++
				options := s.column(t, "postgres", `SELECT admin_option::text FROM pg_auth_members
					WHERE pg_get_userbyid(member) = $1 AND pg_get_userbyid(roleid) = $2 ORDER BY 1`, o.text("role"), o.text("grantRole"))
				want := []string{"false"}
				if s.major >= 16 {
					want = []string{"false", "true"}
				}
				assert.Equal(t, want, options, o.name)
			}
		}
		assert.Equal(t, []int{30, 10}, []int{grants, members})
	})
}

// A destroy takes all of it away, also what was used and what products have made, and
// leaves what is not ptd's. A schema by itself would not go.
func TestDestroy(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		p := &plugin{server: s}
		before := s.column(t, "postgres", everything)
		require.NoError(t, run(p, workload(t), database.There{}))
		assert.NotEqual(t, before, s.column(t, "postgres", everything))
		passwords := p.passwords()
		for _, o := range p.made {
			if o.kind == "Schema" {
				role := o.text("owner")
				s.must(t, role, passwords[role], role, "CREATE TABLE "+identifier(o.text("name"))+".kept (name text)",
					"CREATE INDEX ON "+identifier(o.text("name"))+".kept USING gin (name public.gin_trgm_ops)")
				assert.Equal(t, dependentObjects, code(p.delete(o)), o.name)
			}
		}
		require.NoError(t, p.destroy())
		assert.Equal(t, before, s.column(t, "postgres", everything))
	})
}

// everything is what a server has, and who is a member of what.
const everything = `SELECT 'role ' || rolname FROM pg_roles UNION ALL SELECT 'database ' || datname FROM pg_database
	UNION ALL SELECT 'member ' || pg_get_userbyid(member) || ' of ' || pg_get_userbyid(roleid) FROM pg_auth_members ORDER BY 1`

// What the Team Operator has made is taken over: with what is in it, the password that the
// site's secret has, and what else its role has; and what the operator does again changes
// nothing.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		password := odd + "pub-db-password"
		operator := []string{
			"GRANT ALL PRIVILEGES ON DATABASE main_connect TO main_connect", "GRANT main_connect TO " + master,
		}
		schemas := []string{"ALTER SCHEMA public OWNER TO main_connect", "CREATE SCHEMA IF NOT EXISTS instrumentation AUTHORIZATION main_connect"}
		s.must(t, master, masterPassword, "postgres", "CREATE ROLE main_connect LOGIN PASSWORD "+literal(password))
		s.must(t, master, masterPassword, "postgres", "CREATE DATABASE main_connect")
		s.must(t, master, masterPassword, "postgres", operator...)
		s.must(t, master, masterPassword, "main_connect", schemas...)
		s.must(t, superuser, superuserPassword, "postgres", "GRANT pg_monitor TO main_connect", "ALTER ROLE main_connect SET search_path TO instrumentation")
		s.must(t, "main_connect", password, "main_connect", "CREATE TABLE public.kept AS SELECT 'kept' AS name", "CREATE TABLE instrumentation.kept ()")

		p := &plugin{server: s}
		require.NoError(t, run(p, workload(t), database.There{Roles: []string{"main_connect"}, Databases: []string{"main_connect"}}))
		assert.Equal(t, []string{"main_connect"}, s.column(t, "postgres", "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'main_connect'"))
		s.must(t, "main_connect", password, "main_connect",
			"INSERT INTO public.kept VALUES ('added')", "CREATE TABLE added ()", "CREATE TABLE public.added ()", "SELECT * FROM instrumentation.added")
		assert.Equal(t, []string{"pg_monitor"}, s.column(t, "postgres",
			"SELECT DISTINCT pg_get_userbyid(roleid) FROM pg_auth_members WHERE pg_get_userbyid(member) = 'main_connect'"))
		assert.Equal(t, []string{"kept", "added"}, s.column(t, "main_connect", "SELECT name FROM public.kept"))
		for role, other := range p.passwords() {
			if role != "main_connect" {
				assert.Equal(t, insufficientPrivilege, code(s.do(role, other, "main_connect", "SELECT 1")), role)
				assert.Equal(t, insufficientPrivilege, code(s.do("main_connect", password, role, "SELECT 1")), role)
			}
		}
		s.must(t, master, masterPassword, "postgres", operator...)
		s.must(t, master, masterPassword, "main_connect", schemas...)
		assert.Equal(t, insufficientPrivilege, code(s.do("main_workbench", p.passwords()["main_workbench"], "main_connect", "SELECT 1")))
		s.must(t, "main_connect", password, "main_connect", "CREATE TABLE public.more ()")
	})
}

// What cannot be made is not overlooked: a role that somebody else has is an error when it
// is not taken over.
func TestNotTakenOver(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		s.must(t, master, masterPassword, "postgres", "CREATE ROLE main_connect LOGIN PASSWORD 'x'")
		err := run(&plugin{server: s}, workload(t), database.There{})
		require.ErrorContains(t, err, `role "main_connect" already exists`)
		assert.NotContains(t, fmt.Sprint(err), odd)
	})
}
