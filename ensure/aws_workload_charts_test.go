package ensure

import (
	"context"
	"errors"
	"strings"
	"testing"

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

func TestForwardAuthSecrets(t *testing.T) {
	tree, err := config.OpenTree("../testdata/targets")
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
		said := &recorder{}
		err := checkForwardAuthSecrets(context.Background(), &run{Pipeline: &Pipeline{options: Options{DryRun: dryRun}}, ui: said},
			target.AWSWorkload, secretValues{values: values})
		var warnings []string
		for _, event := range said.events {
			if diagnostic, ok := event.(Diagnostic); ok && diagnostic.Severity == Warning {
				warnings = append(warnings, diagnostic.Message)
			}
		}
		return warnings, err
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
