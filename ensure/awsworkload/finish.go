package awsworkload

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/step"
)

// finish says what lets go of what a destroy has left, in the order in which it is done. It
// follows from the configuration and state, so that a second destroy says the same.
func (w *workload) finish(ctx context.Context, r *step.Run, remains []step.Remaining) ([]step.Next, error) {
	var next []step.Next
	say := func(command []string, format string, args ...any) {
		next = append(next, step.Next{Text: fmt.Sprintf(format, args...), Command: command})
	}
	count := map[step.Cause]int{}
	for _, left := range remains {
		count[left.Cause]++
	}
	if len(remains) == 0 {
		say(nil, "nothing of the selected steps' stacks is left. What bootstrap made is listed above: delete it by hand when its state and secrets are not needed any more")
		return next, nil
	}
	if count[step.KeptExcluded] > 0 {
		say(nil, "%d resources are excluded: leave out --exclude-resources", count[step.KeptExcluded])
	}
	held, err := w.held(ctx, r)
	if err != nil {
		return nil, err
	}
	switch {
	case count[step.KeptProtected] > 0:
		say(nil, "%d resources are protected, and hold the others: set protect_persistent_resources: false in ptd.yaml, and a destroy takes them with their data, but for a last snapshot of a database",
			count[step.KeptProtected])
	case count[step.KeptRetained] > 0 && len(held) == 0:
		say(nil, "%d resources are retained on deletion: a later ensure finds them again", count[step.KeptRetained])
	case count[step.KeptExcluded] == 0 && len(held) == 0:
		say(nil, "what is left is needed by steps that this run did not destroy")
	}
	for _, text := range held {
		say(nil, "%s", text)
	}
	say([]string{"ensure", w.target.Name, "--destroy"}, "then destroy all steps:")
	return next, nil
}

// bucketTypes are the types of buckets that state may have.
var bucketTypes = []string{"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}

// forced tells whether a destroy takes the data of a type: the configuration says it of buckets.
func (w *workload) forced(typ string) bool {
	return w.config.ForceDestroyBuckets && slices.Contains(bucketTypes, typ)
}

// held says what keeps data of persistent although a destroy takes what is protected.
func (w *workload) held(ctx context.Context, r *step.Run) (texts []string, err error) {
	state, err := r.State("persistent")
	if err != nil {
		return nil, err
	}
	buckets := 0
	for _, typ := range bucketTypes {
		made, err := state.Resources(ctx, typ)
		if err != nil {
			return nil, err
		}
		buckets += len(made)
	}
	if buckets > 0 && !w.config.ForceDestroyBuckets {
		texts = append(texts, fmt.Sprintf("the data of %d buckets is retained, and a later ensure finds them again; to delete it, set force_destroy_buckets: true", buckets))
	}
	databases, err := state.Resources(ctx, "aws:rds/instance:Instance")
	if err != nil {
		return nil, err
	}
	for _, database := range databases {
		identifier := database.Outputs["identifier"] // made from a prefix
		if given(database, "deletionProtection") && identifier.IsString() {
			texts = append(texts, w.unprotectDatabase(identifier.StringValue()))
		}
	}
	return texts, nil
}

// unprotectDatabase says how to take off what RDS itself holds a database by: ptd would make
// again what is gone of the stack.
func (w *workload) unprotectDatabase(identifier string) string {
	return fmt.Sprintf("AWS does not delete database %s while it has deletion protection (db_deletion_protection): take it off first, with "+
		"aws rds modify-db-instance --region %s --db-instance-identifier %s --no-deletion-protection --apply-immediately", identifier, w.config.Region, identifier)
}

// given tells whether an input of a resource is true.
func given(made step.Resource, input resource.PropertyKey) bool {
	value := made.Inputs[input]
	return value.IsBool() && value.BoolValue()
}
