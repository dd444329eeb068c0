package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EKSAddonArgs describes an add-on of a cluster. Cluster, Addon and Version are required.
type EKSAddonArgs struct {
	Cluster *EKSCluster
	// Addon is EKS' name of it, such as aws-ebs-csi-driver.
	Addon, Version string
	// KeepVersion leaves the version of an add-on that is there alone.
	KeepVersion bool
	// Configuration is used when the add-on is made: EKS undoes what was changed since
	// whenever it updates an add-on.
	Configuration pulumi.Map
	// ServiceAccountRoleARN is the role of the add-on's service account; nil for none.
	ServiceAccountRoleARN pulumi.StringPtrInput
	// TakeOver makes what is installed without EKS the add-on's. It stays when the add-on
	// is deleted.
	TakeOver bool
	Tags     map[string]string
}

// NewEKSAddon makes an add-on with the logical name name. In state it is a child of the
// cluster's control plane, where its component puts it. Here it is not: what depends on
// the control plane would depend on its add-ons too, and they on nodes that do.
//
// It is an error if a required argument is missing.
//
// (docs/reference/aws-workload-eks.md 12, 19.4)
func NewEKSAddon(ctx *pulumi.Context, name string, args *EKSAddonArgs, opts ...pulumi.ResourceOption) (*eks.Addon, error) {
	if args == nil || args.Cluster == nil || args.Addon == "" || args.Version == "" {
		return nil, fmt.Errorf("EKS add-on %s: a cluster, an add-on and its version are required", name)
	}
	made := &eks.AddonArgs{
		Cluster: args.Cluster.controlPlane, AddonName: pulumi.String(args.Addon), AddonVersion: pulumi.String(args.Version),
	}
	if len(args.Configuration) > 0 {
		made.ConfigurationValues = args.Configuration
	}
	if args.ServiceAccountRoleARN != nil {
		made.ServiceAccountRoleArn = args.ServiceAccountRoleARN
	}
	if args.TakeOver {
		made.Preserve = pulumi.Bool(true)
		made.ResolveConflictsOnCreate, made.ResolveConflictsOnUpdate = pulumi.String("OVERWRITE"), pulumi.String("OVERWRITE")
	}
	args.Cluster.addons.Store(name, args)
	return eks.NewAddon(ctx, name, made, opts...)
}

// transform sets what the component has no argument for; its tags are a list, which the
// add-on does not take. The role is not read back reliably.
func (args *EKSAddonArgs) transform(made *pulumi.ResourceTransformArgs) {
	made.Props["tags"] = tags(args.Tags)
	ignore(made, "configurationValues", "serviceAccountRoleArn")
	if args.KeepVersion {
		ignore(made, "addonVersion")
	}
}
