package postgresql

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

type fields = sandboxtest.Fields

const (
	serverType = "example:index:Server"
)

// servers is a package with servers of no cloud.
var servers = &sandbox.Package{Name: "example", Types: map[string]sandbox.Type{serverType: {
	Serves: &sandbox.Serves{Database: func(_ *sandbox.Cloud, server *sandbox.Object) *sandbox.Database {
		return &sandbox.Database{
			Address: server.String("host"), Username: "postgres",
			Password: func() (string, error) {
				if password := server.String("password"); password != "" {
					return password, nil
				}
				return "", errors.New("the password is gone")
			},
			Major: int(server.Get("major").(float64)), InstallsAny: server.Get("installsAny") == true,
			Databases: []string{"cloud"}, Roles: []string{"cloud_admin"}, Extensions: []string{"citext", "pg_stat_statements"},
		}
	}},
}}}

// newConnection makes a provider that is connected to a server.
func newConnection(t *testing.T, changes fields) *sandboxtest.Provider {
	t.Helper()
	cloud := sandboxtest.Open(t, servers)
	for id, password := range map[string]string{"main": "secret", "broken": ""} {
		require.NoError(t, cloud.DeclareExternal(sandbox.Object{
			Provider: servers.Name, Type: serverType, ID: id, Inputs: fields{"host": id + ".example.com", "password": password, "major": 16.0},
		}))
	}
	all := fields{"host": "main.example.com", "username": "postgres", "password": "secret"}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return sandboxtest.New(t, New(cloud), all)
}

func TestConnection(t *testing.T) {
	t.Parallel()
	const failed = "error connecting to PostgreSQL server "
	for name, test := range map[string]struct {
		changes fields
		want    string
	}{
		"no host":      {fields{"host": nil}, "error connecting to PostgreSQL server: no host is configured"},
		"no server":    {fields{"host": "other.example.com"}, failed + "other.example.com: dial tcp: lookup other.example.com: no such host"},
		"empty host":   {fields{"host": ""}, failed + ": dial tcp: lookup : no such host"},
		"password":     {fields{"password": "x"}, failed + `main.example.com: pq: password authentication failed for user "postgres"`},
		"user":         {fields{"username": "root"}, failed + `main.example.com: pq: password authentication failed for user "root"`},
		"no password":  {fields{"host": "broken.example.com"}, "the password is gone"},
		"all in order": {nil, ""},
	} {
		provider := newConnection(t, test.changes)
		_, err := provider.Create(roleType, "main", fields{"name": "main"})
		if test.want == "" {
			assert.NoError(t, err, name)
		} else {
			assert.EqualError(t, err, test.want, name)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	provider := newConnection(t, nil)
	long := strings.Repeat("a", 64)
	grant := func(changes fields) fields {
		all := fields{"database": "postgres", "role": "postgres", "objectType": "database", "privileges": []any{"CONNECT"}}
		maps.Copy(all, changes)
		return all
	}
	for _, test := range []struct {
		typ    string
		inputs fields
		want   string
	}{
		{databaseType, fields{"name": "main", "owner": "nobody"}, `owner: pq: role "nobody" does not exist`},
		{schemaType, fields{"name": "main", "database": "absent"}, `database: pq: database "absent" does not exist`},
		{schemaType, fields{"name": "main", "database": "postgres", "owner": "nobody"}, `owner: pq: role "nobody" does not exist`},
		{grantType, grant(fields{"role": "nobody"}), `role: pq: role "nobody" does not exist`},
		{grantType, grant(fields{"database": "absent"}), `database: pq: database "absent" does not exist`},
		{grantType, grant(fields{"objectType": "schema", "schema": "absent", "privileges": []any{"USAGE"}}), `schema: pq: schema "absent" does not exist`},
		{grantType, grant(fields{"objectType": "schema"}), "schema: is mandatory for a schema"},
		{grantType, grant(fields{"objectType": "view"}), `objectType: "view" is not a kind of object that can be granted on`},
		{grantType, grant(fields{"privileges": []any{"SELECT"}}), "privileges[0]: SELECT is not an allowed privilege for object type database"},
		{grantRoleType, fields{"role": "nobody", "grantRole": "cloud_admin"}, `role: pq: role "nobody" does not exist`},
		{grantRoleType, fields{"role": "postgres", "grantRole": "nobody"}, `grantRole: pq: role "nobody" does not exist`},
		{extensionType, fields{"name": "ptd"}, `name: extension "ptd" is not available: could not open extension control file`},
		{extensionType, fields{"name": "citext", "database": "absent"}, `database: pq: database "absent" does not exist`},
		{roleType, fields{"name": long}, `name: "` + long + `" is longer than the 63 bytes of an identifier`},
		{databaseType, fields{"name": long}, `name: "` + long + `" is longer than the 63 bytes of an identifier`},
		{schemaType, fields{"name": long, "database": "cloud"}, `name: "` + long + `" is longer than the 63 bytes of an identifier`},
	} {
		provider.Refuses(test.typ, "main", test.inputs, test.want)
	}

	// What every server has, and what this one's cloud adds, may be named.
	provider.MustCreate(grantType, "public", grant(fields{"role": "public", "objectType": "schema", "schema": "public", "privileges": []any{"USAGE"}}))
	provider.MustCreate(extensionType, "citext", fields{"name": "citext", "database": "cloud"})
	role := provider.MustCreate(roleType, "main", fields{"name": "main"})
	provider.Refuses(roleType, "second", fields{"name": "main"}, `pq: role "main" already exists`)
	provider.MustCreate(grantRoleType, "main", fields{"role": "main", "grantRole": "cloud_admin"}).MustDelete()
	database := provider.MustCreate(databaseType, "main", fields{"name": "main", "owner": "main"})
	provider.Refuses(databaseType, "second", fields{"name": "main"}, `pq: database "main" already exists`)
	schema := provider.MustCreate(schemaType, "main", fields{"name": "main", "database": "main", "owner": "main"})
	provider.MustCreate(grantType, "main", grant(fields{"role": "main", "database": "main", "objectType": "schema", "schema": "main", "privileges": []any{"USAGE"}})).MustDelete()
	schema.MustDelete()
	role.Stays("DependencyViolation: Role main cannot be deleted: Database main still uses it")
	database.MustDelete()
	role.MustDelete()
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	provider := newConnection(t, nil)
	made := provider.MustCreate(databaseType, "main", fields{"name": "main"})
	for property, want := range map[string]bool{"encoding": true, "lcCollate": true, "lcCtype": true, "template": true, "owner": false} {
		_, replacing := made.Diff(fields{property: "other"})
		assert.Equal(t, want, len(replacing) > 0, property)
	}
	schema := provider.MustCreate(schemaType, "main", fields{"name": "main", "database": "main"})
	_, replacing := schema.Diff(fields{"database": "postgres"})
	assert.Equal(t, []string{"database"}, replacing)
	grant := provider.MustCreate(grantType, "main", fields{"database": "main", "role": "postgres", "objectType": "database", "privileges": []any{"CONNECT", "CREATE"}})
	assert.Equal(t, "postgres_main_database", grant.ID)
	for _, changes := range []fields{
		{"database": "postgres"}, {"role": "cloud_admin"}, {"schema": "public"}, {"objectType": "foreign_server", "privileges": []any{"USAGE"}},
		{"objects": []any{"a"}}, {"columns": []any{"a"}},
	} {
		_, replacing := grant.Diff(changes)
		assert.NotEmpty(t, replacing, "%v", changes)
	}
	member := provider.MustCreate(grantRoleType, "main", fields{"role": "postgres", "grantRole": "cloud_admin"})
	for _, changes := range []fields{{"role": "a"}, {"grantRole": "a"}, {"withAdminOption": true}} {
		_, replacing := member.Diff(changes)
		assert.NotEmpty(t, replacing, "%v", changes)
	}
	extension := provider.MustCreate(extensionType, "main", fields{"name": "citext", "database": "main"})
	_, replacing = extension.Diff(fields{"database": "postgres"})
	assert.Equal(t, []string{"database"}, replacing)
	_, replacing = extension.Diff(fields{"name": nil})
	assert.Equal(t, []string{"name"}, replacing)
}

func TestPasswordsAreSecret(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"password"}, Package().Types[roleType].Secret)
}
