package ensure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/config"
)

// prepareCharts finds what the helm stack has, whose charts keep their versions, and makes
// sure that what charts take from people is there.
func (w *awsWorkload) prepareCharts(ctx context.Context, r *run) error {
	w.environment.wouldTunnel(r, w.workload.TailscaleEnabled)
	existing, err := awsworkload.FindExistingCharts(w.workload, func(typ string) ([]awsworkload.StateResource, error) {
		resources, err := w.helm.stack.Resources(ctx, typ)
		if err != nil {
			return nil, err
		}
		found := make([]awsworkload.StateResource, len(resources))
		for i, resource := range resources {
			found[i] = awsworkload.StateResource{
				Name: resource.Name, Provider: resource.Provider, Inputs: resource.Inputs, Outputs: resource.Outputs,
			}
		}
		return found, nil
	})
	if err != nil {
		return err
	}
	w.existingCharts = existing
	if err := w.keepIngress(ctx, r); err != nil {
		return err
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	return checkForwardAuthSecrets(ctx, r, w.workload, account.Secrets())
}

// keepIngress keeps the load balancer that all sites share until each has its own, which
// comes in a later step: in between, no site could be reached.
func (w *awsWorkload) keepIngress(ctx context.Context, r *run) error {
	const ingress = "kubernetes:networking.k8s.io/v1:Ingress"
	w.keepSharedIngress = false
	if !w.workload.LoadBalancerPerSite {
		return nil
	}
	shared, err := w.helm.stack.Resources(ctx, ingress)
	if err != nil {
		return err
	}
	own, err := w.sites.stack.Resources(ctx, ingress)
	if err != nil {
		return err
	}
	if w.keepSharedIngress = len(shared) > 0 && len(own) == 0; w.keepSharedIngress {
		r.say(Warning, "the load balancer that all sites share stays until each has its own: the next run deletes it")
	}
	return nil
}

// checkForwardAuthSecrets makes sure that the sites with a login have its credentials,
// which people put there: without them its pods never start, while the chart counts as
// installed. A dry run only warns. (facts: aws-workload-apps 7.10)
func checkForwardAuthSecrets(ctx context.Context, r *run, workload *config.AWSWorkload, secrets aws.Secrets) error {
	var failures []error
	for _, site := range workload.ForwardAuthSites() {
		if err := checkForwardAuthSecret(ctx, workload, site, secrets); err != nil {
			failures = append(failures, fmt.Errorf("site %s has use_traefik_forward_auth: %w", site, err))
		}
	}
	if !r.options.DryRun {
		return errors.Join(failures...)
	}
	for _, failure := range failures {
		r.say(Warning, "%v", failure)
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
