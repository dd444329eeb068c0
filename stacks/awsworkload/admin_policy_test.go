package awsworkload

import (
	"encoding/json"
	"path"
	"strings"
	"testing"
)

// What the eks and clusters steps call, and the engine's AWS plugin for what they make.
// Calls that only the account limits, and those that must find the tag managed-by, which
// ptd's own resources have, are alike here.
const clusterCalls = `
	eks:CreateCluster eks:DescribeCluster eks:UpdateClusterConfig eks:UpdateClusterVersion eks:DescribeUpdate eks:DeleteCluster
	eks:CreateNodegroup eks:DescribeNodegroup eks:UpdateNodegroupConfig eks:UpdateNodegroupVersion eks:DeleteNodegroup
	eks:CreateAddon eks:DescribeAddon eks:DescribeAddonVersions eks:UpdateAddon eks:DeleteAddon
	eks:CreateAccessEntry eks:DescribeAccessEntry eks:UpdateAccessEntry eks:DeleteAccessEntry
	eks:AssociateAccessPolicy eks:ListAssociatedAccessPolicies eks:DisassociateAccessPolicy
	eks:TagResource eks:UntagResource eks:ListTagsForResource eks:AccessKubernetesApi
	ec2:CreateLaunchTemplate ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate ec2:DeleteLaunchTemplate
	ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions ec2:RunInstances ec2:CreateTags ec2:DeleteTags
	ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupIngress ec2:DescribeSecurityGroupRules ec2:DescribeSubnets
	iam:CreateRole iam:GetRole iam:ListRoles iam:DeleteRole iam:TagRole iam:UntagRole iam:PassRole iam:UpdateAssumeRolePolicy
	iam:ListRolePolicies iam:ListAttachedRolePolicies iam:ListInstanceProfilesForRole iam:AttachRolePolicy iam:DetachRolePolicy
	iam:PutRolePolicy iam:GetRolePolicy iam:DeleteRolePolicy iam:CreateServiceLinkedRole
	iam:CreatePolicy iam:GetPolicy iam:GetPolicyVersion iam:ListPolicyVersions iam:CreatePolicyVersion iam:DeletePolicyVersion
	iam:DeletePolicy iam:TagPolicy iam:UntagPolicy
	iam:CreateInstanceProfile iam:GetInstanceProfile iam:AddRoleToInstanceProfile iam:RemoveRoleFromInstanceProfile
	iam:DeleteInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile
	iam:CreateOpenIDConnectProvider iam:GetOpenIDConnectProvider iam:DeleteOpenIDConnectProvider
	iam:TagOpenIDConnectProvider iam:UntagOpenIDConnectProvider
	iam:AddClientIDToOpenIDConnectProvider iam:RemoveClientIDFromOpenIDConnectProvider iam:UpdateOpenIDConnectProviderThumbprint
	sqs:CreateQueue sqs:GetQueueUrl sqs:GetQueueAttributes sqs:SetQueueAttributes sqs:DeleteQueue
	sqs:ListQueueTags sqs:TagQueue sqs:UntagQueue
	events:PutRule events:DescribeRule events:DeleteRule events:PutTargets events:ListTargetsByRule events:RemoveTargets
	events:TagResource events:UntagResource events:ListTagsForResource
	logs:CreateLogGroup logs:DescribeLogGroups logs:PutRetentionPolicy logs:DeleteLogGroup
	logs:TagResource logs:UntagResource logs:ListTagsForResource
	kms:CreateKey kms:DescribeKey kms:GetKeyPolicy kms:EnableKeyRotation kms:GetKeyRotationStatus kms:ListResourceTags
	kms:TagResource kms:UntagResource kms:ScheduleKeyDeletion kms:CreateGrant kms:CreateAlias kms:ListAliases kms:DeleteAlias
	elasticfilesystem:DescribeMountTargets elasticfilesystem:DescribeMountTargetSecurityGroups
	elasticfilesystem:ModifyMountTargetSecurityGroups
	sts:GetCallerIdentity`

func TestAdminPolicyAllowsClusters(t *testing.T) {
	t.Parallel()
	document, err := AdminPolicyDocument(testAccount)
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Statement []struct {
			Effect string
			Action []string
		}
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		t.Fatal(err)
	}
	allows := func(call string) bool {
		for _, statement := range policy.Statement {
			for _, action := range statement.Action {
				match, err := path.Match(strings.ToLower(action), strings.ToLower(call))
				if statement.Effect == "Allow" && match && err == nil {
					return true
				}
			}
		}
		return false
	}
	for _, call := range strings.Fields(clusterCalls) {
		if !allows(call) {
			t.Errorf("the admin policy does not allow %s", call)
		}
	}
}
