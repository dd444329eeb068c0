package aws

import (
	"maps"
	"slices"
)

// DatabaseParameters are parameters by name as a Database takes them, sorted. Those that
// a server reads only when it starts wait for a reboot; RDS would refuse to change them
// at once. One that is not known as such is changed at once.
func DatabaseParameters(values map[string]string) []DatabaseParameter {
	var parameters []DatabaseParameter
	for _, name := range slices.Sorted(maps.Keys(values)) {
		_, static := slices.BinarySearch(staticParameters, name)
		parameters = append(parameters, DatabaseParameter{Name: name, Value: values[name], AfterReboot: static})
	}
	return parameters
}

// staticParameters are those of RDS for PostgreSQL 12 to 17 whose apply type is static,
// sorted.
var staticParameters = []string{
	"autovacuum_freeze_max_age",
	"autovacuum_max_workers",
	"autovacuum_multixact_freeze_max_age",
	"config_file",
	"cron.database_name",
	"cron.host",
	"cron.max_running_jobs",
	"cron.use_background_workers",
	"data_directory",
	"event_source",
	"hba_file",
	"huge_pages",
	"ident_file",
	"listen_addresses",
	"logging_collector",
	"max_connections",
	"max_files_per_process",
	"max_locks_per_transaction",
	"max_logical_replication_workers",
	"max_pred_locks_per_transaction",
	"max_prepared_transactions",
	"max_replication_slots",
	"max_wal_senders",
	"max_worker_processes",
	"old_snapshot_threshold",
	"pg_stat_statements.max",
	"pglogical.use_spi",
	"port",
	"rds.logical_replication",
	"recovery_init_sync_method",
	"shared_buffers",
	"shared_memory_type",
	"shared_preload_libraries",
	"superuser_reserved_connections",
	"track_activity_query_size",
	"track_commit_timestamp",
	"unix_socket_directories",
	"wal_buffers",
	"wal_level",
}
