package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// EKSNodeGroupArgs describes an EKSNodeGroup. Cluster, Version, InstanceType, AMIType,
// MaxSize, DiskGiB and SecurityGroupIDs are required.
type EKSNodeGroupArgs struct {
	Cluster *EKSCluster
	// Version is that of Kubernetes, major.minor.
	Version               string
	InstanceType, AMIType string
	MinSize, MaxSize      int
	// DesiredSize counts when the group is made; from then on whatever scales it decides,
	// unless Scale is set, which gives a group that is there this size.
	DesiredSize int
	Scale       bool
	DiskGiB     int
	// SecurityGroupIDs are the groups of the nodes. That of the cluster must be among them.
	SecurityGroupIDs pulumi.StringArrayInput
	// Labels and Taints are those of Kubernetes.
	Labels map[string]string
	Taints []NodeTaint
	// ReleaseVersion is the one of the nodes' image, "" for the newest when the group is made,
	// or gets another version of Kubernetes.
	ReleaseVersion string
	// MetadataHopLimit is how far from a node its metadata can be read; 0 is 1, which keeps
	// the node's role from pods, and leaves an existing group as it is.
	MetadataHopLimit int
	// ForceUpdate evicts pods although a disruption budget forbids it.
	ForceUpdate bool
	// Protect protects the group.
	Protect bool
	// Tags are those of group, template, instances and volumes, GroupTags of the group only.
	Tags, GroupTags map[string]string
}

// NodeTaint is a taint of nodes. Effect is as EKS spells it: NO_SCHEDULE, NO_EXECUTE or
// PREFER_NO_SCHEDULE.
type NodeTaint struct{ Key, Value, Effect string }

// EKSNodeGroup is a managed node group with its launch template.
type EKSNodeGroup struct {
	pulumi.ResourceState

	Name             pulumi.StringOutput `pulumi:"name"` // physical
	LaunchTemplateID pulumi.StringOutput `pulumi:"launchTemplateId"`
	// Nodes is what comes when the nodes are ready, for what needs them to depend on.
	Nodes pulumi.Resource
}

// NewEKSNodeGroup makes an EKSNodeGroup with the logical name name, which the physical
// names of the group and the template begin with. Nodes are replaced one at a time when
// version or template change. Root volumes of new groups are encrypted.
//
// A group is only ready when its nodes have a pod network: nothing that brings it may
// wait for a group.
//
// It is an error if a required argument is missing, or a taint's effect is not one.
//
// (docs/reference/aws-workload-eks.md 4.1, 6.5)
func NewEKSNodeGroup(ctx *pulumi.Context, name string, args *EKSNodeGroupArgs, opts ...pulumi.ResourceOption) (*EKSNodeGroup, error) {
	if args == nil || args.Cluster == nil || args.Version == "" || args.InstanceType == "" || args.AMIType == "" ||
		args.MaxSize == 0 || args.DiskGiB == 0 || args.SecurityGroupIDs == nil {
		return nil, fmt.Errorf("EKS node group %s: a cluster, a version, an instance and an AMI type, "+
			"a maximum size, a disk size and security groups are required", name)
	}
	made := &EKSNodeGroup{}
	err := components.Register(ctx, "ptd:aws:EKSNodeGroup", name, made, func(child pulumi.ResourceOption) error {
		template, err := args.makeTemplate(ctx, name, child)
		if err != nil {
			return err
		}
		group, err := args.makeGroup(ctx, name, template, child)
		if err != nil {
			return err
		}
		made.Name = apply.To(group.NodeGroup, func(group *awseks.NodeGroup) (pulumi.StringOutput, error) {
			if group == nil {
				return pulumi.StringOutput{}, errors.New("the eks plugin made no node group: use version 3.9 of it")
			}
			return group.NodeGroupName, nil
		}).(pulumi.StringOutput)
		made.Nodes, made.LaunchTemplateID = group, template.ID().ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// rootDevice is the device that a node's data is on: Bottlerocket keeps the system on one
// of its own. (docs/reference/aws-workload-eks.md 21.29)
func rootDevice(amiType string) string {
	if strings.HasPrefix(amiType, "BOTTLEROCKET") {
		return "/dev/xvdb"
	}
	return "/dev/xvda"
}

func (args *EKSNodeGroupArgs) makeTemplate(ctx *pulumi.Context, name string, child pulumi.ResourceOption) (*ec2.LaunchTemplate, error) {
	tagged := tags(args.Tags, nameTag(name))
	var specifications ec2.LaunchTemplateTagSpecificationArray
	for _, what := range []string{"instance", "volume"} {
		specifications = append(specifications, ec2.LaunchTemplateTagSpecificationArgs{ResourceType: pulumi.String(what), Tags: tagged})
	}
	// A new version of the template rolls the nodes: what is only better is for new groups.
	ignored := []string{"blockDeviceMappings[0].ebs.encrypted"}
	hops := args.MetadataHopLimit
	if hops == 0 {
		hops, ignored = 1, append(ignored, "metadataOptions.httpPutResponseHopLimit")
	}
	return ec2.NewLaunchTemplate(ctx, name, &ec2.LaunchTemplateArgs{
		InstanceType:         pulumi.String(args.InstanceType),
		VpcSecurityGroupIds:  args.SecurityGroupIDs,
		UpdateDefaultVersion: pulumi.Bool(true),
		MetadataOptions: ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"), HttpTokens: pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(hops), InstanceMetadataTags: pulumi.String("disabled"),
		},
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{ec2.LaunchTemplateBlockDeviceMappingArgs{
			DeviceName: pulumi.String(rootDevice(args.AMIType)),
			Ebs: ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
				VolumeSize: pulumi.Int(args.DiskGiB), VolumeType: pulumi.String("gp3"),
				DeleteOnTermination: pulumi.String("true"), Encrypted: pulumi.String("true"),
			},
		}},
		Tags:              tagged,
		TagSpecifications: specifications,
	}, child, pulumi.IgnoreChanges(ignored))
}

func (args *EKSNodeGroupArgs) makeGroup(
	ctx *pulumi.Context, name string, template *ec2.LaunchTemplate, child pulumi.ResourceOption,
) (*eks.ManagedNodeGroup, error) {
	ignoreScaling := !args.Scale
	made := &eks.ManagedNodeGroupArgs{
		Cluster: args.Cluster.forNodes,
		// Of the cluster the component knows nothing in a preview that makes it.
		ClusterName: args.Cluster.Name,
		NodeRoleArn: args.Cluster.NodeRoleARN,
		SubnetIds:   args.Cluster.subnets,
		Version:     pulumi.String(args.Version),
		AmiType:     pulumi.String(args.AMIType),
		ScalingConfig: awseks.NodeGroupScalingConfigArgs{
			MinSize: pulumi.Int(args.MinSize), MaxSize: pulumi.Int(args.MaxSize), DesiredSize: pulumi.Int(args.DesiredSize),
		},
		IgnoreScalingChanges: &ignoreScaling,
		LaunchTemplate: awseks.NodeGroupLaunchTemplateArgs{
			Id: template.ID(), Version: apply.To(template.LatestVersion, strconv.Itoa).(pulumi.StringOutput),
		},
		ForceUpdateVersion: pulumi.Bool(args.ForceUpdate),
		Tags:               tags(args.Tags, args.GroupTags),
	}
	if args.ReleaseVersion != "" {
		made.ReleaseVersion = pulumi.String(args.ReleaseVersion)
	}
	if len(args.Labels) > 0 {
		made.Labels = pulumi.ToStringMap(maps.Clone(args.Labels))
	}
	var taints awseks.NodeGroupTaintArray
	for _, taint := range args.Taints {
		switch taint.Effect {
		case "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE":
		default:
			return nil, fmt.Errorf("taint %s: %q is no effect that EKS knows: use NO_SCHEDULE, NO_EXECUTE or PREFER_NO_SCHEDULE",
				taint.Key, taint.Effect)
		}
		taints = append(taints, awseks.NodeGroupTaintArgs{
			Key: pulumi.String(taint.Key), Value: pulumi.String(taint.Value), Effect: pulumi.String(taint.Effect),
		})
	}
	if len(taints) > 0 {
		made.Taints = taints
	}
	// The nodes' role must have its rights, and its access entry, before they join.
	return eks.NewManagedNodeGroup(ctx, name, made, child, pulumi.DependsOn(args.Cluster.nodeAccess),
		pulumi.Transforms([]pulumi.ResourceTransform{apply.Transform(args.transform)}))
}

// transform sets what the component has no argument for.
func (args *EKSNodeGroupArgs) transform(_ context.Context, made *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if made.Type != nodeGroupType {
		return nil
	}
	made.Props["updateConfig"] = pulumi.Map{"maxUnavailable": pulumi.Int(1)}
	if !args.Scale {
		ignore(made, "scalingConfig.desiredSize")
	}
	made.Opts.Protect = args.Protect
	return &pulumi.ResourceTransformResult{Props: made.Props, Opts: made.Opts}
}
