package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// serveDatabase describes an instance of RDS as the server that it is.
func serveDatabase(cloud *sandbox.Cloud, instance *sandbox.Object) *sandbox.Database {
	// 0, which is older than all, for what is no number.
	major, _ := strconv.Atoi(majorVersion(cmp.Or(instance.String("engineVersionActual"), instance.String("engineVersion"))))
	return &sandbox.Database{
		Address: instance.String("address"), Username: instance.String("username"),
		Password: func() (string, error) { return masterPassword(cloud, instance) },
		Major:    major,
		// The master user is a member of rds_superuser, which RDS lets install them.
		InstallsAny: true,
		Databases:   []string{"rdsadmin"},
		Roles:       []string{"rds_superuser", "rdsadmin", "rds_iam", "rds_replication"},
		Extensions:  extensions,
	}
}

// masterPassword reads the password that RDS keeps in a secret, or that the server
// was made with.
func masterPassword(cloud *sandbox.Cloud, instance *sandbox.Object) (string, error) {
	secrets, _ := instance.Get("masterUserSecrets").([]any)
	if len(secrets) == 0 {
		return instance.String("password"), nil
	}
	described, _ := secrets[0].(map[string]any)
	for _, secret := range cloud.OfType(secretType) {
		if secret.ID != described["secretArn"] {
			continue
		}
		var keys struct{ Password string }
		if err := json.Unmarshal([]byte(secret.String("secretString")), &keys); err != nil {
			return "", fmt.Errorf("the master secret of %s is damaged: %w", instance.Name(), err)
		}
		return keys.Password, nil
	}
	return "", fmt.Errorf("the master secret of %s is gone", instance.Name())
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
