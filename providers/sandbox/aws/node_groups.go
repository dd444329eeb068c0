package aws

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const nodeGroupType = "aws:eks/nodeGroup:NodeGroup"

var nodeGroups = map[string]sandbox.Type{
	nodeGroupType: {
		Args: shape(eks.NodeGroupArgs{}), AutoName: "nodeGroupName",
		Replace: []string{
			"amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "launchTemplate.id", "launchTemplate.name",
			"nodeGroupName", "nodeGroupNamePrefix", "nodeRoleArn", "remoteAccess", "subnetIds",
		},
		Computed: []string{
			"amiType", "capacityType", "diskSize", "instanceTypes", "nodeRepairConfig", "releaseVersion", "updateConfig", "version",
		},
		Outputs: []string{
			"arn", "amiType", "capacityType", "diskSize", "instanceTypes", "nodeRepairConfig", "releaseVersion", "resources", "status", "version",
			"updateConfig", "tagsAll", "launchTemplate.name",
		},
		References: []sandbox.Reference{
			{Path: "clusterName", Types: []string{controlPlaneType}, By: "name", Message: noCluster, Weak: true},
			byProperty("nodeRoleArn", roleType, "arn", "InvalidParameterException: Following required service role doesn't exist: %s"),
			reference("subnetIds[]", subnetType, "InvalidParameterException: The subnet ID '%s' does not exist"),
			reference("launchTemplate.id", launchTemplateType, "InvalidParameterException: The specified launch template, with template ID %s, does not exist."),
		},
		Unique: uniqueName("ResourceInUseException: NodeGroup already exists with name: %s", "clusterName", "nodeGroupName"),
		Check:  checkNodeGroup,
		Create: createNodeGroup,
		Update: updateNodeGroup,
		Delete: deleteNodeGroup,
	},
}

var amiTypes = []string{
	"AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64",
	"BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA",
	"WINDOWS_CORE_2019_x86_64", "WINDOWS_FULL_2019_x86_64", "WINDOWS_CORE_2022_x86_64", "WINDOWS_FULL_2022_x86_64",
	"AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON", "AL2023_x86_64_NVIDIA", "AL2023_ARM_64_NVIDIA",
}

var (
	labelName  = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`)
	armFamily  = regexp.MustCompile(`^([a-z]+[0-9]+g[a-z]*|a1)\.`)
)

func checkNodeGroup(in sandbox.Inputs) []sandbox.Problem {
	problems := sandbox.All(
		sandbox.Required("subnetIds"),
		sandbox.Exclusive("nodeGroupName", "nodeGroupNamePrefix"),
		sandbox.Matches("nodeGroupName", `^[0-9A-Za-z][A-Za-z0-9\-_]{0,62}$`, "is not a node group name of at most 63 letters, digits, - and _"),
		sandbox.OneOf("amiType", amiTypes...), sandbox.OneOf("capacityType", "ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
		checkKubernetesVersion, checkLabels, checkTaints, checkScaling)(in)
	add := func(path, format string, args ...any) {
		problems = append(problems, sandbox.Problem{Path: path, Text: "InvalidParameterException: " + fmt.Sprintf(format, args...)})
	}
	if subnets, ok := in["subnetIds"].([]any); ok && len(subnets) == 0 {
		add("subnetIds", "subnets cannot be empty")
	}
	if update := in.Map("updateConfig"); update != nil && len(update) != 1 {
		add("updateConfig", "exactly one of maxUnavailable and maxUnavailablePercentage must be specified")
	}
	if template := in.Map("launchTemplate"); template != nil {
		if (template["id"] == nil) == (template["name"] == nil) {
			add("launchTemplate", "exactly one of the id and the name of a launch template must be specified")
		}
		if _, given := in["diskSize"]; given {
			add("diskSize", "Disk size must be specified within the launch template.")
		}
		if _, given := in["remoteAccess"]; given {
			add("remoteAccess", "Remote access configuration cannot be specified with a launch template.")
		}
	}
	kind, _ := in.Text("amiType")
	for i, instance := range in.List("instanceTypes") {
		if text, ok := instance.(string); ok {
			if problem := wrongArchitecture(text, kind); problem != "" {
				add(fmt.Sprintf("instanceTypes[%d]", i), "%s", problem)
			}
		}
	}
	return problems
}

// wrongArchitecture tells why instances of a type cannot run images of another.
func wrongArchitecture(instance, image string) string {
	if image == "" || image == "CUSTOM" || armFamily.MatchString(instance) == strings.Contains(image, "_ARM_64") {
		return ""
	}
	return fmt.Sprintf("[%s] is not a valid instance type for requested amiType %s", instance, image)
}

func checkLabels(in sandbox.Inputs) []sandbox.Problem {
	var problems []sandbox.Problem
	labels := in.Map("labels")
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value, known := labels.Text(key)
		switch {
		case !labelName.MatchString(key):
			problems = append(problems, sandbox.Problem{Path: "labels." + key, Text: fmt.Sprintf("InvalidParameterException: Label key %q is invalid", key)})
		case strings.HasPrefix(key, "kubernetes.io/") || strings.Contains(key, "eks.amazonaws.com/"):
			problems = append(problems, sandbox.Problem{Path: "labels." + key, Text: fmt.Sprintf("InvalidParameterException: Label cannot contain reserved prefixes: %q", key)})
		case known && !labelValue.MatchString(value):
			problems = append(problems, sandbox.Problem{Path: "labels." + key, Text: fmt.Sprintf("InvalidParameterException: Label value %q is invalid", value)})
		}
	}
	return problems
}

func checkTaints(in sandbox.Inputs) []sandbox.Problem {
	var problems []sandbox.Problem
	seen := map[string]bool{}
	for i, element := range in.List("taints") {
		object, ok := element.(map[string]any)
		if !ok {
			continue
		}
		taint, path := sandbox.Inputs(object), fmt.Sprintf("taints[%d]", i)
		for _, problem := range sandbox.OneOf("effect", "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")(taint) {
			problems = append(problems, sandbox.Problem{Path: path + ".effect", Text: problem.Text})
		}
		key, _ := taint.Text("key")
		if key != "" && !labelName.MatchString(key) {
			problems = append(problems, sandbox.Problem{Path: path + ".key", Text: fmt.Sprintf("InvalidParameterException: Taint key %q is invalid", key)})
		}
		effect, _ := taint.Text("effect")
		if seen[key+effect] && key != "" {
			problems = append(problems, sandbox.Problem{Path: path, Text: fmt.Sprintf("InvalidParameterException: Taint %s:%s is given twice", key, effect)})
		}
		seen[key+effect] = true
	}
	if len(in.List("taints")) > 50 {
		problems = append(problems, sandbox.Problem{Path: "taints", Text: "InvalidParameterException: Taints per nodegroup exceed the limit of 50"})
	}
	return problems
}

func checkScaling(in sandbox.Inputs) []sandbox.Problem {
	scaling := in.Map("scalingConfig")
	low, hasLow := scaling.Number("minSize")
	wanted, hasWanted := scaling.Number("desiredSize")
	high, hasHigh := scaling.Number("maxSize")
	problem := func(format string, args ...any) []sandbox.Problem {
		return []sandbox.Problem{{Path: "scalingConfig", Text: "InvalidParameterException: " + fmt.Sprintf(format, args...)}}
	}
	switch {
	case hasHigh && high < 1:
		return problem("Maximum size %v must be at least 1", high)
	case hasLow && low < 0:
		return problem("Minimum capacity %v can't be negative", low)
	case hasLow && hasHigh && low > high:
		return problem("Minimum capacity %v can't be greater than maximum size %v", low, high)
	case hasLow && hasWanted && low > wanted:
		return problem("Minimum capacity %v can't be greater than desired size %v", low, wanted)
	case hasWanted && hasHigh && wanted > high:
		return problem("desired capacity %v can't be greater than max size %v", wanted, high)
	}
	return nil
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
		subnet := o.Cloud.Object(sandbox.Key(subnetType, o.Account, o.Region, fmt.Sprint(id)))
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
	entry := newAccessEntry(o, cluster.Name(), role, "EC2_LINUX")
	if o.Cloud.Object(entry.Key()) != nil {
		return nil
	}
	return o.Cloud.Put(entry)
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
	o.Outputs["launchTemplate"] = map[string]any{"id": template.ID, "name": template.String("name"), "version": version}
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
	entry := o.Cloud.Object(sandbox.Key(accessEntryType, o.Account, o.Region, cluster+":"+role))
	if entry == nil || entry.URN != "" {
		return nil
	}
	return o.Cloud.Remove(entry.Key())
}
