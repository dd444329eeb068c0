package step

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/stacks/config"
)

// MergeCustom places the enabled custom steps of a target's manifest among its standard
// steps (docs/reference/config-and-cli.md 3.6): after the anchor they name with insertAfter,
// before that of insertBefore, the rest at the end; steps with the same anchor stay in the
// manifest's order. A target without a manifest has none.
//
// It is an error if a step has the name of a standard one. That there is a Go module
// where the manifest says was checked when it was read.
func (p Pipeline) MergeCustom(target *config.Target) (Pipeline, error) {
	if target.Customizations == nil {
		return p, nil
	}
	before, after := map[Step][]Step{}, map[Step][]Step{}
	var last []Step
	var problems []error
	for _, custom := range target.Customizations.CustomSteps {
		if p.find(custom.Name) != nil {
			problems = append(problems, fmt.Errorf("%s: custom step %q has the name of a standard step; rename it",
				target.Customizations.File, custom.Name))
			continue
		}
		if !custom.Enabled {
			continue
		}
		step, err := newCustomStep(custom, target, p.Config)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		switch {
		case custom.InsertAfter != "":
			anchor := p.find(custom.InsertAfter)
			after[anchor] = append(after[anchor], step)
		case custom.InsertBefore != "":
			anchor := p.find(custom.InsertBefore)
			before[anchor] = append(before[anchor], step)
		default:
			last = append(last, step)
		}
	}
	if len(problems) > 0 {
		return p, errors.Join(problems...)
	}
	var merged []Step
	for _, step := range p.Steps {
		merged = append(merged, before[step]...)
		merged = append(merged, step)
		merged = append(merged, after[step]...)
	}
	p.Steps = append(merged, last...)
	return p, nil
}

// customStep is a Pulumi program of the target's own: a Go module, which is compiled
// before it runs.
type customStep struct {
	described Description
	directory string
	config    map[string]string
}

func newCustomStep(custom config.CustomStep, target *config.Target, settings map[string]string) (Step, error) {
	file, err := filepath.Abs(target.File)
	if err != nil {
		return nil, fmt.Errorf("custom step %s: %w", custom.Name, err)
	}
	directory, err := filepath.Abs(filepath.Join(filepath.Dir(target.Customizations.File), filepath.FromSlash(custom.Path)))
	if err != nil {
		return nil, fmt.Errorf("custom step %s: %w", custom.Name, err)
	}
	own := map[string]string{"ptd:workloadName": target.Name, "ptd:ptdYamlPath": file}
	maps.Copy(own, settings)
	return &customStep{
		described: Description{
			Name: custom.Name, Custom: true, Description: custom.Description, Proxy: custom.ProxyRequired,
			Project: target.Project(custom.Name),
		},
		directory: directory, config: own,
	}, nil
}

func (s *customStep) describe() Description { return s.described }

func (s *customStep) converge(ctx context.Context, r *Run) error { return r.converge(ctx, s) }
func (s *customStep) destroy(ctx context.Context, r *Run) error  { return r.destroy(ctx, s) }
func (s *customStep) cancel(ctx context.Context, r *Run) error   { return r.cancel(ctx, s) }

func (s *customStep) definition() definition {
	return definition{Description: s.described, config: s.config, gather: s.compile, destroyedWithoutItsProgram: true}
}

// compile makes the program, which runs in its own directory.
func (s *customStep) compile(ctx context.Context, r *Run) (gathered, error) {
	r.Say(Info, "%s: compiling %s", s.described.Name, s.directory)
	executable, remove, err := engine.Compile(ctx, s.directory)
	if err != nil {
		return gathered{}, err
	}
	return gathered{executable: executable, directory: s.directory, close: remove}, nil
}
