package awsworkload

func (r *helmRelease) makeKarpenter() error { return nil }
