package ensure

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/postgresql"
)

// TestProductsAreApart looks into the database server of a workload that has converged:
// only the role of a database may connect to it, and no role but the master user is a
// member of another.
func TestProductsAreApart(t *testing.T) {
	t.Parallel()
	directory, target := t.TempDir(), loadTarget(t, "minimal01-staging")
	require.NoError(t, converge(t, directory, target).Err)
	opened, err := OpenSandbox(directory)
	require.NoError(t, err)
	defer func() { require.NoError(t, opened.Close()) }()
	var address, password string
	require.NoError(t, opened.cloud.Do(func() error {
		address = opened.cloud.OfType("aws:rds/instance:Instance")[0].String("address")
		password, err = opened.cloud.Database(address).Password()
		for _, member := range opened.cloud.OfType("postgresql:index/grantRole:GrantRole") {
			assert.Equal(t, "postgres", member.String("role"))
		}
		return err
	}))
	contents, err := opened.Databases(target).Contents(t.Context(), address, "postgres", password)
	require.NoError(t, err)
	var want []postgresql.Database
	for _, name := range []string{"grafana-minimal01-staging", "main_connect", "main_packagemanager", "main_workbench"} {
		want = append(want, postgresql.Database{Name: name, Owner: name, Connects: []string{name}})
	}
	assert.Equal(t, want, slices.DeleteFunc(contents.Databases, func(database postgresql.Database) bool {
		return database.Name == "rdsadmin" // the cloud's
	}))
}
