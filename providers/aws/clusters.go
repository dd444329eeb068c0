package aws

import "context"

// Clusters are the EKS calls that find what EKS or other people made in a cluster.
type Clusters interface {
	// AccessEntries lists who may enter a cluster by its access entries, which EKS itself
	// makes for whoever makes a cluster and for managed node groups; ErrNotFound when there
	// is no such cluster. One that knows no access entries has none.
	AccessEntries(ctx context.Context, cluster string) ([]AccessEntry, error)
}

// AccessEntry lets an IAM principal into a cluster.
type AccessEntry struct {
	PrincipalARN string
	Type         string // STANDARD, EC2_LINUX, ...
	// Policies are those that are associated with it.
	Policies []AccessPolicy
}

// AccessPolicy is an access policy of EKS, and where it holds: in all of the cluster, unless
// Namespaces limit it.
type AccessPolicy struct {
	ARN        string
	Namespaces []string
}
