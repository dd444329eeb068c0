package postgresql

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// product has a role and its database on a server of a major version, and what may be
// done on the server.
type product struct {
	*sandboxtest.Provider
	cloud          *sandbox.Cloud
	role, database *sandboxtest.Resource
}

func newProduct(t *testing.T, server fields) product {
	t.Helper()
	cloud := sandboxtest.Open(t, servers)
	inputs := fields{"host": "main.example.com", "password": "secret", "major": 16.0}
	for key, value := range server {
		inputs[key] = value
	}
	require.NoError(t, cloud.DeclareExternal(sandbox.Object{Provider: servers.Name, Type: serverType, ID: "main", Inputs: inputs}))
	provider := sandboxtest.New(t, New(cloud), fields{"host": "main.example.com", "username": "postgres", "password": "secret"})
	return product{
		Provider: provider, cloud: cloud, role: provider.MustCreate(roleType, "main", fields{"name": "main", "login": true}),
		database: provider.MustCreate(databaseType, "main", fields{"name": "main", "owner": "main"}),
	}
}

// connecting are the roles that may connect to the product's database.
func (p product) connecting(t *testing.T) []string {
	t.Helper()
	contents, err := Servers(p.cloud).Contents(t.Context(), "main.example.com", "postgres", "secret")
	require.NoError(t, err)
	for _, database := range contents.Databases {
		if database.Name == "main" {
			return database.Connects
		}
	}
	require.Fail(t, "the database is not there")
	return nil
}

func onDatabase(role string, privileges ...any) fields {
	return fields{"database": "main", "role": role, "objectType": "database", "privileges": privileges}
}

var member = fields{"role": "postgres", "grantRole": "main"}

// Who made a role that owns a database may not install in it what even is trusted, before
// it is a member of the role. Of one that is not trusted more than that is needed.
func TestExtensionsNeedCreate(t *testing.T) {
	t.Parallel()
	for _, major := range []float64{15, 16} {
		p := newProduct(t, fields{"major": major})
		citext := fields{"name": "citext", "database": "main"}
		p.Refuses(extensionType, "citext", citext, `pq: permission denied to create extension "citext"`)
		p.MustCreate(grantRoleType, "main", member)
		p.MustCreate(extensionType, "citext", citext)
		p.MustCreate(extensionType, "again", citext)
		p.Refuses(extensionType, "other", fields{"name": "pg_stat_statements", "database": "main"},
			`pq: permission denied to create extension "pg_stat_statements"`)
	}
	p := newProduct(t, fields{"installsAny": true})
	p.MustCreate(grantRoleType, "main", member)
	p.MustCreate(extensionType, "other", fields{"name": "pg_stat_statements", "database": "main"})
}

// Everybody may connect to a new database. A grant on it of who neither owns it nor
// inherits from its owner changes nothing, which only a look at it tells.
func TestGrantsOnDatabases(t *testing.T) {
	t.Parallel()
	p := newProduct(t, nil)
	assert.Equal(t, []string{"main", "public"}, p.connecting(t))
	for role, unchanged := range map[string][]any{"public": {"CONNECT", "TEMPORARY"}, "postgres": {}} {
		made := p.MustCreate(grantType, role, onDatabase(role))
		inputs, state, err := made.Read()
		require.NoError(t, err)
		assert.Equal(t, unchanged, state["privileges"], role)
		assert.Equal(t, unchanged, inputs["privileges"], role)
		changed, replacing := made.Diff(nil)
		assert.Equal(t, role == "public", len(changed) > 0, "%s: %v", role, changed)
		assert.Empty(t, replacing)
		made.MustDelete()
	}
	assert.Equal(t, []string{"main", "public"}, p.connecting(t))

	p.MustCreate(grantRoleType, "main", member)
	closed := p.MustCreate(grantType, "public", onDatabase("public"))
	changed, _ := closed.Diff(nil)
	assert.Empty(t, changed)
	assert.Equal(t, []string{"main"}, p.connecting(t))
	p.MustCreate(grantType, "main", onDatabase("main", "CONNECT", "CREATE", "TEMPORARY"))
	p.MustCreate(grantType, "reader", onDatabase("cloud_admin", "ALL"))
	assert.Equal(t, []string{"cloud_admin", "main"}, p.connecting(t))
}

// A grant that did nothing does what it says when its inputs change after the user has
// become a member.
func TestGrantIsDoneLater(t *testing.T) {
	t.Parallel()
	p := newProduct(t, nil)
	made := p.MustCreate(grantType, "public", onDatabase("public"))
	p.MustCreate(grantRoleType, "main", member)
	made.MustUpdate(nil)
	assert.Equal(t, []string{"main"}, p.connecting(t))
	changed, _ := made.Diff(nil)
	assert.Empty(t, changed)
}

// Without membership, or a privilege of its own, the master user is everybody, too.
func TestLockedOut(t *testing.T) {
	t.Parallel()
	p := newProduct(t, nil)
	joined := p.MustCreate(grantRoleType, "main", member)
	p.MustCreate(grantType, "public", onDatabase("public"))
	p.MustCreate(schemaType, "first", fields{"database": "main", "name": "first"})
	joined.MustDelete()
	want := `error connecting to PostgreSQL server main.example.com: pq: permission denied for database "main"`
	p.Refuses(schemaType, "second", fields{"database": "main", "name": "second"}, want)
	p.Refuses(extensionType, "citext", fields{"database": "main", "name": "citext"}, want)
	p.Refuses(grantType, "main", onDatabase("main", "CONNECT"), want)
}

// Since PostgreSQL 16 who has made a role is its member with the admin option, and the
// plugin takes that for the one it made.
func TestMembership(t *testing.T) {
	t.Parallel()
	for major, admin := range map[float64]bool{15: false, 16: true, 17: true} {
		p := newProduct(t, fields{"major": major})
		made := p.MustCreate(grantRoleType, "main", member)
		assert.Equal(t, "postgres_main_false", made.ID)
		_, replacing := made.Diff(nil)
		assert.Equal(t, admin, len(replacing) > 0, "%v: %v", major, replacing)
		changed, _ := made.Diff(nil, "withAdminOption")
		assert.Empty(t, changed, "%v", major)
		p.Refuses(grantRoleType, "circular", fields{"role": "main", "grantRole": "postgres"},
			`could not execute grant query: pq: role "postgres" is a member of role "main"`)
		if made.MustDelete(); admin {
			p.Refuses(grantRoleType, "main", fields{"role": "postgres", "grantRole": "main", "withAdminOption": true},
				"could not execute grant query: pq: ADMIN option cannot be granted back to your own grantor")
		}
	}
}

// A database takes along what is in it. A schema, an extension and a grant that are there
// are taken over, a role and a database are not.
func TestDropAndAdopt(t *testing.T) {
	t.Parallel()
	p := newProduct(t, nil)
	p.MustCreate(grantRoleType, "main", member)
	for _, name := range []string{"once", "again"} {
		p.MustCreate(schemaType, name, fields{"database": "main", "name": "metrics", "owner": "main"})
		p.MustCreate(grantType, name, onDatabase("main", "CONNECT"))
		p.MustCreate(grantRoleType, name, member)
	}
	p.Refuses(roleType, "again", fields{"name": "main"}, `pq: role "main" already exists`)
	p.Refuses(databaseType, "again", fields{"name": "main"}, `pq: database "main" already exists`)
	p.database.MustDelete()
	objects, err := p.cloud.List()
	require.NoError(t, err)
	var left []string
	for _, object := range objects {
		left = append(left, fmt.Sprint(object.Type, " ", object.ID))
	}
	assert.Equal(t, []string{serverType + " main", grantRoleType + " postgres_main_false", roleType + " main"}, left)
}

// Nobody but a superuser can read a password: a refresh keeps the state's, an import has
// none.
func TestPasswordsAreNotRead(t *testing.T) {
	t.Parallel()
	p := newProduct(t, nil)
	made := p.MustCreate(roleType, "other", fields{"name": "other", "password": "of the state"})
	inputs, state, err := made.Read()
	require.NoError(t, err)
	assert.Equal(t, "of the state", state["password"])
	assert.Equal(t, "of the state", inputs["password"])
	inputs, state, err = p.Known(roleType, "other", "other").Read()
	require.NoError(t, err)
	assert.Equal(t, "other", inputs["name"])
	assert.NotContains(t, inputs, "password")
	assert.NotContains(t, state, "password")
}
