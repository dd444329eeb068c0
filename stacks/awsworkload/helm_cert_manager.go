package awsworkload

func (r *helmRelease) makeCertManager() error { return nil }
