package main

import (
	"context"
	"errors"

	"github.com/ptd-go/ptd/ensure"
	"github.com/ptd-go/ptd/stacks/config"
)

// runner is what the commands ask of package ensure.
type runner interface {
	openSandbox(directory string, real ensure.RealParts) (environment, error)
	resetSandbox(directory string) (left []string, err error)
	openReal() (environment, error)
}

// environment is the clouds that a command works on.
type environment interface {
	pipeline(target *config.Target, options ensure.Options) (pipeline, error)
	outputs(ctx context.Context, target *config.Target, step string, showSecrets bool) (map[string]map[string]any, error)
	objects() ([]ensure.Object, error)
	Close() error
}

// pipeline is a target's steps; see ensure.Runner.
type pipeline interface {
	All() []ensure.Step
	Run(ctx context.Context, ui ensure.UserInterface) ensure.Summary
}

// ensureRunner is the runner that main hands in.
type ensureRunner struct{}

func (ensureRunner) openSandbox(directory string, real ensure.RealParts) (environment, error) {
	opened, err := ensure.OpenSandboxWith(directory, real)
	if err != nil {
		return nil, err
	}
	return sandboxEnvironment{ensureEnvironment{opened}, opened}, nil
}

func (ensureRunner) resetSandbox(directory string) (left []string, err error) {
	return ensure.ResetSandbox(directory)
}

func (ensureRunner) openReal() (environment, error) { return ensureEnvironment{ensure.OpenReal()}, nil }

type ensureEnvironment struct{ ensure.Environment }

func (e ensureEnvironment) pipeline(target *config.Target, options ensure.Options) (pipeline, error) {
	built, err := ensure.New(target, e.Environment, options)
	if err != nil {
		return nil, err
	}
	return built, nil
}

func (e ensureEnvironment) outputs(ctx context.Context, target *config.Target, step string, showSecrets bool,
) (map[string]map[string]any, error) {
	return ensure.Outputs(ctx, target, e.Environment, step, showSecrets)
}

func (e ensureEnvironment) objects() ([]ensure.Object, error) {
	return nil, errors.New("only a sandbox can list its objects")
}

// sandboxEnvironment is an environment that can list what is in it.
type sandboxEnvironment struct {
	ensureEnvironment
	sandbox *ensure.Sandbox
}

func (e sandboxEnvironment) objects() ([]ensure.Object, error) { return e.sandbox.Objects() }
