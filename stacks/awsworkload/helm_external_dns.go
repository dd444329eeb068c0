package awsworkload

func (r *helmRelease) makeExternalDNS() error { return nil }
