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
	// whenever it updates an add-on. It has plain values only (as encoding/json has them, and
	// integers): the eks plugin writes it as JSON without waiting for an output in it.
	Configuration map[string]any
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
// It is an error if a required argument is missing, or if the configuration has an output or
// anything else that is not plain in it.
//
// (docs/reference/aws-workload-eks.md 12, 19.4; docs/reference/real-plugins.md 1)
func NewEKSAddon(ctx *pulumi.Context, name string, args *EKSAddonArgs, opts ...pulumi.ResourceOption) (*eks.Addon, error) {
	if args == nil || args.Cluster == nil || args.Addon == "" || args.Version == "" {
		return nil, fmt.Errorf("EKS add-on %s: a cluster, an add-on and its version are required", name)
	}
	made := &eks.AddonArgs{
		Cluster: args.Cluster.controlPlane, AddonName: pulumi.String(args.Addon), AddonVersion: pulumi.String(args.Version),
	}
	if len(args.Configuration) > 0 {
		values, err := plainInput("configuration", args.Configuration)
		if err != nil {
			return nil, fmt.Errorf("EKS add-on %s: %w", name, err)
		}
		made.ConfigurationValues = values.(pulumi.Map)
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

// plainInput makes an input of a plain value, which is called path in errors.
func plainInput(path string, value any) (pulumi.Input, error) {
	switch value := value.(type) {
	case bool:
		return pulumi.Bool(value), nil
	case string:
		return pulumi.String(value), nil
	case int:
		return pulumi.Int(value), nil
	case float64:
		return pulumi.Float64(value), nil
	case []any:
		made := make(pulumi.Array, len(value))
		for i, element := range value {
			var err error
			if made[i], err = plainInput(fmt.Sprintf("%s[%d]", path, i), element); err != nil {
				return nil, err
			}
		}
		return made, nil
	case map[string]any:
		made := make(pulumi.Map, len(value))
		for key, element := range value {
			var err error
			if made[key], err = plainInput(path+"."+key, element); err != nil {
				return nil, err
			}
		}
		return made, nil
	default:
		return nil, fmt.Errorf("%s is a %T, but only plain values can be given: the eks plugin writes the configuration "+
			"as JSON without waiting for outputs", path, value)
	}
}
