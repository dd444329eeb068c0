package awsworkload

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// makeKarpenter installs Karpenter, and makes the node pools of the cluster. A cluster
// without a configuration of Karpenter has the AWS side of it only.
// (docs/reference/aws-workload-apps.md 8.2, 8.8; docs/reference/config-and-cli.md 1.4)
func (r *helmRelease) makeKarpenter() error {
	if !r.config.AutoscalingEnabled || r.cluster.KarpenterConfig == nil {
		return nil
	}
	const key = "components.karpenter_version"
	version := r.charts.Version("karpenter", key, r.cluster.Components.KarpenterVersion)
	args := &kubernetes.KarpenterArgs{
		Definitions: r.charts.ControlledAt("karpenter-crd", version),
		Controller:  r.charts.ControlledAt("karpenter", version),
		ClusterName: r.name, Region: r.config.Region, Labels: r.labels,
		Tags:       r.config.RequiredTags("ptd.pulumi_resources.aws_workload_helm"),
		NodeGroups: r.eks.NodeGroupNames, SubnetIDs: r.in.Persistent.PrivateSubnetIDs,
		SecurityGroupIDs: karpenterSecurityGroups(r.eks.ClusterSecurityGroupID, r.eks.NodeSecurityGroupIDs),
	}
	if r.in.Existing[r.release].KarpenterDefinitions {
		args.AdoptedDefinitions = kubernetes.KarpenterDefinitions()
	}
	args.RoleARN = output.MadeBy(r.ctx, "clusters", "role of Karpenter", r.setup.KarpenterControllerRoleARN)
	args.InstanceProfile = output.MadeBy(r.ctx, "clusters", "profile of Karpenter's nodes", r.setup.KarpenterInstanceProfile)
	args.InterruptionQueue = output.MadeBy(r.ctx, "clusters", "queue of Karpenter", r.setup.KarpenterQueue)
	for _, pool := range r.cluster.KarpenterConfig.NodePools {
		made := karpenterPool(pool)
		made.RootDevice = r.liveRootDevice(pool)
		args.Pools = append(args.Pools, made)
	}
	_, err := kubernetes.NewKarpenter(r.ctx, r.name+"-karpenter", args, r.after())
	return err
}

// karpenterSecurityGroups are those of the node groups, each once, the cluster's first.
func karpenterSecurityGroups(cluster pulumi.StringOutput, nodes pulumi.StringArrayOutput) pulumi.StringArrayOutput {
	return apply.To(pulumi.All(cluster, nodes), func(groups []any) []string {
		once := []string{groups[0].(string)}
		for _, group := range groups[1].([]string) {
			if !slices.Contains(once, group) {
				once = append(once, group)
			}
		}
		return once
	}).(pulumi.StringArrayOutput)
}

// liveRootDevice is the disk that the live pool sizes, "" for the one that its image needs. An
// older ptd sized the first of every image; to change that replaces all nodes of the pool,
// which is left to a change of the size, or of the image.
func (r *helmRelease) liveRootDevice(pool config.KarpenterNodePool) string {
	live := r.in.Existing[r.release].BlockDevices[pool.Name]
	wanted := kubernetes.RootDevice(pool.AMIAlias)
	for device, size := range live {
		if len(live) != 1 || device == wanted || size != pool.RootVolumeSize {
			continue
		}
		_ = r.ctx.Log.Warn(fmt.Sprintf("the node pool %s of release %s sizes the disk %s, but its images and containers are on %s: "+
			"change its root_volume_size to move the size there, which replaces its nodes", pool.Name, r.release, device, wanted), nil)
		return device
	}
	return ""
}

func karpenterPool(pool config.KarpenterNodePool) kubernetes.KarpenterPool {
	made := kubernetes.KarpenterPool{
		Name: pool.Name, Weight: pool.Weight, ExpireAfter: pool.ExpireAfter,
		RootVolumeSize:      pool.RootVolumeSize,
		AMIAlias:            pool.AMIAlias,
		ConsolidationPolicy: pool.ConsolidationPolicy, ConsolidateAfter: pool.ConsolidateAfter,
		Overprovisioning: kubernetes.Overprovisioning{
			Replicas: pool.OverprovisioningReplicas, CPU: pool.OverprovisioningCPURequest,
			Memory: pool.OverprovisioningMemoryRequest, GPU: pool.OverprovisioningNvidiaGPURequest,
		},
	}
	if pool.Limits != nil {
		made.CPU, made.Memory, made.GPU = pool.Limits.CPU, pool.Limits.Memory, pool.Limits.NvidiaGPU
	}
	for _, requirement := range pool.Requirements {
		made.Requirements = append(made.Requirements, kubernetes.NodeRequirement{
			Key: requirement.Key, Operator: requirement.Operator, Values: requirement.Values,
		})
	}
	for _, taint := range pool.EffectiveTaints() {
		made.Taints = append(made.Taints, kubernetes.Taint{Key: taint.Key, Value: taint.Value, Effect: string(taint.Effect)})
	}
	if pool.SystemNodes {
		made.NodeLabels = config.SystemNodeLabels()
	}
	return made
}
