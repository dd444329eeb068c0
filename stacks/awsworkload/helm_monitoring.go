package awsworkload

func (r *helmRelease) makeMonitoring() error { return nil }
