package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// KarpenterArgs says which nodes Karpenter makes for a cluster. All but AdoptedDefinitions,
// Pools, Labels and Tags are required.
type KarpenterArgs struct {
	// Definitions and Controller are how the charts karpenter-crd and karpenter are
	// installed, both in the same version.
	Definitions, Controller Installation
	// AdoptedDefinitions are the names of the definitions that an older Karpenter brought
	// into the cluster: Helm takes them over only when they are marked as the chart's. See
	// KarpenterDefinitions.
	AdoptedDefinitions  []string
	ClusterName, Region string
	// RoleARN is the role of the service account karpenter in kube-system,
	// InterruptionQueue the queue that tells of instances that will go.
	RoleARN           pulumi.StringInput
	InterruptionQueue pulumi.StringInput
	// NodeGroups are the node groups that Karpenter itself runs on: never on its own nodes.
	NodeGroups pulumi.StringArrayInput
	// InstanceProfile, SubnetIDs and SecurityGroupIDs are those of the nodes.
	InstanceProfile  pulumi.StringInput
	SubnetIDs        pulumi.StringArrayInput
	SecurityGroupIDs pulumi.StringArrayInput
	Pools            []KarpenterPool
	Labels           map[string]string
	// Tags are those of the instances, disks and interfaces of new node classes: on one that
	// is there, any change would replace all of its nodes.
	Tags map[string]string
}

// Karpenter makes and removes a cluster's nodes as pods need them.
type Karpenter struct {
	pulumi.ResourceState

	// Pools are the names of the node pools.
	Pools pulumi.StringArrayOutput `pulumi:"pools"`
	// Definitions and Controller are the charts.
	Definitions, Controller *Chart
}

// NewKarpenter makes a Karpenter with the logical name name: the chart of the
// definitions, then the controller, then what both need to be there for: a NodePool and an
// EC2NodeClass a pool, and pods of low priority that keep room free.
//
// Definitions that an older Karpenter brought are marked as the chart's first: that mark
// stays when the patches go.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 8.1, 8.2, 8.8)
func NewKarpenter(ctx *pulumi.Context, name string, args *KarpenterArgs, opts ...pulumi.ResourceOption) (*Karpenter, error) {
	if args == nil || args.ClusterName == "" || args.Region == "" || args.RoleARN == nil || args.InterruptionQueue == nil ||
		args.NodeGroups == nil || args.InstanceProfile == nil || args.SubnetIDs == nil || args.SecurityGroupIDs == nil {
		return nil, fmt.Errorf("karpenter %s: cluster name, region, role, queue, node groups, instance profile, subnets and "+
			"security groups are required", name)
	}
	made := &Karpenter{}
	err := components.Register(ctx, "ptd:kubernetes:Karpenter", name, made, func(child pulumi.ResourceOption) error {
		if err := args.install(ctx, name, made, child); err != nil {
			return err
		}
		after := pulumi.Composite(child, pulumi.DependsOnInputs(made.Definitions.Installed), pulumi.DependsOnInputs(made.Controller.Installed))
		priority, err := NewObject(ctx, name+"-overprovisioning-pool-priority", "scheduling.k8s.io/v1", "PriorityClass", values(object{
			"metadata": metadata("", overprovisioningPriority, args.Labels),
			"value":    -100, "globalDefault": false, "preemptionPolicy": "PreemptLowerPriority",
			"description": "Low priority for Karpenter overprovisioning pool pods that should be evicted first",
		}), child)
		if err != nil {
			return err
		}
		names := []string{}
		for _, pool := range args.Pools {
			if err := args.makePool(ctx, name, pool, after, pulumi.Composite(after, pulumi.DependsOn([]pulumi.Resource{priority}))); err != nil {
				return fmt.Errorf("node pool %q: %w", pool.Name, err)
			}
			names = append(names, pool.Name)
		}
		made.Pools = texts(names...).ToStringArrayOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

const overprovisioningPriority = "karpenter-overprovisioning-pool-priority"

// karpenterDefinitionsRelease is Helm's name of the chart of the definitions.
const karpenterDefinitionsRelease = "karpenter-crd"

// KarpenterDefinitions are the names of the definitions that every Karpenter from 1.0 on
// brings.
func KarpenterDefinitions() []string {
	return []string{"ec2nodeclasses.karpenter.k8s.aws", "nodeclaims.karpenter.sh", "nodepools.karpenter.sh"}
}

// adopt marks the definitions that are there as those of the chart, without which Helm
// refuses to install it. The mark outlives its patches, as the chart does.
func (args *KarpenterArgs) adopt(ctx *pulumi.Context, name string, child pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var marks []pulumi.Resource
	for _, definition := range args.AdoptedDefinitions {
		mark, err := markForHelm(ctx, name+"-crd-"+definition, "apiextensions.k8s.io/v1", "CustomResourceDefinition", definition,
			karpenterDefinitionsRelease, systemNamespace, child)
		if err != nil {
			return nil, err
		}
		marks = append(marks, mark)
	}
	return marks, nil
}

// install installs the definitions and then the controller. The definitions stay when
// their chart goes, and with them the pools and nodes.
func (args *KarpenterArgs) install(ctx *pulumi.Context, name string, made *Karpenter, child pulumi.ResourceOption) (err error) {
	marks, err := args.adopt(ctx, name, child)
	if err != nil {
		return err
	}
	made.Definitions, err = NewChart(ctx, name+"-crd-helm-release", &ChartArgs{
		ReleaseName: karpenterDefinitionsRelease, Chart: "oci://public.ecr.aws/karpenter/karpenter-crd", Namespace: systemNamespace,
		Installation: args.Definitions,
		Values:       values(object{"additionalAnnotations": object{"helm.sh/resource-policy": "keep"}}),
	}, child, pulumi.DependsOn(marks))
	if err != nil {
		return err
	}
	enough := object{"cpu": "1", "memory": "1Gi"}
	made.Controller, err = NewChart(ctx, name+"-helm-release", &ChartArgs{
		ReleaseName: "karpenter", Chart: "oci://public.ecr.aws/karpenter/karpenter", Namespace: systemNamespace,
		Installation: args.Controller,
		Values: values(object{
			"controller": object{
				"resources": object{"requests": enough, "limits": enough},
				"env":       []object{{"name": "AWS_REGION", "value": args.Region}},
			},
			"affinity": object{
				"nodeAffinity": requiredNodes(
					object{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"},
					object{"key": "eks.amazonaws.com/nodegroup", "operator": "In", "values": args.NodeGroups},
				),
				"podAntiAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": []object{{
					"topologyKey":   "kubernetes.io/hostname",
					"labelSelector": object{"matchLabels": object{"app.kubernetes.io/name": "karpenter"}},
				}}},
			},
			"serviceAccount": object{"annotations": object{roleAnnotation: args.RoleARN}},
			"settings":       object{"clusterName": args.ClusterName, "interruptionQueue": args.InterruptionQueue},
		}),
	}, child, pulumi.DependsOnInputs(made.Definitions.Installed))
	return err
}

// requiredNodes is the affinity for nodes that meet all of the expressions.
func requiredNodes(expressions ...object) object {
	return object{"requiredDuringSchedulingIgnoredDuringExecution": object{
		"nodeSelectorTerms": []object{{"matchExpressions": expressions}},
	}}
}
