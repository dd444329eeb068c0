package kubernetes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

func mimirArgs(change ...func(*MimirArgs)) *MimirArgs {
	args := &MimirArgs{
		Installation: controlled("5.2.1"), Store: S3{Bucket: pulumi.String("ptd-demo01-staging-mimir"), Region: "us-east-2"},
		Identity: IAMRole(pulumi.String("arn:aws:iam::123456789012:role/mimir.demo01-staging.posit.team")),
	}
	for _, change := range change {
		change(args)
	}
	return args
}

func makeMimir(args *MimirArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewMimir(ctx, "mimir-helm-release", args)
		return err
	}
}

// mimirValues are those of the sheet. (docs/reference/aws-workload-apps.md 8.2)
func mimirValues(replicas float64) map[string]any {
	values := map[string]any{
		"serviceAccount": serviceAccount("mimir.posit.team", "mimir.demo01-staging.posit.team"),
		"minio":          off, "alertmanager": off, "ruler": off, "nginx": off,
		"mimir": map[string]any{"structuredConfig": map[string]any{
			"blocks_storage": map[string]any{
				"backend": "s3", "storage_prefix": "blocks",
				"s3": map[string]any{"bucket_name": "ptd-demo01-staging-mimir", "endpoint": "s3.us-east-2.amazonaws.com", "insecure": false},
			},
			"limits": map[string]any{"max_global_series_per_user": 800000.0, "max_label_names_per_series": 45.0},
		}},
		"gateway": map[string]any{
			"enabledNonEnterprise": true, "replicas": 2.0,
			"nginx": map[string]any{"image": map[string]any{"registry": "quay.io", "repository": "nginx/nginx-unprivileged"}},
		},
		"distributor": map[string]any{"replicas": 2.0}, "rollout_operator": off,
	}
	for _, part := range []string{"ingester", "compactor", "store_gateway"} {
		stateful := map[string]any{
			"persistentVolume": map[string]any{
				"size": "20Gi", "enableRetentionPolicy": true, "whenDeleted": "Delete", "whenScaled": "Delete",
			},
			"replicas": replicas,
			"affinity": map[string]any{"nodeAffinity": map[string]any{
				"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{"nodeSelectorTerms": []any{map[string]any{
					"matchExpressions": []any{map[string]any{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"}},
				}}},
			}},
		}
		if part != "compactor" {
			stateful["zoneAwareReplication"] = off
			stateful["affinity"].(map[string]any)["podAntiAffinity"] = map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{
				map[string]any{"topologyKey": "kubernetes.io/hostname", "labelSelector": map[string]any{"matchLabels": map[string]any{
					"app.kubernetes.io/name": "mimir", "app.kubernetes.io/instance": "mimir",
					"app.kubernetes.io/component": strings.ReplaceAll(part, "_", "-"),
				}}},
			}}
		}
		values[part] = stateful
	}
	ingester := values["ingester"].(map[string]any)
	ingester["persistentVolume"].(map[string]any)["whenScaled"] = "Retain"
	ingester["resources"] = map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "3Gi"}}
	values["store_gateway"].(map[string]any)["resources"] = map[string]any{
		"requests": map[string]any{"cpu": "100m", "memory": "512Mi"}, "limits": map[string]any{"cpu": "1", "memory": "4Gi"},
	}
	return values
}

func TestMimir(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeMimir(mimirArgs()))
	made := r.Find(t, helmChartType, "mimir-helm-release")
	wantChart(t, made, inGrafanaCharts("mimir-distributed", "mimir", "5.2.1"), mimirValues(3))
	if got := made.Physical(); got != "helm-controller/mimir" {
		t.Errorf("the HelmChart is %s", got)
	}
	componenttest.SamePreview(t, makeMimir(mimirArgs()))
}

func TestMimirOptions(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeMimir(mimirArgs(func(args *MimirArgs) {
		args.Replicas, args.RetentionDays, args.NoTelemetry = 4, 365, true
	})))
	want := mimirValues(4)
	config := want["mimir"].(map[string]any)["structuredConfig"].(map[string]any)
	config["usage_stats"] = off
	config["limits"].(map[string]any)["compactor_blocks_retention_period"] = "365d"
	wantChart(t, r.Find(t, helmChartType, "mimir-helm-release"), inGrafanaCharts("mimir-distributed", "mimir", "5.2.1"), want)
}

func TestMimirErrors(t *testing.T) {
	t.Parallel()
	const required = "Mimir mimir-helm-release: a bucket, its region and a role are required"
	componenttest.Fails(t, makeMimir(nil), required)
	for _, change := range []func(*MimirArgs){
		func(args *MimirArgs) { args.Store = nil }, func(args *MimirArgs) { args.Identity = Identity{} },
		func(args *MimirArgs) { args.Store = S3{Region: "us-east-2"} }, func(args *MimirArgs) { args.Store = S3{Bucket: pulumi.String("b")} },
	} {
		componenttest.Fails(t, makeMimir(mimirArgs(change)), required)
	}
}

func ExampleNewMimir() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewMimir(ctx, "mimir", &MimirArgs{
			Installation: Installation{Version: "5.2.1"},
			Store:        S3{Bucket: pulumi.String("our-metrics"), Region: "us-east-2"},
			Identity:     IAMRole(pulumi.String("arn:aws:iam::123456789012:role/mimir")),
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["chart"], release.Args()["version"], "reached at", MimirURL)
	}
	// Output: mimir-distributed 5.2.1 reached at http://mimir-gateway.mimir.svc.cluster.local
}
