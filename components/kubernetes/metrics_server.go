package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NewMetricsServer makes the Chart of metrics-server, in kube-system, which tells
// autoscalers and kubectl what pods and nodes use.
//
// It works in the network of its node: the control plane reaches nodes, and not pods
// when Calico is their network. (facts: aws-workload-apps 8.1, 8.2)
func NewMetricsServer(ctx *pulumi.Context, name string, installation Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "metrics-server", Chart: "metrics-server",
		Repository: "https://kubernetes-sigs.github.io/metrics-server/", Namespace: "kube-system",
		Values: pulumi.Map{
			"hostNetwork":   pulumi.Map{"enabled": pulumi.Bool(true)},
			"containerPort": pulumi.Int(4443),
			"args":          texts("--kubelet-preferred-address-types=InternalIP"),
		},
		Installation: installation,
	}, opts...)
}
