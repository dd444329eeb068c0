package ensure

import (
	"context"
	"fmt"

	"github.com/ptd-go/ptd/ensure/awsworkload"
	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// pipelines are the kinds of targets that ptd has steps for.
var pipelines = map[config.Kind]func(*config.Target, Environment) step.Pipeline{
	config.KindAWSWorkload: func(target *config.Target, environment Environment) step.Pipeline {
		return awsworkload.Pipeline(target, awsworkload.Edges{
			AWS: environment.AWS(), Clusters: environment.Clusters(target), Databases: environment.Databases(target),
			Unawaited: environment.Unawaited(),
		})
	},
}

// New builds the pipeline of a target, with its custom steps, and selects the steps of a
// run. Unknown step names are errors that list the valid ones.
func New(target *config.Target, environment Environment, options Options) (*Runner, error) {
	pipeline, err := pipelineOf(target, environment)
	if err != nil {
		return nil, err
	}
	if err := environment.Prepare(target); err != nil {
		return nil, err
	}
	return step.New(pipeline, &bound{environment, target}, options)
}

// Outputs reads the outputs of a step's stack, or with step "" of all of them, from
// state: step, output, value. Secrets read "[secret]" unless shown. Steps that were
// never applied are left out; asking for such a step by name is an error.
func Outputs(ctx context.Context, target *config.Target, environment Environment, name string, showSecrets bool,
) (map[string]map[string]any, error) {
	pipeline, err := pipelineOf(target, environment)
	if err != nil {
		return nil, err
	}
	runner, err := step.New(pipeline, &bound{environment, target}, Options{})
	if err != nil {
		return nil, err
	}
	return runner.Outputs(ctx, name, showSecrets)
}

// StepNames lists the standard steps for targets of a kind, for completion.
func StepNames(kind config.Kind) []string {
	if pipelines[kind] == nil {
		return nil
	}
	return kind.Steps()
}

// pipelineOf is a target's pipeline, with its custom steps.
func pipelineOf(target *config.Target, environment Environment) (step.Pipeline, error) {
	build := pipelines[target.Kind]
	if build == nil {
		return step.Pipeline{}, fmt.Errorf("%s: ptd has no steps yet for targets of kind %s", target.Name, target.Kind)
	}
	pipeline := build(target, environment)
	pipeline.Guarded, pipeline.Settings, pipeline.Aliases = guarded, settings, target.Kind.StepAliases()
	pipeline.TakeOver = step.TakeOver{Of: kubernetes.TakesOver, By: kubernetes.MadeBy, Force: kubernetes.Force}
	pipeline.Retained = kubernetes.IsPatch
	return pipeline.MergeCustom(target)
}

// bound is the environment of one target.
type bound struct {
	environment Environment
	target      *config.Target
}

func (b *bound) Stack(project string) (*engine.Stack, error) {
	backend, err := b.environment.Backend(b.target)
	if err != nil {
		return nil, err
	}
	return backend.Stack(project, b.target.Name), nil
}

func (b *bound) Host() *engine.Host { return b.environment.Host(b.target) }

func (b *bound) OpenTunnel(ctx context.Context) (string, error) {
	return b.environment.OpenTunnel(ctx, b.target)
}
