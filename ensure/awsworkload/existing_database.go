package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

// existingDatabase finds out what the database server of an earlier run has, nil when there
// is none. db is the output of its identifier.
func (w *workload) existingDatabase(ctx context.Context, r *step.Run, db resource.PropertyValue) (*stacks.ExistingDatabase, error) {
	identifier, err := output.Known[string](db)
	if err != nil {
		return nil, fmt.Errorf("read the database's identifier: %w", err)
	}
	instances, err := w.resources(ctx, r, "persistent")("aws:rds/instance:Instance")
	if err != nil {
		return nil, fmt.Errorf("read the database server from state: %w", err)
	}
	at := slices.IndexFunc(instances, func(instance stacks.StateResource) bool { return instance.Name == w.config.CompoundName() })
	if identifier == "" || at < 0 {
		return nil, nil
	}
	live, err := w.liveDatabase(ctx, identifier)
	if err != nil {
		return nil, err
	}
	if live == nil && !r.Destroys() { // with --refresh it is new
		return nil, w.deletedOutside(r, "database server", identifier, "RDS", emptyServer)
	}
	// One that may be replaced is made before the old one goes: under another name.
	if w.databaseReplaceable(r) {
		identifier = ""
	}
	return stacks.NewExistingDatabase(identifier, instances[at], live, r.Refresh()), nil
}

// emptyServer is how a database server is made anew that was deleted.
const emptyServer = "without what was in it (restore a snapshot under its name first, to keep that)"

// databaseDeleted is the error that the database server of the state is not there, nil when it
// is, or when nobody can tell.
func (w *workload) databaseDeleted(ctx context.Context, r *step.Run, persistent *stacks.PersistentOutputs) error {
	identifier, known, err := output.Await[string](ctx, persistent.DB)
	if err != nil || !known || identifier == "" || r.Destroys() {
		return nil
	}
	if live, err := w.liveDatabase(ctx, identifier); err != nil || live != nil {
		return nil
	}
	return w.deleted("database server", identifier, "RDS", emptyServer)
}

// liveDatabase asks RDS about an instance, nil when there is none.
func (w *workload) liveDatabase(ctx context.Context, identifier string) (*aws.Database, error) {
	account, err := w.account(ctx)
	if err != nil {
		return nil, err
	}
	live, err := account.Databases().Database(ctx, identifier)
	switch {
	case errors.Is(err, aws.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ask RDS about the database server %s: %w", identifier, err)
	}
	return &live, nil
}

// describeDatabase says what of the database server is not as the configuration wants it.
func (w *workload) describeDatabase(ctx context.Context, r *step.Run, outputs *stacks.PersistentOutputs) error {
	identifier, known, err := output.Await[string](ctx, outputs.DB)
	if err != nil {
		return fmt.Errorf("read the database's identifier: %w", err)
	}
	if !known || identifier == "" {
		return nil
	}
	live, err := w.liveDatabase(ctx, identifier)
	if err != nil || live == nil {
		return err
	}
	for _, note := range stacks.DatabaseNotes(w.config, *live, r.DryRun()) {
		r.Say(step.Info, "%s", note)
	}
	return nil
}

// databaseReplaceable tells whether the user allowed to replace the database server.
func (w *workload) databaseReplaceable(r *step.Run) bool {
	return slices.ContainsFunc(r.AllowReplace(), func(urn string) bool {
		return strings.HasSuffix(urn, "aws:rds/instance:Instance::"+w.config.CompoundName())
	})
}
