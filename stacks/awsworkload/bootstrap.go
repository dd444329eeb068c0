package awsworkload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/secret"
)

// Bootstrap makes what must exist before the first stack: the state key, the state
// bucket, the admin policy (when asked for), the workload secret and each site's
// three secrets (docs/reference/aws-workload-base.md 2). What exists is completed, never
// overwritten: a bucket's own policy or encryption and every existing secret stay as they are.
// It stops at the first error; running it again goes on from there.
func Bootstrap(ctx context.Context, account aws.Account, workload *config.AWSWorkload, dryRun bool) ([]Change, error) {
	if err := checkIdentity(ctx, account, workload.AccountID); err != nil {
		return nil, fmt.Errorf("bootstrap %s: %w", workload.Name, err)
	}
	b := &bootstrap{account: account, workload: workload, dryRun: dryRun}
	steps := []func(context.Context) error{b.findBucket, b.stateKey, b.stateBucket, b.adminPolicy, b.secrets}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return b.changes, fmt.Errorf("bootstrap %s: %w", workload.Name, err)
		}
	}
	return b.changes, nil
}

// checkIdentity fails when the credentials belong to another account than wanted.
func checkIdentity(ctx context.Context, account aws.Account, accountID string) error {
	identity, err := account.Identity(ctx)
	if err != nil {
		return fmt.Errorf("find out whose credentials these are: %w", err)
	}
	if identity.AccountID != accountID {
		return fmt.Errorf("the credentials (%s) are of account %s, but the configuration names account %s: correct account_id or use other credentials",
			identity.ARN, identity.AccountID, accountID)
	}
	return nil
}

type bootstrap struct {
	account  aws.Account
	workload *config.AWSWorkload
	dryRun   bool

	bucket  bool   // whether the state bucket exists
	keyARN  string // "" while the key does not exist
	changes []Change
}

func (b *bootstrap) report(change Change) {
	slices.Sort(change.Keys)
	change.Planned = b.dryRun && change.Operation != Same
	b.changes = append(b.changes, change)
}

// findBucket looks for the state bucket before anything is made: with the region or account of
// another target, there would be a key in the wrong place. A target does not move between
// regions: all that its state names is where the bucket is.
func (b *bootstrap) findBucket(ctx context.Context) error {
	name := b.workload.StateBucket()
	err := b.account.Buckets().HeadBucket(ctx, name)
	var elsewhere *aws.ElsewhereError
	switch {
	case err == nil:
		b.bucket = true
	case errors.Is(err, aws.ErrNotFound):
	case errors.As(err, &elsewhere):
		return fmt.Errorf("state bucket %s is in region %s, with what the state names, but the configuration says region %s: "+
			"a target does not move between regions: set region: %s, or give the new target a name of its own",
			name, elsewhere.Region, b.workload.Region, elsewhere.Region)
	default:
		return fmt.Errorf("look for state bucket %s (when access is denied, the bucket may belong to another account): %w", name, err)
	}
	return nil
}

// stateKey makes the KMS key and its alias. A key that an interrupted run made is
// recognised by its tags and gets the alias, so that there is never a second one.
func (b *bootstrap) stateKey(ctx context.Context) error {
	keys := b.account.Keys()
	key, err := keys.DescribeKey(ctx, config.StateKeyAlias)
	if err == nil {
		if !key.Enabled {
			return fmt.Errorf("state key %s (%s) is disabled or scheduled for deletion: state could not be read: enable it", config.StateKeyAlias, key.ID)
		}
		change := Change{Operation: Same, Type: keyType, Name: config.StateKeyAlias}
		if !key.Rotation {
			change.Note = "rotation is off"
		}
		b.keyARN = key.ARN
		b.report(change)
		return nil
	}
	if !errors.Is(err, aws.ErrNotFound) {
		return fmt.Errorf("look for state key %s: %w", config.StateKeyAlias, err)
	}

	tags := map[string]string{config.TagManagedBy: "admin", "posit.team/purpose": "state-encryption"}
	made, err := keys.FindKeys(ctx, tags)
	if err != nil {
		return fmt.Errorf("look for a state key without its alias: %w", err)
	}
	made = slices.DeleteFunc(made, func(key aws.Key) bool { return len(key.Aliases) > 0 })
	change := Change{Operation: Create, Type: keyType, Name: config.StateKeyAlias, Keys: []string{"alias", "key", "rotation"}}
	switch len(made) {
	case 0:
	case 1:
		key = made[0]
		change.Operation, change.Keys = Update, []string{"alias", "rotation"}
		change.Note = "key " + key.ID + " of an interrupted run gets its alias"
	default:
		return fmt.Errorf("%d keys without an alias are tagged as state keys (%s): give %s to the one in use, or delete all but one",
			len(made), strings.Join(keyIDs(made), ", "), config.StateKeyAlias)
	}
	if b.dryRun {
		b.report(change)
		return nil
	}

	if change.Operation == Create {
		if key, err = keys.CreateKey(ctx, "", tags); err != nil {
			return fmt.Errorf("create state key: %w", err)
		}
	}
	if err := keys.CreateAlias(ctx, config.StateKeyAlias, key.ID); err != nil {
		return fmt.Errorf("give key %s the alias %s: %w", key.ID, config.StateKeyAlias, err)
	}
	b.keyARN = key.ARN
	// The admin policy does not allow this call, other credentials may: the key is
	// complete without it.
	if err := keys.EnableKeyRotation(ctx, key.ID); err != nil {
		change.Keys = slices.DeleteFunc(change.Keys, func(key string) bool { return key == "rotation" })
		change.Note = joinNotes(change.Note, fmt.Sprintf("rotation was not enabled: %v", err))
	}
	b.report(change)
	return nil
}

func keyIDs(keys []aws.Key) []string {
	ids := make([]string, 0, len(keys))
	for _, key := range keys {
		ids = append(ids, key.ID)
	}
	slices.Sort(ids)
	return ids
}

// stateBucket makes the bucket of the Pulumi state and completes its settings.
func (b *bootstrap) stateBucket(ctx context.Context) error {
	buckets, name := b.account.Buckets(), b.workload.StateBucket()
	change := Change{Operation: Same, Type: bucketType, Name: name}
	var settings aws.BucketSettings
	if !b.bucket {
		change.Operation = Create
	} else {
		var err error
		if settings, err = buckets.BucketSettings(ctx, name); err != nil {
			return fmt.Errorf("read settings of state bucket %s: %w", name, err)
		}
	}
	if change.Operation == Create && !b.dryRun {
		if err := buckets.CreateBucket(ctx, name); errors.Is(err, aws.ErrExists) {
			return fmt.Errorf("create state bucket %s: the name is in use, and not by account %s: %w", name, b.workload.AccountID, err)
		} else if err != nil {
			return fmt.Errorf("create state bucket %s: %w", name, err)
		}
	}

	for _, setting := range b.missingSettings(name, settings, &change) {
		change.Keys = append(change.Keys, setting.name)
		if b.dryRun {
			continue
		}
		if err := setting.put(ctx, buckets); err != nil {
			return fmt.Errorf("set %s of state bucket %s: %w", setting.name, name, err)
		}
	}
	if change.Operation == Same && len(change.Keys) > 0 {
		change.Operation = Update
	}
	b.report(change)
	return nil
}

type bucketSetting struct {
	name string
	put  func(context.Context, aws.Buckets) error
}

// missingSettings lists what the bucket lacks, and notes what its owner chose
// differently.
func (b *bootstrap) missingSettings(bucket string, has aws.BucketSettings, change *Change) []bucketSetting {
	var missing []bucketSetting
	add := func(name string, put func(context.Context, aws.Buckets) error) {
		missing = append(missing, bucketSetting{name, put})
	}
	if !has.PublicAccessBlocked {
		add("publicAccessBlock", func(ctx context.Context, buckets aws.Buckets) error {
			return buckets.PutPublicAccessBlock(ctx, bucket)
		})
	}
	switch {
	case has.Policy == "":
		add("policy", func(ctx context.Context, buckets aws.Buckets) error {
			return buckets.PutBucketPolicy(ctx, bucket, tlsOnlyPolicy(bucket))
		})
	case !strings.Contains(has.Policy, "aws:SecureTransport"):
		change.Note = joinNotes(change.Note, "the bucket's own policy, which allows plain HTTP, was left")
	}
	switch has.KMSKey {
	case "":
		add("encryption", func(ctx context.Context, buckets aws.Buckets) error {
			return buckets.PutBucketEncryption(ctx, bucket, b.keyARN)
		})
	case config.StateKeyAlias, b.keyARN:
	default:
		change.Note = joinNotes(change.Note, "the bucket's own encryption key was left")
	}
	if !has.Versioned {
		add("versioning", func(ctx context.Context, buckets aws.Buckets) error {
			return buckets.PutBucketVersioning(ctx, bucket)
		})
	}
	if _, ok := has.Tags[config.TagManagedBy]; !ok {
		add("tags", func(ctx context.Context, buckets aws.Buckets) error {
			tags := map[string]string{config.TagManagedBy: "admin"}
			maps.Copy(tags, has.Tags)
			return buckets.PutBucketTags(ctx, bucket, tags)
		})
	}
	return missing
}

// tlsOnlyPolicy denies every request to the bucket that does not come by TLS.
func tlsOnlyPolicy(bucket string) string {
	arn := "arn:aws:s3:::" + bucket
	return `{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["` + arn + `","` + arn + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
}

// adminPolicy makes the permissions boundary. An existing one is never changed: it
// bounds the very role that would change it.
func (b *bootstrap) adminPolicy(ctx context.Context) error {
	if !b.workload.CreateAdminPolicyAsResource {
		return nil
	}
	document, err := AdminPolicyDocument(b.workload.AccountID)
	if err != nil {
		return err
	}
	change := Change{Operation: Same, Type: policyType, Name: config.AdminPolicyName}
	existing, err := b.account.Policies().GetPolicy(ctx, b.workload.BoundaryARN())
	switch {
	case errors.Is(err, aws.ErrNotFound):
		change.Operation, change.Keys = Create, []string{"document"}
	case err != nil:
		return fmt.Errorf("look for policy %s: %w", config.AdminPolicyName, err)
	case !sameJSON(existing.Document, document):
		change.Note = "its document differs from the one of this version of ptd, and was left"
	}
	if change.Operation == Create && !b.dryRun {
		_, err := b.account.Policies().CreatePolicy(ctx, config.AdminPolicyName,
			"Admin policy for Posit Team Dedicated - created by bootstrap", document,
			map[string]string{config.TagManagedBy: "ptd-bootstrap"})
		if errors.Is(err, aws.ErrExists) { // another run was faster
			change.Operation, change.Keys = Same, nil
		} else if err != nil {
			return fmt.Errorf("create policy %s: %w", config.AdminPolicyName, err)
		}
	}
	b.report(change)
	return nil
}

func sameJSON(a, b string) bool {
	var left, right any
	return json.Unmarshal([]byte(a), &left) == nil && json.Unmarshal([]byte(b), &right) == nil &&
		reflect.DeepEqual(left, right)
}

// secrets makes the secrets that are absent, sites in order of their names.
func (b *bootstrap) secrets(ctx context.Context) error {
	keys := slices.Collect(maps.Keys(WorkloadSecretIn{}.values()))
	workload := func() (map[string]string, error) {
		empty := map[string]string{}
		for _, key := range keys {
			empty[key] = ""
		}
		return empty, nil
	}
	if err := b.secret(ctx, b.workload.WorkloadSecretName(), keys, workload); err != nil {
		return err
	}
	empty := func() (map[string]string, error) { return map[string]string{}, nil }
	for site := range b.workload.SortedSites() {
		if err := b.made(secret.MakeSite(ctx, b.keys(b.workload.SiteSecretName(site)), site, b.dryRun)); err != nil {
			return err
		}
		for _, name := range []string{b.workload.SiteSessionSecretName(site), b.workload.SSHVaultName(site)} {
			if err := b.secret(ctx, name, nil, empty); err != nil {
				return err
			}
		}
	}
	return nil
}

// secret makes one secret unless it exists.
func (b *bootstrap) secret(ctx context.Context, name string, keys []string, first func() (map[string]string, error)) error {
	return b.made(b.keys(name).Make(ctx, keys, first, b.dryRun))
}

// keys is a secret in the workload's account.
func (b *bootstrap) keys(name string) secret.Keys {
	return secret.Object{Store: b.account.Secrets(), Name: name, Type: secretType}
}

func (b *bootstrap) made(change Change, err error) error {
	if err == nil {
		b.report(change)
	}
	return err
}

// joinNotes puts two notes into one.
func joinNotes(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(note string) bool { return note == "" }), "; ")
}
