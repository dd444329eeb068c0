package awsworkload

func (r *helmRelease) makeNvidiaDevicePlugin() error { return nil }
