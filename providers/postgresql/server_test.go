package postgresql_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/providers/postgresql/postgresqltest"
)

func TestParseServer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]postgresql.Server{
		"postgresql://me@localhost":                                {"localhost", 5432, "me", "given", "postgres", "require"},
		"postgres://me:p%40ss@10.0.0.1:6432/other?sslmode=disable": {"10.0.0.1", 6432, "me", "p@ss", "other", "disable"},
		"postgresql://me:@[::1]:1/":                                {"::1", 1, "me", "", "postgres", "require"},
	} {
		got, err := postgresql.ParseServer(text, "given")
		require.NoError(t, err, text)
		assert.Equal(t, &want, got, text)
	}
	for text, want := range map[string]string{
		"://hunter22":                              "it is no URL",
		"mysql://me:hunter22@host":                 "it does not begin with postgresql://",
		"postgresql://host":                        "it names no host or no user: want postgresql://user@host",
		"postgresql://me:hunter22@host:70000":      "its port is none: want 1 to 65535",
		"postgresql://me@host?password=hunter22":   `it has the parameter "password": only sslmode is known`,
		"postgresql://me@host?sslmode=verify-some": "its sslmode is none of disable, require, verify-ca, verify-full",
	} {
		_, err := postgresql.ParseServer(text, "")
		assert.EqualError(t, err, want, text)
	}
}

// TestContents talks to as much of a server as it takes to answer one query.
func TestContents(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	postgresqltest.Serve(listener, "hunter22", func() (*postgresql.Contents, error) {
		return &postgresql.Contents{Roles: []string{"postgres", "main_connect"}, Databases: []postgresql.Database{
			{Name: "main_connect", Owner: "main_connect", Connects: []string{"postgres", "main_connect"}},
			{Name: "idle", Owner: "postgres"},
			{Name: "analytics", Owner: "postgres", Connects: []string{"public", "postgres"}},
		}}, nil
	})
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	server := postgresql.Server{Host: "127.0.0.1", Username: "postgres", Password: "hunter22", Database: "postgres", SSLMode: "disable"}
	server.Port, err = strconv.Atoi(port)
	require.NoError(t, err)
	contents, err := server.Contents(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &postgresql.Contents{Roles: []string{"main_connect", "postgres"}, Databases: []postgresql.Database{
		{Name: "analytics", Owner: "postgres", Connects: []string{"postgres", "public"}},
		{Name: "idle", Owner: "postgres"},
		{Name: "main_connect", Owner: "main_connect", Connects: []string{"main_connect", "postgres"}},
	}}, contents)

	server.Password = "wrong-secret"
	_, err = server.Contents(t.Context())
	require.ErrorContains(t, err, "look what the database server "+listener.Addr().String()+" has, as postgres")
	require.ErrorContains(t, err, "password authentication failed")
	assert.NotContains(t, err.Error(), "wrong-secret")
}
