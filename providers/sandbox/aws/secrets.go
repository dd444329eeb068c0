package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	secretType        = "aws:secretsmanager/secret:Secret"
	secretVersionType = "aws:secretsmanager/secretVersion:SecretVersion"
	keyType           = "aws:kms/key:Key"
	aliasType         = "aws:kms/alias:Alias"
)

func secrets() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		secretType: {
			Args: shape(secretsmanager.SecretArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix"}, Outputs: []string{"arn", "tagsAll"},
			Unique: rule.Unique("ResourceExistsException: The operation failed because the secret %s already exists.", "name"),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				made := newSecret(o.Account, o.Region, name, "", nil)
				o.ID = made.ID
				o.Outputs["arn"] = made.ID
				return err
			},
		},
		secretVersionType: {
			Args: shape(secretsmanager.SecretVersionArgs{}), Replace: []string{"secretId", "secretString"}, Secret: []string{"secretString"},
			Outputs:    []string{"arn", "versionId"},
			References: []sandbox.Reference{rule.Reference("secretId", secretType, "ResourceNotFoundException: Secrets Manager can't find the specified secret %s")},
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("", 32)
				o.Outputs["versionId"] = o.ID
				return nil
			},
		},
		keyType: {
			Args: shape(kms.KeyArgs{}), Replace: []string{"customerMasterKeySpec", "keyUsage", "multiRegion"}, Outputs: []string{"arn", "keyId", "tagsAll"},
			Check: rule.All(policyDocument("policy", "Principal", 32768), rule.Between("deletionWindowInDays", 7, 30),
				rule.Between("rotationPeriodInDays", 90, 2560),
				rule.OneOf("keyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")),
			Create: func(o *sandbox.Operation) error {
				o.ID = uuid(o.NewID("", 32))
				o.Outputs["arn"], o.Outputs["keyId"] = arn(o, "kms", "key/"+o.ID), o.ID
				return nil
			},
		},
		aliasType: {
			Args: shape(kms.AliasArgs{}), AutoName: "name", Replace: []string{"name"}, Outputs: []string{"arn", "targetKeyArn"},
			References: []sandbox.Reference{rule.Reference("targetKeyId", keyType, "NotFoundException: Key %s does not exist")},
			Unique:     rule.Unique("AlreadyExistsException: An alias with the name %s already exists", "name"),
			Check:      rule.Matches("name", `^alias/`, "does not begin with alias/"),
			Create:     named("name", "kms", ""),
		},
	}
}

// newSecret builds the object of a secret.
func newSecret(account, region, name, value string, tags map[string]any) *sandbox.Object {
	id := fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s", region, account, name, sandbox.Digest(6, account, region, name))
	object := &sandbox.Object{
		Provider: "aws", Type: secretType, ID: id, Account: account, Region: region,
		Inputs:  map[string]any{"name": name},
		Outputs: map[string]any{"arn": id, "secretString": value, "versionId": version(value, 0), "revision": 0.0},
	}
	if tags != nil {
		object.Inputs["tags"] = tags
	}
	return object
}

// version names a version of a secret: the revision keeps apart versions of one value.
func version(value string, revision float64) string {
	return uuid(sandbox.Digest(32, value, fmt.Sprint(revision)))
}

func uuid(digits string) string {
	return strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]}, "-")
}
