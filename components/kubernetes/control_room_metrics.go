package kubernetes

import "slices"

// ControlRoomMetrics are the metrics, by their full names and sorted, that the alerts and
// dashboards of a control room use, those about Azure included.
//
// (docs/reference/aws-control-room.md 10, 11)
func ControlRoomMetrics() []string {
	metrics := slices.Clone(controlRoomMetrics)
	for prefix, names := range azureMetrics {
		for _, name := range names {
			metrics = append(metrics, "azure_microsoft_"+prefix+"_"+name)
		}
	}
	slices.Sort(metrics)
	return metrics
}

var azureMetrics = map[string][]string{
	"dbforpostgresql_flexibleservers": {
		"active_connections_average_count", "connections_failed_total_count", "cpu_percent_average_percent",
		"memory_percent_average_percent", "storage_percent_average_percent",
	},
	"netapp_netappaccounts_capacitypools_volumes": {
		"averagereadlatency_average_milliseconds", "averagewritelatency_average_milliseconds",
		"throughputlimitreached_average_count", "volumeconsumedsizepercentage_average_percent",
	},
	"storage_storageaccounts": {"availability_average_percent", "successe2elatency_average_milliseconds"},
}

var controlRoomMetrics = []string{
	"aws_applicationelb_httpcode_target_5_xx_count_sum",
	"aws_applicationelb_target_response_time_average",
	"aws_applicationelb_un_healthy_host_count_average",
	"aws_ec2_network_out_average",
	"aws_ec2_network_packets_out_average",
	"aws_fsx_storage_capacity_average",
	"aws_fsx_used_storage_capacity_average",
	"aws_networkelb_un_healthy_host_count_average",
	"aws_rds_cpuutilization_average",
	"aws_rds_database_connections_average",
	"aws_rds_free_storage_space_average",
	"aws_rds_freeable_memory_average",
	"connect_content_app_sessions_current",
	"connect_content_hits_total",
	"connect_http_request_count",
	"connect_http_request_duration_seconds_bucket",
	"connect_http_request_duration_seconds_count",
	"connect_http_request_duration_seconds_sum",
	"connect_http_request_inflight_gauge",
	"connect_http_response_size_bytes_sum",
	"connect_jobs_queue_oldest_job_age_seconds",
	"connect_jobs_queue_total_jobs_in_queue",
	"connect_users_active",
	"container_cpu_cfs_throttled_seconds_total",
	"container_cpu_usage_seconds_total",
	"container_memory_working_set_bytes",
	"container_network_receive_bytes_total",
	"container_network_transmit_bytes_total",
	"container_oom_events_total",
	"go_build_info",
	"kube_configmap_info",
	"kube_daemonset_labels",
	"kube_deployment_labels",
	"kube_deployment_spec_replicas",
	"kube_deployment_status_replicas",
	"kube_deployment_status_replicas_available",
	"kube_deployment_status_replicas_ready",
	"kube_endpoint_info",
	"kube_horizontalpodautoscaler_labels",
	"kube_hpa_labels", // what kube-state-metrics 1 called it
	"kube_ingress_info",
	"kube_namespace_created",
	"kube_namespace_labels",
	"kube_networkpolicy_labels",
	"kube_node_info",
	"kube_node_status_condition",
	"kube_persistentvolumeclaim_info",
	"kube_pod_container_resource_limits",
	"kube_pod_container_resource_requests",
	"kube_pod_container_status_restarts_total",
	"kube_pod_container_status_running",
	"kube_pod_container_status_terminated_reason",
	"kube_pod_container_status_waiting_reason",
	"kube_pod_info",
	"kube_pod_labels",
	"kube_pod_status_phase",
	"kube_pod_status_qos_class",
	"kube_pod_status_reason",
	"kube_secret_info",
	"kube_service_info",
	"kube_statefulset_labels",
	"kube_statefulset_status_replicas",
	"kube_statefulset_status_replicas_ready",
	"loki_ingester_wal_disk_full_failures_total",
	"machine_cpu_cores",
	"machine_memory_bytes",
	"node_cpu_core_throttles_total",
	"node_cpu_seconds_total",
	"node_memory_MemAvailable_bytes",
	"node_memory_MemTotal_bytes",
	"node_network_receive_bytes_total",
	"node_network_receive_drop_total",
	"node_network_transmit_bytes_total",
	"node_network_transmit_drop_total",
	"ppm_binary_routing_fallback",
	"ppm_git_builds_failed_total",
	"ppm_http_requests_inflight",
	"ppm_http_requests_total",
	"ppm_http_response_size_bytes_total",
	"ppm_license_days_left",
	"ppm_pkg_downloads_total",
	"ppm_repo_source_sync_duration_seconds_bucket",
	"ppm_storage_size",
	"ppm_storage_used",
	"probe_http_status_code",
	"pwb_active_user_sessions",
	"pwb_build_info",
	"pwb_http_handlers_inflight",
	"pwb_http_requests_inflight",
	"pwb_http_requests_total",
	"pwb_http_response_duration_seconds_bucket",
	"pwb_http_response_duration_seconds_count",
	"pwb_http_response_duration_seconds_sum",
	"pwb_http_response_size_bytes_total",
	"pwb_license_active_users",
	"pwb_license_user_seats",
	"pwb_session_startup_and_connect_duration_seconds_count",
	"pwb_session_startup_and_connect_duration_seconds_sum",
	"pwb_session_startup_duration_seconds_count",
	"pwb_session_startup_duration_seconds_sum",
	"pwb_sessions",
	"up",
}
