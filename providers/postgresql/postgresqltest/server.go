// Package postgresqltest stands in for a PostgreSQL server where a test needs one that tells
// what it has.
package postgresqltest

import (
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/ptd-go/ptd/providers/postgresql"
)

// Serve answers on a listener until it is closed: whoever knows the password may ask what the
// server has.
func Serve(listener net.Listener, password string, contents func() (*postgresql.Contents, error)) {
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(connection, password, contents)
		}
	}()
}

// answer speaks as much of the protocol as it takes to let somebody in, and to answer queries
// with what the server has. (PostgreSQL's documentation, Frontend/Backend Protocol)
func answer(connection net.Conn, password string, contents func() (*postgresql.Contents, error)) {
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
		backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: "password authentication failed"})
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
		if _, ok := message.(*pgproto3.Sync); ok {
			sendContents(backend, contents)
		}
	}
}

func sendContents(backend *pgproto3.Backend, contents func() (*postgresql.Contents, error)) {
	has, err := contents()
	if err != nil {
		backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "XX000", Message: err.Error()})
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		return
	}
	backend.Send(&pgproto3.ParseComplete{})
	backend.Send(&pgproto3.BindComplete{})
	backend.Send(&pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, 4)})
	row := func(fields ...string) {
		values := make([][]byte, len(fields))
		for i, field := range fields {
			values[i] = []byte(field)
		}
		backend.Send(&pgproto3.DataRow{Values: values})
	}
	for _, database := range has.Databases {
		row("database", database.Name, database.Owner, strings.Join(database.Connects, "\n"))
	}
	for _, role := range has.Roles {
		row("role", role, "", "")
	}
	backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT " + strconv.Itoa(len(has.Databases)+len(has.Roles)))})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
}
