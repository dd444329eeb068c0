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

// what lists databases, with their owners and who may connect to them, and roles.
const what = `
SELECT 'database', datname, pg_get_userbyid(datdba), coalesce((
	SELECT string_agg(DISTINCT CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END, chr(10))
	FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE privilege_type = 'CONNECT'), '')
FROM pg_database
UNION ALL SELECT 'role', rolname, '', '' FROM pg_roles`

// Contents are what the server has.
func (s *Server) Contents(ctx context.Context) (*Contents, error) {
	fail := func(err error) (*Contents, error) {
		return nil, fmt.Errorf("look what the database server %s has, as %s: %w", s.Address(), s.Username, err)
	}
	connection, err := s.connect(ctx)
	if err != nil {
		return fail(err)
	}
	answer := connection.ExecParams(ctx, what, nil, nil, nil, nil).Read()
	if err := errors.Join(answer.Err, connection.Close(ctx)); err != nil {
		return fail(err)
	}
	contents := &Contents{}
	for _, row := range answer.Rows {
		name := string(row[1])
		if string(row[0]) == "role" {
			contents.Roles = append(contents.Roles, name)
			continue
		}
		database := Database{Name: name, Owner: string(row[2])}
		if connects := string(row[3]); connects != "" {
			database.Connects = slices.Sorted(strings.SplitSeq(connects, "\n"))
		}
		contents.Databases = append(contents.Databases, database)
	}
	slices.Sort(contents.Roles)
	slices.SortFunc(contents.Databases, func(a, b Database) int { return strings.Compare(a.Name, b.Name) })
	return contents, nil
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
