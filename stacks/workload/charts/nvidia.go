package charts

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// NewNvidiaDevicePlugin installs what makes GPUs resources of their nodes.
func (c *Cluster) NewNvidiaDevicePlugin(opts ...pulumi.ResourceOption) error {
	installation := c.Controlled("nvidia-device-plugin", "components.nvidia_device_plugin_version", c.Components.NvidiaDevicePluginVersion)
	_, err := kubernetes.NewNvidiaDevicePlugin(c.Ctx, c.Name+"-nvidia-device-plugin-helm-release", &installation, opts...)
	return err
}
