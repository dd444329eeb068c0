package postgresql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Server is a PostgreSQL server as a URL names it.
type Server struct {
	Host     string
	Port     int // DefaultPort where the URL has none
	Username string
	// Password is secret; "" where the server wants none.
	Password string
	// Database is the one to connect to, "postgres" where the URL has none.
	Database string
	// SSLMode is as in libpq; DefaultSSLMode where the URL has none.
	SSLMode string
}

// sslModes are those that the plugin knows. (docs of pulumi-postgresql, Provider.sslmode)
var sslModes = []string{"disable", "require", "verify-ca", "verify-full"}

// ParseServer reads postgresql://user:password@host:port/database?sslmode=disable, of which
// the host and the user are required. password is taken where the URL has none. No error
// quotes the URL, which may hold a password.
func ParseServer(text, password string) (*Server, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it is no URL")
	}
	if parsed.Scheme != "postgresql" && parsed.Scheme != "postgres" {
		return nil, errors.New("it does not begin with postgresql://")
	}
	server := &Server{
		Host: parsed.Hostname(), Port: DefaultPort, Username: parsed.User.Username(), Password: password,
		Database: "postgres", SSLMode: DefaultSSLMode,
	}
	if server.Host == "" || server.Username == "" {
		return nil, errors.New("it names no host or no user: want postgresql://user@host")
	}
	if given, ok := parsed.User.Password(); ok {
		server.Password = given
	}
	if port := parsed.Port(); port != "" {
		if server.Port, err = strconv.Atoi(port); err != nil || server.Port < 1 || server.Port > 65535 {
			return nil, errors.New("its port is none: want 1 to 65535")
		}
	}
	if name := strings.Trim(parsed.Path, "/"); name != "" {
		server.Database = name
	}
	for key, values := range parsed.Query() {
		if key != "sslmode" {
			return nil, fmt.Errorf("it has the parameter %q: only sslmode is known", key)
		}
		if server.SSLMode = values[len(values)-1]; !slices.Contains(sslModes, server.SSLMode) {
			return nil, fmt.Errorf("its sslmode is none of %s", strings.Join(sslModes, ", "))
		}
	}
	return server, nil
}

// Address is where the server answers: host and port.
func (s *Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Databases lists the databases of the server, sorted.
func (s *Server) Databases(ctx context.Context) (names []string, err error) {
	fail := func(err error) ([]string, error) {
		return nil, fmt.Errorf("list the databases of %s as %s: %w", s.Address(), s.Username, err)
	}
	connection, err := s.connect(ctx)
	if err != nil {
		return fail(err)
	}
	rows := connection.ExecParams(ctx, "SELECT datname FROM pg_database", nil, nil, nil, nil).Read()
	for _, row := range rows.Rows {
		names = append(names, string(row[0]))
	}
	if err := errors.Join(rows.Err, connection.Close(ctx)); err != nil {
		return fail(err)
	}
	slices.Sort(names)
	return names, nil
}

func (s *Server) connect(ctx context.Context) (*pgconn.PgConn, error) {
	address := url.URL{
		Scheme: "postgresql", User: url.UserPassword(s.Username, s.Password), Host: s.Address(), Path: s.Database,
		RawQuery: url.Values{"sslmode": {s.SSLMode}, "connect_timeout": {"10"}}.Encode(),
	}
	settings, err := pgconn.ParseConfig(address.String())
	if err != nil {
		return nil, errors.New("its settings are not understood") // the error quotes them
	}
	return pgconn.ConnectConfig(ctx, settings)
}
