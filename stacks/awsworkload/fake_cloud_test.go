package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

const testAccount = "123456789012"

var (
	errDenied    = errors.New("access denied")
	errThrottled = errors.New("rate exceeded")
)

// fakeAccount is an account in memory. fail makes a call fail: its key is the name of
// the call, or the name and the object ("GetSecret demo.posit.team"). A write in a
// test that allows none fails the test.
type fakeAccount struct {
	t        *testing.T
	identity aws.Identity
	readOnly bool
	fail     map[string]error
	writes   []string

	buckets  map[string]aws.BucketSettings
	taken    []string // names of buckets in other accounts
	keys     map[string]*fakeKey
	policies map[string]aws.Policy
	secrets  map[string]fakeSecret
	// beforePut runs before each write of a secret, as another writer would.
	beforePut func(name string)
}

type fakeKey struct {
	aws.Key
	tags map[string]string
}

type fakeSecret struct {
	value   string
	version int
	tags    map[string]string
}

func newFakeAccount(t *testing.T) *fakeAccount {
	return &fakeAccount{
		t: t, identity: aws.Identity{AccountID: testAccount, ARN: "arn:aws:sts::" + testAccount + ":assumed-role/admin.posit.team/me"},
		fail: map[string]error{}, buckets: map[string]aws.BucketSettings{}, keys: map[string]*fakeKey{},
		policies: map[string]aws.Policy{}, secrets: map[string]fakeSecret{},
	}
}

func (f *fakeAccount) read(call, object string) error {
	if err, ok := f.fail[call+" "+object]; ok {
		return err
	}
	return f.fail[call]
}

func (f *fakeAccount) write(call, object string) error {
	f.t.Helper()
	if f.readOnly {
		f.t.Errorf("%s %s in a dry run", call, object)
	}
	if err := f.read(call, object); err != nil {
		return err
	}
	f.writes = append(f.writes, call+" "+object)
	return nil
}

func (f *fakeAccount) Identity(context.Context) (aws.Identity, error) {
	return f.identity, f.read("Identity", "")
}
func (f *fakeAccount) Buckets() aws.Buckets           { return fakeBuckets{f} }
func (f *fakeAccount) Databases() aws.Databases       { return nil }
func (f *fakeAccount) Keys() aws.Keys                 { return fakeKeys{f} }
func (f *fakeAccount) Clusters() aws.Clusters         { return nil }
func (f *fakeAccount) MountTargets() aws.MountTargets { return fakeMountTargets{} }
func (f *fakeAccount) Policies() aws.Policies         { return fakePolicies{f} }
func (f *fakeAccount) Secrets() aws.Secrets           { return fakeSecrets{f} }

type fakeBuckets struct{ *fakeAccount }

func (f fakeBuckets) HeadBucket(_ context.Context, bucket string) error {
	if err := f.read("HeadBucket", bucket); err != nil {
		return err
	}
	if _, ok := f.buckets[bucket]; !ok {
		return aws.ErrNotFound
	}
	return nil
}

func (f fakeBuckets) CreateBucket(_ context.Context, bucket string) error {
	if err := f.write("CreateBucket", bucket); err != nil {
		return err
	}
	if slices.Contains(f.taken, bucket) {
		return aws.ErrExists
	}
	f.buckets[bucket] = aws.BucketSettings{}
	return nil
}

func (f fakeBuckets) BucketSettings(_ context.Context, bucket string) (aws.BucketSettings, error) {
	return f.buckets[bucket], f.read("BucketSettings", bucket)
}

func (f fakeBuckets) set(call, bucket string, change func(*aws.BucketSettings)) error {
	if err := f.write(call, bucket); err != nil {
		return err
	}
	settings, ok := f.buckets[bucket]
	if !ok {
		return aws.ErrNotFound
	}
	change(&settings)
	f.buckets[bucket] = settings
	return nil
}

func (f fakeBuckets) PutBucketVersioning(_ context.Context, bucket string) error {
	return f.set("PutBucketVersioning", bucket, func(s *aws.BucketSettings) { s.Versioned = true })
}

func (f fakeBuckets) PutBucketEncryption(_ context.Context, bucket, key string) error {
	if key == "" {
		return errors.New("no key")
	}
	return f.set("PutBucketEncryption", bucket, func(s *aws.BucketSettings) { s.KMSKey = key })
}

func (f fakeBuckets) PutPublicAccessBlock(_ context.Context, bucket string) error {
	return f.set("PutPublicAccessBlock", bucket, func(s *aws.BucketSettings) { s.PublicAccessBlocked = true })
}

func (f fakeBuckets) PutBucketPolicy(_ context.Context, bucket, document string) error {
	return f.set("PutBucketPolicy", bucket, func(s *aws.BucketSettings) { s.Policy = document })
}

func (f fakeBuckets) PutBucketTags(_ context.Context, bucket string, tags map[string]string) error {
	return f.set("PutBucketTags", bucket, func(s *aws.BucketSettings) { s.Tags = tags })
}

type fakeKeys struct{ *fakeAccount }

func (f fakeKeys) DescribeKey(_ context.Context, name string) (aws.Key, error) {
	if err := f.read("DescribeKey", name); err != nil {
		return aws.Key{}, err
	}
	for _, key := range f.keys {
		if key.ID == name || key.ARN == name || slices.Contains(key.Aliases, name) {
			return key.Key, nil
		}
	}
	return aws.Key{}, aws.ErrNotFound
}

func (f fakeKeys) FindKeys(_ context.Context, tags map[string]string) ([]aws.Key, error) {
	if err := f.read("FindKeys", ""); err != nil {
		return nil, err
	}
	var found []aws.Key
	for _, id := range slices.Sorted(maps.Keys(f.keys)) {
		key := f.keys[id]
		matches := key.Enabled
		for name, value := range tags {
			matches = matches && key.tags[name] == value
		}
		if matches {
			found = append(found, key.Key)
		}
	}
	return found, nil
}

func (f fakeKeys) CreateKey(_ context.Context, _ string, tags map[string]string) (aws.Key, error) {
	if err := f.write("CreateKey", ""); err != nil {
		return aws.Key{}, err
	}
	id := fmt.Sprintf("key-%d", len(f.keys)+1)
	f.keys[id] = &fakeKey{aws.Key{ID: id, ARN: "arn:aws:kms:us-east-2:" + testAccount + ":key/" + id, Enabled: true}, tags}
	return f.keys[id].Key, nil
}

func (f fakeKeys) EnableKeyRotation(_ context.Context, id string) error {
	if err := f.write("EnableKeyRotation", id); err != nil {
		return err
	}
	f.keys[id].Rotation = true
	return nil
}

func (f fakeKeys) CreateAlias(_ context.Context, alias, id string) error {
	if err := f.write("CreateAlias", alias); err != nil {
		return err
	}
	f.keys[id].Aliases = append(f.keys[id].Aliases, alias)
	return nil
}

type fakePolicies struct{ *fakeAccount }

func (f fakePolicies) GetPolicy(_ context.Context, arn string) (aws.Policy, error) {
	if err := f.read("GetPolicy", arn); err != nil {
		return aws.Policy{}, err
	}
	policy, ok := f.policies[arn]
	if !ok {
		return aws.Policy{}, aws.ErrNotFound
	}
	return policy, nil
}

func (f fakePolicies) CreatePolicy(_ context.Context, name, _, document string, _ map[string]string) (aws.Policy, error) {
	if err := f.write("CreatePolicy", name); err != nil {
		return aws.Policy{}, err
	}
	arn := config.AdminPolicyARN(f.identity.AccountID)
	f.policies[arn] = aws.Policy{ARN: arn, Name: name, Document: document}
	return f.policies[arn], nil
}

type fakeSecrets struct{ *fakeAccount }

func (f fakeSecrets) GetSecret(_ context.Context, name string) (aws.Secret, error) {
	if err := f.read("GetSecret", name); err != nil {
		return aws.Secret{}, err
	}
	secret, ok := f.secrets[name]
	if !ok {
		return aws.Secret{}, aws.ErrNotFound
	}
	return aws.Secret{Value: secret.value, Version: fmt.Sprint(secret.version)}, nil
}

func (f fakeSecrets) CreateSecret(_ context.Context, name, value string, tags map[string]string) error {
	if err := f.write("CreateSecret", name); err != nil {
		return err
	}
	if _, ok := f.secrets[name]; ok {
		return aws.ErrExists
	}
	f.secrets[name] = fakeSecret{value, 1, tags}
	return nil
}

func (f fakeSecrets) PutSecret(_ context.Context, name, value, ifVersion string) error {
	if f.beforePut != nil {
		f.beforePut(name)
	}
	secret, ok := f.secrets[name]
	if !ok {
		return aws.ErrNotFound
	}
	if fmt.Sprint(secret.version) != ifVersion {
		return aws.ErrConflict
	}
	if err := f.write("PutSecret", name); err != nil {
		return err
	}
	f.secrets[name] = fakeSecret{value, secret.version + 1, secret.tags}
	return nil
}

// fakeCloud hands out one account.
type fakeCloud struct {
	*fakeAccount
	id, region string
}

func (f fakeCloud) Account(_ context.Context, id, region string) (aws.Account, error) {
	if id != f.id || region != f.region {
		return nil, fmt.Errorf("unexpected account %s in %s", id, region)
	}
	return f.fakeAccount, f.read("Account", id)
}

// summary lists changes as "operation name [keys]".
func summary(changes []Change) []string {
	var lines []string
	for _, change := range changes {
		line := string(change.Operation) + " " + change.Name
		if change.Planned {
			line = "would " + line
		}
		if len(change.Keys) > 0 {
			line += fmt.Sprint(" ", change.Keys)
		}
		lines = append(lines, line)
	}
	return lines
}
