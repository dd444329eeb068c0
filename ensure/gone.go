package ensure

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// deleted finds out whether what the providers of a target work on was deleted: its clusters
// and its database servers. See engine.Plugins.Gone.
type deleted struct {
	cloud  aws.Cloud
	target *config.Target
}

// gone implements engine.Plugins.Gone. What is not the target's, or not in AWS, nobody asks for.
func (d deleted) gone(ctx context.Context, pkg string, inputs resource.PropertyMap) (reason string, err error) {
	if d.target.AWSWorkload == nil {
		return "", nil
	}
	switch pkg {
	case "kubernetes":
		return d.cluster(ctx, inputs)
	case "postgresql":
		return d.server(ctx, inputs)
	}
	return "", nil
}

// cluster asks EKS for the cluster of a kubernetes provider, which its ARN identifies.
func (d deleted) cluster(ctx context.Context, inputs resource.PropertyMap) (reason string, err error) {
	name, ok := d.own(text(inputs["clusterIdentifier"]), "eks", "cluster/")
	if !ok {
		return "", nil
	}
	account, err := d.account(ctx)
	if err != nil {
		return "", err
	}
	live, err := account.Clusters().Cluster(ctx, name)
	switch {
	case errors.Is(err, aws.ErrNotFound):
		return fmt.Sprintf("the cluster %s was deleted: EKS has none of that name", name), nil
	case err != nil:
		return "", fmt.Errorf("ask EKS for the cluster %s: %w", name, err)
	case d.another(kubernetes.CurrentServer(text(inputs["kubeconfig"])), live.Endpoint):
		return fmt.Sprintf("the cluster %s of the state was deleted: EKS has another one of that name, at %s", name, live.Endpoint), nil
	}
	return "", nil
}

// another tells whether two addresses are those of two clusters of EKS. What leads to the
// cluster by another way has an address that says nothing.
func (d deleted) another(known, live string) bool {
	id := func(address string) string {
		parsed, err := url.Parse(address)
		if err != nil || !strings.Contains(parsed.Hostname(), "."+d.target.AWSWorkload.Region+".eks.") {
			return ""
		}
		first, _, _ := strings.Cut(parsed.Hostname(), ".")
		return strings.ToLower(first)
	}
	return id(known) != "" && id(live) != "" && id(known) != id(live)
}

// server asks RDS for the server of a postgresql provider. The address of an instance is
// identifier.account's digits.region.rds.amazonaws.com; any other says nothing of an instance.
func (d deleted) server(ctx context.Context, inputs resource.PropertyMap) (reason string, err error) {
	labels := strings.Split(text(inputs["host"]), ".")
	if len(labels) < 5 || labels[2] != d.target.AWSWorkload.Region || labels[3] != "rds" {
		return "", nil
	}
	identifier := labels[0]
	account, err := d.account(ctx)
	if err != nil {
		return "", err
	}
	_, err = account.Databases().Database(ctx, identifier)
	switch {
	case errors.Is(err, aws.ErrNotFound):
		return fmt.Sprintf("the database server %s was deleted: RDS has none of that name", identifier), nil
	case err != nil:
		return "", fmt.Errorf("ask RDS for the database server %s: %w", identifier, err)
	}
	return "", nil
}

// own is the name in an ARN of the target's account and region.
func (d deleted) own(arn, service, prefix string) (name string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	workload := d.target.AWSWorkload
	if len(parts) != 6 || parts[2] != service || parts[3] != workload.Region || parts[4] != workload.AccountID {
		return "", false
	}
	return strings.CutPrefix(parts[5], prefix)
}

// account is the target's own: another one has not its clusters, which says nothing of them.
func (d deleted) account(ctx context.Context) (aws.Account, error) {
	workload := d.target.AWSWorkload
	account, err := d.cloud.Account(ctx, workload.AccountID, workload.Region)
	if err != nil {
		return nil, fmt.Errorf("reach account %s in %s: %w", workload.AccountID, workload.Region, err)
	}
	identity, err := account.Identity(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask whose account the credentials are for: %w", err)
	}
	if identity.AccountID != workload.AccountID {
		return nil, fmt.Errorf("the credentials are for account %s, and not for %s", identity.AccountID, workload.AccountID)
	}
	return account, nil
}

// text is a value that is a text, also a secret one; "" for any other.
func text(value resource.PropertyValue) string {
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return ""
	}
	return value.StringValue()
}
