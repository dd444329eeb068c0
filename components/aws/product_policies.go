package aws

import (
	"fmt"
	"strings"
)

// ReadSecretsPolicy lets its holder read the secrets with the given names, of one
// account and region; * stands for any text. An ARN stands for itself. The list of all secrets, which cannot be
// narrowed, gives names and no values.
//
// (docs/reference/aws-workload-apps.md 7.4, 15 point 1)
func ReadSecretsPolicy(region, accountID string, names ...string) PolicyDocument {
	resources := make([]string, len(names))
	for i, name := range names {
		if strings.HasPrefix(name, "arn:") {
			resources[i] = name
			continue
		}
		// Secrets Manager ends an ARN with a hyphen and six characters of its own.
		resources[i] = fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-??????", region, accountID, name)
	}
	return NewPolicyDocument(
		PolicyStatement{Action: Actions("secretsmanager", "Get*", "Describe*"), Resource: resources},
		PolicyStatement{Action: Actions("secretsmanager", "ListSecrets"), Resource: []string{"*"}},
	)
}

// BedrockPolicy lets its holder use every model and knowledge base of the account.
// (docs/reference/aws-workload-apps.md 7.4)
func BedrockPolicy() PolicyDocument {
	return NewPolicyDocument(PolicyStatement{
		Action:   Actions("bedrock", "Get*", "List*", "Retrieve", "RetrieveAndGenerate", "ApplyGuardrail", "Invoke*"),
		Resource: []string{"*"},
	})
}

// ElasticFileSystemPolicy lets its holder mount a file system and write to it, if
// accessPointID is not "" through that access point only.
// (docs/reference/aws-workload-apps.md 7.4)
func ElasticFileSystemPolicy(region, accountID, fileSystemID, accessPointID string) PolicyDocument {
	prefix := fmt.Sprintf("arn:aws:elasticfilesystem:%s:%s:", region, accountID)
	mount := PolicyStatement{
		Action:   Actions("elasticfilesystem", "ClientMount", "ClientWrite"),
		Resource: []string{prefix + "file-system/" + fileSystemID},
	}
	if accessPointID != "" {
		mount.Condition = map[string]map[string][]string{
			"StringEquals": {"elasticfilesystem:AccessPointArn": {prefix + "access-point/" + accessPointID}},
		}
	}
	return NewPolicyDocument(mount, PolicyStatement{
		Action:   Actions("elasticfilesystem", "DescribeFileSystems", "DescribeMountTargets"),
		Resource: []string{"*"},
	})
}
