package awsworkload

func (r *helmRelease) makeTraefik() error { return nil }
