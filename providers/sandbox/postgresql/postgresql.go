// Package postgresql simulates the postgresql provider of Pulumi on the database
// servers of a sandbox: a server must exist, and its password must be right.
package postgresql

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-postgresql/sdk/v3/go/postgresql"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// New makes the simulated provider.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, pkg) }

const (
	roleType     = "postgresql:index/role:Role"
	databaseType = "postgresql:index/database:Database"
	schemaType   = "postgresql:index/schema:Schema"
)

// roleAt is an input that names a role.
func roleAt(path string) sandbox.Reference {
	return sandbox.Reference{
		Path: path, Types: []string{roleType}, By: "name", Message: "pq: role %q does not exist",
		Skip: func(name string) bool { return isMaster(name) || isPublic(name) },
	}
}

// databaseAt is an input that names a database.
func databaseAt(path string) sandbox.Reference {
	return sandbox.Reference{
		Path: path, Types: []string{databaseType}, By: "name", Message: "pq: database %q does not exist",
		Skip: func(name string) bool { return slices.Contains(serverDatabases, name) },
	}
}

// serverDatabases are those that every server has.
var serverDatabases = []string{"postgres", "template0", "template1", "rdsadmin"}

var pkg = &sandbox.Package{
	Name:      "postgresql",
	Configure: configure,
	Connect:   connect,
	Types: map[string]sandbox.Type{
		roleType: {
			Args: postgresql.RoleArgs{}.ElementType(), AutoName: "name", Secret: []string{"password"},
			Unique: []sandbox.Unique{{Properties: []string{"name"}, Message: "pq: role %q already exists"}},
			Check:  identifier("name"),
			Create: named("name"),
		},
		databaseType: {
			Args: postgresql.DatabaseArgs{}.ElementType(), AutoName: "name",
			Replace:    []string{"encoding", "lcCollate", "lcCtype", "template"},
			References: []sandbox.Reference{roleAt("owner")},
			Unique:     []sandbox.Unique{{Properties: []string{"name"}, Message: "pq: database %q already exists"}},
			Check:      identifier("name"),
			Create:     named("name"),
		},
		schemaType: {
			Args: postgresql.SchemaArgs{}.ElementType(), AutoName: "name", Replace: []string{"database"},
			References: []sandbox.Reference{
				databaseAt("database"),
				roleAt("owner"),
			},
			Unique: []sandbox.Unique{{Properties: []string{"database", "name"}, Message: "pq: schema %q already exists"}},
			Check:  identifier("name"),
			Create: named("database", "name"),
		},
		"postgresql:index/grant:Grant": {
			Args:    postgresql.GrantArgs{}.ElementType(),
			Replace: []string{"database", "role", "schema", "objectType", "objects", "columns"},
			References: []sandbox.Reference{
				databaseAt("database"),
				roleAt("role"),
				{Path: "schema", Types: []string{schemaType}, By: "name", Message: `pq: schema %q does not exist`, Skip: isPublic},
			},
			Check: checkGrant,
			Create: func(o *sandbox.Operation) error {
				if err := named("role", "database", "schema", "objectType")(o); err != nil {
					return err
				}
				o.ID = strings.ReplaceAll(o.ID, ".", "_")
				return nil
			},
		},
		"postgresql:index/grantRole:GrantRole": {
			Args: postgresql.GrantRoleArgs{}.ElementType(), Replace: []string{"role", "grantRole", "withAdminOption"},
			References: []sandbox.Reference{
				roleAt("role"),
				roleAt("grantRole"),
			},
			Create: named("role", "grantRole"),
		},
		"postgresql:index/extension:Extension": {
			Args: postgresql.ExtensionArgs{}.ElementType(), Replace: []string{"database", "name"},
			References: []sandbox.Reference{databaseAt("database")},
			Unique:     []sandbox.Unique{{Properties: []string{"database", "name"}, Message: "pq: extension %q already exists"}},
			Check:      checkExtension,
			Create:     named("database", "name"),
		},
	},
}

// configure remembers the server: host and port are what the objects belong to.
func configure(in sandbox.Inputs) (account, region string, err error) {
	host, _ := in.Text("host")
	return host, "", nil
}

// connect logs in to the server, as every operation does.
func connect(cloud *sandbox.Cloud, in sandbox.Inputs) error {
	host, ok := in.Text("host")
	if !ok {
		return errors.New("error connecting to PostgreSQL server: no host is configured")
	}
	username, _ := in.Text("username")
	password, _ := in.Text("password")
	for _, server := range cloud.OfType("aws:rds/instance:Instance") {
		if server.String("address") != host {
			continue
		}
		want, err := masterPassword(cloud, server)
		if err != nil {
			return err
		}
		if username != server.String("username") || password != want {
			return fmt.Errorf("error connecting to PostgreSQL server %s: pq: password authentication failed for user %q", host, username)
		}
		return nil
	}
	return fmt.Errorf("error connecting to PostgreSQL server %s: dial tcp: lookup %s: no such host", host, host)
}

// masterPassword reads the password that RDS keeps in a secret, or that the server
// was made with.
func masterPassword(cloud *sandbox.Cloud, server *sandbox.Object) (string, error) {
	secrets, _ := server.Get("masterUserSecrets").([]any)
	if len(secrets) == 0 {
		return server.String("password"), nil
	}
	described, _ := secrets[0].(map[string]any)
	for _, secret := range cloud.OfType("aws:secretsmanager/secret:Secret") {
		if secret.ID != described["secretArn"] {
			continue
		}
		var keys struct{ Password string }
		if err := json.Unmarshal([]byte(secret.String("secretString")), &keys); err != nil {
			return "", fmt.Errorf("the master secret of %s is damaged: %w", server.Name(), err)
		}
		return keys.Password, nil
	}
	return "", fmt.Errorf("the master secret of %s is gone", server.Name())
}

// named is the Create of a type whose id is made of its names.
func named(properties ...string) func(*sandbox.Operation) error {
	return func(o *sandbox.Operation) error {
		var parts []string
		for _, property := range properties {
			if part, ok := o.Inputs.Text(property); ok {
				parts = append(parts, part)
			}
		}
		o.ID = strings.Join(parts, ".")
		return nil
	}
}

func identifier(property string) func(sandbox.Inputs) []sandbox.Problem {
	return sandbox.Matches(property, `^.{1,63}$`, "is longer than the 63 bytes of an identifier")
}

func isPublic(name string) bool { return name == "public" }

// isMaster tells a role that RDS itself makes.
func isMaster(name string) bool {
	return slices.Contains([]string{"postgres", "rds_superuser", "rdsadmin", "rds_iam", "rds_replication"}, name)
}

// privileges are what may be granted on a kind of object.
var privileges = map[string][]string{
	"database":             {"ALL", "CREATE", "CONNECT", "TEMPORARY"},
	"schema":               {"ALL", "CREATE", "USAGE"},
	"table":                {"ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"},
	"sequence":             {"ALL", "USAGE", "SELECT", "UPDATE"},
	"function":             {"ALL", "EXECUTE"},
	"procedure":            {"ALL", "EXECUTE"},
	"routine":              {"ALL", "EXECUTE"},
	"foreign_data_wrapper": {"ALL", "USAGE"},
	"foreign_server":       {"ALL", "USAGE"},
	"column":               {"ALL", "SELECT", "INSERT", "UPDATE", "REFERENCES"},
}

func checkGrant(in sandbox.Inputs) []sandbox.Problem {
	kind, ok := in.Text("objectType")
	if !ok {
		return nil
	}
	allowed, known := privileges[kind]
	if !known {
		return []sandbox.Problem{{Path: "objectType", Text: fmt.Sprintf("%q is not a kind of object that can be granted on", kind)}}
	}
	if _, ok := in["schema"]; !ok && kind != "database" && !strings.HasPrefix(kind, "foreign") {
		return []sandbox.Problem{{Path: "schema", Text: "is mandatory for a " + kind}}
	}
	for i, element := range in.List("privileges") {
		if privilege, ok := element.(string); ok && !slices.Contains(allowed, privilege) {
			return []sandbox.Problem{{Path: fmt.Sprintf("privileges[%d]", i), Text: fmt.Sprintf("%s is not an allowed privilege for object type %s", privilege, kind)}}
		}
	}
	return nil
}

// extensions are those that RDS for PostgreSQL offers and products ask for.
var extensions = []string{
	"address_standardizer", "amcheck", "autoinc", "aws_commons", "aws_lambda", "aws_s3", "bloom", "bool_plperl", "btree_gin",
	"btree_gist", "citext", "cube", "dblink", "dict_int", "dict_xsyn", "earthdistance", "fuzzystrmatch", "hll", "hstore",
	"hstore_plperl", "insert_username", "intagg", "intarray", "ip4r", "isn", "jsonb_plperl", "lo", "ltree", "moddatetime",
	"old_snapshot", "oracle_fdw", "orafce", "pageinspect", "pg_bigm", "pg_buffercache", "pg_cron", "pg_freespacemap",
	"pg_hint_plan", "pg_partman", "pg_prewarm", "pg_proctab", "pg_repack", "pg_similarity", "pg_stat_statements",
	"pg_tle", "pg_transport", "pg_trgm", "pg_visibility", "pgaudit", "pgcrypto", "pglogical", "pgrouting", "pgrowlocks",
	"pgstattuple", "pgtap", "pgvector", "plperl", "plpgsql", "plprofiler", "pltcl", "plv8", "postgis", "postgis_raster",
	"postgis_tiger_geocoder", "postgis_topology", "postgres_fdw", "prefix", "rds_activity_stream", "rds_tools", "rdkit",
	"refint", "sslinfo", "tablefunc", "tcn", "tds_fdw", "test_decoding", "tsm_system_rows", "tsm_system_time", "unaccent",
	"uuid-ossp", "vector", "wal2json", "xml2",
}

func checkExtension(in sandbox.Inputs) []sandbox.Problem {
	name, ok := in.Text("name")
	if ok && !slices.Contains(extensions, name) {
		return []sandbox.Problem{{Path: "name", Text: fmt.Sprintf("extension %q is not available: could not open extension control file", name)}}
	}
	return nil
}
