package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const nodeGroupType = "aws:eks/nodeGroup:NodeGroup"

func nodeGroups() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		nodeGroupType: {
			Args: shape(eks.NodeGroupArgs{}), AutoName: "nodeGroupName",
			Replace: []string{
				"amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "launchTemplate.id", "launchTemplate.name",
				"nodeGroupName", "nodeGroupNamePrefix", "nodeRoleArn", "remoteAccess", "subnetIds",
			},
			Sets: []string{"subnetIds", "taints", "remoteAccess.sourceSecurityGroupIds"},
			Computed: []string{
				"amiType", "capacityType", "diskSize", "instanceTypes", "launchTemplate.id", "launchTemplate.name", "nodeRepairConfig",
				"releaseVersion", "updateConfig", "version",
			},
			ReadBack: []string{"launchTemplate"},
			Outputs: []string{
				"arn", "amiType", "capacityType", "diskSize", "instanceTypes", "nodeRepairConfig", "releaseVersion", "resources", "status", "version",
				"updateConfig", "tagsAll", "launchTemplate.name",
			},
			References: []sandbox.Reference{
				rule.Weak(rule.By("clusterName", controlPlaneType, "name", noCluster)),
				rule.By("nodeRoleArn", roleType, "arn", "InvalidParameterException: Following required service role doesn't exist: %s"),
				rule.Reference("subnetIds[]", subnetType, "InvalidParameterException: The subnet ID '%s' does not exist"),
				rule.Reference("launchTemplate.id", launchTemplateType, "InvalidParameterException: The specified launch template, with template ID %s, does not exist."),
			},
			Unique: rule.Unique("ResourceInUseException: NodeGroup already exists with name: %s", "clusterName", "nodeGroupName"),
			Check:  checkNodeGroup(),
			Create: createNodeGroup,
			Update: updateNodeGroup,
			Delete: deleteNodeGroup,
		},
	}
}

func createNodeGroup(o *sandbox.Operation) error {
	name, err := nameOf(o, "nodeGroupName")
	if err != nil {
		return err
	}
	cluster, err := clusterOf(o)
	if err != nil {
		return err
	}
	role, _ := o.Inputs.Text("nodeRoleArn")
	if !trusts(o, role, "ec2.amazonaws.com") {
		return fmt.Errorf("InvalidParameterException: The role with name %s cannot be assumed by EC2: its trusted entity must be ec2.amazonaws.com", role)
	}
	if !hasPolicy(o, role, "AmazonEKSWorkerNodePolicy") {
		return fmt.Errorf("NodeCreationFailure: Instances failed to join the kubernetes cluster: the policy AmazonEKSWorkerNodePolicy is not attached to their role %s (attach it before the node group is made)", role)
	}
	for _, id := range o.Inputs.List("subnetIds") {
		subnet := o.Object(subnetType, fmt.Sprint(id))
		if vpc := sandbox.Inputs(cluster.Outputs).Map("vpcConfig")["vpcId"]; vpc != nil && subnet.String("vpcId") != vpc {
			return fmt.Errorf("InvalidParameterException: Subnet %v is not in the cluster's VPC %v", id, vpc)
		}
	}
	o.ID = fmt.Sprintf("%v:%s", o.Inputs["clusterName"], name)
	o.Outputs["arn"] = arn(o, "eks", fmt.Sprintf("nodegroup/%v/%s/%s", o.Inputs["clusterName"], name, uuid(sandbox.Digest(32, o.Account, o.ID))))
	o.Outputs["status"] = "ACTIVE"
	o.Outputs["resources"] = []any{map[string]any{
		"autoscalingGroups":           []any{map[string]any{"name": "eks-" + name + "-" + uuid(sandbox.Digest(32, o.Account, o.ID))}},
		"remoteAccessSecurityGroupId": "",
	}}
	if err := describeNodeGroup(o, cluster); err != nil {
		return err
	}
	if mode := sandbox.Inputs(cluster.Outputs).Map("accessConfig")["authenticationMode"]; mode == "CONFIG_MAP" {
		return nil
	}
	return admitNodes(o, cluster.Name(), role)
}

// hasPolicy tells whether a policy that AWS manages is attached to a role.
func hasPolicy(o *sandbox.Operation, role, policy string) bool {
	for _, object := range o.Cloud.OfType(roleType) {
		if object.Account != o.Account || object.String("arn") != role {
			continue
		}
		named := func(arn any) bool { return strings.HasSuffix(fmt.Sprint(arn), "/"+policy) }
		inline, _ := object.Get("managedPolicyArns").([]any)
		return object.External || slices.ContainsFunc(inline, named) ||
			slices.ContainsFunc(o.Cloud.OfType(attachmentType), func(attachment *sandbox.Object) bool {
				return attachment.Account == o.Account && attachment.String("role") == object.Name() && named(attachment.Get("policyArn"))
			})
	}
	return false
}

// describeNodeGroup checks a node group against its cluster and launch template, and
// fills in what EKS chooses.
func describeNodeGroup(o *sandbox.Operation, cluster *sandbox.Object) error {
	chosen := map[string]any{
		"amiType": "AL2023_x86_64_STANDARD", "capacityType": "ON_DEMAND", "updateConfig": map[string]any{"maxUnavailable": 1.0},
		"version": cluster.String("version"),
	}
	if o.Old != nil {
		chosen["version"] = o.Old.String("version")
	}
	image, given := o.Inputs.Text("amiType")
	if !given {
		image = "AL2023_x86_64_STANDARD"
	}
	if template := o.Inputs.Map("launchTemplate"); template != nil {
		if err := admitTemplate(o, template, image, given, chosen); err != nil {
			return err
		}
	} else {
		chosen["instanceTypes"], chosen["diskSize"] = []any{"t3.medium"}, 20.0
	}
	for property, value := range chosen {
		if _, given := o.Inputs[property]; given {
			delete(o.Outputs, property)
		} else {
			o.Outputs[property] = value
		}
	}
	version, ok := o.Inputs.Text("version")
	if !ok {
		version, _ = sandbox.Inputs(o.Outputs).Text("version")
	}
	minor, _ := minorOf(version)
	above, known := minorOf(cluster.String("version"))
	if known && minor > above {
		return fmt.Errorf("InvalidParameterException: Requested Nodegroup version %s is newer than the cluster's version %s", version, cluster.String("version"))
	}
	if known && minor+nodeSkew < above {
		return fmt.Errorf("InvalidParameterException: Requested Nodegroup version %s is too old for the cluster's version %s", version, cluster.String("version"))
	}
	if _, given := o.Inputs["releaseVersion"]; !given {
		o.Outputs["releaseVersion"] = fmt.Sprintf("%s.0-20260101", version)
	}
	return nil
}

// admitTemplate refuses a launch template that node groups cannot have.
func admitTemplate(o *sandbox.Operation, reference sandbox.Inputs, image string, imageGiven bool, chosen map[string]any) error {
	template := findTemplate(o, reference)
	if template == nil {
		return fmt.Errorf("InvalidParameterException: The specified launch template, %v, does not exist", reference["name"])
	}
	version, _ := reference.Text("version")
	data, err := templateVersion(o, template, version)
	if err != nil {
		return err
	}
	// EKS answers an alias with the version that it stands for (the provider's documentation of
	// aws_eks_node_group warns of the difference that it makes).
	o.Outputs["launchTemplate"] = map[string]any{"id": template.ID, "name": template.String("name"), "version": versionNumber(template, version)}
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("InvalidParameterException: "+format, args...)
	}
	switch {
	case data["iamInstanceProfile"] != nil:
		return invalid("Launch template should not specify an instance profile. The noderole in your request will be used to construct an instance profile.")
	case data["instanceMarketOptions"] != nil:
		return invalid("Launch template should not specify instance market options; use the node group's capacity type")
	case data["instanceInitiatedShutdownBehavior"] != nil:
		return invalid("Launch template should not specify an instance shutdown behavior")
	case data["hibernationOptions"] != nil:
		return invalid("Launch template should not specify hibernation options")
	case data["instanceType"] != nil && len(o.Inputs.List("instanceTypes")) > 0:
		return invalid("Instance types must be specified either in the launch template or in the API request, not both")
	case data["imageId"] != nil && imageGiven && image != "CUSTOM":
		return invalid("You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template.")
	case data["imageId"] != nil && o.Inputs["version"] != nil:
		return invalid("You cannot specify the field kubernetesVersion when using custom AMIs.")
	case data["imageId"] == nil && image == "CUSTOM":
		return invalid("You must specify an image id in your launch template with the AMI Type CUSTOM.")
	}
	for _, element := range data.List("networkInterfaces") {
		if networkInterface, _ := element.(map[string]any); networkInterface["subnetId"] != nil {
			return invalid("Launch template should not specify a subnet; use the node group's subnets")
		}
	}
	instance, ok := data.Text("instanceType")
	if !ok {
		chosen["instanceTypes"] = []any{"t3.medium"}
		return nil
	}
	chosen["instanceTypes"] = []any{}
	if problem := wrongArchitecture(instance, image); problem != "" && data["imageId"] == nil {
		return invalid("%s", problem)
	}
	return nil
}

func updateNodeGroup(o *sandbox.Operation) error {
	from, to := o.Old.String("version"), o.Old.String("version")
	if version, ok := o.Inputs.Text("version"); ok {
		to = version
	}
	before, _ := minorOf(from)
	after, _ := minorOf(to)
	if after < before || after > before+1 {
		return fmt.Errorf("InvalidParameterException: Unsupported Kubernetes minor version update from %s to %s for node group %s", from, to, o.Old.String("nodeGroupName"))
	}
	cluster, err := clusterOf(o)
	if err != nil {
		return err
	}
	return describeNodeGroup(o, cluster)
}

// deleteNodeGroup takes along the access entry that EKS made for the nodes' role, unless
// another group has the same.
func deleteNodeGroup(o *sandbox.Operation) error {
	role := o.Old.String("nodeRoleArn")
	cluster := o.Old.String("clusterName")
	for _, other := range partsOf(o, nodeGroupType, cluster) {
		if other.ID != o.ID && other.String("nodeRoleArn") == role {
			return nil
		}
	}
	entry := o.Object(accessEntryType, cluster+":"+role)
	if entry == nil || entry.URN != "" {
		return nil
	}
	return o.Cloud.Remove(entry.Key())
}
