package postgresql

import (
	"bytes"
	"net"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseServer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Server{
		"postgresql://me@localhost":                                {"localhost", 5432, "me", "given", "postgres", "require"},
		"postgres://me:p%40ss@10.0.0.1:6432/other?sslmode=disable": {"10.0.0.1", 6432, "me", "p@ss", "other", "disable"},
		"postgresql://me:@[::1]:1/":                                {"::1", 1, "me", "", "postgres", "require"},
	} {
		got, err := ParseServer(text, "given")
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
		_, err := ParseServer(text, "")
		assert.EqualError(t, err, want, text)
	}
}

// TestContents talks to as much of a server as it takes to answer one query.
func TestContents(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			answerQuery(connection, "hunter22", "database|main_connect|main_connect|main_connect\npostgres", "role|postgres||",
				"database|idle|postgres|", "database|analytics|postgres|public\npostgres", "role|main_connect||")
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	server := Server{Host: "127.0.0.1", Username: "postgres", Password: "hunter22", Database: "postgres", SSLMode: "disable"}
	server.Port, err = strconv.Atoi(port)
	require.NoError(t, err)
	contents, err := server.Contents(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &Contents{Roles: []string{"main_connect", "postgres"}, Databases: []Database{
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

// answerQuery lets in who knows the password, and answers one query with rows, whose fields
// are separated by bars.
func answerQuery(connection net.Conn, password string, rows ...string) {
	defer connection.Close()
	backend := pgproto3.NewBackend(connection, connection)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.AuthenticationCleartextPassword{})
	if backend.Flush() != nil || backend.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return
	}
	message, err := backend.Receive()
	if err != nil {
		return
	}
	if given, ok := message.(*pgproto3.PasswordMessage); !ok || given.Password != password {
		backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: `password authentication failed for user "postgres"`})
		_ = backend.Flush()
		return
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for backend.Flush() == nil {
		message, err := backend.Receive()
		if err != nil {
			return
		}
		if _, ok := message.(*pgproto3.Sync); !ok {
			continue
		}
		backend.Send(&pgproto3.ParseComplete{})
		backend.Send(&pgproto3.BindComplete{})
		backend.Send(&pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, 4)})
		for _, row := range rows {
			backend.Send(&pgproto3.DataRow{Values: bytes.Split([]byte(row), []byte("|"))})
		}
		backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT " + strconv.Itoa(len(rows)))})
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	}
}
