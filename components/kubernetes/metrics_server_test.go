package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func TestMetricsServer(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		installation := controlled("3.11.0")
		_, err := NewMetricsServer(ctx, "release", &installation)
		return err
	})
	made := r.Find(t, helmChartType, "release")
	wantChart(t, made, map[string]any{
		"chart": "metrics-server", "repo": "https://kubernetes-sigs.github.io/metrics-server/", "targetNamespace": "kube-system", "version": "3.11.0",
	}, map[string]any{
		"hostNetwork": map[string]any{"enabled": true}, "containerPort": 4443.0,
	})
	if got := made.Physical(); got != "helm-controller/metrics-server" {
		t.Errorf("the HelmChart is %s", got)
	}
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		_, err := NewMetricsServer(ctx, "release", nil)
		return err
	}, "version")
}

// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func TestKubeStateMetrics(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		installation := controlled("5.30.1")
		_, err := NewKubeStateMetrics(ctx, "release", &installation)
		return err
	})
	made := r.Find(t, helmChartType, "release")
	wantChart(t, made, map[string]any{
		"chart": "kube-state-metrics", "repo": "https://prometheus-community.github.io/helm-charts", "targetNamespace": "kube-system", "version": "5.30.1",
	}, map[string]any{"metricLabelsAllowlist": []any{"pods=[*]"}})
	if got := made.Physical(); got != "helm-controller/kube-state-metrics" {
		t.Errorf("the HelmChart is %s", got)
	}
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		_, err := NewKubeStateMetrics(ctx, "release", nil)
		return err
	}, "version")
}

func ExampleNewMetricsServer() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewMetricsServer(ctx, "metrics-server", &Installation{Version: "3.11.0"})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["chart"], release.Args()["version"])
	}
	// Output: metrics-server 3.11.0
}

func ExampleNewKubeStateMetrics() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewKubeStateMetrics(ctx, "kube-state-metrics", &Installation{Version: "5.30.1"})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["chart"], release.Args()["version"])
	}
	// Output: kube-state-metrics 5.30.1
}
