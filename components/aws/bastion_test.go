package aws

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

// testNetwork is a network as a Vpc or an ExistingVpc gives it.
func testNetwork() Network {
	return Network{
		ID:                      pulumi.String("vpc-1").ToStringOutput(),
		CIDR:                    "10.10.0.0/16",
		PrivateSubnetIDs:        pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
		PublicSubnetIDs:         pulumi.ToStringArray([]string{"subnet-p"}),
		EndpointSecurityGroupID: pulumi.String("sg-endpoint").ToStringOutput(),
	}
}

const instanceType = "aws:ec2/instance:Instance"

func makeBastion(change func(*BastionArgs)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		args := &BastionArgs{
			Network:             testNetwork(),
			PermissionsBoundary: pulumi.String("boundary"),
			Tags:                map[string]string{"posit.team/managed-by": "test"},
		}
		change(args)
		_, err := NewBastion(ctx, "demo01-staging", args)
		return err
	}
}

func TestBastion(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeBastion(func(*BastionArgs) {}))
	r.Golden(t, "bastion")
	plainTags := map[string]any{"posit.team/managed-by": "test"}
	tags := map[string]any{"posit.team/managed-by": "test", "Name": "demo01-staging-bastion"}

	r.Find(t, "aws:iam/role:Role", "demo01-staging-bastion.posit.team").Want(t, map[string]any{
		"name": "demo01-staging-bastion.posit.team", "permissionsBoundary": "boundary", "tags": plainTags,
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})
	r.Find(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "demo01-staging-bastion-ssm").Want(t, map[string]any{
		"role": "demo01-staging-bastion.posit.team", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
	})
	r.Find(t, "aws:iam/instanceProfile:InstanceProfile", "demo01-staging-bastion-profile").Want(t, map[string]any{
		"name": "demo01-staging-bastion-profile.posit.team", "role": "demo01-staging-bastion.posit.team", "tags": nil,
	})
	r.Find(t, groupType, "demo01-staging-bastion").Want(t, map[string]any{
		"description": "Managed by Pulumi", "name": nil, "namePrefix": nil, "ingress": nil, "vpcId": "vpc-1", "tags": tags,
		"egress": []any{
			map[string]any{"description": "Everything within the network", "protocol": "-1", "fromPort": 0.0, "toPort": 0.0,
				"cidrBlocks": []any{"10.10.0.0/16"}},
			map[string]any{"description": "AWS APIs, packages, chart and image registries", "protocol": "tcp",
				"fromPort": 443.0, "toPort": 443.0, "cidrBlocks": []any{"0.0.0.0/0"}},
		},
	})
	instance := r.Find(t, instanceType, "demo01-staging-bastion")
	instance.Want(t, map[string]any{
		"instanceType": "t4g.nano", "ami": "ami-newest", "iamInstanceProfile": "demo01-staging-bastion-profile.posit.team",
		"subnetId": "subnet-a", "vpcSecurityGroupIds": []any{"securitygroup/demo01-staging-bastion"}, "tags": tags,
		"metadataOptions": map[string]any{"httpEndpoint": "enabled", "httpTokens": "required"},
		"rootBlockDevice": map[string]any{"encrypted": true},
		"keyName":         nil, "userData": nil, "associatePublicIpAddress": nil,
	})
	assert.Equal(t, []string{"ami", "rootBlockDevice"}, instance.Ignore, "ignored changes")
	for _, dependency := range []string{
		"aws:iam/instanceProfile:InstanceProfile demo01-staging-bastion-profile",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment demo01-staging-bastion-ssm",
	} {
		if !slices.Contains(instance.DependsOn, dependency) {
			t.Errorf("instance does not depend on %s but on %v", dependency, instance.DependsOn)
		}
	}
}

func TestBastionOptions(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeBastion(func(a *BastionArgs) {
		a.InstanceType, a.AMI, a.EgressCIDRs = "t4g.micro", pulumi.String("ami-pinned"), []string{"10.99.0.0/16"}
	}))
	r.Find(t, instanceType, "demo01-staging-bastion").Want(t, map[string]any{"instanceType": "t4g.micro", "ami": "ami-pinned"})
	if len(r.Invoked) > 0 {
		t.Errorf("looked up %v although the image is given", r.Invoked)
	}
	egress := r.Find(t, groupType, "demo01-staging-bastion").Args()["egress"].([]any)[0].(map[string]any)
	assert.Equal(t, []any{"10.10.0.0/16", "10.99.0.0/16"}, egress["cidrBlocks"], "egress")
	err := componenttest.New().Exec(makeBastion(func(a *BastionArgs) { a.Network = Network{} }))
	if err == nil || !strings.Contains(err.Error(), "bastion demo01-staging: a network is required") {
		t.Errorf("no network: got error %v", err)
	}
}

func ExampleNewBastion() {
	program := func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
			CIDR:                "10.37.0.0/16",
			AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}),
			ZoneCount:           2,
		})
		if err != nil {
			return err
		}
		bastion, err := NewBastion(ctx, "demo01-staging", &BastionArgs{Network: vpc.Network()}, pulumi.Parent(vpc))
		if err != nil {
			return err
		}
		ctx.Export("bastion_id", bastion.InstanceID)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, instance := range mocks.All(instanceType) {
		fmt.Println(instance.Name, "in", instance.Args()["subnetId"])
	}
	// Output: demo01-staging-bastion in subnet/demo01-staging-private-az1
}
