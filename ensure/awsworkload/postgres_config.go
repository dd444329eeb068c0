package awsworkload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/postgresql"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// databases is what the program takes, and whether the server that had them is gone.
type databases struct {
	stacks.PostgresConfigIn
	serverGone bool
}

type databasesStep = step.Stack[databases, stacks.PostgresConfigOutputs]

func (w *workload) postgresConfig(persistent *persistentStep) *databasesStep {
	return &databasesStep{
		Name: "postgres_config", Description: "databases and roles in the database server",
		Project: w.target.Project("postgres_config"), Proxy: true,
		Needs: []step.Step{persistent},
		Requires: func(ctx context.Context, r *step.Run) error {
			if w.config.ProductDatabases != madeByPTD { // who makes them is seen on the server
				return nil
			}
			return w.requireSiteSecrets(ctx, r)
		},
		Gather: func(ctx context.Context, r *step.Run) (databases, error) {
			outputs, err := persistent.Outputs(ctx, r)
			if err != nil {
				return databases{}, err
			}
			in, err := w.gatherDatabases(ctx, r, outputs)
			if err == nil {
				return in, nil
			}
			if deleted := w.databaseDeleted(ctx, r, outputs); deleted != nil {
				return in, deleted // which is why
			}
			return in, err
		},
		Forgets: func(in databases) bool { return in.serverGone },
		Program: func(ctx *pulumi.Context, in databases) (*stacks.PostgresConfigOutputs, error) {
			return stacks.PostgresConfig(ctx, in.PostgresConfigIn)
		},
	}
}

// gatherDatabases reads the database server's master password, which RDS rotates, and
// the passwords of the products' roles, which bootstrap made.
func (w *workload) gatherDatabases(ctx context.Context, r *step.Run, persistent *stacks.PersistentOutputs) (in databases, err error) {
	in.PostgresConfigIn = stacks.PostgresConfigIn{
		Config: w.config, TargetName: w.target.Name, Persistent: persistent, SiteFiles: w.target.SiteFiles,
		MasterPassword: secretInput(nil), SitePasswords: map[string]map[string]pulumi.StringInput{},
	}
	account, err := w.account(ctx)
	if err != nil {
		return in, err
	}
	arn, known, err := output.Await[string](ctx, persistent.DBSecretARN)
	if err != nil {
		return in, err
	}
	var password string
	if known {
		keys, err := secretKeys(ctx, account.Secrets(), arn)
		if err != nil {
			return in, fmt.Errorf("read the master password of the database: %w", err)
		}
		if password = keys["password"]; password == "" {
			return in, fmt.Errorf("read the master password of the database: secret %s has no key \"password\"", arn)
		}
		in.MasterPassword = secretInput(&password)
	}
	address, known, err := output.Await[string](ctx, persistent.DBAddress)
	if err != nil {
		return in, err
	}
	if err := w.lookAtServer(ctx, r, &in, address, password, known && password != ""); err != nil || !in.Products {
		return in, err
	}
	for site := range w.config.SortedSites() {
		if in.SitePasswords[site], err = w.sitePasswords(ctx, r, account.Secrets(), site); err != nil {
			return in, err
		}
	}
	return in, nil
}

// lookAtServer finds out what the server has of what ptd is to make; nothing, while it is
// not known which server that is.
func (w *workload) lookAtServer(ctx context.Context, r *step.Run, in *databases, address, password string, known bool) error {
	state, err := r.State("postgres_config")
	if err != nil {
		return err
	}
	mine, err := oursIn(ctx, state)
	if err != nil {
		return err
	}
	var contents *postgresql.Contents
	if known {
		if contents, err = w.edges.Databases.Contents(ctx, address, stacks.DatabaseUsername, password); err != nil {
			return err
		}
		if in.serverGone, err = w.serverGone(ctx, r, state, mine, address, contents); err != nil {
			return err
		}
	}
	products := productDatabases(w.config)
	if in.Products = w.makesProducts(r, products, mine, contents); !in.Products {
		products = nil
	}
	if contents == nil {
		return nil
	}
	if in.serverGone {
		mine = ours{} // what the new server has is somebody else's
	}
	in.There = w.takeOver(r, products, mine, contents)
	w.closes(r, mine, in.There, contents)
	return nil
}

// serverGone looks whether the databases in state are on another server than the one that
// persistent has now. Pulumi takes them to have moved along, which is right when the
// server was restored from a snapshot, and is checked. When the user allowed to replace
// the server they are gone with it, and are made anew.
func (w *workload) serverGone(
	ctx context.Context, r *step.Run, state step.State, mine ours, address string, contents *postgresql.Contents,
) (bool, error) {
	providers, err := state.Resources(ctx, "pulumi:providers:postgresql")
	if err != nil || len(providers) == 0 {
		return false, err
	}
	before, err := output.Known[string](providers[0].Inputs["host"])
	if err != nil {
		return false, fmt.Errorf("read the server of the databases in the state: %w", err)
	}
	switch {
	case before == "" || before == address:
		return false, nil
	case !w.databaseReplaceable(r):
		missing := slices.DeleteFunc(slices.Clone(mine.databases), contents.Has)
		slices.Sort(missing)
		if len(missing) == 0 {
			r.Say(step.Warning, "the database server is %s, and was %s: its databases have moved along", address, before)
			return false, nil
		}
		r.Say(step.Warning, "the database server is %s, and was %s: it has no database %s; restore what is missing, or "+
			"run again with --allow-replace and the URN of the database server, which makes all of them anew",
			address, before, strings.Join(missing, ", "))
		return false, nil
	case r.DryRun():
		r.Say(step.Warning, "the databases of %s are gone with it: a real run makes them anew on %s", before, address)
	default:
		r.Say(step.Warning, "the databases of %s are gone with it: they are made anew on %s", before, address)
	}
	return true, nil
}

// sitePasswords are the passwords of a site's products by the keys of its secret; in a
// dry run before bootstrap they are unknown. A key that a secret which exists does not
// have is an error of the stack's.
func (w *workload) sitePasswords(ctx context.Context, r *step.Run, secrets aws.Secrets, site string) (map[string]pulumi.StringInput, error) {
	passwords := map[string]pulumi.StringInput{}
	keys, err := secretKeys(ctx, secrets, w.config.SiteSecretName(site))
	switch {
	case errors.Is(err, aws.ErrNotFound) && r.DryRun(): // bootstrap would make it
		for _, key := range config.DatabasePasswordKeys() {
			passwords[key] = secretInput(nil)
		}
		return passwords, nil
	case errors.Is(err, aws.ErrNotFound):
		return nil, fmt.Errorf("read the passwords of site %s: %w; bootstrap makes them: run `ptd ensure %s --only-steps bootstrap`",
			site, err, w.target.Name)
	case err != nil:
		return nil, fmt.Errorf("read the passwords of site %s: %w", site, err)
	}
	for _, key := range config.DatabasePasswordKeys() {
		if value, ok := keys[key]; ok {
			passwords[key] = secretInput(&value)
		}
	}
	return passwords, nil
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

// secretInput makes a secret input; nil is not known yet.
func secretInput(value *string) pulumi.StringInput {
	if value == nil {
		unknown := apply.To(pulumi.UnsafeUnknownOutput(nil), func(any) string { return "" })
		return pulumi.ToSecret(unknown).(pulumi.StringOutput)
	}
	return pulumi.ToSecret(pulumi.String(*value)).(pulumi.StringOutput)
}
