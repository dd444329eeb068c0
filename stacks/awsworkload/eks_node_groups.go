package awsworkload

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeNodeGroups makes the default node group and the additional ones, in the order of
// their names. (docs/reference/aws-workload-eks.md 6.5, 8.1)
func (r *eksRelease) makeNodeGroups() error {
	groups := pulumi.StringArray{r.in.Persistent.NodesFSxSecurityGroupID}
	if r.cluster.EFSNeeded() {
		groups = append(groups, r.in.Persistent.NodesEFSSecurityGroupID)
	}
	r.securityGroups = apply.To(append(groups, r.made.SecurityGroupID).ToStringArrayOutput(), func(groups []string) []string {
		return slices.DeleteFunc(groups, func(group string) bool { return group == "" })
	}).(pulumi.StringArrayOutput)
	r.outputs.NodeSecurityGroupIDs = r.securityGroups

	var names pulumi.StringArray
	add := func(name string, args *aws.EKSNodeGroupArgs) error {
		args.Cluster, args.Version, args.Tags = r.made, r.cluster.ClusterVersion, r.tags
		args.MetadataHopLimit, args.ForceUpdate = r.cluster.NodeMetadataHopLimit, r.cluster.ForceMaintenance
		args.Protect = r.config.ProtectPersistentResources
		if family(args.AMIType) == family(r.cluster.AMIType) {
			args.ReleaseVersion = r.cluster.AMIReleaseVersion
		}
		if existing, ok := r.existing.NodeGroups[name]; ok {
			existing.scale(args)
			r.keepVersion(args, existing)
		}
		group, err := aws.NewEKSNodeGroup(r.ctx, name, args, r.child)
		if err != nil {
			return err
		}
		r.nodes, names = append(r.nodes, group.Nodes), append(names, group.Name)
		return nil
	}
	if err := add(r.name, &aws.EKSNodeGroupArgs{
		InstanceType: r.cluster.MPInstanceType, AMIType: r.cluster.AMIType,
		MinSize: r.cluster.MPMinSize, MaxSize: r.cluster.MPMaxSize, DesiredSize: r.cluster.MPMinSize,
		DiskGiB: r.cluster.RootDiskSize, SecurityGroupIDs: r.securityGroups,
	}); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(r.cluster.AdditionalNodeGroups)) {
		if err := add(r.name+"-"+key, r.additionalGroup(r.cluster.AdditionalNodeGroups[key])); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	r.outputs.NodeGroupNames = names.ToStringArrayOutput()
	return nil
}

// family is the operating system of an AMI type: images of one have the same releases.
func family(amiType string) string {
	system, _, _ := strings.Cut(amiType, "_")
	return system
}

// additionalGroup is a node group as the configuration has it. Labels are tags of the
// group too, as they always were.
func (r *eksRelease) additionalGroup(group config.AWSNodeGroup) *aws.EKSNodeGroupArgs {
	args := &aws.EKSNodeGroupArgs{
		InstanceType: group.InstanceType, AMIType: group.AMIType,
		MinSize: group.MinSize, MaxSize: group.MaxSize, DesiredSize: group.DesiredSize,
		DiskGiB: group.AdditionalRootDiskSize, SecurityGroupIDs: r.securityGroups,
		Labels: group.KubernetesLabels(), GroupTags: group.Labels,
	}
	if args.AMIType == "" {
		args.AMIType = r.cluster.AMIType
	}
	if len(group.AdditionalSecurityGroupIDs) > 0 {
		args.SecurityGroupIDs = apply.To(r.securityGroups, func(groups []string) []string {
			return append(slices.Clone(groups), group.AdditionalSecurityGroupIDs...)
		}).(pulumi.StringArrayOutput)
	}
	for _, taint := range group.Taints {
		args.Taints = append(args.Taints, aws.NodeTaint{Key: taint.Key, Value: taint.Value, Effect: taint.Effect.EKS()})
	}
	return args
}
