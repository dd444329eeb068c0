package aws

import (
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	launchTemplateType = "aws:ec2/launchTemplate:LaunchTemplate"
	// templateVersionType is no resource: the versions of a template are objects of their own.
	templateVersionType = "aws:ec2/launchTemplateVersion:LaunchTemplateVersion"
)

func launchTemplates() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		launchTemplateType: {
			Args: shape(ec2.LaunchTemplateArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix"},
			Outputs:  []string{"arn", "name", "defaultVersion", "latestVersion", "tagsAll"},
			Sets:     []string{"vpcSecurityGroupIds", "securityGroupNames"},
			Computed: []string{"metadataOptions"},
			Changing: changesVersion,
			References: []sandbox.Reference{
				rule.Reference("vpcSecurityGroupIds[]", securityGroupType, noSecurityGroup),
				rule.Reference("networkInterfaces[].securityGroups[]", securityGroupType, noSecurityGroup),
				rule.Reference("networkInterfaces[].subnetId", subnetType, noSubnet),
				rule.By("iamInstanceProfile.name", profileType, "name", "Invalid IAM Instance Profile name: %s"),
			},
			Unique: rule.Unique("InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use. (%s)", "name"),
			Check:  checkLaunchTemplate(),
			Create: func(o *sandbox.Operation) error {
				if _, err := nameOf(o, "name"); err != nil {
					return err
				}
				if err := made("lt-", "ec2", "launch-template/")(o); err != nil {
					return err
				}
				o.Outputs["latestVersion"], o.Outputs["defaultVersion"] = 1.0, 1.0
				return putVersion(o, 1)
			},
			Update: updateLaunchTemplate,
			Delete: func(o *sandbox.Operation) error {
				for _, version := range o.Cloud.OfType(templateVersionType) {
					if version.String("launchTemplateId") == o.ID {
						if err := o.Cloud.Remove(version.Key()); err != nil {
							return err
						}
					}
				}
				return nil
			},
		},
	}
}

// changesVersion tells that a preview does not know the latest version any more. Tags of the
// template itself do so, too, although no version is made for them
// (terraform-provider-aws, internal/service/ec2/ec2_launch_template.go, CustomizeDiff).
func changesVersion(old, new sandbox.Inputs) []string {
	relevant := func(in sandbox.Inputs) map[string]any {
		data := maps.Clone(map[string]any(in))
		for _, property := range []string{"name", "namePrefix", "description", "defaultVersion", "updateDefaultVersion"} {
			delete(data, property)
		}
		return data
	}
	if reflect.DeepEqual(relevant(old), relevant(new)) {
		return nil
	}
	if !new.Flag("updateDefaultVersion") {
		return []string{"latestVersion"}
	}
	return []string{"defaultVersion", "latestVersion"}
}

func checkLaunchTemplate() rule.Check {
	kinds := []string{
		"capacity-reservation", "instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu", "fleet", "launch-template",
	}
	return rule.All(
		rule.Exclusive("name", "namePrefix"), rule.Exclusive("updateDefaultVersion", "defaultVersion"),
		rule.Exclusive("instanceType", "instanceRequirements"), rule.Exclusive("vpcSecurityGroupIds", "securityGroupNames"),
		rule.Matches("name", `^[a-zA-Z0-9().\-/_]{3,128}$`, "is not a launch template name of 3 to 128 letters, digits and ().-/_"),
		rule.Matches("imageId", `^(ami-[0-9a-f]{8,17}|resolve:ssm:.+)$`, "is not an image id (InvalidAMIID.Malformed)"),
		rule.Matches("instanceType", `^[a-z][a-z0-9\-]*\.[a-z0-9\-]+$`, "is not an instance type"),
		checkUserData,
		rule.Within("metadataOptions", rule.All(
			rule.OneOf("httpEndpoint", "enabled", "disabled"), rule.OneOf("httpTokens", "optional", "required"),
			rule.OneOf("instanceMetadataTags", "enabled", "disabled"), rule.Between("httpPutResponseHopLimit", 1, 64))),
		rule.Each("blockDeviceMappings", rule.Within("ebs", rule.All(
			rule.OneOf("volumeType", "standard", "io1", "io2", "gp2", "gp3", "sc1", "st1"),
			rule.OneOf("deleteOnTermination", "true", "false", ""), rule.OneOf("encrypted", "true", "false", ""), // texts, in this resource
			rule.Between("volumeSize", 1, 65536), rule.Between("throughput", 125, 1000), checkThroughput))),
		rule.Each("tagSpecifications", rule.All(
			func(in sandbox.Inputs) []sandbox.Problem {
				if kind, ok := in.Text("resourceType"); ok && !slices.Contains(kinds, kind) {
					return rule.One("resourceType", "expected it to be one of %q, got %s", kinds, kind)
				}
				return nil
			}, rule.Within("tags", checkTags))),
		func(in sandbox.Inputs) []sandbox.Problem {
			if len(in.List("networkInterfaces")) > 0 && len(in.List("vpcSecurityGroupIds")) > 0 {
				return rule.One("vpcSecurityGroupIds", "InvalidParameterCombination: Network interfaces and an instance-level security groups may not be specified on the same request")
			}
			return nil
		})
}

func checkUserData(in sandbox.Inputs) []sandbox.Problem {
	data, ok := in.Text("userData")
	if _, err := base64.StdEncoding.DecodeString(data); ok && err != nil {
		return rule.One("userData", "InvalidUserData.Malformed: Invalid BASE64 encoding of user data.")
	}
	return nil
}

// checkThroughput checks that only a disk that has a throughput is given one.
func checkThroughput(disk sandbox.Inputs) []sandbox.Problem {
	kind, _ := disk.Text("volumeType")
	if _, given := disk["throughput"]; given && kind != "gp3" {
		return rule.One("throughput", "InvalidParameterCombination: The parameter throughput is not supported for %s volumes", kind)
	}
	return nil
}

// templateData is the part of the inputs that a version is made of.
func templateData(in sandbox.Inputs) map[string]any {
	data := maps.Clone(map[string]any(in))
	for _, property := range []string{"name", "namePrefix", "tags", "defaultVersion", "updateDefaultVersion"} {
		delete(data, property)
	}
	return data
}

func putVersion(o *sandbox.Operation, number float64) error {
	return o.Cloud.Put(&sandbox.Object{
		Provider: "aws", Type: templateVersionType, ID: fmt.Sprintf("%s:%v", o.ID, number), Account: o.Account, Region: o.Region,
		Inputs: map[string]any{"launchTemplateId": o.ID, "launchTemplateData": templateData(o.Inputs)},
	})
}

// updateLaunchTemplate makes another version when the data changes. The default version
// moves only when asked.
func updateLaunchTemplate(o *sandbox.Operation) error {
	latest, _ := sandbox.Inputs(o.Outputs).Number("latestVersion")
	if !reflect.DeepEqual(templateData(o.Old.Inputs), templateData(o.Inputs)) {
		latest++
		o.Outputs["latestVersion"] = latest
		if err := putVersion(o, latest); err != nil {
			return err
		}
	}
	switch wanted, given := o.Inputs.Number("defaultVersion"); {
	case given && (wanted < 1 || wanted > latest):
		return fmt.Errorf("InvalidLaunchTemplateId.VersionNotFound: Could not find the specified version %v for the launch template with ID %s", wanted, o.ID)
	case given:
		delete(o.Outputs, "defaultVersion")
	case o.Inputs.Flag("updateDefaultVersion"):
		o.Outputs["defaultVersion"] = latest
	}
	return nil
}

// findTemplate finds the launch template that a node group names by id or name.
func findTemplate(o *sandbox.Operation, reference sandbox.Inputs) *sandbox.Object {
	id, byID := reference.Text("id")
	name, _ := reference.Text("name")
	for _, template := range o.Cloud.OfType(launchTemplateType) {
		if template.Account == o.Account && template.Region == o.Region && (byID && template.ID == id || !byID && template.String("name") == name) {
			return template
		}
	}
	return nil
}

// versionNumber is the number of a version that is given as one, as $Latest or $Default.
func versionNumber(template *sandbox.Object, version string) string {
	switch version {
	case "$Latest":
		return fmt.Sprint(template.Get("latestVersion"))
	case "$Default", "":
		return fmt.Sprint(template.Get("defaultVersion"))
	}
	return version
}

// templateVersion returns the data of one version of a launch template.
func templateVersion(o *sandbox.Operation, template *sandbox.Object, version string) (sandbox.Inputs, error) {
	number := versionNumber(template, version)
	if found := o.Object(templateVersionType, template.ID+":"+number); found != nil {
		return sandbox.Inputs(found.Inputs).Map("launchTemplateData"), nil
	}
	return nil, fmt.Errorf("InvalidLaunchTemplateId.VersionNotFound: Could not find the specified version %s for the launch template with ID %s", version, template.ID)
}
