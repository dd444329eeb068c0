package awsworkload

import (
	"context"

	"github.com/ptd-go/ptd/ensure/step"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
)

// persistentReprise is persistent once more, with the roles bound to exactly the clusters'
// issuers.
func (w *workload) persistentReprise(persistent *persistentStep, eks *eksStep) *persistentStep {
	return &persistentStep{
		Name: "persistent_reprise", Description: "persistent again, trusting the clusters' issuers",
		Project:   w.target.Project("persistent"), // the same stack
		Needs:     []step.Step{eks},
		Requires:  w.requireSecrets,
		Continues: persistent,
		Gather: func(ctx context.Context, r *step.Run) (stacks.PersistentIn, error) {
			in, err := w.gatherPersistent(ctx, r)
			if err != nil {
				return in, err
			}
			in.EKS, err = eks.Outputs(ctx, r)
			return in, err
		},
		Program: stacks.Persistent,
		After:   w.writeSecrets,
	}
}
