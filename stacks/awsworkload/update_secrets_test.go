package awsworkload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/action"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/secret"
)

// workloadSecretKeys are those of the sheet. (docs/reference/aws-workload-base.md 6.1)
var workloadSecretKeys = []string{
	"chronicle-bucket", "fs-dns-name", "fs-root-volume-id", "main-database-id", "main-database-url", "mimir-password", "packagemanager-bucket",
}

const secretValue = "hunter2-never-shown"

func demoOutputs() WorkloadSecretIn {
	value := func(s string) *string { return &s }
	return WorkloadSecretIn{
		Config: demo, ChronicleBucket: value("chronicle"), PackageManagerBucket: value("ppm"),
		FSDNSName: value("fs.example"), FSRootVolumeID: value("fsvol-1"), DB: value("db-1"), DBURL: value("postgres://db/postgres"),
		MimirPassword: value(secretValue),
	}
}

func demoMimir() MimirSecretIn {
	password := secretValue
	return MimirSecretIn{
		Workload: &config.WorkloadCommon{
			Name: "demo01-staging", ControlRoomClusterName: "main01-production", ControlRoomAccountID: testAccount, ControlRoomRegion: "us-east-2",
		},
		MimirPassword: &password,
	}
}

// updates are the two actions, over one and the same kind of secret.
var updates = map[string]struct {
	secret string
	keys   []string
	update func(ctx context.Context, account *fakeAccount, known, dryRun bool) ([]Change, error)
}{
	"workload": {
		"demo01-staging.posit.team", workloadSecretKeys,
		func(ctx context.Context, account *fakeAccount, known, dryRun bool) ([]Change, error) {
			in := demoOutputs()
			if !known {
				in.MimirPassword = nil
			}
			return UpdateWorkloadSecret(ctx, account.Secrets(), in, dryRun)
		},
	},
	"mimir": {
		"main01-production.mimir-auth.posit.team", []string{"demo01-staging"},
		func(ctx context.Context, account *fakeAccount, known, dryRun bool) ([]Change, error) {
			in := demoMimir()
			if !known {
				in.MimirPassword = nil
			}
			return UpdateMimirSecret(ctx, fakeCloud{account, testAccount, "us-east-2"}, in, dryRun)
		},
	},
}

func TestUpdateSecret(t *testing.T) {
	t.Parallel()
	for action, update := range updates {
		for _, test := range []struct {
			name    string
			secret  string // "" for absent
			change  func(*fakeAccount)
			unknown bool
			dryRun  bool
			writes  int
			want    string
			failure string
			is      error
		}{
			{name: "empty", secret: `{}`, writes: 1, want: "update"},
			{name: "dry run", secret: `{}`, dryRun: true, want: "would update"},
			{name: "unknown in a dry run", secret: `{}`, unknown: true, dryRun: true, want: "would update"},
			{name: "unknown", secret: `{}`, unknown: true, failure: "is not known"},
			{name: "absent", failure: "not found", is: aws.ErrNotFound},
			{name: "absent in a dry run", dryRun: true, want: "would update"},
			{name: "denied", secret: `{}`, change: func(f *fakeAccount) { f.fail["GetSecret"] = errDenied }, failure: "read secret", is: errDenied},
			{
				name: "denied in a dry run", secret: `{}`, dryRun: true,
				change: func(f *fakeAccount) { f.fail["GetSecret"] = errDenied }, failure: "read secret", is: errDenied,
			},
			{name: "throttled", secret: `{}`, change: func(f *fakeAccount) { f.fail["PutSecret"] = errThrottled }, failure: "write", is: errThrottled},
			{name: "not JSON", secret: secretValue, failure: "is not a JSON object"},
			{name: "null", secret: "null", failure: "is not a JSON object"},
		} {
			t.Run(action+" "+test.name, func(t *testing.T) {
				t.Parallel()
				account := newFakeAccount(t)
				account.readOnly = test.dryRun
				if test.secret != "" {
					account.secrets[update.secret] = fakeSecret{value: test.secret, version: 1}
				}
				if test.change != nil {
					test.change(account)
				}
				changes, err := update.update(t.Context(), account, !test.unknown, test.dryRun)
				if shown := fmt.Sprint(changes, err); strings.Contains(shown, secretValue) {
					t.Errorf("a secret value is shown: %s", shown)
				}
				if test.failure != "" {
					if err == nil || !strings.Contains(err.Error(), test.failure) || test.is != nil && !errors.Is(err, test.is) {
						t.Fatalf("error %v, want %q", err, test.failure)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				want := []string{fmt.Sprint(test.want, " ", update.secret, " ", update.keys)}
				assert.Equal(t, want, summary(changes), "changes")
				if len(account.writes) != test.writes {
					t.Errorf("writes %v, want %d", account.writes, test.writes)
				}
			})
		}
	}
}

func TestUpdateSecretKeepsForeignKeysAndWritesOnce(t *testing.T) {
	t.Parallel()
	for action, update := range updates {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			account := newFakeAccount(t)
			account.secrets[update.secret] = fakeSecret{value: `{"foreign":{"a":[1,null]},"other":"x&y"}`, version: 3}
			for range 2 {
				if _, err := update.update(t.Context(), account, true, false); err != nil {
					t.Fatal(err)
				}
			}
			if len(account.writes) != 1 {
				t.Errorf("writes %v, want one", account.writes)
			}
			var values map[string]any
			if err := json.Unmarshal([]byte(account.secrets[update.secret].value), &values); err != nil {
				t.Fatal(err)
			}
			if len(values) != len(update.keys)+2 || values["other"] != "x&y" ||
				!assert.ObjectsAreEqual(values["foreign"], map[string]any{"a": []any{1.0, nil}}) {
				t.Errorf("secret has %d keys, foreign %v, other %v", len(values), values["foreign"], values["other"])
			}
		})
	}
}

// Another writer in between neither loses a key nor is lost; endless ones are given up on.
func TestUpdateSecretAgainstOtherWriters(t *testing.T) {
	t.Parallel()
	for action, update := range updates {
		for _, writers := range []int{1, secret.MergeAttempts - 1, secret.MergeAttempts} {
			t.Run(fmt.Sprint(action, writers), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					account := newFakeAccount(t)
					account.secrets[update.secret] = fakeSecret{value: `{}`, version: 1}
					var others []string
					account.beforePut = func(name string) {
						if len(others) == writers {
							return
						}
						others = append(others, fmt.Sprint("other", len(others)))
						values := map[string]string{}
						for _, other := range others {
							values[other] = "set"
						}
						encoded, _ := json.Marshal(values)
						account.secrets[name] = fakeSecret{value: string(encoded), version: account.secrets[name].version + 1}
					}
					_, err := update.update(t.Context(), account, true, false)
					if writers == secret.MergeAttempts {
						if !errors.Is(err, aws.ErrConflict) || !strings.Contains(err.Error(), "gave up after 8 attempts") {
							t.Fatalf("error %v, want that it gave up", err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					var values map[string]string
					if err := json.Unmarshal([]byte(account.secrets[update.secret].value), &values); err != nil {
						t.Fatal(err)
					}
					for _, key := range slices.Concat(others, update.keys) {
						if values[key] == "" {
							t.Errorf("key %s is lost", key)
						}
					}
				})
			})
		}
	}
}

func TestUpdateSecretStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	account := newFakeAccount(t)
	account.secrets["demo01-staging.posit.team"] = fakeSecret{value: `{}`, version: 1}
	ctx, cancel := context.WithCancel(t.Context())
	account.fail["PutSecret"] = aws.ErrConflict
	account.beforePut = func(string) { cancel() }
	if _, err := UpdateWorkloadSecret(ctx, account.Secrets(), demoOutputs(), false); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancelled", err)
	}
}

func TestUpdateMimirSecretNeedsAControlRoom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		change     func(*MimirSecretIn, *fakeAccount)
		note, want string
	}{
		{"none", func(in *MimirSecretIn, _ *fakeAccount) { in.Workload.ControlRoomClusterName = "" }, "has no control room", ""},
		{"no account", func(in *MimirSecretIn, _ *fakeAccount) { in.Workload.ControlRoomAccountID = "" }, "", "must both be set"},
		{"no region", func(in *MimirSecretIn, _ *fakeAccount) { in.Workload.ControlRoomRegion = "" }, "", "must both be set"},
		{"no credentials", func(_ *MimirSecretIn, f *fakeAccount) { f.fail["Account"] = errDenied }, "", "get credentials for account"},
		{"other account", func(_ *MimirSecretIn, f *fakeAccount) { f.identity.AccountID = "1" }, "", "are of account 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in, account := demoMimir(), newFakeAccount(t)
			account.readOnly = true
			test.change(&in, account)
			changes, err := UpdateMimirSecret(t.Context(), fakeCloud{account, testAccount, "us-east-2"}, in, false)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				return
			}
			if err != nil || len(changes) != 1 || changes[0].Operation != Same || !strings.Contains(changes[0].Note, test.note) {
				t.Errorf("changes %v, error %v", changes, err)
			}
		})
	}
}

// The control room knows a workload by the name that its Alloy logs in with. The key of the
// target's name, which Python programs wrote, stays as it is, and is named.
func TestUpdateMimirSecretOfARenamedWorkload(t *testing.T) {
	t.Parallel()
	in := demoMimir()
	in.Workload.TrueNameOverride = "renamed"
	const name, note = "main01-production.mimir-auth.posit.team", "key demo01-staging is of an earlier version"
	for before, want := range map[string]struct {
		note  string
		after map[string]string
	}{
		`{}`: {"", map[string]string{"renamed-staging": secretValue}},
		`{"demo01-staging":"old","other-staging":"x"}`: {note, map[string]string{
			"renamed-staging": secretValue, "demo01-staging": "old", "other-staging": "x",
		}},
	} {
		account := newFakeAccount(t)
		account.secrets[name] = fakeSecret{value: before, version: 1}
		for _, operation := range []action.Operation{Update, Same} { // the second run has nothing to write, and says it again
			changes, err := UpdateMimirSecret(t.Context(), fakeCloud{account, testAccount, "us-east-2"}, in, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(changes) != 1 || changes[0].Operation != operation || !strings.HasPrefix(changes[0].Note, want.note) || (changes[0].Note == "") != (want.note == "") {
				t.Errorf("changes %+v, want %s with the note %q", changes, operation, want.note)
			}
		}
		var after map[string]string
		if err := json.Unmarshal([]byte(account.secrets[name].value), &after); err != nil {
			t.Fatal(err)
		}
		assert.Equal(t, want.after, after, "secret")
	}
}
