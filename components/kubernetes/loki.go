package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// grafanaCharts is where the charts of Alloy, Grafana, Loki and Mimir are.
const grafanaCharts = "https://grafana.github.io/helm-charts"

// LokiURL is where Loki (NewLoki) is reached in its cluster.
const LokiURL = "http://loki-gateway.loki.svc.cluster.local"

// LokiArgs says what a Loki is like. Bucket, Region and RoleARN are required.
type LokiArgs struct {
	Installation
	// Bucket of S3, in Region, holds the logs.
	Bucket pulumi.StringInput
	Region string
	// RoleARN is the role, for loki/loki.posit.team, that reads and writes Bucket.
	RoleARN pulumi.StringInput
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
// It is an error if a required argument is missing. (facts: aws-workload-apps 8.1, 8.2)
func NewLoki(ctx *pulumi.Context, name string, args *LokiArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.Bucket == nil || args.Region == "" || args.RoleARN == nil {
		return nil, fmt.Errorf("Loki %s: a bucket, its region and a role are required", name)
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "loki", Chart: "loki", Repository: grafanaCharts, Namespace: "loki",
		Values: args.values(), Installation: args.Installation,
	}, opts...)
}

func (args *LokiArgs) values() pulumi.Map {
	off := pulumi.Map{"enabled": pulumi.Bool(false)}
	loki := pulumi.Map{
		"auth_enabled": pulumi.Bool(false),
		"storage": pulumi.Map{
			"type":        pulumi.String("s3"),
			"bucketNames": pulumi.Map{"chunks": args.Bucket, "ruler": args.Bucket, "admin": args.Bucket},
			"s3": pulumi.Map{
				"region":           pulumi.String(args.Region),
				"insecure":         pulumi.Bool(false),
				"s3ForcePathStyle": pulumi.Bool(false),
				"backoff_config": pulumi.Map{
					"min_period": pulumi.String("100ms"), "max_period": pulumi.String("10s"), "max_retries": pulumi.Int(5),
				},
				"http_config": pulumi.Map{
					"idle_conn_timeout": pulumi.String("90s"), "response_header_timeout": pulumi.String("30s"),
					"insecure_skip_verify": pulumi.Bool(false),
				},
			},
		},
		"storage_config": pulumi.Map{"hedging": pulumi.Map{
			"at": pulumi.String("250ms"), "max_per_second": pulumi.Int(20), "up_to": pulumi.Int(3),
		}},
	}
	limits := pulumi.Map{
		"max_cache_freshness_per_query": pulumi.String("10m"),
		"query_timeout":                 pulumi.String("300s"),
		"reject_old_samples":            pulumi.Bool(true),
		"reject_old_samples_max_age":    pulumi.String("168h"),
		"split_queries_by_interval":     pulumi.String("15m"),
		"volume_enabled":                pulumi.Bool(true),
	}
	loki["limits_config"] = limits
	if args.RetentionDays > 0 {
		limits["retention_period"] = pulumi.Sprintf("%dh", 24*args.RetentionDays)
		loki["compactor"] = pulumi.Map{
			"retention_enabled": pulumi.Bool(true), "delete_request_store": pulumi.String("s3"),
		}
	}
	if args.NoTelemetry {
		loki["analytics"] = pulumi.Map{"reporting_enabled": pulumi.Bool(false)}
	}
	values := pulumi.Map{
		"gateway": pulumi.Map{"image": unprivilegedNginx()}, "loki": loki,
		"serviceAccount": roleServiceAccount("loki.posit.team", args.RoleARN),
		"sidecar":        pulumi.Map{"image": pulumi.Map{"repository": pulumi.String("quay.io/kiwigrid/k8s-sidecar")}},
		"monitoring": pulumi.Map{
			"dashboards": off, "serviceMonitor": off,
			"selfMonitoring": pulumi.Map{
				"enabled": pulumi.Bool(false), "grafanaAgent": pulumi.Map{"installOperator": pulumi.Bool(false)},
			},
		},
		"test": off,
	}
	for _, part := range []string{"backend", "read", "write"} {
		values[part] = pulumi.Map{
			"replicas":    replicas(args.Replicas),
			"persistence": pulumi.Map{"enableStatefulSetAutoDeletePVC": pulumi.Bool(true)},
		}
	}
	return values
}

// unprivilegedNginx is the image of a gateway, from a registry without limits.
func unprivilegedNginx() pulumi.Map {
	return pulumi.Map{"registry": pulumi.String("quay.io"), "repository": pulumi.String("nginx/nginx-unprivileged")}
}

// replicas is how many pods there are of something, 2 unless said otherwise.
func replicas(of int) pulumi.Int {
	if of == 0 {
		return 2
	}
	return pulumi.Int(of)
}
