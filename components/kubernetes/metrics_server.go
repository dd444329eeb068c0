package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NewMetricsServer makes the Chart of metrics-server, in kube-system, which tells
// autoscalers and kubectl what pods and nodes use.
//
// It works in the network of its node: the control plane reaches nodes, and not pods
// when Calico is their network. (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewMetricsServer(ctx *pulumi.Context, name string, args *Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		args = &Installation{}
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "metrics-server", Chart: "metrics-server",
		Repository: "https://kubernetes-sigs.github.io/metrics-server/", Namespace: systemNamespace,
		Values: values(object{
			"hostNetwork":   object{"enabled": true},
			"containerPort": 4443,
		}),
		Installation: *args,
	}, opts...)
}
