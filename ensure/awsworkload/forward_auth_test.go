package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// secretValues are secrets by name.
type secretValues struct {
	aws.Secrets
	values map[string]string
}

func (s secretValues) GetSecret(_ context.Context, name string) (aws.Secret, error) {
	value, ok := s.values[name]
	switch {
	case value == "denied":
		return aws.Secret{}, errors.New("access denied")
	case !ok:
		return aws.Secret{}, aws.ErrNotFound
	}
	return aws.Secret{Value: value}, nil
}

// teller is a run that remembers what it was told to warn of.
type teller struct {
	dryRun   bool
	warnings []string
}

func (t *teller) DryRun() bool { return t.dryRun }
func (t *teller) Say(severity step.Severity, format string, args ...any) {
	if severity == step.Warning {
		t.warnings = append(t.warnings, fmt.Sprintf(format, args...))
	}
}

func TestForwardAuthSecrets(t *testing.T) {
	tree, err := config.OpenTree("../../testdata/targets")
	if err != nil {
		t.Fatal(err)
	}
	target, err := tree.Load("demo01-staging")
	if err != nil {
		t.Fatal(err)
	}
	const name = "okta-oidc-client-creds.demo01-staging-main.posit.team"
	const wanted = "put a secret " + name + " with the keys oidcClientId, oidcClientSecret, signingSecret into AWS Secrets Manager " +
		"of account 111122223333 in us-east-2, as JSON"
	check := func(values map[string]string, dryRun bool) ([]string, error) {
		said := &teller{dryRun: dryRun}
		err := checkForwardAuthSecrets(context.Background(), said, target.AWSWorkload, secretValues{values: values})
		return said.warnings, err
	}
	complete := `{"oidcClientId": "a", "oidcClientSecret": "b", "signingSecret": "c", "more": 1}`
	if said, err := check(map[string]string{name: complete}, false); err != nil || said != nil {
		t.Errorf("complete credentials: %v, %v", err, said)
	}
	for value, want := range map[string]string{
		"":        "the credentials of its login are missing: " + aws.ErrNotFound.Error() + "; " + wanted,
		"denied":  "look for the credentials of its login, secret " + name + ": access denied",
		"private": "secret " + name + " is not a JSON object: " + wanted,
		`{"oidcClientId": "private", "signingSecret": ""}`: "secret " + name + " has no oidcClientSecret, signingSecret: " + wanted,
	} {
		values := map[string]string{}
		if value != "" {
			values[name] = value
		}
		said, err := check(values, false)
		if err == nil || err.Error() != "site main has use_traefik_forward_auth: "+want || said != nil || strings.Contains(err.Error(), "private") {
			t.Errorf("secret %q: got %v, want %s", value, err, want)
		}
		if said, err := check(values, true); err != nil || len(said) != 1 || !strings.HasSuffix(said[0], want) {
			t.Errorf("secret %q in a dry run: %v, %v", value, err, said)
		}
	}

	// Nobody installs what asks for a login.
	for release, cluster := range target.AWSWorkload.Clusters {
		cluster.Components.TraefikForwardAuthVersion = ""
		target.AWSWorkload.Clusters[release] = cluster
	}
	if said, err := check(nil, false); err != nil || said != nil {
		t.Errorf("without forward auth: %v, %v", err, said)
	}
}
