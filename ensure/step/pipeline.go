package step

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/engine"
)

// Pipeline is what a target consists of.
type Pipeline struct {
	// Target names the target and its stacks.
	Target string
	// Steps in the order of a converging run.
	Steps []Step
	// Aliases are other names of steps.
	Aliases map[string]string
	// Config is the configuration of every stack ("aws:region").
	Config map[string]string
	// Unprotected says that a destroy may take protected resources.
	Unprotected bool
	// Direct says that the private network is reached without a tunnel.
	Direct bool
	// Guarded are the types whose resources hold what cannot be made again.
	Guarded map[string]bool
	// Settings are the types whose resources set something that a thing of the cloud has once,
	// with the inputs that name the thing.
	Settings map[string][]string
	// TakeOver says which creates take over what is there already.
	TakeOver TakeOver
	// Retained tells of which types a delete leaves the object alone, whatever a state says
	// that an older program wrote; nil for none.
	Retained func(typ string) bool
	// Forced tells of which types a destroy takes what is retained, with its data; nil for none.
	Forced func(typ string) bool
	// Check refuses what no run could do, before the first step; nil for nothing. It
	// changes nothing.
	Check func(ctx context.Context, r *Run) error
	// Place makes sure that a run looks where what the state has was made: elsewhere none of it
	// would be found, and all taken for gone. It is asked before the first step, also of a
	// destroy; nil for nothing.
	Place func(ctx context.Context, r *Run) error
	// Advise says what somebody outside has to do about a failure; nil for nothing.
	Advise Advise
	// Finish says how to finish a destroy which left something of the stacks; nil for nothing.
	Finish func(ctx context.Context, r *Run, remains []Remaining) ([]Next, error)
	// Gone lists what the state has and the configuration has no longer; nil for nothing.
	Gone func(ctx context.Context, r *Run) ([]string, error)
}

// Environment is what the steps of one target run in.
type Environment interface {
	// Stack is the target's stack of a project.
	Stack(project string) (*engine.Stack, error)
	// Host runs the provider plugins of all operations.
	Host() *engine.Host
	// OpenTunnel opens the way into the target's private network, which stays open until
	// the environment is closed; note says what the user should know of it, if anything.
	OpenTunnel(ctx context.Context) (note string, err error)
}

// Runner runs the selected steps of a pipeline with the options of one run. It runs once.
type Runner struct {
	pipeline    Pipeline
	environment Environment
	options     Options
	selected    []Step
	stacks      map[string]*engine.Stack // by project
}

// New selects the steps of a pipeline. Unknown step names are errors that list the valid
// ones.
func New(pipeline Pipeline, environment Environment, options Options) (*Runner, error) {
	runner := &Runner{pipeline: pipeline, environment: environment, options: options, stacks: map[string]*engine.Stack{}}
	for i, step := range pipeline.Steps {
		d := of(step)
		if d == nil {
			continue
		}
		for _, needed := range append(slices.Clone(d.needs), d.continues) {
			if needed != nil && !slices.Contains(pipeline.Steps[:i], needed) {
				return nil, fmt.Errorf("step %s needs step %s, which is not before it", d.Name, needed.describe().Name)
			}
		}
		if len(d.deletesLate) > 0 && pipeline.continuing(step) == nil {
			return nil, fmt.Errorf("step %s deletes late, and no step continues it", d.Name)
		}
		if runner.stacks[d.Project] == nil {
			stack, err := environment.Stack(d.Project)
			if err != nil {
				return nil, fmt.Errorf("open the stack of step %s of %s: %w", d.Name, pipeline.Target, err)
			}
			runner.stacks[d.Project] = stack
		}
	}
	var err error
	if runner.selected, err = runner.selection(); err != nil {
		return nil, err
	}
	return runner, nil
}

// stack is the stack of a step; nil for an action.
func (p *Runner) stack(step Step) *engine.Stack { return p.stacks[step.describe().Project] }

// ownedBy are the URNs and patterns that may be of resources of a step's stack.
func (p *Runner) ownedBy(step Step, urns []string) []string {
	stack := p.stack(step)
	if stack == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(urns), func(urn string) bool { return !stack.May(urn) })
}

// All lists the steps in the order of a converging run.
func (p *Runner) All() []Description { return describe(p.pipeline.Steps) }

// Steps lists the selected steps in the order of this run.
func (p *Runner) Steps() []Description { return describe(p.selected) }

func describe(steps []Step) []Description {
	described := make([]Description, len(steps))
	for i, step := range steps {
		described[i] = step.describe()
	}
	return described
}

// find returns the step of a name or an alias; nil when there is none.
func (p Pipeline) find(name string) Step {
	name = cmp.Or(p.Aliases[name], name)
	for _, step := range p.Steps {
		if step.describe().Name == name {
			return step
		}
	}
	return nil
}

// unknownStep says that there is no step of a name.
func (p Pipeline) unknownStep(name string) error {
	var names []string
	for _, step := range p.Steps {
		names = append(names, step.describe().Name)
	}
	problem := fmt.Sprintf("%s has no step %q; its steps are %s", p.Target, name, strings.Join(names, ", "))
	if near := nearest(name, names)[0]; distance(name, near) <= len(near)/3 || strings.HasPrefix(near, name) {
		problem += fmt.Sprintf(" (did you mean %s?)", near)
	}
	return errors.New(problem)
}

// selection applies OnlySteps, then the direction, then StartAtStep.
func (p *Runner) selection() ([]Step, error) {
	var problems []error
	for _, name := range append(slices.Clone(p.options.OnlySteps), p.options.StartAtStep) {
		if name != "" && p.pipeline.find(name) == nil {
			problems = append(problems, p.pipeline.unknownStep(name))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	selected := slices.Clone(p.pipeline.Steps)
	if len(p.options.OnlySteps) > 0 {
		var only []Step
		for _, name := range p.options.OnlySteps {
			only = append(only, p.pipeline.find(name))
		}
		selected = slices.DeleteFunc(selected, func(step Step) bool { return !slices.Contains(only, step) })
	}
	if p.options.Destroy {
		slices.Reverse(selected)
	}
	if p.options.StartAtStep == "" {
		return selected, nil
	}
	start := slices.Index(selected, p.pipeline.find(p.options.StartAtStep))
	if start < 0 {
		return nil, fmt.Errorf("step %q is not among the selected steps %s",
			p.options.StartAtStep, strings.Join(p.options.OnlySteps, ", "))
	}
	return selected[start:], nil
}
