package kubernetes

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// grafanaCharts is where the charts of Alloy, Grafana, Loki and Mimir are.
const grafanaCharts = "https://grafana.github.io/helm-charts"

// LokiURL is where Loki (NewLoki) is reached in its cluster.
const LokiURL = "http://loki-gateway.loki.svc.cluster.local"

// LokiArgs says what a Loki is like. Store and Identity are required.
type LokiArgs struct {
	Installation
	// Store holds the logs.
	Store ObjectStore
	// Identity is that of loki/loki.posit.team, which reads and writes Store.
	Identity Identity
	// Replicas is how many pods there are of each part; 2 if 0.
	Replicas int
	// RetentionDays is after how long logs are deleted; 0 is never.
	RetentionDays int
	// NoTelemetry keeps Loki from reporting its use to its makers.
	NoTelemetry bool
}

// NewLoki makes the Chart of Loki, in the namespace loki, which must be there: logs in
// a bucket, and a gateway at LokiURL.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewLoki(ctx *pulumi.Context, name string, args *LokiArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.Store == nil || !args.Store.complete() || args.Identity.id == nil {
		return nil, fmt.Errorf("chart of Loki %s: a bucket, its region and a role are required", name)
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "loki", Chart: "loki", Repository: grafanaCharts, Namespace: "loki",
		Values: values(args.values()), Installation: args.Installation,
	}, opts...)
}

func (args *LokiArgs) values() object {
	off := object{"enabled": false}
	loki := object{
		"auth_enabled": false,
	}
	maps.Copy(loki, args.Store.loki())
	limits := object{
		"max_cache_freshness_per_query": "10m",
		"query_timeout":                 "300s",
		"reject_old_samples":            true,
		"reject_old_samples_max_age":    "168h",
		"split_queries_by_interval":     "15m",
		"volume_enabled":                true,
	}
	loki["limits_config"] = limits
	if args.RetentionDays > 0 {
		limits["retention_period"] = fmt.Sprintf("%dh", 24*args.RetentionDays)
		loki["compactor"] = object{
			"retention_enabled": true, "delete_request_store": args.Store.kind(),
		}
	}
	if args.NoTelemetry {
		loki["analytics"] = object{"reporting_enabled": false}
	}
	args.Identity.labelPods(loki)
	made := object{
		"gateway": object{"image": unprivilegedNginx()}, "loki": loki,
		"serviceAccount": args.Identity.serviceAccount("loki.posit.team"),
		"sidecar":        object{"image": object{"repository": "quay.io/kiwigrid/k8s-sidecar"}},
		"monitoring": object{
			"dashboards": off, "serviceMonitor": off,
			"selfMonitoring": object{
				"enabled": false, "grafanaAgent": object{"installOperator": false},
			},
		},
		"test": off,
	}
	for _, part := range []string{"backend", "read", "write"} {
		made[part] = object{
			"replicas":    replicas(args.Replicas),
			"persistence": object{"enableStatefulSetAutoDeletePVC": true},
		}
	}
	return made
}

// unprivilegedNginx is the image of a gateway, from a registry without limits.
func unprivilegedNginx() object {
	return object{"registry": "quay.io", "repository": "nginx/nginx-unprivileged"}
}

// replicas is how many pods there are of something, 2 unless said otherwise.
func replicas(of int) int {
	if of == 0 {
		return 2
	}
	return of
}
