package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

// inGrafanaCharts is what the HelmChart object of a piece says besides values.
func inGrafanaCharts(chart, namespace, version string) map[string]any {
	return map[string]any{
		"chart": chart, "repo": "https://grafana.github.io/helm-charts", "targetNamespace": namespace, "version": version,
	}
}

func serviceAccount(name, role string) map[string]any {
	return map[string]any{
		"create": true, "name": name, "annotations": map[string]any{"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/" + role},
	}
}

var off = map[string]any{"enabled": false}

func lokiArgs(change ...func(*LokiArgs)) *LokiArgs {
	args := &LokiArgs{
		Installation: controlled("5.42.0"), Store: S3{Bucket: pulumi.String("ptd-demo01-staging-loki"), Region: "us-east-2"},
		Identity: IAMRole(pulumi.String("arn:aws:iam::123456789012:role/loki.demo01-staging.posit.team")),
	}
	for _, change := range change {
		change(args)
	}
	return args
}

func makeLoki(args *LokiArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewLoki(ctx, "loki-helm-release", args)
		return err
	}
}

// lokiValues are those of the sheet. (docs/reference/aws-workload-apps.md 8.2)
func lokiValues(replicas float64) map[string]any {
	values := map[string]any{
		"gateway": map[string]any{"replicas": 2.0, "image": map[string]any{"registry": "quay.io", "repository": "nginx/nginx-unprivileged"}},
		"loki": map[string]any{
			"auth_enabled": false,
			"storage": map[string]any{
				"type": "s3",
				"bucketNames": map[string]any{
					"chunks": "ptd-demo01-staging-loki", "ruler": "ptd-demo01-staging-loki", "admin": "ptd-demo01-staging-loki",
				},
				"s3": map[string]any{
					"region": "us-east-2", "insecure": false, "s3ForcePathStyle": false,
					"backoff_config": map[string]any{"min_period": "100ms", "max_period": "10s", "max_retries": 5.0},
					"http_config": map[string]any{
						"idle_conn_timeout": "90s", "response_header_timeout": "30s", "insecure_skip_verify": false,
					},
				},
			},
			"limits_config": map[string]any{
				"max_cache_freshness_per_query": "10m", "query_timeout": "300s", "reject_old_samples": true,
				"reject_old_samples_max_age": "168h", "split_queries_by_interval": "15m", "volume_enabled": true,
			},
			"storage_config": map[string]any{"hedging": map[string]any{"at": "250ms", "max_per_second": 20.0, "up_to": 3.0}},
			"schemaConfig": map[string]any{"configs": []any{map[string]any{
				"from": "2022-01-11", "store": "boltdb-shipper", "object_store": "s3", "schema": "v12",
				"index": map[string]any{"prefix": "loki_index_", "period": "24h"},
			}}},
		},
		"serviceAccount": serviceAccount("loki.posit.team", "loki.demo01-staging.posit.team"),
		"sidecar":        map[string]any{"image": map[string]any{"repository": "quay.io/kiwigrid/k8s-sidecar"}},
		"monitoring": map[string]any{
			"dashboards": off, "serviceMonitor": off,
			"selfMonitoring": map[string]any{"enabled": false, "grafanaAgent": map[string]any{"installOperator": false}},
			"lokiCanary":     off,
		},
		"test": off,
	}
	for _, part := range []string{"backend", "read", "write"} {
		values[part] = map[string]any{"replicas": replicas}
	}
	values["backend"].(map[string]any)["persistence"] = map[string]any{"enableStatefulSetAutoDeletePVC": true}
	return values
}

func TestLoki(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeLoki(lokiArgs()))
	made := r.Find(t, helmChartType, "loki-helm-release")
	wantChart(t, made, inGrafanaCharts("loki", "loki", "5.42.0"), lokiValues(3))
	if got := made.Physical(); got != "helm-controller/loki" {
		t.Errorf("the HelmChart is %s", got)
	}
	componenttest.SamePreview(t, makeLoki(lokiArgs()))
}

func TestLokiOptions(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeLoki(lokiArgs(func(args *LokiArgs) {
		args.Replicas, args.RetentionDays, args.NoTelemetry = 5, 30, true
		args.Overrides = map[string]any{"read": map[string]any{"replicas": 4}}
	})))
	want := lokiValues(5)
	loki := want["loki"].(map[string]any)
	loki["analytics"] = map[string]any{"reporting_enabled": false}
	loki["compactor"] = map[string]any{"retention_enabled": true, "delete_request_store": "s3"}
	loki["limits_config"].(map[string]any)["retention_period"] = "720h"
	want["read"].(map[string]any)["replicas"] = 4.0
	wantChart(t, r.Find(t, helmChartType, "loki-helm-release"), inGrafanaCharts("loki", "loki", "5.42.0"), want)
}

func TestLokiErrors(t *testing.T) {
	t.Parallel()
	const required = "Loki loki-helm-release: a bucket, its region and a role are required"
	componenttest.Fails(t, makeLoki(nil), required)
	for _, change := range []func(*LokiArgs){
		func(args *LokiArgs) { args.Store = nil }, func(args *LokiArgs) { args.Identity = Identity{} },
		func(args *LokiArgs) { args.Store = S3{Region: "us-east-2"} }, func(args *LokiArgs) { args.Store = S3{Bucket: pulumi.String("b")} },
	} {
		componenttest.Fails(t, makeLoki(lokiArgs(change)), required)
	}
	componenttest.Fails(t, makeLoki(lokiArgs(func(args *LokiArgs) { args.Version = "" })), "version")
}

func ExampleNewLoki() {
	program := func(ctx *pulumi.Context) error {
		loki, err := NewLoki(ctx, "loki", &LokiArgs{
			Installation:  Installation{Version: "5.42.0"},
			Store:         S3{Bucket: pulumi.String("our-logs"), Region: "us-east-2"},
			Identity:      IAMRole(pulumi.String("arn:aws:iam::123456789012:role/loki")),
			RetentionDays: 90,
		})
		if err != nil {
			return err
		}
		ctx.Export("version", loki.Version)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["chart"], release.Args()["version"], "in", release.Args()["namespace"], "reached at", LokiURL)
	}
	// Output: loki 5.42.0 in loki reached at http://loki-gateway.loki.svc.cluster.local
}
