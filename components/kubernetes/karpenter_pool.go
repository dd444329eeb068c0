package kubernetes

import (
	"cmp"
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// KarpenterPool is a NodePool and the EC2NodeClass of the same name. Name is required.
type KarpenterPool struct {
	Name string
	// Requirements restrict the instances.
	Requirements []NodeRequirement
	// CPU, Memory and GPU bound the pool; "" is no bound.
	CPU, Memory, GPU string
	// ExpireAfter is how long a node lives; "" leaves that to Karpenter.
	ExpireAfter string
	Taints      []Taint
	// NodeLabels are those of the nodes.
	NodeLabels map[string]string
	// Weight prefers pools with a larger one, at most 100; 0 is none.
	Weight int
	// RootVolumeSize is that of the disk that holds images and containers, "100Gi" if "".
	// RootDevice is where it is; where the image of the nodes has it (see RootDevice) if "".
	RootVolumeSize, RootDevice string
	// AMIAlias is the image of the nodes, {family}@{version}; al2023@latest if "". With
	// latest, nodes are replaced when Amazon publishes an image.
	AMIAlias string
	// ConsolidationPolicy and ConsolidateAfter say which nodes are removed, and how long
	// they must have been so.
	ConsolidationPolicy, ConsolidateAfter string
	// Overprovisioning keeps room free.
	Overprovisioning Overprovisioning
}

// NodeRequirement restricts a property of nodes.
type NodeRequirement struct {
	Key, Operator string
	Values        []string
}

// Taint keeps pods from nodes that do not tolerate it.
type Taint struct{ Key, Value, Effect string }

// Overprovisioning is the room that a pool keeps free: Replicas pods of this size. "" is
// no request.
type Overprovisioning struct {
	Replicas         int
	CPU, Memory, GPU string
}

func (args *KarpenterArgs) makePool(ctx *pulumi.Context, name string, pool KarpenterPool, after, room pulumi.ResourceOption) error {
	if pool.Name == "" {
		return errors.New("a name is required")
	}
	class, err := NewObject(ctx, name+"-ec2nodeclass-"+pool.Name, "karpenter.k8s.aws/v1", "EC2NodeClass", pulumi.Map{
		"metadata": metadata("", pool.Name, args.Labels), "spec": values(args.nodeClass(pool)),
	}, after, pulumi.IgnoreChanges(onlyNewNodeClasses))
	if err != nil {
		return err
	}
	made, err := NewObject(ctx, name+"-nodepool-"+pool.Name, "karpenter.sh/v1", "NodePool", pulumi.Map{
		"metadata": metadata("", pool.Name, args.Labels), "spec": values(pool.nodePool()),
	}, after, pulumi.DependsOn([]pulumi.Resource{class}))
	if err != nil || pool.Overprovisioning.Replicas == 0 {
		return err
	}
	app := pool.Name + "-overprovisioning"
	labelled := map[string]string{"app": app, "nodepool": pool.Name}
	for key, value := range args.Labels {
		labelled[key] = value
	}
	_, err = NewObject(ctx, args.ClusterName+"-"+app, "apps/v1", "Deployment", pulumi.Map{
		"metadata": metadata(systemNamespace, app, labelled), "spec": values(pool.overprovisioning(app)),
	}, room, pulumi.DependsOn([]pulumi.Resource{made}))
	return err
}

// onlyNewNodeClasses are the fields of an EC2NodeClass that are only better, in its new
// ones: any change of it makes Karpenter replace all of its nodes.
var onlyNewNodeClasses = []string{"spec.metadataOptions", "spec.blockDeviceMappings[0].ebs.encrypted", "spec.tags"}

// nodeClass is the spec of the pool's EC2NodeClass. The metadata options are those that
// Karpenter has by default: version 2 only, and not from within pods.
func (args *KarpenterArgs) nodeClass(pool KarpenterPool) object {
	class := object{
		"instanceProfile":            args.InstanceProfile,
		"amiSelectorTerms":           []object{{"alias": cmp.Or(pool.AMIAlias, "al2023@latest")}},
		"subnetSelectorTerms":        selectorTerms(args.SubnetIDs),
		"securityGroupSelectorTerms": selectorTerms(args.SecurityGroupIDs),
		"metadataOptions": object{
			"httpEndpoint": "enabled", "httpProtocolIPv6": "disabled", "httpPutResponseHopLimit": 1, "httpTokens": "required",
		},
		"blockDeviceMappings": []object{{"deviceName": cmp.Or(pool.RootDevice, RootDevice(pool.AMIAlias)), "ebs": object{
			"volumeSize": cmp.Or(pool.RootVolumeSize, "100Gi"), "volumeType": "gp3", "encrypted": true,
		}}},
	}
	if len(args.Tags) > 0 {
		class["tags"] = args.Tags
	}
	return class
}

// RootDevice is the disk that holds images and containers on nodes of an image's alias: the
// second one of Bottlerocket, whose first has the system and nothing else.
// (Karpenter's own defaults, by family.)
func RootDevice(amiAlias string) string {
	switch family, _, _ := strings.Cut(amiAlias, "@"); {
	case family == "bottlerocket":
		return "/dev/xvdb"
	case strings.HasPrefix(family, "windows"):
		return "/dev/sda1"
	default:
		return "/dev/xvda"
	}
}

// selectorTerms select by id.
func selectorTerms(ids pulumi.StringArrayInput) pulumi.Output {
	return apply.To(ids.ToStringArrayOutput(), func(ids []string) []map[string]string {
		terms := []map[string]string{}
		for _, id := range ids {
			terms = append(terms, map[string]string{"id": id})
		}
		return terms
	})
}

func (pool KarpenterPool) nodePool() object {
	requirements, taints := []object{}, []object{}
	for _, requirement := range pool.Requirements {
		made := object{"key": requirement.Key, "operator": requirement.Operator}
		if len(requirement.Values) > 0 {
			made["values"] = requirement.Values
		}
		requirements = append(requirements, made)
	}
	for _, taint := range pool.Taints {
		taints = append(taints, object{"key": taint.Key, "value": taint.Value, "effect": taint.Effect})
	}
	nodes := object{
		"requirements": requirements,
		"nodeClassRef": object{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": pool.Name},
	}
	if pool.ExpireAfter != "" {
		nodes["expireAfter"] = pool.ExpireAfter
	}
	if len(taints) > 0 {
		nodes["taints"] = taints
	}
	template := object{"spec": nodes}
	if len(pool.NodeLabels) > 0 {
		template["metadata"] = object{"labels": pool.NodeLabels}
	}
	spec := object{
		"template": template,
		"disruption": object{
			"consolidationPolicy": cmp.Or(pool.ConsolidationPolicy, "WhenEmptyOrUnderutilized"),
			"consolidateAfter":    cmp.Or(pool.ConsolidateAfter, "5m"),
		},
	}
	if pool.Weight != 0 {
		spec["weight"] = pool.Weight
	}
	if limits := resources(pool.CPU, pool.Memory, pool.GPU); len(limits) > 0 {
		spec["limits"] = limits
	}
	return spec
}

// resources are those that are given.
func resources(cpu, memory, gpu string) object {
	made := object{}
	for resource, amount := range map[string]string{"cpu": cpu, "memory": memory, "nvidia.com/gpu": gpu} {
		if amount != "" {
			made[resource] = amount
		}
	}
	return made
}

// overprovisioning is the spec of a Deployment whose pods do nothing, and give way to any
// other pod.
func (pool KarpenterPool) overprovisioning(app string) object {
	room, tolerations := pool.Overprovisioning, []object{}
	for _, taint := range pool.Taints {
		tolerations = append(tolerations, object{"key": taint.Key, "operator": "Equal", "value": taint.Value, "effect": taint.Effect})
	}
	container := object{"name": "pause", "image": "registry.k8s.io/pause:3.9"}
	if size := resources(room.CPU, room.Memory, room.GPU); len(size) > 0 {
		container["resources"] = object{"requests": size, "limits": size}
	}
	matchLabels := object{"matchLabels": object{"app": app}}
	return object{
		"replicas": room.Replicas,
		"selector": matchLabels,
		"template": object{
			"metadata": object{"labels": object{"app": app, "nodepool": pool.Name}},
			"spec": object{
				"priorityClassName": overprovisioningPriority, "terminationGracePeriodSeconds": 0,
				"containers": []object{container}, "tolerations": tolerations,
				"affinity": object{
					"nodeAffinity": requiredNodes(object{"key": "karpenter.sh/nodepool", "operator": "In", "values": []string{pool.Name}}),
					"podAntiAffinity": object{"preferredDuringSchedulingIgnoredDuringExecution": []object{{
						"weight": 100, "podAffinityTerm": object{"labelSelector": matchLabels, "topologyKey": "kubernetes.io/hostname"},
					}}},
				},
			},
		},
	}
}
