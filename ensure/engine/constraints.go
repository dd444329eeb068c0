package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	pulumidisplay "github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// constraints are what an apply may do: what its preview would have done, in kind. No
// resource is deleted or replaced, and none created or changed, that the preview did not
// show. Pulumi's own plans also compare what no preview can know: what component plugins
// make has other dependencies in an apply than in its preview.
// (docs/reference/design.md 3; docs/reference/real-plugins.md 1)
type constraints struct {
	resources map[resource.URN]*constraint
	outputs   resource.PropertyMap
	// seeds are what providers made names from that nobody gave.
	seeds map[resource.URN][]byte
	// changing are the resources that the preview would have changed, and what they are in.
	changing map[resource.URN]bool
}

// constraint is what a preview would have done to one resource.
type constraint struct {
	operations []pulumidisplay.StepOp
	inputs     resource.PropertyMap // the new ones
	// imported are those that an import began with, before the update that may follow it.
	imported resource.PropertyMap
	sources  []resource.URN // what they are made from
	provider resource.URN
	parent   resource.URN
}

// note takes in a step of the preview.
func (c *constraints) note(operation pulumidisplay.StepOp, urn resource.URN, planned *resource.State) {
	held := c.resources[urn]
	if held == nil {
		held = &constraint{}
		c.resources[urn] = held
	}
	held.operations = append(held.operations, operation)
	if planned == nil {
		return
	}
	if operation == deploy.OpImport || operation == deploy.OpImportReplacement {
		held.imported = planned.Inputs
	}
	held.inputs, held.sources, held.parent = planned.Inputs, sources(planned), planned.Parent
	if provider, err := providers.ParseReference(planned.Provider); err == nil { // a component has none
		held.provider = provider.URN()
	}
}

// complete ends the noting of a preview with the engine's plan, which has the seeds.
func (c *constraints) complete(plan *deploy.Plan, outputs resource.PropertyMap) {
	c.outputs, c.seeds, c.changing = outputs, map[resource.URN][]byte{}, map[resource.URN]bool{}
	if plan != nil {
		for urn, planned := range plan.ResourcePlans {
			c.seeds[urn] = planned.Seed
		}
	}
	for urn, held := range c.resources {
		if !held.changes() {
			continue
		}
		for urn != "" && !c.changing[urn] {
			c.changing[urn] = true
			above := c.resources[urn]
			if urn = ""; above != nil {
				urn = above.parent
			}
		}
	}
}

// changes tells whether anything would have happened to the resource.
func (c *constraint) changes() bool {
	return slices.ContainsFunc(c.operations, func(planned pulumidisplay.StepOp) bool { return !harmless[planned] })
}

// sources are the resources that a resource depends on.
func sources(state *resource.State) []resource.URN {
	all := slices.Clone(state.Dependencies)
	for _, urns := range state.PropertyDependencies {
		all = append(all, urns...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// covers lists what each planned step of the engine admits in the apply: itself, and what
// does less. Whatever was planned may turn out to be nothing; what is only looked at, may be.
var covers = map[pulumidisplay.StepOp][]pulumidisplay.StepOp{
	deploy.OpCreate:               {deploy.OpCreate},
	deploy.OpImport:               {deploy.OpImport},
	deploy.OpUpdate:               {deploy.OpUpdate},
	deploy.OpDelete:               {deploy.OpDelete},
	deploy.OpDeleteReplaced:       {deploy.OpDeleteReplaced},
	deploy.OpReadReplacement:      {deploy.OpReadReplacement},
	deploy.OpReadDiscard:          {deploy.OpReadDiscard},
	deploy.OpDiscardReplaced:      {deploy.OpDiscardReplaced},
	deploy.OpRemovePendingReplace: {deploy.OpRemovePendingReplace},
	deploy.OpImportReplacement:    {deploy.OpImportReplacement, deploy.OpReplace, deploy.OpDeleteReplaced},
	deploy.OpCreateReplacement:    {deploy.OpUpdate, deploy.OpCreateReplacement, deploy.OpReplace, deploy.OpDeleteReplaced},
	deploy.OpReplace:              {deploy.OpUpdate, deploy.OpCreateReplacement, deploy.OpReplace, deploy.OpDeleteReplaced},
}

// harmless are the steps that change nothing.
var harmless = map[pulumidisplay.StepOp]bool{deploy.OpSame: true, deploy.OpRead: true, deploy.OpRefresh: true}

// verbs say what a step does that was not planned.
var verbs = map[pulumidisplay.StepOp]string{
	deploy.OpCreate: "it would be created", deploy.OpImport: "it would be imported", deploy.OpUpdate: "it would be changed",
	deploy.OpDelete: "it would be deleted", deploy.OpReplace: "it would be replaced", deploy.OpCreateReplacement: "it would be replaced",
	deploy.OpImportReplacement: "it would be replaced", deploy.OpDeleteReplaced: "it would be replaced",
}

// check tells how a step deviates from the preview; "" when it does not. Of the inputs it
// names those that deviate: values may be secret.
func (c *constraints) check(step deploy.Step) string {
	operation, urn := step.Op(), step.URN()
	held := c.resources[urn]
	component := step.Res() != nil && !step.Res().Custom
	switch {
	case harmless[operation], providers.IsDefaultProvider(urn), component && operation == deploy.OpUpdate:
		return "" // a component has nothing but its children
	case held == nil || !slices.ContainsFunc(held.operations, func(planned pulumidisplay.StepOp) bool {
		return slices.Contains(covers[planned], operation)
	}):
		return cmp.Or(verbs[operation], fmt.Sprintf("it has the step %s", operation)) + ", which its preview did not show"
	}
	if component || step.New() == nil || operation == deploy.OpDelete || operation == deploy.OpDeleteReplaced || !c.knew(held, step.New()) {
		return ""
	}
	planned := held.inputs
	if operation == deploy.OpImport || operation == deploy.OpImportReplacement {
		planned = held.imported
	}
	var changed []string
	for _, difference := range between(planned, step.New().Inputs) {
		changed = append(changed, difference.Path)
	}
	if len(changed) == 0 {
		return ""
	}
	return "properties changed: " + strings.Join(changed, ", ")
}

// knew tells whether the preview knew all inputs of a resource: none was unknown, its
// provider could look at them, and nothing that they are made from is changed by the same
// apply. A provider does not say of every output that it is going to change.
func (c *constraints) knew(held *constraint, made *resource.State) bool {
	if provider := c.resources[held.provider]; held.inputs.ContainsUnknowns() || provider != nil && provider.inputs.ContainsUnknowns() {
		return false
	}
	return !slices.ContainsFunc(slices.Concat(held.sources, sources(made)), func(urn resource.URN) bool { return c.changing[urn] })
}

// checkOutputs tells whether the stack has the outputs that its preview showed. One that was
// unknown may turn out to be none.
func (c *constraints) checkOutputs(made resource.PropertyMap) bool {
	for name, planned := range c.outputs {
		if _, ok := made[name]; !ok && !planned.ContainsUnknowns() {
			return false
		}
	}
	for name := range made {
		if _, ok := c.outputs[name]; !ok {
			return false
		}
	}
	return true
}

// keeper holds each step of an apply to its constraints before it begins.
type keeper struct {
	engine.SnapshotManager
	constraints *constraints

	mutex    sync.Mutex // for what follows
	begun    map[resource.URN]bool
	violated []Failure
}

// BeginMutation implements engine.SnapshotManager.
func (k *keeper) BeginMutation(step deploy.Step) (engine.SnapshotMutation, error) {
	deviation := k.constraints.check(step)
	k.mutex.Lock()
	k.begun[step.URN()] = true
	k.mutex.Unlock()
	if deviation == "" {
		return k.SnapshotManager.BeginMutation(step)
	}
	failure := Failure{URN: string(step.URN()), Message: fmt.Sprintf("resource %s violates plan: %s", step.URN(), deviation)}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.violated = append(k.violated, failure)
	return nil, errors.New(failure.Message)
}

// missing are the resources that were to be made or changed, and that the program did not
// ask for any more.
func (k *keeper) missing() (urns []resource.URN) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for urn, held := range k.constraints.resources {
		if held.inputs != nil && held.changes() && !k.begun[urn] && !providers.IsDefaultProvider(urn) {
			urns = append(urns, urn)
		}
	}
	slices.Sort(urns)
	return urns
}

// violations are the steps that were kept from beginning, in order.
func (k *keeper) violations() []Failure {
	if k == nil {
		return nil
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return slices.Clone(k.violated)
}
