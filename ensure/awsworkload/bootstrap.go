package awsworkload

import (
	"context"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/stacks/action"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
)

// bootstrap makes what must be there before the first stack.
func (w *workload) bootstrap() *step.Action {
	return &step.Action{
		Name: "bootstrap", Description: "state bucket and key, admin policy, secrets",
		Do: func(ctx context.Context, _ *step.Run, plan bool) ([]action.Change, error) {
			account, err := w.account(ctx)
			if err != nil {
				return nil, err
			}
			return stacks.Bootstrap(ctx, account, w.config, plan)
		},
		Outlives: "bootstrap's objects hold state and secrets; delete them by hand when they are not needed any more",
	}
}
