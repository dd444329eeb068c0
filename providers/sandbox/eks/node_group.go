package eks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/providers/sandbox/aws"
)

// passedOn are the arguments of a managed node group that go to the node group itself.
var passedOn = []string{
	"amiType", "capacityType", "diskSize", "forceUpdateVersion", "instanceTypes", "labels", "launchTemplate", "nodeGroupName",
	"nodeGroupNamePrefix", "releaseVersion", "remoteAccess", "tags", "taints", "version",
}

// ownTemplate are the arguments for which the component makes a launch template.
var ownTemplate = []string{
	"kubeletExtraArgs", "bootstrapExtraArgs", "bottlerocketSettings", "nodeadmExtraOptions", "enableIMDSv2", "userData", "amiId",
	"enableEfaSupport", "placementGroupAvailabilityZone",
}

func buildNodeGroup(c *component) error {
	role, err := c.checkNodeGroup()
	if err != nil {
		return err
	}
	core, err := c.coreOf()
	if err != nil {
		return err
	}
	inputs := map[string]value{"clusterName": c.clusterName(core), "nodeRoleArn": role, "subnetIds": c.raw("subnetIds")}
	if core.cluster != nil {
		if err := c.checkInstanceRoles(core, role); err != nil {
			return err
		}
	}
	for _, name := range passedOn {
		inputs[name] = c.raw(name)
	}
	if c.given("clusterName") {
		inputs["clusterName"] = c.raw("clusterName")
	}
	for _, name := range []string{"subnetIds", "privateSubnetIds", "publicSubnetIds"} {
		if inputs["subnetIds"].IsNull() {
			inputs["subnetIds"] = core.get(name)
		}
	}
	if !c.given("amiType") && c.given("operatingSystem") {
		inputs["amiType"] = derive(imageOf, c.raw("operatingSystem"), c.raw("gpu"), c.raw("instanceTypes"))
	}
	inputs["scalingConfig"] = derive(func(known []value) value {
		size := func(name string, fallback float64) value {
			if given, _ := at(known[0], name); given.IsNumber() {
				return given
			}
			return resource.NewNumberProperty(fallback)
		}
		return object(map[string]value{"desiredSize": size("desiredSize", 2), "minSize": size("minSize", 1), "maxSize": size("maxSize", 2)})
	}, c.raw("scalingConfig"))
	registration := child{typ: awsNodeGroupType, name: c.Name, inputs: inputs}
	if c.isTrue("ignoreScalingChanges") {
		registration.ignoreChanges = []string{"scalingConfig.desiredSize"}
	}
	if access := core.get("eksNodeAccess"); access.IsResourceReference() {
		registration.dependsOn = []*made{{urn: access.ResourceReferenceValue().URN}}
	}
	group, err := c.register(registration)
	if err != nil {
		return err
	}
	c.outputs = object(map[string]value{"nodeGroup": group.reference(), "placementGroupName": text("")}).ObjectValue()
	return nil
}

// coreData is the core data of a cluster. In a preview that makes the cluster, a program
// may not know it: cluster is nil then.
type coreData struct {
	fields  value
	cluster *made
}

// get returns one of the fields, or that it is unknown.
func (core coreData) get(name string) value {
	if core.cluster == nil {
		return core.fields
	}
	found, _ := at(core.fields, name)
	return found
}

// clusterName is the name of the cluster of core data.
func (*component) clusterName(core coreData) value {
	if core.cluster == nil {
		return core.fields
	}
	return core.cluster.get("name")
}

// coreOf finds the core data of the cluster that the arguments name: an eks.Cluster, or
// core data.
func (c *component) coreOf() (core coreData, err error) {
	given, known := shallow(c.raw("cluster"))
	switch {
	case !known:
		return coreData{fields: derive(nil, c.raw("cluster"))}, nil
	case given.IsResourceReference():
		cluster, err := c.find(given, clusterType)
		if err != nil {
			return core, fmt.Errorf("cluster: %w", err)
		}
		whole, known := shallow(cluster.state["core"])
		if !known { // in a preview that makes the cluster: of nobody knows what
			return coreData{fields: resource.MakeComputed(text(""))}, nil
		}
		if core.fields = whole; core.fields.IsNull() {
			return core, fmt.Errorf("cluster: %s has no core data", cluster.urn.Name())
		}
	case given.IsObject():
		core.fields = given
	default:
		return core, errors.New("cluster is required, an eks.Cluster or its core data")
	}
	owner, _ := at(core.fields, "cluster")
	if core.cluster, err = c.find(owner, awsClusterType); err != nil {
		return core, fmt.Errorf("cluster: %w", err)
	}
	return core, nil
}

// checkNodeGroup refuses what the real component does, and returns the role of the nodes.
func (c *component) checkNodeGroup() (value, error) {
	if c.given("nodeRole") && c.given("nodeRoleArn") {
		return value{}, refuse("You cannot specify both nodeRole and nodeRoleArn when creating a managed node group.")
	}
	for _, name := range []string{"gpu", "amiType"} {
		if c.given("amiId") && c.given(name) {
			return value{}, refuse("You cannot specify both amiId and %s when creating a managed node group.", name)
		}
	}
	for _, name := range ownTemplate {
		switch {
		case c.given(name) && c.given("launchTemplate"):
			return value{}, refuse("If you provide a custom launch template, you cannot provide %s. Please include these in the launch template that you are providing.", name)
		case c.given(name):
			return value{}, fmt.Errorf("the sandbox does not simulate %s, for which the component makes a launch template: make one and pass launchTemplate", name)
		}
	}
	switch {
	case c.given("nodeRoleArn"):
		return c.raw("nodeRoleArn"), nil
	case c.given("nodeRole"):
		role, err := c.find(c.raw("nodeRole"), roleType)
		if err != nil {
			return value{}, fmt.Errorf("nodeRole: %w", err)
		}
		return role.get("arn"), nil
	default:
		return value{}, refuse("An IAM role, or role ARN must be provided to create a managed node group")
	}
}

// checkInstanceRoles refuses a role that a cluster without access entries does not know.
func (c *component) checkInstanceRoles(core coreData, role value) error {
	m := marks{}
	mode := plain(core.cluster.get("accessConfig", "authenticationMode"), &m)
	arn := plain(role, &m)
	if m.unknown || mode.IsString() && strings.HasPrefix(mode.StringValue(), "API") {
		return nil
	}
	if roles, _ := shallow(core.get("instanceRoles")); roles.IsArray() {
		for _, reference := range roles.ArrayValue() {
			known, err := c.find(reference, roleType)
			if err != nil {
				return err
			}
			if theirs := plain(known.get("arn"), &m); m.unknown || theirs.DeepEquals(arn) {
				return nil
			}
		}
	}
	return refuse("A managed node group cannot be created without first setting its role in the cluster's instanceRoles")
}

// imageOf is the type of the images of an operating system for the first instance type.
func imageOf(known []value) value {
	system, gpu, instances := known[0], known[1].IsBool() && known[1].BoolValue(), known[2]
	architecture := "x86_64"
	if first, _ := at(instances, 0); first.IsString() && aws.IsArm(first.StringValue()) {
		architecture = "ARM_64"
	}
	variant := map[bool]string{true: "_NVIDIA", false: "_STANDARD"}[gpu]
	switch system.StringValue() {
	case "Bottlerocket":
		return text("BOTTLEROCKET_" + architecture + strings.TrimSuffix(variant, "_STANDARD"))
	case "AL2":
		return text("AL2_" + architecture + map[bool]string{true: "_GPU"}[gpu])
	default:
		return text("AL2023_" + architecture + variant)
	}
}
