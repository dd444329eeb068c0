package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NewNvidiaDevicePlugin installs NVIDIA's device plugin, which makes GPUs resources of
// their nodes, and node feature discovery, which finds those nodes. Both go to the
// namespace nvidia-device-plugin, which must be there.
//
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewNvidiaDevicePlugin(ctx *pulumi.Context, name string, args *Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		args = &Installation{}
	}
	const gpu = "nvidia.com/gpu"
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "nvidia-device-plugin", Chart: "nvidia-device-plugin",
		Repository: "https://nvidia.github.io/k8s-device-plugin", Namespace: "nvidia-device-plugin",
		Installation: *args,
		Values: values(object{
			"nfd": object{
				"enabled": true,
				"worker": object{"tolerations": []any{
					sessionToleration(),
					object{"key": gpu, "operator": "Exists", "effect": "NoSchedule"}, // whatever its value: without it no GPU is found
					object{"key": "node-role.kubernetes.io/master", "operator": "Equal", "value": "", "effect": "NoSchedule"},
				}},
			},
			"migStrategy": "none", "failOnInitError": true, "nvidiaDriverRoot": "/",
			"deviceListStrategy": "envvar", "deviceIDStrategy": "uuid",
			"tolerations": []any{
				sessionToleration(),
				object{"key": gpu, "operator": "Exists", "effect": "NoSchedule"},
				object{"key": "CriticalAddonsOnly", "operator": "Exists"},
			},
		}),
	}, opts...)
}
