package ensure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// Pipeline is the selected steps of one target with the options of one run. It runs
// once.
type Pipeline struct {
	target      *config.Target
	environment *Environment
	options     Options
	all         []runnable
	selected    []runnable
}

// runnable is a step as the runner sees it. Each method reports its changes through
// the run it is given.
type runnable interface {
	describe() Step
	// converge makes the target follow its configuration; in a dry run it says what
	// it would do.
	converge(ctx context.Context, r *run) error
	destroy(ctx context.Context, r *run) error
	// cancel releases what an earlier run left locked.
	cancel(ctx context.Context, r *run) error
}

// New builds the pipeline of a target and selects its steps. Unknown step names are
// errors that list the valid ones.
func New(target *config.Target, environment *Environment, options Options) (*Pipeline, error) {
	steps, err := stepsOf(target, environment)
	if err != nil {
		return nil, err
	}
	if environment.prepare != nil {
		if err := environment.prepare(target); err != nil {
			return nil, err
		}
	}
	p := &Pipeline{target: target, environment: environment, options: options, all: steps}
	if p.selected, err = p.selection(); err != nil {
		return nil, err
	}
	return p, errors.Join(
		p.checkOwned("--target-resources", options.TargetResources),
		p.checkOwned("--exclude-resources", options.ExcludeResources))
}

// checkOwned refuses URNs that no selected step's stack can have.
func (p *Pipeline) checkOwned(flag string, urns []string) error {
	var problems []error
	for _, urn := range urns {
		owns := func(step runnable) bool { return len(ownedBy(step, []string{urn})) > 0 }
		if slices.ContainsFunc(p.selected, owns) {
			continue
		}
		reason := fmt.Sprintf("it is in none of the stacks of %s", p.target.Name)
		if i := slices.IndexFunc(p.all, owns); i >= 0 {
			reason = fmt.Sprintf("it belongs to step %s, which is not selected", p.all[i].describe().Name)
		}
		problems = append(problems, fmt.Errorf("%s: no selected step has %s: %s", flag, urn, reason))
	}
	return errors.Join(problems...)
}

// ownedBy are the URNs and patterns that may be of resources of a step's stack.
func ownedBy(step runnable, urns []string) []string {
	stack := stackOf(step)
	if stack == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(urns), func(urn string) bool { return !stack.May(urn) })
}

// stepsOf builds the standard steps of the target's kind and merges its custom ones.
func stepsOf(target *config.Target, environment *Environment) ([]runnable, error) {
	if target.AWSWorkload == nil {
		return nil, fmt.Errorf("ensure %s: ptd has no steps yet for targets of kind %s", target.Name, target.Kind)
	}
	return mergeCustomSteps(awsWorkloadSteps(target, environment), target, environment)
}

// StepNames lists the standard steps for targets of a kind, for completion.
func StepNames(kind config.Kind) []string {
	if kind == config.KindAWSWorkload {
		return slices.Clone(awsWorkloadStepNames)
	}
	return nil
}

// All lists the merged steps in the order of a converging run.
func (p *Pipeline) All() []Step { return describe(p.all) }

// Steps lists the selected steps in the order of this run.
func (p *Pipeline) Steps() []Step { return describe(p.selected) }

func describe(steps []runnable) []Step {
	described := make([]Step, len(steps))
	for i, step := range steps {
		described[i] = step.describe()
	}
	return described
}

// selection applies OnlySteps, then the direction, then StartAtStep.
func (p *Pipeline) selection() ([]runnable, error) {
	names := make([]string, len(p.all))
	for i, step := range p.all {
		names[i] = step.describe().Name
	}
	var problems []error
	for _, name := range append(slices.Clone(p.options.OnlySteps), p.options.StartAtStep) {
		if name != "" && !slices.Contains(names, stepName(name)) {
			problems = append(problems, fmt.Errorf("%s has no step %q; its steps are %s",
				p.target.Name, name, strings.Join(names, ", ")))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	var selected []runnable
	for _, step := range p.all {
		if len(p.options.OnlySteps) == 0 || slices.ContainsFunc(p.options.OnlySteps, named(step)) {
			selected = append(selected, step)
		}
	}
	if p.options.Destroy {
		slices.Reverse(selected)
	}
	if p.options.StartAtStep == "" {
		return selected, nil
	}
	start := slices.IndexFunc(selected, func(step runnable) bool { return named(step)(p.options.StartAtStep) })
	if start < 0 {
		return nil, fmt.Errorf("step %q is not among the selected steps %s",
			p.options.StartAtStep, strings.Join(p.options.OnlySteps, ", "))
	}
	return selected[start:], nil
}

func named(step runnable) func(string) bool {
	return func(name string) bool { return stepName(name) == step.describe().Name }
}

// stepName resolves the older name of the step that makes the cluster.
func stepName(name string) string {
	if name == "kubernetes" {
		return "eks"
	}
	return name
}

// Outputs reads the outputs of a step's stack, or with step "" of all of them, from
// state: step, output, value. Secrets read "[secret]" unless shown. Steps that were
// never applied are left out; asking for such a step by name is an error.
func Outputs(ctx context.Context, target *config.Target, environment *Environment, step string, showSecrets bool,
) (map[string]map[string]any, error) {
	steps, err := stepsOf(target, environment)
	if err != nil {
		return nil, err
	}
	outputs := map[string]map[string]any{}
	known := false
	for _, candidate := range steps {
		name := candidate.describe().Name
		known = known || stepName(step) == name
		if step != "" && stepName(step) != name {
			continue
		}
		stack := stackOf(candidate)
		if stack == nil {
			if step != "" {
				return nil, fmt.Errorf("step %s of %s has no outputs: it is not a Pulumi stack", step, target.Name)
			}
			continue
		}
		values, exists, err := stack.Outputs(ctx)
		if err != nil {
			return nil, err
		}
		switch {
		case exists:
			outputs[name] = output.Public(values, showSecrets)
		case step != "":
			return nil, fmt.Errorf("step %s of %s was never applied: run `ptd ensure %s --only-steps %s`",
				name, target.Name, target.Name, name)
		}
	}
	if step != "" && !known {
		return nil, fmt.Errorf("%s has no step %q", target.Name, step)
	}
	return outputs, nil
}

// stackOf returns the Pulumi stack of a step; nil for an action.
func stackOf(step runnable) *engine.Stack {
	if step, ok := step.(interface{ pulumiStack() *engine.Stack }); ok {
		return step.pulumiStack()
	}
	return nil
}
