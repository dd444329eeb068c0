package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NewKubeStateMetrics makes the Chart of kube-state-metrics, in kube-system: metrics of
// what is in the cluster, at kube-state-metrics.kube-system.svc:8080. kube_pod_labels has all
// labels of pods: those that tell the groups of users apart (user-group-...) have names of
// the users' making, and the list knows whole names, and * for all of them.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewKubeStateMetrics(ctx *pulumi.Context, name string, args *Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		args = &Installation{}
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "kube-state-metrics", Chart: "kube-state-metrics",
		Repository: "https://prometheus-community.github.io/helm-charts", Namespace: systemNamespace,
		Values:       values(object{"metricLabelsAllowlist": []string{"pods=[*]"}}),
		Installation: *args,
	}, opts...)
}
