package aws

import "context"

// Clusters are the EKS calls that find out whether a cluster is there, and what EKS or other
// people made in it.
type Clusters interface {
	// Cluster describes a cluster by its name; ErrNotFound when there is none.
	Cluster(ctx context.Context, name string) (Cluster, error)
	// AccessEntries lists who may enter a cluster by its access entries, which EKS itself
	// makes for whoever makes a cluster and for managed node groups; ErrNotFound when there
	// is no such cluster. One that knows no access entries has none.
	AccessEntries(ctx context.Context, cluster string) ([]AccessEntry, error)
}

// Cluster is an EKS cluster.
type Cluster struct {
	// Endpoint is the address of its API server, "" until it has one. It never changes, and no
	// other cluster gets it.
	Endpoint string
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
