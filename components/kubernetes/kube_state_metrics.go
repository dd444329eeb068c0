package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NewKubeStateMetrics makes the Chart of kube-state-metrics, in kube-system: metrics of
// what is in the cluster, at kube-state-metrics.kube-system.svc:8080. Pods carry the
// labels that tell the sessions of a launcher and its users' groups apart.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewKubeStateMetrics(ctx *pulumi.Context, name string, args *Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		args = &Installation{}
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "kube-state-metrics", Chart: "kube-state-metrics",
		Repository: "https://prometheus-community.github.io/helm-charts", Namespace: systemNamespace,
		Values:       values(object{"metricLabelsAllowlist": []string{"pods=[launcher-instance-id,user-group-*]"}}),
		Installation: *args,
	}, opts...)
}
