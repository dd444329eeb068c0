package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Kept is a resource that a destroy leaves in place.
type Kept struct {
	URN, Type, Name, Reason string
	Cause                   Cause
}

// Cause is the kind of a reason.
type Cause int

// The causes.
const (
	Needed    Cause = iota // by something that stays for another cause
	Protected              // by the state
	Retained               // held data stays when its resource is deleted
	Excluded               // by the operation
)

// reason is why a resource stays.
type reason struct {
	cause Cause
	text  string
}

// Destructible divides the resources that a destroy is about: targets are the URNs
// that it may delete, kept are those that are protected, whose data is retained or
// which are excluded, with all that they need (parents, providers, dependencies).
// When nothing is kept and the operation has no targets, targets is nil, which stands
// for the whole stack.
func (s *Stack) Destructible(ctx context.Context, operation Operation) (targets []string, kept []Kept, err error) {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return nil, nil, err
	}
	force(snapshot, operation.Force)
	if err := s.checkNamed(snapshot, operation); err != nil {
		return nil, nil, err
	}
	reasons := keep(snapshot, operation)
	if len(reasons) == 0 && len(operation.Targets) == 0 {
		return nil, nil, nil
	}
	asked := deploy.NewUrnTargets(operation.Targets)
	targets = []string{}
	for _, state := range snapshot.Resources {
		reason, keep := reasons[state.URN]
		switch {
		case !asked.Contains(state.URN):
		case !keep:
			targets = append(targets, string(state.URN))
		case state.Custom && !providers.IsProviderType(state.Type) && !state.External:
			kept = append(kept, Kept{URN: string(state.URN), Type: string(state.Type), Name: state.URN.Name(), Reason: reason.text, Cause: reason.cause})
		}
	}
	return targets, kept, nil
}

// checkNamed refuses URNs of resources that are not in the state.
func (s *Stack) checkNamed(snapshot *deploy.Snapshot, operation Operation) error {
	for _, urn := range append(slices.Clone(operation.Targets), operation.Excludes...) {
		is := func(state *resource.State) bool { return string(state.URN) == urn }
		if !strings.Contains(urn, "*") && !slices.ContainsFunc(snapshot.Resources, is) {
			return fmt.Errorf("stack %s has no resource %s", s.Name(), urn)
		}
	}
	return nil
}

// keep finds the resources that must stay, each with the reason. State lists a
// resource after all that it needs, so one walk backwards finds everything.
func keep(snapshot *deploy.Snapshot, operation Operation) map[resource.URN]reason {
	reasons, held := map[resource.URN]reason{}, map[resource.URN]bool{}
	for _, state := range snapshot.Resources { // a held bucket has its settings, which are its children
		held[state.URN] = state.RetainOnDelete && (held[state.Parent] || operation.Hold != nil && operation.Hold(string(state.Type)))
	}
	components := componentsOf(snapshot)
	needed := map[resource.URN]reason{} // components, of which parts stay
	for i := len(snapshot.Resources) - 1; i >= 0; i-- {
		state := snapshot.Resources[i]
		if state.Delete {
			continue
		}
		switch {
		case state.Protect && !names(operation.Unprotect, state.URN):
			reasons[state.URN] = reason{Protected, "protected"}
		case held[state.URN]:
			reasons[state.URN] = reason{Retained, "its data is retained"}
		case names(operation.Excludes, state.URN):
			reasons[state.URN] = reason{Excluded, "excluded"}
		}
		for above := state.Parent; above != ""; above = components[above] {
			_, stays := reasons[state.URN]
			if by, whole := needed[above]; whole && !stays {
				reasons[state.URN] = by
			}
		}
		if _, stays := reasons[state.URN]; !stays {
			continue
		}
		by := reason{Needed, fmt.Sprintf("needed by %s", state.URN.Name())}
		for _, urn := range needs(state) {
			if _, known := reasons[urn]; !known {
				reasons[urn] = by
			}
			_, component := components[urn]
			if _, known := needed[urn]; component && urn != state.Parent && !known {
				needed[urn] = by
			}
		}
	}
	return reasons
}

// componentsOf are the components of a state, each with its parent. What needs one needs all
// that is in it: a component of a plugin has no list of its parts.
func componentsOf(snapshot *deploy.Snapshot) map[resource.URN]resource.URN {
	components := map[resource.URN]resource.URN{}
	for _, state := range snapshot.Resources {
		if !state.Custom {
			components[state.URN] = state.Parent
		}
	}
	return components
}

// limit is what limits a destroy to its targets. The engine looks for what depends on each
// target by going through the whole state, twice, so that a destroy which leaves something of
// thousands of resources would plan longer than it deletes. For what stays it only looks at
// what that needs: so the same is said by naming what stays, if nothing of that needs a target.
// Otherwise the engine refuses the targets, and says why.
func (o Operation) limit(snapshot *deploy.Snapshot) (targets, excludes []string) {
	if len(o.Targets) == 0 || len(o.Excludes) > 0 {
		return o.Targets, o.Excludes
	}
	goes, live := map[resource.URN]bool{}, map[resource.URN]bool{}
	for _, state := range snapshot.Resources {
		live[state.URN] = live[state.URN] || !state.Delete
	}
	for _, urn := range o.Targets {
		if _, there := live[resource.URN(urn)]; !there {
			return o.Targets, nil // a pattern, or nothing
		}
		goes[resource.URN(urn)] = true
	}
	components := componentsOf(snapshot)
	whole := map[resource.URN]bool{} // components that what stays needs
	for _, state := range slices.Backward(snapshot.Resources) {
		if goes[state.URN] {
			for above := state.Parent; above != ""; above = components[above] {
				if whole[above] {
					return o.Targets, nil
				}
			}
			continue
		}
		if !live[state.URN] { // the engine would not keep what is left of a replacement
			return o.Targets, nil
		}
		excludes = append(excludes, string(state.URN))
		for _, urn := range needs(state) {
			if goes[urn] {
				return o.Targets, nil
			}
			_, component := components[urn]
			whole[urn] = whole[urn] || component && urn != state.Parent
		}
	}
	return nil, excludes
}

// names tells whether a list of URNs and patterns has a URN.
func names(list []string, urn resource.URN) bool {
	return len(list) > 0 && deploy.NewUrnTargets(list).Contains(urn)
}

// Everything is the pattern of all URNs.
const Everything = "**"

// unprotect takes the protection off the named resources, in memory, and returns what
// was protected before.
func unprotect(snapshot *deploy.Snapshot, list []string) (before map[resource.URN]bool) {
	before = map[resource.URN]bool{}
	if snapshot == nil {
		return before
	}
	for _, state := range snapshot.Resources {
		if state.Protect {
			before[state.URN] = true
			state.Protect = !names(list, state.URN)
		}
	}
	return before
}

// retain keeps deletes from the objects of types: state that was written before its program
// said so says that they go.
func retain(snapshot *deploy.Snapshot, of func(typ string) bool) {
	if snapshot == nil || of == nil {
		return
	}
	for _, state := range snapshot.Resources {
		if of(string(state.Type)) {
			state.RetainOnDelete = true
		}
	}
}

// force lets deletes take the objects of types, with what they hold: the provider of a bucket
// asks what was last applied, which no run can change any more when the rest of the stack is gone.
func force(snapshot *deploy.Snapshot, of func(typ string) bool) {
	if snapshot == nil || of == nil {
		return
	}
	forced := map[resource.URN]bool{}
	for _, state := range snapshot.Resources {
		whole := of(string(state.Type))
		if whole {
			state.Inputs, state.Outputs = state.Inputs.Copy(), state.Outputs.Copy()
			state.Inputs["forceDestroy"], state.Outputs["forceDestroy"] = resource.NewProperty(true), resource.NewProperty(true)
		}
		if forced[state.URN] = whole || forced[state.Parent]; forced[state.URN] {
			state.RetainOnDelete = false
		}
	}
}

func needs(state *resource.State) []resource.URN {
	all := append(holdsFirmly(state), state.Dependencies...)
	for _, dependencies := range state.PropertyDependencies {
		all = append(all, dependencies...)
	}
	return all
}

// holdsFirmly are those that a resource needs by more than the order of things.
func holdsFirmly(state *resource.State) []resource.URN {
	var all []resource.URN
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
