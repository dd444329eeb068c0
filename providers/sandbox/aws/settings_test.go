package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSettingsAreOverwritten makes sure that a second resource for one bucket or queue takes
// the place of the first without a word, and that deleting the first then loses the setting.
func TestSettingsAreOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"public access", "bucket policy", "versioning", "lifecycle", "queue policy"} {
		first := w.made[name]
		second := w.MustCreate(first.Type, "second "+name, first.Inputs)
		assert.Equal(t, first.ID, second.ID, name)
		first.MustDelete()
		_, state, err := second.Read()
		require.NoError(t, err)
		assert.Nil(t, state, "%s: the setting is gone", name)
	}
}

// TestBucketNames makes sure that the way a bucket's name is given replaces it, which the
// provider does although the name stays.
func TestBucketNames(t *testing.T) {
	t.Parallel()
	_, provider := newAWS(t)
	prefixed := provider.MustCreate(bucketType, "prefixed", fields{"bucketPrefix": "ptd-main-"})
	name := prefixed.Text("bucket")
	_, replacing := prefixed.Diff(fields{"bucketPrefix": nil, "bucket": name})
	assert.Equal(t, []string{"bucketPrefix"}, replacing)
	prefixed.Refresh()
	changed, _ := prefixed.Diff(nil)
	assert.Empty(t, changed)

	named := provider.MustCreate(bucketType, "named", fields{"bucket": "ptd-named"})
	_, replacing = named.Diff(fields{"bucketPrefix": "ptd-", "bucket": nil})
	assert.Equal(t, []string{"bucketPrefix"}, replacing)

	encryption := fields{"rule": fields{"applyServerSideEncryptionByDefault": fields{"sseAlgorithm": "aws:kms"}}}
	named.MustUpdate(fields{"serverSideEncryptionConfiguration": encryption, "versioning": fields{"enabled": true}})
	changed, _ = named.Diff(fields{"serverSideEncryptionConfiguration": nil, "versioning": nil, "acl": "private"})
	assert.Empty(t, changed, "computed, and a default")
}

func TestVersioningIsNotDisabled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	versioning := w.of(versioningType)
	disabled := fields{"versioningConfiguration": fields{"status": "Disabled"}}
	_, err := versioning.PreviewUpdate(disabled)
	assert.EqualError(t, err, "versioning_configuration.status cannot be updated from 'Enabled' to 'Disabled'")
	assert.EqualError(t, versioning.Update(disabled), "versioning_configuration.status cannot be updated from 'Enabled' to 'Disabled'")
	versioning.MustDelete()
	_, state, err := w.of(bucketType).Read()
	require.NoError(t, err)
	assert.Equal(t, "Suspended", state["versioningStatus"])
}

func TestKeysAndSecretsDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	changed, _ := w.of(keyType).Diff(fields{"keyUsage": "ENCRYPT_DECRYPT", "customerMasterKeySpec": "SYMMETRIC_DEFAULT", "description": nil})
	assert.Empty(t, changed)
	changed, _ = w.of(aliasType).Diff(fields{"targetKeyId": w.arn("key")})
	assert.Empty(t, changed)
	changed, _ = w.of(aliasType).Diff(fields{"targetKeyId": "another"})
	assert.Equal(t, []string{"targetKeyId"}, changed)
	assert.Regexp(t, `^`+w.id("secret")+`\|[0-9a-f]{32}$`, w.id("secret version"))

	_, provider := newAWS(t)
	secret := provider.MustCreate(secretType, "main", fields{"name": "main"})
	secret.MustDelete()
	provider.Refuses(secretType, "main", fields{"name": "main"},
		"InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.")
	provider.MustCreate(secretType, "other", fields{"name": "other", "recoveryWindowInDays": 0.0}).MustDelete()
	provider.MustCreate(secretType, "other", fields{"name": "other"})
}

func TestRulesAndQueuesDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rule := w.MustCreate(eventRuleType, "other", fields{"name": "other", "eventPattern": `{"source": ["aws.ec2"], "detail-type": ["a"]}`})
	changed, _ := rule.Diff(fields{"eventPattern": `{"detail-type":["a"],"source":["aws.ec2"]}`})
	assert.Empty(t, changed)
	changed, _ = rule.Diff(fields{"eventPattern": `{"detail-type":["b"],"source":["aws.ec2"]}`})
	assert.Equal(t, []string{"eventPattern"}, changed)
	statement := `"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":`
	policy := w.MustCreate(queuePolicyType, "other", fields{"queueUrl": w.id("queue"), "policy": `{"Version":"2012-10-17","Statement":[{` + statement + `"q"}]}`})
	changed, _ = policy.Diff(fields{"policy": `{"Statement": [{` + statement + `["q"]}], "Version": "2012-10-17"}`})
	assert.Empty(t, changed)
}
