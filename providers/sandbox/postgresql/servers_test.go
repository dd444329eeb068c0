package postgresql

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// The databases of a server are its cloud's and those that were made on it, not those of
// another server; who may not log in learns nothing.
func TestServers(t *testing.T) {
	t.Parallel()
	cloud := sandboxtest.Open(t, servers)
	for _, id := range []string{"main", "other"} {
		require.NoError(t, cloud.DeclareExternal(sandbox.Object{
			Provider: servers.Name, Type: serverType, ID: id, Inputs: fields{"host": id + ".example.com", "password": "secret"},
		}))
		provider := sandboxtest.New(t, New(cloud), fields{"host": id + ".example.com", "username": "postgres", "password": "secret"})
		provider.MustCreate(databaseType, id, fields{"name": "a_" + id})
	}
	names, err := Servers(cloud).Databases(t.Context(), "main.example.com", "postgres", "secret")
	require.NoError(t, err)
	assert.Equal(t, []string{"a_main", "cloud"}, names)
	for _, wrong := range [][]string{{"main.example.com", "x"}, {"none.example.com", "secret"}} {
		names, err = Servers(cloud).Databases(t.Context(), wrong[0], "postgres", wrong[1])
		require.ErrorContains(t, err, "list the databases of "+wrong[0])
		assert.Empty(t, names)
	}
}
