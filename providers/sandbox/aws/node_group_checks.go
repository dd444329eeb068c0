package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

var amiTypes = []string{
	"AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64",
	"BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA",
	"WINDOWS_CORE_2019_x86_64", "WINDOWS_FULL_2019_x86_64", "WINDOWS_CORE_2022_x86_64", "WINDOWS_FULL_2022_x86_64",
	"AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON", "AL2023_x86_64_NVIDIA", "AL2023_ARM_64_NVIDIA",
}

// isLabelName and isLabelValue tell whether a text may be the key or the value of a label.
var (
	isLabelName  = pattern(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)
	isLabelValue = pattern(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`)
)

var isArm = pattern(`^([a-z]+[0-9]+g[a-z]*|a1)\.`)

// IsArm tells whether instances of a type have Arm processors.
func IsArm(instanceType string) bool { return isArm(instanceType) }

func checkNodeGroup() rule.Check {
	return rule.All(
		rule.Required("subnetIds"),
		rule.Exclusive("nodeGroupName", "nodeGroupNamePrefix"),
		rule.Matches("nodeGroupName", `^[0-9A-Za-z][A-Za-z0-9\-_]{0,62}$`, "is not a node group name of at most 63 letters, digits, - and _"),
		rule.OneOf("amiType", amiTypes...), rule.OneOf("capacityType", "ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
		rule.Within("updateConfig", rule.All(rule.Between("maxUnavailable", 1, 100), rule.Between("maxUnavailablePercentage", 1, 100))),
		checkKubernetesVersion, checkLabels, rule.Each("taints", checkTaint), checkTaints, checkScaling, checkNodes)
}

// checkNodes checks what goes together in a node group.
func checkNodes(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	if subnets, ok := in["subnetIds"].([]any); ok && len(subnets) == 0 {
		problems.Add("subnetIds", "InvalidParameterException: subnets cannot be empty")
	}
	if update := in.Map("updateConfig"); update != nil && len(update) != 1 {
		problems.Add("updateConfig", "InvalidParameterException: exactly one of maxUnavailable and maxUnavailablePercentage must be specified")
	}
	if template := in.Map("launchTemplate"); template != nil {
		if (template["id"] == nil) == (template["name"] == nil) {
			problems.Add("launchTemplate", "InvalidParameterException: exactly one of the id and the name of a launch template must be specified")
		}
		if _, given := in["diskSize"]; given {
			problems.Add("diskSize", "InvalidParameterException: Disk size must be specified within the launch template.")
		}
		if _, given := in["remoteAccess"]; given {
			problems.Add("remoteAccess", "InvalidParameterException: Remote access configuration cannot be specified with a launch template.")
		}
	}
	kind, _ := in.Text("amiType")
	return append(problems, rule.EachText("instanceTypes", func(instance string) string {
		if problem := wrongArchitecture(instance, kind); problem != "" {
			return "InvalidParameterException: " + problem
		}
		return ""
	})(in)...)
}

// wrongArchitecture tells why instances of a type cannot run images of another.
func wrongArchitecture(instance, image string) string {
	if image == "" || image == "CUSTOM" || IsArm(instance) == strings.Contains(image, "_ARM_64") {
		return ""
	}
	return fmt.Sprintf("[%s] is not a valid instance type for requested amiType %s", instance, image)
}

func checkLabels(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	labels := in.Map("labels")
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value, known := labels.Text(key)
		switch {
		case !isLabelName(key):
			problems.Add("labels."+key, "InvalidParameterException: Label key %q is invalid", key)
		case strings.HasPrefix(key, "kubernetes.io/") || strings.Contains(key, "eks.amazonaws.com/"):
			problems.Add("labels."+key, "InvalidParameterException: Label cannot contain reserved prefixes: %q", key)
		case known && !isLabelValue(value):
			problems.Add("labels."+key, "InvalidParameterException: Label value %q is invalid", value)
		}
	}
	return problems
}

func checkTaint(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems = rule.OneOf("effect", "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")(in)
	key, given := in.Text("key")
	switch {
	case given && (key == "" || len(key) > 63): // the provider's own check, of all of it
		problems.Add("key", "expected length of key to be in the range (1 - 63), got %s", key)
	case given && !isLabelName(key):
		problems.Add("key", "InvalidParameterException: Taint key %q is invalid", key)
	}
	return problems
}

// checkTaints checks that there are not too many, and none twice.
func checkTaints(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	seen := map[string]bool{}
	for i, element := range in.List("taints") {
		object, _ := element.(map[string]any)
		key, _ := sandbox.Inputs(object).Text("key")
		effect, _ := sandbox.Inputs(object).Text("effect")
		if seen[key+effect] && key != "" {
			problems.Add(fmt.Sprintf("taints[%d]", i), "InvalidParameterException: Taint %s:%s is given twice", key, effect)
		}
		seen[key+effect] = true
	}
	if len(in.List("taints")) > 50 {
		problems.Add("taints", "InvalidParameterException: Taints per nodegroup exceed the limit of 50")
	}
	return problems
}

func checkScaling(in sandbox.Inputs) []sandbox.Problem {
	scaling := in.Map("scalingConfig")
	low, hasLow := scaling.Number("minSize")
	wanted, hasWanted := scaling.Number("desiredSize")
	high, hasHigh := scaling.Number("maxSize")
	problem := func(format string, args ...any) []sandbox.Problem {
		return rule.One("scalingConfig", "InvalidParameterException: "+format, args...)
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
