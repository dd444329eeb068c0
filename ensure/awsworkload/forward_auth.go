package awsworkload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// run is what a check needs of a run.
type run interface {
	DryRun() bool
	Say(severity step.Severity, format string, args ...any)
}

// checkForwardAuthSecrets makes sure that the sites with a login have its credentials,
// which people put there: without them its pods never start, while the chart counts as
// installed. A dry run only warns. (docs/reference/aws-workload-apps.md 7.10)
func checkForwardAuthSecrets(ctx context.Context, r run, workload *config.AWSWorkload, secrets aws.Secrets) error {
	var failures []error
	for _, site := range workload.ForwardAuthSites() {
		if err := checkForwardAuthSecret(ctx, workload, site, secrets); err != nil {
			failures = append(failures, fmt.Errorf("site %s has use_traefik_forward_auth: %w", site, err))
		}
	}
	if !r.DryRun() {
		return errors.Join(failures...)
	}
	for _, failure := range failures {
		r.Say(step.Warning, "%v", failure)
	}
	return nil
}

func checkForwardAuthSecret(ctx context.Context, workload *config.AWSWorkload, site string, secrets aws.Secrets) error {
	name := workload.ForwardAuthSecretName(site)
	keys := config.ForwardAuthSecretKeys()
	wanted := fmt.Sprintf("put a secret %s with the keys %s into AWS Secrets Manager of account %s in %s, as JSON",
		name, strings.Join(keys, ", "), workload.AccountID, workload.Region)
	secret, err := secrets.GetSecret(ctx, name)
	if errors.Is(err, aws.ErrNotFound) {
		return fmt.Errorf("the credentials of its login are missing: %w; %s", err, wanted)
	}
	if err != nil {
		return fmt.Errorf("look for the credentials of its login, secret %s: %w", name, err)
	}
	var values map[string]any
	if json.Unmarshal([]byte(secret.Value), &values) != nil { // the error would quote the secret
		return fmt.Errorf("secret %s is not a JSON object: %s", name, wanted)
	}
	var missing []string
	for _, key := range keys {
		if value, _ := values[key].(string); value == "" {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("secret %s has no %s: %s", name, strings.Join(missing, ", "), wanted)
	}
	return nil
}
