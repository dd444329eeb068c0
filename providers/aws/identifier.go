package aws

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// identifiers are the ids by which the plugin reads what it makes from known inputs, by
// type: each as the section Import of the type's page in the AWS provider's documentation
// has it. {input} stands for an input, {input=value} for one with a default, and
// {account}, {partition} and {region} for those of the provider. Types that are missing
// have ids of the cloud's own (subnets, security groups, file systems), or an import that
// fails when there is nothing (associations of route tables).
var identifiers = map[string]string{
	"aws:cloudwatch/eventRule:EventRule":                      "{eventBusName=default}/{name}",
	"aws:cloudwatch/eventTarget:EventTarget":                  "{eventBusName=default}/{rule}/{targetId}",
	"aws:cloudwatch/logGroup:LogGroup":                        "{name}",
	"aws:dynamodb/table:Table":                                "{name}",
	"aws:ec2/networkAclRule:NetworkAclRule":                   "{networkAclId}:{ruleNumber}:{protocol}:{egress=false}",
	"aws:ec2/route:Route":                                     "{routeTableId}_{destinationCidrBlock}",
	"aws:ecr/repository:Repository":                           "{name}",
	"aws:ecs/cluster:Cluster":                                 "{name}",
	"aws:efs/backupPolicy:BackupPolicy":                       "{fileSystemId}",
	"aws:eks/accessEntry:AccessEntry":                         "{clusterName}:{principalArn}",
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "{clusterName}#{principalArn}#{policyArn}",
	"aws:eks/addon:Addon":                                     "{clusterName}:{addonName}",
	"aws:eks/cluster:Cluster":                                 "{name}",
	"aws:eks/nodeGroup:NodeGroup":                             "{clusterName}:{nodeGroupName}",
	"aws:iam/instanceProfile:InstanceProfile":                 "{name}",
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider":     "arn:{partition}:iam::{account}:oidc-provider/{url}",
	"aws:iam/policy:Policy":                                   "arn:{partition}:iam::{account}:policy{path=/}{name}",
	"aws:iam/role:Role":                                       "{name}",
	"aws:iam/rolePolicy:RolePolicy":                           "{role}:{name}",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":       "{role}/{policyArn}",
	"aws:kms/alias:Alias":                                     "{name}",
	"aws:rds/cluster:Cluster":                                 "{clusterIdentifier}",
	"aws:rds/instance:Instance":                               "{identifier}",
	"aws:rds/parameterGroup:ParameterGroup":                   "{name}",
	"aws:rds/subnetGroup:SubnetGroup":                         "{name}",
	"aws:route53/record:Record":                               "{zoneId}_{name}_{type}{setIdentifier=}",
	"aws:s3/bucket:Bucket":                                    "{bucket}",
	"aws:s3/bucketPolicy:BucketPolicy":                        "{bucket}",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":  "{bucket}",
	"aws:s3/bucketVersioningV2:BucketVersioningV2":            "{bucket}",
	"aws:sns/topic:Topic":                                     "arn:{partition}:sns:{region}:{account}:{name}",
	"aws:sqs/queue:Queue":                                     "https://sqs.{region}.{suffix}/{account}/{name}",
	"aws:sqs/queuePolicy:QueuePolicy":                         "{queueUrl}",
}

// again are types whose create is done again without harm: they settle what is there.
var again = map[string]bool{
	"aws:acm/certificateValidation:CertificateValidation": true,
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":         true,
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":   true,
	"aws:secretsmanager/secretVersion:SecretVersion":      true,
}

var placeholder = regexp.MustCompile(`{[a-zA-Z]+(=[^}]*)?}`)

// Identifier is the id by which the plugin reads back what it makes from the inputs of a
// type; provider are those of the provider. ok is false where the cloud chooses the id,
// or an input that decides it is not known; id is "" where there is nothing to read,
// because a second create settles all.
func Identifier(typ string, inputs, provider resource.PropertyMap) (id string, ok bool) {
	if again[typ] {
		return "", true
	}
	form, ok := identifiers[typ]
	if !ok {
		return "", false
	}
	id = placeholder.ReplaceAllStringFunc(form, func(mark string) string {
		name, value, optional := strings.Cut(strings.Trim(mark, "{}"), "=")
		found, known := ofProvider(name, provider)
		if !known {
			found, known = text(inputs[resource.PropertyKey(name)])
		}
		switch name {
		case "url": // of an issuer
			found = strings.TrimPrefix(found, "https://")
		case "name": // of a record, with the dot of the root
			found = strings.TrimSuffix(found, ".")
		}
		if known && name == "setIdentifier" { // of a record that shares its name
			found = "_" + found
		}
		switch {
		case known:
			return found
		case !optional:
			ok = false
		}
		return value
	})
	if !ok {
		return "", false
	}
	return id, true
}

// ofProvider are the parts of ids that follow from the provider.
func ofProvider(name string, provider resource.PropertyMap) (part string, known bool) {
	region, ok := text(provider["region"])
	partition, suffix := "aws", "amazonaws.com"
	switch {
	case strings.HasPrefix(region, "cn-"):
		partition, suffix = "aws-cn", "amazonaws.com.cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	switch name {
	case "region":
		return region, ok
	case "partition":
		return partition, ok
	case "suffix":
		return suffix, ok
	case "account":
		return account(provider["allowedAccountIds"])
	}
	return "", false
}

// account is the one account that a provider may work in. Providers have their lists as
// JSON in the state of some languages.
func account(allowed resource.PropertyValue) (id string, known bool) {
	var list []string
	switch {
	case allowed.IsString() && json.Unmarshal([]byte(allowed.StringValue()), &list) == nil && len(list) == 1:
		return list[0], true
	case allowed.IsArray() && len(allowed.ArrayValue()) == 1:
		return text(allowed.ArrayValue()[0])
	}
	return "", false
}

// text is a simple value as it is in an id; ok is false for none.
func text(value resource.PropertyValue) (simple string, ok bool) {
	switch {
	case value.IsSecret():
		return text(value.SecretValue().Element)
	case value.IsOutput() && value.OutputValue().Known:
		return text(value.OutputValue().Element)
	case value.IsString(), value.IsBool(), value.IsNumber():
		simple = fmt.Sprint(value.V)
	}
	return simple, simple != ""
}
