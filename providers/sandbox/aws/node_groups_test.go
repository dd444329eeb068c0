package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNodeGroupNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := func(changes fields) fields {
		changes["nodeGroupName"] = "other"
		return w.of(nodeGroupType).Changed(changes)
	}
	w.Refuses(nodeGroupType, "other", group(fields{"nodeRoleArn": w.arn("role")}),
		invalid+"The role with name "+w.arn("role")+" cannot be assumed by EC2: its trusted entity must be ec2.amazonaws.com")
	bare := w.MustCreate(roleType, "bare", fields{"name": "bare", "assumeRolePolicy": trust("ec2.amazonaws.com")})
	w.Refuses(nodeGroupType, "other", group(fields{"nodeRoleArn": bare.Text("arn")}),
		"NodeCreationFailure: Instances failed to join the kubernetes cluster: the policy AmazonEKSWorkerNodePolicy is not attached to their role "+
			bare.Text("arn")+" (attach it before the node group is made)")
	vpc := w.MustCreate(vpcType, "other", fields{"cidrBlock": "10.11.0.0/16"})
	far := w.MustCreate(subnetType, "far", fields{"vpcId": vpc.ID, "cidrBlock": "10.11.0.0/24"})
	w.Refuses(nodeGroupType, "other", group(fields{"subnetIds": several(far.ID)}),
		invalid+"Subnet "+far.ID+" is not in the cluster's VPC "+w.id("vpc"))
	w.MustCreate(attachmentType, "bare", fields{"role": "bare", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"})
	w.MustCreate(nodeGroupType, "other", group(fields{"nodeRoleArn": bare.Text("arn")}))
}

func TestNodesAreLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry := "cluster:" + w.arn("node role")
	first := w.of(nodeGroupType)
	second := w.MustCreate(nodeGroupType, "second", first.Changed(fields{"nodeGroupName": "second"}))
	assert.NotNil(t, w.object(t, accessEntryType, entry))
	first.MustDelete()
	assert.NotNil(t, w.object(t, accessEntryType, entry), "the second has the same role")
	second.MustDelete()
	assert.Nil(t, w.object(t, accessEntryType, entry))
}

func TestLaunchTemplatesOfNodeGroups(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		template, group fields
		want            string
	}{
		"profile": {fields{"iamInstanceProfile": fields{"name": "profile"}}, nil,
			invalid + "Launch template should not specify an instance profile. The noderole in your request will be used to construct an instance profile."},
		"market": {fields{"instanceMarketOptions": fields{"marketType": "spot"}}, nil,
			invalid + "Launch template should not specify instance market options; use the node group's capacity type"},
		"shutdown":    {fields{"instanceInitiatedShutdownBehavior": "stop"}, nil, invalid + "Launch template should not specify an instance shutdown behavior"},
		"hibernation": {fields{"hibernationOptions": fields{"configured": true}}, nil, invalid + "Launch template should not specify hibernation options"},
		"types": {fields{"instanceType": "t3.large"}, fields{"instanceTypes": several("t3.large")},
			invalid + "Instance types must be specified either in the launch template or in the API request, not both"},
		"image and type": {fields{"imageId": "ami-0123456789abcdef0"}, fields{"amiType": "AL2023_x86_64_STANDARD", "version": nil},
			invalid + "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template."},
		"image and version": {fields{"imageId": "ami-0123456789abcdef0"}, fields{"amiType": "CUSTOM"},
			invalid + "You cannot specify the field kubernetesVersion when using custom AMIs."},
		"no image": {nil, fields{"amiType": "CUSTOM"}, invalid + "You must specify an image id in your launch template with the AMI Type CUSTOM."},
		"image":    {fields{"imageId": "ami-0123456789abcdef0"}, fields{"amiType": "CUSTOM", "version": nil}, ""},
		"subnet": {fields{"networkInterfaces": several(fields{"subnetId": "SUBNET"})}, nil,
			invalid + "Launch template should not specify a subnet; use the node group's subnets"},
		"architecture": {fields{"instanceType": "m6g.large"}, nil,
			invalid + "[m6g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD"},
		"arm":     {fields{"instanceType": "m6g.large"}, fields{"amiType": "AL2023_ARM_64_STANDARD"}, ""},
		"version": {nil, fields{"launchTemplate": fields{"name": "trial", "version": "7"}}, "InvalidLaunchTemplateId.VersionNotFound: Could not find the specified version 7 for the launch template with ID TEMPLATE"},
		"latest":  {nil, fields{"launchTemplate": fields{"name": "trial", "version": "$Latest"}}, ""},
		"default": {nil, fields{"launchTemplate": fields{"name": "trial", "version": "$Default"}}, ""},
		"absent":  {nil, fields{"launchTemplate": fields{"name": "absent", "version": "1"}}, invalid + "The specified launch template, absent, does not exist"},
	} {
		w := newWorld(t)
		inputs := fields{"name": "trial"}
		for property, value := range test.template {
			inputs[property] = value
		}
		if name == "subnet" {
			inputs["networkInterfaces"] = several(fields{"subnetId": w.id("subnet a")})
		}
		template := w.MustCreate(launchTemplateType, "trial", inputs)
		group := w.of(nodeGroupType).Changed(fields{"nodeGroupName": "other", "launchTemplate": fields{"id": template.ID, "version": "1"}})
		for property, value := range test.group {
			if group[property] = value; value == nil {
				delete(group, property)
			}
		}
		_, err := w.Create(nodeGroupType, "other", group)
		switch {
		case test.want == "":
			assert.NoError(t, err, name)
		case name == "version":
			assert.ErrorContains(t, err, "VersionNotFound: Could not find the specified version 7 for the launch template with ID "+template.ID)
		default:
			assert.EqualError(t, err, test.want, name)
		}
	}
}

func TestVersionsOfLaunchTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	template := w.of(launchTemplateType)
	versions := func() []any { return []any{template.State["latestVersion"], template.State["defaultVersion"]} }
	assert.Equal(t, several(1.0, 1.0), versions())
	foreseen, err := template.PreviewUpdate(fields{"instanceType": "t3.large"})
	assert.NoError(t, err)
	assert.NotEqual(t, 1.0, foreseen["latestVersion"], "a change makes a version")
	template.MustUpdate(fields{"tags": fields{"a": "b"}})
	assert.Equal(t, several(1.0, 1.0), versions(), "tags make none")
	template.MustUpdate(fields{"instanceType": "t3.large"})
	assert.Equal(t, several(2.0, 1.0), versions())
	template.MustUpdate(fields{"instanceType": "t3.small", "updateDefaultVersion": true})
	assert.Equal(t, several(3.0, 3.0), versions())
	template.MustUpdate(fields{"updateDefaultVersion": nil, "defaultVersion": 2.0})
	assert.Equal(t, several(3.0, 2.0), versions())
	assert.EqualError(t, template.Update(fields{"defaultVersion": 4.0}),
		"InvalidLaunchTemplateId.VersionNotFound: Could not find the specified version 4 for the launch template with ID "+template.ID)
	assert.NotNil(t, w.object(t, templateVersionType, template.ID+":3"))
	w.of(nodeGroupType).MustDelete()
	template.MustDelete()
	assert.Nil(t, w.object(t, templateVersionType, template.ID+":3"), "versions go with their template")
}
