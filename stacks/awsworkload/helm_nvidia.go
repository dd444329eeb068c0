package awsworkload

import "github.com/ptd-go/ptd/components/kubernetes"

func (r *helmRelease) makeNvidiaDevicePlugin() error {
	if !r.config.NvidiaGPUEnabled {
		return nil
	}
	installation := r.controlled("nvidia-device-plugin", "components.nvidia_device_plugin_version", r.cluster.Components.NvidiaDevicePluginVersion)
	_, err := kubernetes.NewNvidiaDevicePlugin(r.ctx, r.name+"-nvidia-device-plugin-helm-release", &installation, r.after())
	return err
}
