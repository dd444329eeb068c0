package awsworkload

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/stacks/config"
)

// adminStatement is one statement of the admin policy. Values are lists, except for
// the tag wildcard, because that is the form whose size is known to fit in what IAM
// allows (6,144 characters).
type adminStatement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string]any `json:",omitempty"`
}

// AdminPolicyDocument is the compact JSON document of PositTeamDedicatedAdmin for an
// account (docs/reference/aws-workload-base.md 2.2; 12 point 31: zones can be deleted too).
// Policies that are there are never changed: what older ones do not allow must be asked for by
// a key of the configuration.
func AdminPolicyDocument(accountID string) (string, error) {
	boundary := config.AdminPolicyARN(accountID)
	account := []string{accountID}
	iamObjects := strings.Fields(adminIAMResources)
	inAccount := map[string]any{"aws:ResourceAccount": account}
	document := struct {
		Version   string
		Statement []adminStatement
	}{"2012-10-17", []adminStatement{
		{
			Sid: "WildcardActions", Effect: "Allow",
			Action: strings.Fields(adminWildcardActions), Resource: []string{"*"},
		},
		{
			Sid: "ResourceConditionLimitingActions", Effect: "Allow",
			Action: strings.Fields(adminAccountActions), Resource: []string{"*"},
			Condition: map[string]map[string]any{"StringLike": inAccount},
		},
		{
			Sid: "ResourceAccountAndTagConditionLimitingActions", Effect: "Allow",
			Action: strings.Fields(adminTaggedActions), Resource: []string{"*"},
			Condition: map[string]map[string]any{"StringLike": {
				"aws:ResourceTag/posit.team/managed-by": "*", "aws:ResourceAccount": account,
			}},
		},
		{
			Sid: "ResourceAccountAndTagWriteConditionLimitingActions", Effect: "Allow",
			Action: strings.Fields(adminTaggingActions), Resource: []string{"*"},
			Condition: map[string]map[string]any{
				"ForAnyValue:StringEquals": {"aws:TagKeys": []string{"posit.team/managed-by"}},
				"StringLike":               inAccount,
			},
		},
		{
			Sid: "Ec2NonResourceConditionActions", Effect: "Allow",
			Action:   []string{"ec2:CopyImage", "ec2:CopySnapshot", "ec2:CreateVolume", "ec2:CreateVpcEndpoint"},
			Resource: []string{"arn:aws:ec2:*:" + accountID + ":*"},
		},
		{
			Sid: "Route53NonResourceConditionActions", Effect: "Allow",
			Action: []string{"route53:AssociateVPCWithHostedZone"}, Resource: []string{"arn:aws:route53:::*"},
		},
		{Effect: "Deny", Action: []string{"iam:CreatePolicyVersion"}, Resource: []string{boundary}},
		{
			Effect: "Allow", Action: strings.Fields(adminBoundedActions), Resource: iamObjects,
			Condition: map[string]map[string]any{"StringEquals": {"iam:PermissionsBoundary": []string{boundary}}},
		},
		{Effect: "Allow", Action: strings.Fields(adminIAMActions), Resource: iamObjects},
		{
			Effect:    "Allow",
			Action:    []string{"s3:CreateBucket", "s3:ListBucket*", "s3:Get*", "s3:Put*", "s3:Delete*"},
			Resource:  []string{"arn:aws:s3:::posit-*", "arn:aws:s3:::posit-*/*", "arn:aws:s3:::ptd-*", "arn:aws:s3:::ptd-*/*"},
			Condition: map[string]map[string]any{"StringEquals": {"s3:ResourceAccount": account}},
		},
		{Effect: "Allow", Action: []string{"ecr:*"}, Resource: []string{"arn:aws:ecr:*:*:repository/*"}},
	}}
	encoded, err := json.Marshal(document)
	if err != nil {
		return "", fmt.Errorf("encode policy %s: %w", config.AdminPolicyName, err)
	}
	return string(encoded), nil
}

// The actions and resources of the admin policy, one service a line.
const (
	// adminWildcardActions cannot be limited by account.
	adminWildcardActions = `
		acm:ListCertificates
		bedrock:*
		cloudwatch:Get* cloudwatch:List* cloudwatch:Describe*
		compute-optimizer:Get*
		ds:DescribeDirectories
		ec2:Describe* ec2:RunInstances ec2:CreateSecurityGroup ec2:AuthorizeSecurityGroupIngress
		ec2:AuthorizeSecurityGroupEgress ec2:DescribeSecurityGroups ec2:GetSecurityGroupsForVpc
		ecr:GetAuthorizationToken
		eks:ListClusters eks:DescribeAddonVersions
		elasticloadbalancing:Describe*
		elasticfilesystem:Describe*
		events:ListRules
		fsx:Describe*
		iam:ListAttachedRolePolicies iam:ListEntitiesForPolicy iam:ListInstanceProfiles
		iam:ListInstanceProfilesForRole iam:ListOpenIDConnectProviderTags iam:ListOpenIDConnectProviders
		iam:ListPolicies iam:ListPoliciesGrantingServiceAccess iam:ListPolicyVersions
		iam:ListRolePolicies iam:ListRoles iam:GetRole
		kms:ListAliases
		logs:List* logs:Describe*
		organizations:DescribeEffectivePolicy
		pricing:GetProducts
		rds:Describe*
		resource-explorer-2:ListIndexes resource-explorer-2:Search
		route53:List* route53:Get*
		secretsmanager:ListSecrets
		shield:Describe* shield:Get*
		sqs:ListQueues
		ssm:Describe* ssm:Get* ssm:List* ssm:StartSession ssm:SendCommand
		ssmmessages:Create* ssmmessages:Open*
		ec2messages:*
		sts:GetCallerIdentity sts:DecodeAuthorizationMessage
		tag:GetResources tag:*tag*`

	// adminAccountActions can be limited by account. Those on a new key could be by its tag
	// too, but KMS looks at new tags up to five minutes late. Mount targets of efs_config
	// are of a file system that ptd did not tag.
	adminAccountActions = `
		acm:DescribeCertificate acm:DeleteCertificate
		cloudwatch:PutMetricData
		ec2:*
		ecr:*
		ecs:*
		eks:AccessKubernetesApi eks:Describe* eks:List* eks:*tag* eks:Delete* eks:Create* eks:Update* eks:*AccessPolicy
		elasticloadbalancing:*
		elasticfilesystem:Create* elasticfilesystem:*tag* elasticfilesystem:ModifyMountTargetSecurityGroups
		events:ListTagsForResource events:*Rule events:*Targets events:*tag* events:PutRule
		firehose:PutRecord*
		fsx:*
		kms:CreateAlias kms:DeleteAlias kms:DescribeKey kms:EnableKeyRotation kms:GetKeyPolicy kms:GetKeyRotationStatus
		logs:CreateLog* logs:DeleteLogGroup logs:Put* logs:*tag*
		rds:Create* rds:Delete* rds:Modify* rds:*tag*
		route53:Change* route53:CreateHostedZone route53:DeleteHostedZone route53:UpdateHostedZoneComment
		shield:CreateProtection shield:DeleteProtection
		ssm:Put* ssm:Update* ssm:TerminateSession
		wafv2:GetWebACL* wafv2:AssociateWebACL wafv2:DisassociateWebACL
		waf-regional:GetWebACL*`

	// adminTaggedActions can be limited by account and by tag.
	adminTaggedActions = `
		acm:*tags*
		elasticfilesystem:*
		kms:CreateGrant kms:DisableKey kms:Encrypt kms:GenerateDataKey* kms:ListAliases kms:PutKeyPolicy
		kms:*tag* kms:*KeyDeletion kms:Decrypt
		secretsmanager:*tag* secretsmanager:*
		sqs:*Queue* sqs:*Message*`

	// adminTaggingActions must set the tag.
	adminTaggingActions = `acm:RequestCertificate kms:CreateKey secretsmanager:CreateSecret sqs:CreateQueue`

	// adminBoundedActions are allowed on roles with the permissions boundary.
	adminBoundedActions = `
		iam:CreateRole iam:DeleteRole iam:AttachRolePolicy iam:DetachRolePolicy iam:DeleteRolePolicy`

	adminIAMActions = `
		iam:AddClientIDToOpenIDConnectProvider iam:AddRoleToInstanceProfile iam:CreateInstanceProfile
		iam:CreateOpenIDConnectProvider iam:CreatePolicy iam:CreatePolicyVersion iam:CreateSAMLProvider
		iam:CreateServiceLinkedRole iam:DeleteInstanceProfile iam:DeleteOpenIDConnectProvider
		iam:DeletePolicy iam:DeletePolicyVersion iam:DeleteSAMLProvider iam:GetInstanceProfile
		iam:GetOpenIDConnectProvider iam:GetPolicy iam:GetPolicyVersion iam:GetRolePolicy iam:PassRole
		iam:PutRolePolicy iam:RemoveClientIDFromOpenIDConnectProvider iam:RemoveRoleFromInstanceProfile
		iam:Tag* iam:Untag* iam:UpdateAssumeRolePolicy iam:UpdateOpenIDConnectProviderThumbprint
		iam:UpdateRole iam:UpdateRoleDescription iam:UpdateSAMLProvider`

	adminIAMResources = `
		arn:aws:iam::*:role/*.posit.team
		arn:aws:iam::*:policy/*.posit.team
		arn:aws:iam::*:role/aws-service-role/*
		arn:aws:iam::*:policy/aws-service-role/*
		arn:aws:iam::*:instance-profile/*.posit.team
		arn:aws:iam::*:saml-provider/*.posit.team
		arn:aws:iam::*:oidc-provider/*`
)
