package awsworkload

func (r *helmRelease) makeTeamOperator() error { return nil }
