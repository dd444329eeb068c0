package awsworkload

func (r *helmRelease) makeForwardAuth() error { return nil }
