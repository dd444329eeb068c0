package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/ensure/step"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

type persistentStep = step.Stack[stacks.PersistentIn, stacks.PersistentOutputs]

func (w *workload) persistent() *persistentStep {
	return &persistentStep{
		Name: "persistent", Description: "network, database, buckets, roles, zones, file systems",
		Project:  w.target.Project("persistent"),
		Requires: w.requireSecrets,
		Gather:   w.gatherPersistent,
		Program:  stacks.Persistent,
		Releases: w.detachFileSystems,
		Tells:    w.tellNameServers,
		// Groups of nodes and control planes, certificates of load balancers.
		DeletesLate: []string{"aws:ec2/securityGroup:SecurityGroup", "aws:acm/certificate:Certificate"},
		After: func(ctx context.Context, r *step.Run, outputs *stacks.PersistentOutputs) error {
			return errors.Join(w.writeSecrets(ctx, r, outputs), w.describeDatabase(ctx, r, outputs))
		},
	}
}

// gatherPersistent finds what persistent must not change although its configuration does
// not say it: the issuers that persistent_reprise bound the roles to, and what the database
// server has by now.
func (w *workload) gatherPersistent(ctx context.Context, r *step.Run) (stacks.PersistentIn, error) {
	in := stacks.PersistentIn{Config: w.config, TargetName: w.target.Name, OIDCIssuers: pulumi.StringArray{}}
	state, err := r.State("persistent")
	if err != nil {
		return in, err
	}
	values, exists, err := state.Outputs(ctx)
	if err != nil || !exists {
		return in, err
	}
	if in.Database, err = w.existingDatabase(ctx, r, values["db"]); err != nil {
		return in, err
	}
	issuers, err := output.Known[[]string](values["cluster_oidc_issuers"])
	if err != nil {
		return in, fmt.Errorf("read the issuers that the roles trust: %w", err)
	}
	if _, ok := values["cluster_oidc_issuers"]; !ok {
		// State of before there was this output: what the roles trust says it.
		if issuers, err = w.issuersOfRoles(ctx, state); err != nil {
			return in, err
		}
	}
	in.OIDCIssuers = pulumi.ToStringArray(issuers)
	return in, w.tellNarrowed(ctx, r, "persistent")
}

// federated finds OIDC providers in a trust policy.
var federated = regexp.MustCompile(`arn:aws:iam::\d+:oidc-provider/([^"]+)`)

// issuersOfRoles lists the issuers that the roles in the state of persistent trust.
func (w *workload) issuersOfRoles(ctx context.Context, state step.State) ([]string, error) {
	roles, err := state.Resources(ctx, "aws:iam/role:Role")
	if err != nil {
		return nil, err
	}
	issuers := map[string]bool{}
	for _, role := range roles {
		trust, err := output.Known[string](role.Inputs["assumeRolePolicy"])
		if err != nil {
			return nil, fmt.Errorf("read whom role %s trusts: %w", role.Name, err)
		}
		for _, match := range federated.FindAllStringSubmatch(trust, -1) {
			if issuer := "https://" + match[1]; !slices.Contains(w.config.ExtraClusterOIDCURLs, issuer) {
				issuers[issuer] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(issuers)), nil
}

// writeSecrets writes what the outputs say into the workload secret and the control
// room's Mimir secret. Both are done in the run that has the values.
func (w *workload) writeSecrets(ctx context.Context, r *step.Run, outputs *stacks.PersistentOutputs) error {
	var failures []error
	value := func(out pulumi.StringOutput) *string {
		known, ok, err := output.Await[string](ctx, out)
		if err != nil || !ok {
			failures = append(failures, err)
			return nil
		}
		return &known
	}
	secret := stacks.WorkloadSecretIn{
		Config:          w.config,
		ChronicleBucket: value(outputs.ChronicleBucket), PackageManagerBucket: value(outputs.PackageManagerBucket),
		FSDNSName: value(outputs.FSDNSName), FSRootVolumeID: value(outputs.FSRootVolumeID),
		DB: value(outputs.DB), DBURL: value(outputs.DBURL),
		MimirPassword: value(outputs.MimirPassword),
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("read the outputs of the network and its database: %w", err)
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	changes, workloadErr := stacks.UpdateWorkloadSecret(ctx, account.Secrets(), secret, r.DryRun())
	r.Did(changes)
	// One failure does not keep the other secret from being written.
	changes, mimirErr := stacks.UpdateMimirSecret(ctx, w.edges.AWS, stacks.MimirSecretIn{
		Workload: &w.config.WorkloadCommon, MimirPassword: secret.MimirPassword,
	}, r.DryRun())
	r.Did(changes)
	return errors.Join(workloadErr, mimirErr)
}
