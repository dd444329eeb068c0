package postgresql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// binaries is the environment variable with the directories of PostgreSQL's programs (initdb,
// postgres), one for each version to test on.
const binaries = "PTD_TEST_POSTGRESQL"

// nobody is whom PostgreSQL runs as when root runs the tests: it refuses to be root.
const nobody = 65534

// The users of a server: its superuser, who is the cloud's, and its master user.
const (
	superuser         = "rdsadmin"
	superuserPassword = "of nobody's concern"
	master            = "postgres"
	masterPassword    = `of the master ' " @/%$`
)

// server is a PostgreSQL that runs.
type server struct {
	port  int
	major int
}

// onServers runs a test on a new server of each version that there is.
func onServers(t *testing.T, test func(t *testing.T, s *server)) {
	t.Helper()
	directories := filepath.SplitList(os.Getenv(binaries))
	if len(directories) == 0 {
		t.Skipf("no PostgreSQL: set %s to the directory of its initdb and postgres, several with %q between them; "+
			".ci/postgresql puts one into a directory", binaries, os.PathListSeparator)
	}
	for _, directory := range directories {
		major := versionOf(t, directory)
		t.Run(fmt.Sprintf("PostgreSQL %d", major), func(t *testing.T) {
			t.Parallel()
			test(t, start(t, directory, major))
		})
	}
}

func versionOf(t *testing.T, directory string) int {
	t.Helper()
	said, err := exec.Command(filepath.Join(directory, "postgres"), "--version").Output()
	require.NoError(t, err, "ask the PostgreSQL of %s for its version", directory)
	words := strings.Fields(string(said)) // postgres (PostgreSQL) 16.14
	require.GreaterOrEqual(t, len(words), 3, "version %q", said)
	version, _, _ := strings.Cut(words[2], ".")
	major, err := strconv.Atoi(version)
	require.NoError(t, err, "version %q", said)
	return major
}

// start makes a server with the users of one of RDS, which ends with the test.
func start(t *testing.T, directory string, major int) *server {
	t.Helper()
	data, err := os.MkdirTemp("", "ptd-postgresql-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(data)) })
	password := filepath.Join(data, "password")
	require.NoError(t, os.WriteFile(password, []byte(superuserPassword), 0o644))
	var attributes *syscall.SysProcAttr
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(data, nobody, nobody))
		attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	program := func(name string, arguments ...string) *exec.Cmd {
		command := exec.Command(filepath.Join(directory, name), arguments...)
		command.Dir, command.SysProcAttr, command.Env = data, attributes, []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}
		return command
	}
	said, err := program("initdb", "-D", "data", "-U", superuser, "-A", "scram-sha-256", "--pwfile", password,
		"-E", "UTF8", "--no-sync", "--no-instructions").CombinedOutput()
	require.NoError(t, err, "%s", said)

	s := &server{port: freePort(t), major: major}
	var log strings.Builder
	running := program("postgres", "-D", "data", "-p", strconv.Itoa(s.port), "-k", "", "-c", "listen_addresses=127.0.0.1",
		"-c", "fsync=off", "-c", "max_connections=200")
	running.Stdout, running.Stderr = &log, &log
	require.NoError(t, running.Start())
	t.Cleanup(func() {
		require.NoError(t, running.Process.Signal(syscall.SIGQUIT)) // at once: nothing is kept
		_ = running.Wait()                                          // says that it was killed
		if t.Failed() {
			t.Logf("the server said:\n%s", log.String())
		}
	})
	require.Eventually(t, func() bool {
		connection, err := s.connect(superuser, superuserPassword, "postgres")
		if err != nil {
			return false
		}
		return connection.Close(t.Context()) == nil
	}, time.Minute, 50*time.Millisecond, "the server does not answer")
	// The master user of RDS is no superuser. What rds_superuser may is more than this.
	for _, statement := range []string{
		"CREATE ROLE rds_superuser NOLOGIN",
		"GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION",
		fmt.Sprintf("CREATE ROLE %s LOGIN CREATEROLE CREATEDB PASSWORD %s", master, literal(masterPassword)),
		"GRANT rds_superuser TO " + master,
	} {
		s.must(t, superuser, superuserPassword, "postgres", statement)
	}
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	return listener.Addr().(*net.TCPAddr).Port
}

// connect logs in to a database.
func (s *server) connect(user, password, database string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig("host=127.0.0.1 sslmode=disable")
	if err != nil {
		return nil, err
	}
	config.Port, config.User, config.Password, config.Database = uint16(s.port), user, password, database
	return pgx.ConnectConfig(context.Background(), config)
}

// do runs statements in a transaction of a new connection, as the plugin does.
func (s *server) do(user, password, database string, statements ...string) (err error) {
	connection, err := s.connect(user, password, database)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, connection.Close(context.Background())) }()
	if len(statements) == 1 { // CREATE DATABASE takes no transaction
		_, err = connection.Exec(context.Background(), statements[0])
		return err
	}
	transaction, err := connection.Begin(context.Background())
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := transaction.Exec(context.Background(), statement); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", statement, err), transaction.Rollback(context.Background()))
		}
	}
	return transaction.Commit(context.Background())
}

// must does what do does, or fails the test.
func (s *server) must(t *testing.T, user, password, database string, statements ...string) {
	t.Helper()
	require.NoError(t, s.do(user, password, database, statements...), "as %s in %s: %v", user, database, statements)
}

// column reads the texts of a query's only column as the superuser.
func (s *server) column(t *testing.T, database, query string, arguments ...any) []string {
	t.Helper()
	connection, err := s.connect(superuser, superuserPassword, database)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close(t.Context())) }()
	rows, err := connection.Query(t.Context(), query, arguments...)
	require.NoError(t, err)
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return texts
}

func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
