package postgresql

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	components "github.com/ptd-go/ptd/components/postgresql"
	sandbox "github.com/ptd-go/ptd/providers/sandbox/postgresql"
)

// databases makes databases by the component alone.
func databases(p *plugin, all ...components.DatabaseArgs) error {
	return pulumi.RunErr(func(ctx *pulumi.Context) error {
		for _, args := range all {
			args.Password = pulumi.String("x")
			if _, err := components.NewDatabase(ctx, args.Name, &args); err != nil {
				return err
			}
		}
		return nil
	}, pulumi.WithMocks("project", "faults", p))
}

// Who made a role may do less than the role: without the membership neither is a trusted
// extension installed, nor is anything granted or revoked on the database, of which the
// server warns, and the plugin hears nothing.
func TestWithoutMembership(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		p := &plugin{server: s}
		err := databases(p, components.DatabaseArgs{Name: "first", Extensions: []string{"pg_trgm"}})
		require.ErrorContains(t, err, `permission denied to create extension "pg_trgm"`)
		require.NoError(t, databases(p, components.DatabaseArgs{Name: "second"}, components.DatabaseArgs{Name: "third"}))
		s.must(t, "second", "x", "third", "SELECT 1")

		require.NoError(t, databases(p, components.DatabaseArgs{Name: "fourth", Admin: master, Extensions: []string{"pg_trgm"}}))
		assert.Equal(t, insufficientPrivilege, code(s.do("second", "x", "fourth", "SELECT 1")))
	})
}

// What PostgreSQL does not trust needs a superuser, which the master user is none, or what
// the cloud does for it.
func TestUntrustedExtension(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		err := databases(&plugin{server: s}, components.DatabaseArgs{Name: "first", Admin: master, Extensions: []string{"pg_stat_statements"}})
		require.ErrorContains(t, err, `permission denied to create extension "pg_stat_statements"`)
	})
}

// The sandbox trusts the extensions that a server does.
func TestSandboxTrusts(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, s *server) {
		for _, row := range s.column(t, "postgres", "SELECT DISTINCT name || ' ' || trusted::text FROM pg_available_extension_versions") {
			name, trusted, _ := strings.Cut(row, " ")
			assert.Equal(t, trusted == "true", sandbox.Trusts(name), name)
		}
	})
}
