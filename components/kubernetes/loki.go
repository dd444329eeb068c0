package kubernetes

import (
	"cmp"
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
	// Replicas is how many pods there are of each part; 3 if 0.
	Replicas int
	// ReplicationFactor is how many of the pods that write have each line (see
	// FactorOfChart); by Replicas if 0.
	ReplicationFactor int
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
		Stateful: &Stateful{Fixed: []string{
			"*.persistence.size", "*.persistence.storageClass", "*.persistence.volumeClaimsEnabled", "*.podManagementPolicy",
		}},
	}, opts...)
}

// lokiSchema is how logs are stored: as the chart itself says where nobody does, up to its
// version 5. With another, what is stored could not be read.
func lokiSchema(store string) object {
	return object{"configs": []object{{
		"from": "2022-01-11", "store": "boltdb-shipper", "object_store": store, "schema": "v12",
		"index": object{"prefix": "loki_index_", "period": "24h"},
	}}}
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
	loki["schemaConfig"] = lokiSchema(args.Store.kind())
	if factor := replicationFactor(args.Replicas, args.ReplicationFactor); factor > 0 {
		loki["commonConfig"] = object{"replication_factor": factor}
	}
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
		"gateway": object{"replicas": 2, "image": unprivilegedNginx()}, "loki": loki,
		"serviceAccount": args.Identity.serviceAccount("loki.posit.team"),
		"sidecar":        object{"image": object{"repository": "quay.io/kiwigrid/k8s-sidecar"}},
		"monitoring": object{
			"dashboards": off, "serviceMonitor": off,
			"selfMonitoring": object{
				"enabled": false, "grafanaAgent": object{"installOperator": false},
			},
			// It looks for lines that it writes to its own log, which nobody reads here.
			"lokiCanary": off,
		},
		"test": off,
	}
	for _, part := range []string{"backend", "read", "write"} {
		made[part] = object{"replicas": replicas(args.Replicas)}
	}
	// What writes has logs on its volumes that are nowhere else yet.
	made["backend"].(object)["persistence"] = object{"enableStatefulSetAutoDeletePVC": true}
	return made
}

// unprivilegedNginx is the image of a gateway, from a registry without limits.
func unprivilegedNginx() object {
	return object{"registry": "quay.io", "repository": "nginx/nginx-unprivileged"}
}

// replicas is how many pods there are of something that keeps data, 3 unless said
// otherwise: as many as have each piece of it, of which one may be away.
func replicas(of int) int { return cmp.Or(of, 3) }

// FactorOfChart leaves how many pods have each piece of data to the chart, whose 3 is more
// than some installations have pods.
const FactorOfChart = -1

// replicationFactor is how many pods have each piece of data, 0 for what the chart says,
// which is 3. A piece is taken when most of as many have it, 2 of 3: of 2 pods both would
// have to be there for every one, and a single one would never take any.
func replicationFactor(of, given int) int {
	switch {
	case given < 0, given == 0 && replicas(of) >= 3:
		return 0
	case given == 0:
		return 1
	default:
		return given
	}
}
