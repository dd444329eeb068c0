package postgresql

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	edge "github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// A server has what its cloud brings and what was made on it, not what another server has;
// who may not log in learns nothing.
func TestServers(t *testing.T) {
	t.Parallel()
	cloud := sandboxtest.Open(t, servers)
	for _, id := range []string{"main", "other"} {
		require.NoError(t, cloud.DeclareExternal(sandbox.Object{
			Provider: servers.Name, Type: serverType, ID: id, Inputs: fields{"host": id + ".example.com", "password": "secret", "major": 16.0},
		}))
		provider := sandboxtest.New(t, New(cloud), fields{"host": id + ".example.com", "username": "postgres", "password": "secret"})
		provider.MustCreate(roleType, id, fields{"name": id + "_owner"})
		provider.MustCreate(databaseType, id, fields{"name": "a_" + id, "owner": id + "_owner"})
	}
	contents, err := Servers(cloud).Contents(t.Context(), "main.example.com", "postgres", "secret")
	require.NoError(t, err)
	assert.Equal(t, &edge.Contents{
		Databases: []edge.Database{
			{Name: "a_main", Owner: "main_owner", Connects: []string{"main_owner", "public"}},
			{Name: "cloud", Owner: "postgres", Connects: []string{"postgres", "public"}},
		},
		Roles: []string{"cloud_admin", "main_owner", "postgres"},
	}, contents)
	assert.True(t, contents.Has("cloud"))
	assert.False(t, contents.Has("a_other"))
	assert.Equal(t, []string{"a_main"}, contents.Open([]string{"a_main", "a_other"}))
	for _, wrong := range [][]string{{"main.example.com", "x"}, {"none.example.com", "secret"}} {
		contents, err = Servers(cloud).Contents(t.Context(), wrong[0], "postgres", wrong[1])
		require.ErrorContains(t, err, "look what the database server "+wrong[0]+" has")
		assert.Nil(t, contents)
	}
}
