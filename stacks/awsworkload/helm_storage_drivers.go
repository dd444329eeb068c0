package awsworkload

func (r *helmRelease) makeStorageDrivers() error { return nil }
