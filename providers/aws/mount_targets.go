package aws

import "context"

// MountTargets are the EFS calls that let a cluster's nodes reach a file system which is
// not ptd's.
type MountTargets interface {
	// MountTargets lists those of a file system with their security groups; ErrNotFound
	// when there is no such file system.
	MountTargets(ctx context.Context, fileSystemID string) ([]MountTarget, error)
	// WithSecurityGroup lists those of all file systems that have a security group. EFS cannot
	// say that: the network interfaces of the group do, by their descriptions.
	WithSecurityGroup(ctx context.Context, group string) ([]MountTarget, error)
	// SetSecurityGroups replaces the security groups of a mount target.
	SetSecurityGroups(ctx context.Context, mountTargetID string, groups []string) error
}

// MountTarget is an address of a file system in a subnet.
type MountTarget struct {
	ID, FileSystemID string
	SecurityGroups   []string
}
