package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSubnets(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	vpc := provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.10.0.0/16"})
	assert.Equal(t, "vpc-3b92cbac46f4922df", vpc.ID)
	subnet := func(block string, more fields) fields {
		inputs := fields{"vpcId": vpc.ID, "cidrBlock": block}
		for property, value := range more {
			inputs[property] = value
		}
		return inputs
	}
	provider.Refuses(subnetType, "main", subnet("10.11.0.0/24", nil),
		"InvalidSubnet.Range: The CIDR '10.11.0.0/24' is invalid: it is not in the block 10.10.0.0/16 of vpc-3b92cbac46f4922df")
	first := provider.MustCreate(subnetType, "first", subnet("10.10.0.0/20", nil))
	assert.Equal(t, "subnet-b5a8ec5b5fa3fb92a", first.ID)
	assert.Equal(t, []any{"us-east-2a", "use2-az1"}, []any{first.State["availabilityZone"], first.State["availabilityZoneId"]})
	provider.Refuses(subnetType, "second", subnet("10.10.8.0/24", nil),
		"InvalidSubnet.Conflict: The CIDR '10.10.8.0/24' conflicts with another subnet (subnet-b5a8ec5b5fa3fb92a)")
	provider.Refuses(subnetType, "second", subnet("10.10.16.0/24", fields{"availabilityZone": "eu-west-1a"}),
		"InvalidParameterValue: Value (eu-west-1a) for parameter availabilityZone is invalid in us-east-2")
	byID := provider.MustCreate(subnetType, "second", subnet("10.10.16.0/24", fields{"availabilityZoneId": "use2-az3"}))
	assert.Equal(t, "us-east-2c", byID.Text("availabilityZone"))
}

func TestNatNeedsAnInternetGateway(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	vpc := provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.10.0.0/16"})
	subnet := provider.MustCreate(subnetType, "main", fields{"vpcId": vpc.ID, "cidrBlock": "10.10.0.0/24"})
	nat := fields{"subnetId": subnet.ID, "allocationId": provider.MustCreate(eipType, "main", nil).ID}
	provider.Refuses(natType, "main", nat, "Gateway.NotAttached: the VPC of subnet "+subnet.ID+" has no internet gateway")
	provider.MustCreate(gatewayType, "main", fields{"vpcId": vpc.ID})
	provider.MustCreate(natType, "main", nat)
}

func TestDeletionBeforeUsers(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	vpc := provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.10.0.0/16"})
	subnet := provider.MustCreate(subnetType, "main", fields{"vpcId": vpc.ID, "cidrBlock": "10.10.0.0/24"})
	vpc.Stays("DependencyViolation: Vpc vpc-3b92cbac46f4922df cannot be deleted: Subnet subnet-11ee32924275c1f00 still uses it")
	subnet.MustDelete()
	vpc.MustDelete()

	role := provider.MustCreate(roleType, "main", fields{"name": "main", "assumeRolePolicy": trust("ec2.amazonaws.com")})
	policy := provider.MustCreate(policyType, "main", fields{"name": "main", "policy": allow})
	attachment := provider.MustCreate(attachmentType, "main", fields{"role": role.ID, "policyArn": policy.ID})
	policy.Stays("DependencyViolation: Policy main (arn:aws:iam::000000000000:policy/main) cannot be deleted: RolePolicyAttachment main-e859c5ddeffdf407378f43d78e still uses it")
	attachment.MustDelete()
	policy.MustDelete()

	vpc = provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.10.0.0/16"})
	group := provider.MustCreate(securityGroupType, "main", fields{"vpcId": vpc.ID})
	template := provider.MustCreate(launchTemplateType, "main", fields{"vpcSecurityGroupIds": several(group.ID)})
	group.Stays("DependencyViolation: SecurityGroup main-1699a3d (sg-246935e7915df9490) cannot be deleted: LaunchTemplate main-b0af88e (lt-e79a82b8fd9cbe9ae) still uses it")
	template.MustDelete()
	group.MustDelete()
}

func TestRulesOfGroupsAreThereOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for typ, id := range map[string]string{
		groupRuleType: w.id("group rule"), ingressRuleType: w.id("ingress rule"), egressRuleType: w.id("egress rule"),
	} {
		w.Refuses(typ, "again", w.of(typ).Inputs, "InvalidPermission.Duplicate: the specified rule already exists ("+id+")")
		_, err := w.Create(typ, "other", w.of(typ).Changed(fields{"securityGroupId": w.id("other group")}))
		assert.NoError(t, err, "a rule of another group is another rule")
	}
}
