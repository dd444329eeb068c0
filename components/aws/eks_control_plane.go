package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The types of the children that the components of pulumi-eks make.
const (
	clusterType           = "aws:eks/cluster:Cluster"
	accessEntryType       = "aws:eks/accessEntry:AccessEntry"
	policyAssociationType = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	nodeGroupType         = "aws:eks/nodeGroup:NodeGroup"
	addonType             = "aws:eks/addon:Addon"
)

// transform sets what the component has no argument for. Access entries and the ConfigMap
// are both on in a new cluster, and one that is there keeps its mode. What can only be
// decided when a cluster is made is not looked at afterwards: a change would replace it.
// Add-ons are below the control plane too. (docs/reference/aws-workload-eks.md 4.2, 6.3, 19.5)
func (c *EKSCluster) transform(name string, args *EKSClusterArgs) pulumi.ResourceTransform {
	existing := takeOver(name, append([]AccessEntry{c.nodeEntry(args)}, args.Access...))
	return func(_ context.Context, made *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
		switch made.Type {
		case clusterType:
			args.transformCluster(made)
		case accessEntryType, policyAssociationType:
			if args.stays(made.Name) {
				made.Opts.Protect = args.Protect
			}
			made.Opts.Import = existing[made.Name]
			// A policy is associated once, whatever it holds for.
			made.Opts.DeleteBeforeReplace = made.Type == policyAssociationType
		case addonType:
			addon, ok := c.addons.Load(made.Name)
			if !ok {
				return nil
			}
			addon.(*EKSAddonArgs).transform(made)
		default:
			return nil
		}
		return &pulumi.ResourceTransformResult{Props: made.Props, Opts: made.Opts}
	}
}

// stays tells whether an access entry, or an association of one, stays with the cluster.
func (args *EKSClusterArgs) stays(name string) bool {
	return slices.ContainsFunc(args.Access, func(entry AccessEntry) bool {
		_, rest, found := strings.Cut(name+"-", "-"+entry.Name+"-")
		return entry.Stays && found && !strings.Contains(rest, "access-entry")
	})
}

func (args *EKSClusterArgs) transformCluster(made *pulumi.ResourceTransformArgs) {
	if args.KeepAuthentication {
		// What is not given stays; paths within it could not be ignored any more.
		delete(made.Props, "accessConfig")
		made.Opts.IgnoreChanges = slices.DeleteFunc(made.Opts.IgnoreChanges, func(path string) bool {
			return strings.HasPrefix(path, "accessConfig")
		})
	} else {
		made.Props["accessConfig"] = pulumi.Map{
			"authenticationMode":                      pulumi.String("API_AND_CONFIG_MAP"),
			"bootstrapClusterCreatorAdminPermissions": pulumi.Bool(args.ConfigMapAccess),
		}
		ignore(made, "accessConfig.bootstrapClusterCreatorAdminPermissions")
	}
	if args.ForceUpdate {
		made.Props["forceUpdateVersion"] = pulumi.Bool(true)
	}
	ignore(made, "bootstrapSelfManagedAddons", "defaultAddonsToRemoves", "encryptionConfig")
	made.Opts.Protect = args.Protect
}

// coreData tells node groups what they ask of a cluster that knows no access entries: that
// the role of the nodes is let in by the ConfigMap, which the component did not write.
// (docs/reference/aws-workload-eks.md 19.4)
func (c *EKSCluster) coreData(args *EKSClusterArgs, role *iam.Role) pulumi.Map {
	return pulumi.Map{
		"cluster": c.controlPlane.EksCluster, "clusterIamRole": role, "endpoint": c.Endpoint,
		"vpcId": args.VpcID, "subnetIds": args.SubnetIDs, "provider": c.controlPlane.Core.Provider(),
		"instanceRoles": pulumi.Array{c.role}, "nodeGroupOptions": pulumi.Map{},
	}
}

// ignore adds to what the resource ignores changes of.
func ignore(made *pulumi.ResourceTransformArgs, paths ...string) {
	have := map[string]bool{}
	for _, path := range made.Opts.IgnoreChanges {
		have[path] = true
	}
	for _, path := range paths {
		if !have[path] {
			made.Opts.IgnoreChanges = append(made.Opts.IgnoreChanges, path)
		}
	}
}

// makeSecretsKey makes the key that Kubernetes secrets are encrypted with.
func makeSecretsKey(ctx *pulumi.Context, name string, args *EKSClusterArgs, child pulumi.ResourceOption) (*kms.Key, error) {
	key, err := kms.NewKey(ctx, name+"-secrets", &kms.KeyArgs{
		Description:          pulumi.String("Kubernetes secrets of the EKS cluster " + name),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30),
		Tags:                 tags(nameTag(name+"-secrets"), args.Tags),
	}, child, pulumi.Protect(args.Protect))
	if err != nil {
		return nil, err
	}
	_, err = kms.NewAlias(ctx, name+"-secrets", &kms.AliasArgs{
		Name: pulumi.String("alias/" + name + "-secrets"), TargetKeyId: key.KeyId,
	}, pulumi.Parent(key))
	return key, err
}

// makeControlPlaneLogs makes the log group that EKS writes to.
func makeControlPlaneLogs(ctx *pulumi.Context, name string, args *EKSClusterArgs, child pulumi.ResourceOption) (*cloudwatch.LogGroup, error) {
	return cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String("/aws/eks/" + name + "/cluster"),
		RetentionInDays: pulumi.Int(args.LogRetentionDays),
		Tags:            tags(args.Tags),
	}, child)
}
