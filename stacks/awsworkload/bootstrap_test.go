package awsworkload

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

var demo = &config.AWSWorkload{
	WorkloadCommon: config.WorkloadCommon{Name: "demo01-staging"}, AccountID: testAccount,
	Sites: map[string]config.AWSSite{"second": {}, "main": {}}, CreateAdminPolicyAsResource: true,
}

const demoBucket = "ptd-demo01-staging"

func bootstrapped(t *testing.T) *fakeAccount {
	t.Helper()
	account := newFakeAccount(t)
	if _, err := Bootstrap(t.Context(), account, demo, false); err != nil {
		t.Fatal(err)
	}
	account.writes = nil
	return account
}

var demoObjects = []string{
	config.StateKeyAlias, demoBucket, config.AdminPolicyName, "demo01-staging.posit.team",
	"demo01-staging-main.posit.team", "demo01-staging-main.sessions.posit.team", "demo01-staging-main-ssh-ppm-keys.posit.team",
	"demo01-staging-second.posit.team", "demo01-staging-second.sessions.posit.team", "demo01-staging-second-ssh-ppm-keys.posit.team",
}

func TestBootstrapOfAnEmptyAccount(t *testing.T) {
	t.Parallel()
	planning := newFakeAccount(t)
	planning.readOnly = true
	planned, err := Bootstrap(t.Context(), planning, demo, true)
	if err != nil {
		t.Fatal(err)
	}
	account := newFakeAccount(t)
	made, err := Bootstrap(t.Context(), account, demo, false)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i, change := range made {
		names = append(names, change.Name)
		if change.Operation != Create || change.Planned {
			t.Errorf("%s: %+v, want created", change.Name, change)
		}
		if !planned[i].Planned {
			t.Errorf("%s: %+v in a dry run, want planned", change.Name, planned[i])
		}
		planned[i].Planned = false
	}
	assert.Equal(t, demoObjects, names, "objects")
	assert.Equal(t, planned, made, "what was planned is not what was done")

	bucket, key := account.buckets[demoBucket], account.keys["key-1"]
	if !bucket.Versioned || !bucket.PublicAccessBlocked || bucket.KMSKey != key.ARN || bucket.Tags[config.TagManagedBy] != "admin" {
		t.Errorf("state bucket: %+v", bucket)
	}
	if !json.Valid([]byte(bucket.Policy)) || !strings.Contains(bucket.Policy, `"arn:aws:s3:::ptd-demo01-staging/*"`) {
		t.Errorf("policy of the state bucket: %s", bucket.Policy)
	}
	if !key.Rotation || key.tags[config.TagManagedBy] != "admin" || !slices.Equal(key.Aliases, []string{config.StateKeyAlias}) {
		t.Errorf("state key: %+v", key)
	}
	for name, secret := range account.secrets {
		if secret.tags[config.TagManagedBy] != "admin" {
			t.Errorf("secret %s: tags %v", name, secret.tags)
		}
	}

	account.readOnly = true
	again, err := Bootstrap(t.Context(), account, demo, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range again {
		if change.Operation != Same || change.Note != "" {
			t.Errorf("second run: %+v", change)
		}
	}
}

func TestBootstrapSecretsHold(t *testing.T) {
	t.Parallel()
	account := bootstrapped(t)
	read := func(name string) map[string]string {
		values := map[string]string{}
		if err := json.Unmarshal([]byte(account.secrets[name].value), &values); err != nil {
			t.Fatal(err)
		}
		return values
	}
	workload := read("demo01-staging.posit.team")
	if got := slices.Sorted(maps.Keys(workload)); !slices.Equal(got, workloadSecretKeys) {
		t.Errorf("workload secret has the keys %v", got)
	}
	site, other := read("demo01-staging-main.posit.team"), read("demo01-staging-second.posit.team")
	if len(site) != 18 {
		t.Errorf("site secret has %d keys, want 18", len(site))
	}
	generated := map[string]string{
		"dev-db-password": `^[a-zA-Z0-9]{30}$`, "pub-db-password": `^[a-zA-Z0-9]{30}$`, "pkg-db-password": `^[a-zA-Z0-9]{30}$`,
		"keycloak-db-password": `^[a-zA-Z0-9]{30}$`, "pub-secret-key": `^[0-9a-f]+$`, "pkg-secret-key": `^[0-9a-f]+$`,
		"keycloak-db-user": `^main_keycloak$`,
	}
	for key, value := range site {
		pattern, ok := generated[key]
		if !ok {
			pattern = `^$`
		}
		if !regexp.MustCompile(pattern).MatchString(value) {
			t.Errorf("first value of %s does not match %s", key, pattern)
		}
		if strings.HasSuffix(key, "-secret-key") && len(value) != 1024 {
			t.Errorf("first value of %s has %d characters, want 1024", key, len(value))
		}
		if ok && value == other[key] {
			t.Errorf("two sites have the same %s", key)
		}
	}
	for _, name := range []string{"demo01-staging-main.sessions.posit.team", "demo01-staging-main-ssh-ppm-keys.posit.team"} {
		if value := account.secrets[name].value; value != "{}" {
			t.Errorf("secret %s is %q", name, value)
		}
	}
}

// A look-up that fails says nothing about what exists: nothing may be made of it.
func TestBootstrapTellsAbsentFromFailed(t *testing.T) {
	t.Parallel()
	const siteSecret = "GetSecret demo01-staging-main.posit.team"
	for _, call := range []string{
		"Identity", "DescribeKey", "FindKeys", "HeadBucket", "GetPolicy", "GetSecret", siteSecret,
	} {
		for _, failure := range []error{errDenied, errThrottled} {
			t.Run(call+" "+failure.Error(), func(t *testing.T) {
				t.Parallel()
				account := newFakeAccount(t)
				account.fail[call] = failure
				_, err := Bootstrap(t.Context(), account, demo, false)
				if !errors.Is(err, failure) || !strings.Contains(err.Error(), "bootstrap demo01-staging: ") {
					t.Fatalf("error %v, want %v", err, failure)
				}
				made := map[string]string{
					"DescribeKey": "CreateKey", "FindKeys": "CreateKey", "HeadBucket": "CreateBucket", "GetPolicy": "CreatePolicy",
					"GetSecret": "CreateSecret", siteSecret: "CreateSecret demo01-staging-main.posit.team", "Identity": "",
				}[call]
				if slices.ContainsFunc(account.writes, func(write string) bool { return strings.HasPrefix(write, made) }) {
					t.Errorf("after a failed %s it wrote %v", call, account.writes)
				}
			})
		}
	}
}

// Whatever call an earlier run stopped at, the next one completes it, with one key.
func TestBootstrapGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	complete := newFakeAccount(t)
	if _, err := Bootstrap(t.Context(), complete, demo, false); err != nil {
		t.Fatal(err)
	}
	for _, call := range complete.writes {
		if strings.HasPrefix(call, "EnableKeyRotation") {
			continue // not fatal, see TestBootstrapWithoutRotation
		}
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			account := newFakeAccount(t)
			account.fail[call] = errThrottled
			if _, err := Bootstrap(t.Context(), account, demo, false); !errors.Is(err, errThrottled) {
				t.Fatalf("error %v, want %v", err, errThrottled)
			}
			delete(account.fail, call)
			if _, err := Bootstrap(t.Context(), account, demo, false); err != nil {
				t.Fatal(err)
			}
			if len(account.keys) != 1 {
				t.Errorf("%d state keys, want 1", len(account.keys))
			}
			assert.Equal(t, complete.buckets, account.buckets, "bucket")
			if got, want := slices.Sorted(maps.Keys(account.secrets)), slices.Sorted(maps.Keys(complete.secrets)); !slices.Equal(got, want) {
				t.Errorf("secrets %v, want %v", got, want)
			}
		})
	}
}

func TestBootstrapWithoutRotation(t *testing.T) {
	t.Parallel()
	account := newFakeAccount(t)
	account.fail["EnableKeyRotation"] = errDenied
	changes, err := Bootstrap(t.Context(), account, demo, false)
	if err != nil {
		t.Fatal(err)
	}
	if key := changes[0]; !strings.Contains(key.Note, "rotation was not enabled: access denied") || slices.Contains(key.Keys, "rotation") {
		t.Errorf("state key: %+v", key)
	}
}

func TestBootstrapOfExistingObjects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		change  func(*fakeAccount)
		want    string // of the changed object
		note    string
		failure string
	}{
		{"key disabled", func(f *fakeAccount) { f.keys["key-1"].Enabled = false }, "", "", "is disabled"},
		{"key without rotation", func(f *fakeAccount) { f.keys["key-1"].Rotation = false }, "", "rotation is off", ""},
		{
			"several keys without an alias",
			func(f *fakeAccount) {
				f.keys["key-1"].Aliases = nil
				f.keys["key-2"] = &fakeKey{aws.Key{ID: "key-2", Enabled: true}, f.keys["key-1"].tags}
			},
			"", "", "2 keys without an alias are tagged as state keys (key-1, key-2)",
		},
		{
			"foreign key with the admin tag only",
			func(f *fakeAccount) {
				f.keys["key-1"].Aliases = []string{"alias/other"}
				f.keys["key-2"] = &fakeKey{aws.Key{ID: "key-2", Enabled: true}, map[string]string{config.TagManagedBy: "admin"}}
			},
			"create alias/posit-team-dedicated [alias key rotation]", "the bucket's own encryption key was left", "",
		},
		{
			"older bucket",
			func(f *fakeAccount) {
				f.buckets[demoBucket] = aws.BucketSettings{Tags: map[string]string{"owner": "me"}}
			},
			"update ptd-demo01-staging [encryption policy publicAccessBlock tags versioning]", "", "",
		},
		{
			"bucket with its own key and policy",
			func(f *fakeAccount) {
				settings := f.buckets[demoBucket]
				settings.KMSKey, settings.Policy = "arn:own", `{"Statement":[]}`
				f.buckets[demoBucket] = settings
			},
			"", "the bucket's own policy, which allows plain HTTP, was left; the bucket's own encryption key was left", "",
		},
		{
			"bucket of another account", func(f *fakeAccount) {
				delete(f.buckets, demoBucket)
				f.taken = []string{demoBucket}
			}, "", "", "the name is in use, and not by account 123456789012",
		},
		{
			"bucket that denies access", func(f *fakeAccount) { f.fail["HeadBucket"] = errDenied },
			"", "", "may belong to another account",
		},
		{
			"bucket of another region", func(f *fakeAccount) {
				f.fail["HeadBucket"] = &aws.ElsewhereError{Bucket: demoBucket, Region: "eu-west-1"}
				f.fail["DescribeKey"] = errors.New("asked for the key of a region that may be the wrong one")
			}, "", "", "is in region eu-west-1, with what the state names",
		},
		{
			"older policy",
			func(f *fakeAccount) { f.policies[config.AdminPolicyARN(testAccount)] = aws.Policy{Document: `{}`} },
			"", "differs from the one of this version", "",
		},
		{"other account", func(f *fakeAccount) { f.identity.AccountID = "210987654321" }, "", "", "are of account 210987654321"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			account := bootstrapped(t)
			test.change(account)
			owner := account.buckets[demoBucket].Tags["owner"]
			changes, err := Bootstrap(t.Context(), account, demo, false)
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) {
					t.Fatalf("error %v, want %q", err, test.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var changed, notes []string
			for _, change := range changes {
				if change.Operation != Same {
					changed = append(changed, summary([]Change{change})...)
				}
				if change.Note != "" {
					notes = append(notes, change.Note)
				}
			}
			if got := strings.Join(changed, ", "); got != test.want {
				t.Errorf("changes %q, want %q", got, test.want)
			}
			if got := strings.Join(notes, ", "); (test.note == "") != (got == "") || !strings.Contains(got, test.note) {
				t.Errorf("notes %q, want %q", got, test.note)
			}
			if got := account.buckets[demoBucket].Tags["owner"]; got != owner {
				t.Errorf("tag owner of the bucket is %q, was %q", got, owner)
			}
		})
	}
}

func TestBootstrapWithoutAdminPolicy(t *testing.T) {
	t.Parallel()
	account, in := newFakeAccount(t), *demo
	in.CreateAdminPolicyAsResource = false
	account.fail["GetPolicy"] = errDenied
	if _, err := Bootstrap(t.Context(), account, &in, false); err != nil || len(account.policies) > 0 {
		t.Errorf("error %v, policies %v", err, account.policies)
	}
}

func TestAdminPolicyDocument(t *testing.T) {
	t.Parallel()
	document, err := AdminPolicyDocument(testAccount)
	if err != nil {
		t.Fatal(err)
	}
	added := `,"route53:DeleteHostedZone","kms:EnableKeyRotation","kms:GetKeyPolicy","kms:GetKeyRotationStatus"` +
		`,"elasticfilesystem:ModifyMountTargetSecurityGroups"`
	if len(document) != 5756+len(added) || len(document) > 6144 {
		t.Errorf("document has %d characters, want 5756 and %d, and at most 6144", len(document), len(added))
	}
	var policy struct {
		Statement []struct {
			Sid, Effect      string
			Action, Resource []string
		}
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		t.Fatal(err)
	}
	var counts []int
	for _, statement := range policy.Statement {
		counts = append(counts, len(statement.Action))
		if distinct := slices.Compact(slices.Sorted(slices.Values(statement.Action))); len(distinct) != len(statement.Action) {
			t.Errorf("statement %q names an action twice", statement.Sid)
		}
	}
	if want := []int{59, 52, 15, 4, 4, 1, 1, 5, 29, 5, 1}; !slices.Equal(counts, want) {
		t.Errorf("actions by statement %v, want %v", counts, want)
	}
}
