package engine

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Kept is a resource that a destroy leaves in place.
type Kept struct {
	URN, Type, Name, Reason string
	// Protected is true for the resources that are the reason of the others.
	Protected bool
}

// Destructible divides the stack's resources: targets are the URNs that a destroy
// may delete, kept are the protected ones and all that they need (parents,
// providers, dependencies). When nothing is kept targets is nil, which stands for
// the whole stack.
func (s *Stack) Destructible(ctx context.Context) (targets []string, kept []Kept, err error) {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return nil, nil, err
	}
	reasons := keep(snapshot)
	if len(reasons) == 0 {
		return nil, nil, nil
	}
	for _, state := range snapshot.Resources {
		reason, keep := reasons[state.URN]
		switch {
		case !keep:
			targets = append(targets, string(state.URN))
		case state.Custom && !providers.IsProviderType(state.Type):
			kept = append(kept, Kept{
				URN: string(state.URN), Type: string(state.Type), Name: state.URN.Name(), Reason: reason, Protected: state.Protect,
			})
		}
	}
	return targets, kept, nil
}

// keep finds the resources that must stay, each with the reason. State lists a
// resource after all that it needs, so one walk backwards finds everything.
func keep(snapshot *deploy.Snapshot) map[resource.URN]string {
	reasons := map[resource.URN]string{}
	for i := len(snapshot.Resources) - 1; i >= 0; i-- {
		state := snapshot.Resources[i]
		if state.Delete {
			continue
		}
		if state.Protect {
			reasons[state.URN] = "protected"
		}
		if _, stays := reasons[state.URN]; !stays {
			continue
		}
		for _, needed := range needs(state) {
			if _, known := reasons[needed]; !known {
				reasons[needed] = fmt.Sprintf("needed by %s", state.URN.Name())
			}
		}
	}
	return reasons
}

func needs(state *resource.State) []resource.URN {
	all := append([]resource.URN{}, state.Dependencies...)
	for _, dependencies := range state.PropertyDependencies {
		all = append(all, dependencies...)
	}
	if state.Parent != "" {
		all = append(all, state.Parent)
	}
	if state.DeletedWith != "" {
		all = append(all, state.DeletedWith)
	}
	if reference, err := providers.ParseReference(state.Provider); err == nil {
		all = append(all, reference.URN())
	}
	return all
}
