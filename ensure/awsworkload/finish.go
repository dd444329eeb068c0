package awsworkload

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	data, err := w.releaseData(ctx, r)
	if err != nil {
		return nil, err
	}
	switch {
	case count[step.KeptProtected] > 0:
		say(nil, "%d resources are protected, and hold the others: set protect_persistent_resources: false in ptd.yaml, and a destroy takes them with their data",
			count[step.KeptProtected])
	case count[step.KeptRetained] > 0 && len(data) == 0:
		say(nil, "%d resources are retained on deletion: a later ensure finds them again", count[step.KeptRetained])
	case count[step.KeptExcluded] == 0 && len(data) == 0:
		say(nil, "what is left is needed by steps that this run did not destroy")
	}
	next = append(next, data...)
	say([]string{"ensure", w.target.Name, "--destroy"}, "then destroy all steps:")
	return next, nil
}

// releaseData says what of persistent AWS or the state holds although a destroy may take what is
// protected: the settings are applied to the resources by themselves, without making again what
// is gone.
func (w *workload) releaseData(ctx context.Context, r *step.Run) ([]step.Next, error) {
	state, err := r.State("persistent")
	if err != nil {
		return nil, err
	}
	var next []step.Next
	apply := func(urns []string) []string {
		return []string{"ensure", w.target.Name, "--only-steps", "persistent", "--target-resources", strings.Join(urns, ",")}
	}
	var buckets []string
	for _, typ := range []string{"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"} {
		made, err := state.Resources(ctx, typ)
		if err != nil {
			return nil, err
		}
		for _, bucket := range made {
			if !given(bucket, "forceDestroy") {
				buckets = append(buckets, bucket.URN)
			}
		}
	}
	slices.Sort(buckets)
	if len(buckets) > 0 {
		next = append(next, step.Next{
			Text:    fmt.Sprintf("the data of %d buckets is retained, and a later ensure finds them again; to delete it, set force_destroy_buckets: true, and apply that to them first:", len(buckets)),
			Command: apply(buckets),
		})
	}
	databases, err := state.Resources(ctx, "aws:rds/instance:Instance")
	if err != nil {
		return nil, err
	}
	for _, database := range databases {
		if given(database, "deletionProtection") {
			next = append(next, step.Next{
				Text:    fmt.Sprintf("AWS itself does not delete database %s while it has deletion protection: set db_deletion_protection: false, and apply that first:", database.Name),
				Command: apply([]string{database.URN}),
			})
		}
	}
	return next, nil
}

// given tells whether an input of a resource is true.
func given(made step.Resource, input resource.PropertyKey) bool {
	value := made.Inputs[input]
	return value.IsBool() && value.BoolValue()
}
