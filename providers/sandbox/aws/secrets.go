package aws

import (
	"errors"
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
			Computed: []string{"policy"}, Equal: meanings(samePolicy, "policy"),
			Unread:   []string{"recoveryWindowInDays", "forceOverwriteReplicaSecret"},
			Defaults: map[string]any{"recoveryWindowInDays": 30.0, "forceOverwriteReplicaSecret": false},
			Admit:    admitSecret, Delete: deleteSecret,
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
			Args: shape(secretsmanager.SecretVersionArgs{}), Replace: []string{"secretId", "secretString", "secretBinary"}, Secret: []string{"secretString"},
			Outputs:    []string{"arn", "versionId"},
			References: []sandbox.Reference{rule.Reference("secretId", secretType, "ResourceNotFoundException: Secrets Manager can't find the specified secret %s")},
			Create: func(o *sandbox.Operation) error {
				version := o.NewID("", 32)
				o.ID, o.Outputs["versionId"] = fmt.Sprintf("%v|%s", o.Inputs["secretId"], version), version
				return nil
			},
		},
		keyType: {
			Args:     shape(kms.KeyArgs{}),
			Replace:  []string{"customerMasterKeySpec", "keyUsage", "multiRegion", "customKeyStoreId", "xksKeyId"},
			Computed: []string{"description", "multiRegion", "policy", "rotationPeriodInDays"}, Equal: meanings(samePolicy, "policy"),
			Unread: []string{"bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"},
			Defaults: map[string]any{
				"customerMasterKeySpec": "SYMMETRIC_DEFAULT", "keyUsage": "ENCRYPT_DECRYPT", "isEnabled": true, "enableKeyRotation": false,
				"bypassPolicyLockoutSafetyCheck": false,
			},
			Outputs: []string{"arn", "keyId", "tagsAll"},
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
			Args: shape(kms.AliasArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix"}, Outputs: []string{"arn", "targetKeyArn"},
			Equal:      meanings(sameKey, "targetKeyId"),
			References: []sandbox.Reference{rule.Reference("targetKeyId", keyType, "NotFoundException: Key %s does not exist")},
			Unique:     rule.Unique("AlreadyExistsException: An alias with the name %s already exists", "name"),
			Check:      rule.Matches("name", `^alias/`, "does not begin with alias/"),
			Create:     named("name", "kms", ""),
		},
	}
}

// deletedType is that of secrets which wait for their deletion, and keep their name until then.
const deletedType = "aws:secretsmanager/secret:DeletedSecret"

// admitSecret refuses the name of a secret that waits for its deletion. The provider tries again
// for a little while, which is less than the shortest window of 7 days.
func admitSecret(o *sandbox.Operation, preview bool) error {
	name, given := o.Inputs.Text("name")
	if preview || !given {
		return nil
	}
	for _, deleted := range o.Cloud.OfType(deletedType) {
		if deleted.Account == o.Account && deleted.Region == o.Region && deleted.Name() == name {
			//lint:ignore ST1005 the words of Secrets Manager
			return errors.New("InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.")
		}
	}
	return nil
}

// deleteSecret leaves a secret to its recovery window, which is what the state says.
func deleteSecret(o *sandbox.Operation) error {
	window, given := o.Inputs.Number("recoveryWindowInDays")
	if given && window == 0 || strings.HasPrefix(o.Old.Name(), "rds!") {
		return nil
	}
	return o.Cloud.Put(&sandbox.Object{
		Provider: "aws", Type: deletedType, ID: o.ID, Account: o.Account, Region: o.Region,
		Inputs: map[string]any{"name": o.Old.Name(), "recoveryWindowInDays": window},
	})
}

// sameKey compares the ids and ARNs of keys.
func sameKey(old, new any) bool {
	id := func(name any) string { return text(name)[strings.LastIndexByte(text(name), '/')+1:] }
	return id(old) == id(new)
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
