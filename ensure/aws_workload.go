package ensure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	workloadcharts "github.com/ptd-go/ptd/stacks/workload/charts"
)

// awsWorkloadStepNames are the standard steps of an AWS workload, in order.
var awsWorkloadStepNames = config.KindAWSWorkload.Steps()

// awsWorkload is the pipeline of one AWS workload. What one stack gives and another
// takes is a Go value: see the programs.
type awsWorkload struct {
	target      *config.Target
	workload    *config.AWSWorkload
	environment *Environment

	persistent typedStack[awsworkload.PersistentOutputs]
	postgres   typedStack[awsworkload.PostgresConfigOutputs]
	eks        typedStack[awsworkload.EKSOutputs]
	clusters   typedStack[awsworkload.ClustersOutputs]
	helm       typedStack[awsworkload.HelmOutputs]
	sites      typedStack[awsworkload.SitesOutputs]
	reprise    typedStack[awsworkload.PersistentOutputs]

	trusted        []string // the clusters' issuers that the roles trust by the state of persistent
	database       string   // the identifier of the database by the state of persistent
	masterPassword *string  // nil while unknown, which only a dry run may meet
	sitePasswords  map[string]map[string]*string

	existingClusters  map[string]awsworkload.ExistingCluster // by release, by the state of eks
	existingCharts    map[string]workloadcharts.Existing     // by release, by the state of helm
	keepSharedIngress bool                                   // the sites' own load balancers are not there yet
	removed           bool                                   // what is no longer configured was removed
}

func awsWorkloadSteps(target *config.Target, environment *Environment) []runnable {
	w := &awsWorkload{target: target, workload: target.AWSWorkload, environment: environment}

	w.persistent = typed(w.stack("persistent", "network, database, buckets, roles, zones, file systems", false),
		func(ctx *pulumi.Context) (*awsworkload.PersistentOutputs, error) {
			return w.runPersistent(ctx, pulumi.ToStringArray(w.trusted))
		})
	w.persistent.prepare, w.persistent.reconcile = w.readState, w.reconcileSecrets(&w.persistent)

	w.postgres = typed(w.stack("postgres_config", "databases and roles in the database server", true), w.runPostgresConfig)
	w.postgres.needs = []*stackStep{w.persistent.stackStep}
	w.postgres.prepare = w.readPasswords

	kubernetes := w.kubernetesSteps()

	w.reprise = typed(w.stack("persistent_reprise", "persistent again, trusting the clusters' issuers", false),
		func(ctx *pulumi.Context) (*awsworkload.PersistentOutputs, error) {
			issuers, err := w.clusterIssuers(ctx)
			if err != nil {
				return nil, err
			}
			return w.runPersistent(ctx, issuers)
		})
	w.reprise.needs = []*stackStep{w.eks.stackStep}
	w.reprise.stack, w.reprise.continues = w.persistent.stack, w.persistent.stackStep
	w.reprise.prepare, w.reprise.reconcile = w.readState, w.reconcileSecrets(&w.reprise)

	for _, step := range []*stackStep{w.persistent.stackStep, w.postgres.stackStep, w.eks.stackStep, w.clusters.stackStep} {
		step.before = w.removeFirst
	}
	steps := append([]runnable{&bootstrapStep{w}, w.persistent.stackStep, w.postgres.stackStep}, kubernetes...)
	return append(steps, &repriseStep{w.reprise.stackStep})
}

// stack describes the Pulumi stack of a step.
func (w *awsWorkload) stack(name, description string, proxy bool) *stackStep {
	project := w.target.Project(name)
	if name == "persistent_reprise" {
		project = w.target.Project("persistent") // the same stack
	}
	return &stackStep{
		Step:        Step{Name: name, Description: description, Proxy: proxy, Project: project},
		target:      w.target.Name,
		stack:       w.environment.backend(w.target).Stack(project, w.target.Name),
		plugins:     w.environment.plugins,
		config:      map[string]string{"aws:region": w.workload.Region},
		unprotected: !w.workload.ProtectPersistentResources,
	}
}

func (w *awsWorkload) runPersistent(ctx *pulumi.Context, issuers pulumi.StringArray) (*awsworkload.PersistentOutputs, error) {
	return awsworkload.Persistent(ctx, awsworkload.PersistentIn{
		Config: w.workload, TargetName: w.target.Name, OIDCIssuers: issuers,
		DatabaseIdentifier: w.database,
	})
}

// readState finds what persistent must not change although its configuration does
// not say it: the issuers that persistent_reprise bound the roles to, and the
// identifier that the database was given.
func (w *awsWorkload) readState(ctx context.Context, r *run) error {
	values, exists, err := w.persistent.stack.Outputs(ctx)
	if err != nil || !exists {
		return err
	}
	w.trusted, w.database = nil, ""
	// A database that may be replaced is made before the old one goes: under another name.
	if property, ok := values["db"]; ok && !w.databaseReplaceable(r) {
		plain, _, _ := output.Plain(property)
		w.database, _ = plain.(string)
	}
	issuers, ok := values["cluster_oidc_issuers"]
	if !ok {
		// State of before there was this output: what the roles trust says it.
		w.trusted, err = w.issuersOfRoles(ctx)
		return err
	}
	plain, _, _ := output.Plain(issuers)
	list, _ := plain.([]any)
	for _, item := range list {
		if issuer, ok := item.(string); ok {
			w.trusted = append(w.trusted, issuer)
		}
	}
	return nil
}

// federated finds OIDC providers in a trust policy.
var federated = regexp.MustCompile(`arn:aws:iam::\d+:oidc-provider/([^"]+)`)

// issuersOfRoles lists the issuers that the roles in the state of persistent trust.
func (w *awsWorkload) issuersOfRoles(ctx context.Context) ([]string, error) {
	roles, err := w.persistent.stack.Resources(ctx, "aws:iam/role:Role")
	if err != nil {
		return nil, err
	}
	issuers := map[string]bool{}
	for _, role := range roles {
		plain, _, _ := output.Plain(role.Inputs["assumeRolePolicy"])
		trust, _ := plain.(string)
		for _, match := range federated.FindAllStringSubmatch(trust, -1) {
			if issuer := "https://" + match[1]; !slices.Contains(w.workload.ExtraClusterOIDCURLs, issuer) {
				issuers[issuer] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(issuers)), nil
}

// databaseReplaceable tells whether the user allowed to replace the database server.
func (w *awsWorkload) databaseReplaceable(r *run) bool {
	return slices.ContainsFunc(r.options.AllowReplace, func(urn string) bool {
		return strings.HasSuffix(urn, "aws:rds/instance:Instance::"+w.workload.CompoundName())
	})
}

// followServer looks whether the databases in state are on another server than the
// one that persistent has now. Pulumi would take them to have moved along, which is
// right when the server was restored from a snapshot. When the user allowed to
// replace the server they are gone with it, and are made anew.
func (w *awsWorkload) followServer(ctx context.Context, r *run, address string) error {
	providers, err := w.postgres.stack.Resources(ctx, "pulumi:providers:postgresql")
	if err != nil || len(providers) == 0 {
		return err
	}
	plain, _, _ := output.Plain(providers[0].Inputs["host"])
	before, _ := plain.(string)
	switch {
	case before == "" || before == address:
		return nil
	case !w.databaseReplaceable(r):
		r.say(Warning, "the database server is %s, and was %s: its databases are taken to have moved along; if they are gone, "+
			"run again with --allow-replace and the URN of the database server, which makes them anew", address, before)
		return nil
	case r.options.DryRun:
		r.say(Warning, "the databases of %s are gone with it: a real run makes them anew on %s", before, address)
		return nil
	default:
		r.say(Warning, "the databases of %s are gone with it: they are made anew on %s", before, address)
		return w.postgres.stack.Forget(ctx)
	}
}

// reconcileSecrets writes what the outputs say into the workload secret and the
// control room's Mimir secret. Both are done in the run that has the values.
func (w *awsWorkload) reconcileSecrets(step *typedStack[awsworkload.PersistentOutputs]) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		outputs, err := step.Outputs()
		if err != nil {
			return err
		}
		var failures []error
		value := func(of pulumi.StringOutput) *string {
			known, ok, err := output.Await[string](ctx, of)
			if err != nil || !ok {
				failures = append(failures, err)
				return nil
			}
			return &known
		}
		secret := awsworkload.WorkloadSecretIn{
			Target:          w.target.Name,
			ChronicleBucket: value(outputs.ChronicleBucket), PackageManagerBucket: value(outputs.PackageManagerBucket),
			FSDNSName: value(outputs.FSDNSName), FSRootVolumeID: value(outputs.FSRootVolumeID),
			DB: value(outputs.DB), DBURL: value(outputs.DBURL),
			MimirPassword: value(outputs.MimirPassword),
		}
		if err := errors.Join(failures...); err != nil {
			return fmt.Errorf("read the outputs of step %s: %w", step.Name, err)
		}
		account, err := w.account(ctx)
		if err != nil {
			return err
		}
		changes, workloadErr := awsworkload.UpdateWorkloadSecret(ctx, account.Secrets(), secret, r.options.DryRun)
		r.actions(changes)
		// One failure does not keep the other secret from being written.
		changes, mimirErr := awsworkload.UpdateMimirSecret(ctx, w.environment.Accounts, awsworkload.MimirSecretIn{
			Target:               w.target.Name,
			ControlRoom:          w.workload.ControlRoomClusterName,
			ControlRoomAccountID: w.workload.ControlRoomAccountID, ControlRoomRegion: w.workload.ControlRoomRegion,
			MimirPassword: secret.MimirPassword,
		}, r.options.DryRun)
		r.actions(changes)
		return errors.Join(workloadErr, mimirErr)
	}
}

func (w *awsWorkload) account(ctx context.Context) (aws.Account, error) {
	account, err := w.environment.Accounts.Account(ctx, w.workload.AccountID, w.workload.Region)
	if err != nil {
		return nil, fmt.Errorf("reach account %s in %s: %w", w.workload.AccountID, w.workload.Region, err)
	}
	return account, nil
}

// readPasswords reads the database server's master password, which RDS rotates, and
// the passwords of the products' roles, which bootstrap made.
func (w *awsWorkload) readPasswords(ctx context.Context, r *run) error {
	outputs, err := w.persistent.Outputs()
	if err != nil {
		return err
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	w.environment.wouldTunnel(r, w.workload.TailscaleEnabled)
	arn, known, err := output.Await[string](ctx, outputs.DBSecretARN)
	if err != nil {
		return err
	}
	w.masterPassword = nil
	if known {
		keys, err := secretKeys(ctx, account.Secrets(), arn)
		if err != nil {
			return fmt.Errorf("read the master password of the database: %w", err)
		}
		password, ok := keys["password"]
		if !ok || password == "" {
			return fmt.Errorf("read the master password of the database: secret %s has no key \"password\"", arn)
		}
		w.masterPassword = &password
	}
	address, known, err := output.Await[string](ctx, outputs.DBAddress)
	if err != nil {
		return err
	}
	if known {
		if err := w.followServer(ctx, r, address); err != nil {
			return err
		}
	}
	w.sitePasswords = map[string]map[string]*string{}
	if w.workload.ProductDatabases != "ptd" {
		return nil
	}
	for site := range w.workload.Sites {
		name := awsworkload.SiteSecretName(w.target.Name, site)
		keys, err := secretKeys(ctx, account.Secrets(), name)
		switch {
		case errors.Is(err, aws.ErrNotFound) && r.options.DryRun:
			w.sitePasswords[site] = nil // bootstrap would make it
			continue
		case errors.Is(err, aws.ErrNotFound):
			return fmt.Errorf("read the passwords of site %s: %w; bootstrap makes them: ptd ensure %s --only-steps bootstrap",
				site, err, w.target.Name)
		case err != nil:
			return fmt.Errorf("read the passwords of site %s: %w", site, err)
		}
		w.sitePasswords[site] = map[string]*string{}
		for key, value := range keys {
			w.sitePasswords[site][key] = &value
		}
	}
	return nil
}

// secretKeys reads a secret that holds a JSON object of strings.
func secretKeys(ctx context.Context, secrets aws.Secrets, name string) (map[string]string, error) {
	secret, err := secrets.GetSecret(ctx, name)
	if err != nil {
		return nil, err
	}
	keys := map[string]string{}
	if err := json.Unmarshal([]byte(secret.Value), &keys); err != nil {
		// The error of the decoder may quote the value.
		return nil, fmt.Errorf("secret %s is not a JSON object of strings", name)
	}
	return keys, nil
}

func (w *awsWorkload) runPostgresConfig(ctx *pulumi.Context) (*awsworkload.PostgresConfigOutputs, error) {
	persistent, err := w.persistent.Outputs()
	if err != nil {
		return nil, err
	}
	passwords := map[string]map[string]pulumi.StringInput{}
	for site, keys := range w.sitePasswords {
		passwords[site] = map[string]pulumi.StringInput{}
		for _, key := range awsworkload.DatabasePasswordKeys {
			// A key that a secret which exists does not have is an error of the stack's.
			if value, ok := keys[key]; ok || keys == nil {
				passwords[site][key] = secretInput(value)
			}
		}
	}
	return awsworkload.PostgresConfig(ctx, awsworkload.PostgresConfigIn{
		Config: w.workload, TargetName: w.target.Name, Persistent: persistent, SiteFiles: w.target.SiteFiles,
		MasterPassword: secretInput(w.masterPassword), SitePasswords: passwords,
	})
}

// secretInput makes a secret input; nil is not known yet.
func secretInput(value *string) pulumi.StringInput {
	if value == nil {
		unknown := pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) string { return "" })
		return pulumi.ToSecret(unknown).(pulumi.StringOutput)
	}
	return pulumi.ToSecret(pulumi.String(*value)).(pulumi.StringOutput)
}

// bootstrapStep makes what must be there before the first stack.
type bootstrapStep struct{ *awsWorkload }

func (s *bootstrapStep) describe() Step {
	return Step{Name: "bootstrap", Description: "state bucket and key, admin policy, secrets"}
}

func (s *bootstrapStep) converge(ctx context.Context, r *run) error {
	account, err := s.account(ctx)
	if err != nil {
		return err
	}
	in := awsworkload.BootstrapIn{
		Target: s.target.Name, AccountID: s.workload.AccountID, Sites: s.target.SiteNames(),
		CreateAdminPolicy: s.workload.CreateAdminPolicyAsResource,
	}
	planned, err := awsworkload.Bootstrap(ctx, account, in, true)
	if err != nil || r.options.DryRun {
		r.actions(planned)
		return err
	}
	var changes Changes
	for _, change := range planned {
		changes.Count(Operation(change.Operation))
	}
	if !changes.Any() {
		r.actions(planned)
		return nil
	}
	if r.options.Preview {
		for _, change := range planned {
			r.show(change)
		}
	}
	if err := r.confirm(ctx, Question{Changes: changes}); err != nil {
		return err
	}
	done, err := awsworkload.Bootstrap(ctx, account, in, false)
	r.actions(done)
	return err
}

// destroy implements runnable: what bootstrap made holds the state and the secrets
// of the target, and outlives its stacks.
func (s *bootstrapStep) destroy(ctx context.Context, r *run) error {
	account, err := s.account(ctx)
	if err != nil {
		return err
	}
	existing, err := awsworkload.Bootstrap(ctx, account, awsworkload.BootstrapIn{
		Target: s.target.Name, AccountID: s.workload.AccountID, Sites: s.target.SiteNames(),
		CreateAdminPolicy: s.workload.CreateAdminPolicyAsResource,
	}, true)
	if err != nil {
		return err
	}
	for _, object := range existing {
		if object.Operation != awsworkload.Create {
			r.kept = append(r.kept, Kept{
				Step: r.step, Type: object.Type, Name: object.Name,
				Reason: "bootstrap's objects hold state and secrets; delete them by hand when they are not needed any more",
			})
		}
	}
	r.note = "kept"
	return nil
}

func (s *bootstrapStep) cancel(_ context.Context, r *run) error {
	r.note = "has no lock"
	return nil
}

// repriseStep is persistent once more. It has no stack of its own, so that a destroy,
// which comes here first, must leave it alone.
type repriseStep struct{ *stackStep }

func (s *repriseStep) destroy(_ context.Context, r *run) error {
	r.note = "its stack is destroyed by step persistent"
	return nil
}

// actions counts and reports what an action did.
func (r *run) actions(changes []awsworkload.Change) {
	for _, change := range changes {
		r.change(actionChange(change))
		if change.Operation == awsworkload.Same && change.Note != "" {
			r.say(Info, "%s: %s", change.Name, change.Note)
		}
	}
}

// show reports a planned change of an action without counting it.
func (r *run) show(change awsworkload.Change) {
	if change.Operation == awsworkload.Same {
		return
	}
	described := actionChange(change)
	described.Step = r.step
	r.ui.Event(described)
}

func actionChange(change awsworkload.Change) ResourceChange {
	return ResourceChange{
		Operation: Operation(change.Operation), Type: change.Type, Name: change.Name,
		Keys: slices.Clone(change.Keys), Note: change.Note, Planned: change.Planned,
	}
}
