package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ptd-go/ptd/stacks/config"
)

// MergeCustom places the enabled custom steps of a target's manifest among its standard
// steps (facts: config-and-cli 3.6): after the anchor they name with insertAfter, before
// that of insertBefore, the rest at the end; steps with the same anchor stay in the
// manifest's order. A target without a manifest has none.
//
// It is an error if a step has the name of a standard one, or has no Go module where the
// manifest says.
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
	root := filepath.Dir(target.Customizations.File)
	directory := filepath.Join(root, filepath.FromSlash(custom.Path))
	if inside, err := filepath.Rel(root, directory); err != nil || !filepath.IsLocal(inside) {
		return nil, fmt.Errorf("%s: path %q of custom step %s leaves the directory of the manifest",
			target.Customizations.File, custom.Path, custom.Name)
	}
	for _, file := range []string{"main.go", "go.mod"} {
		_, err := os.Stat(filepath.Join(directory, file))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: custom step %s has no %s in %s", target.Customizations.File, custom.Name, file, directory)
		}
		if err != nil {
			return nil, fmt.Errorf("custom step %s: %w", custom.Name, err)
		}
	}
	file, err := filepath.Abs(target.File)
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

// compile makes the program.
func (s *customStep) compile(ctx context.Context, _ *Run) (compiled gathered, err error) {
	name := s.described.Name
	toolchain, err := exec.LookPath("go")
	if err != nil {
		return compiled, fmt.Errorf("compile custom step %s: it is a Go module, and there is no Go toolchain on PATH: %w", name, err)
	}
	scratch, err := os.MkdirTemp("", "ptd-step-")
	if err != nil {
		return compiled, fmt.Errorf("compile custom step %s: %w", name, err)
	}
	compiled.executable = filepath.Join(scratch, "step")
	compiled.close = func() error { return os.RemoveAll(scratch) }
	command := exec.CommandContext(ctx, toolchain, "build", "-o", compiled.executable, ".")
	command.Dir = s.directory
	if output, err := command.CombinedOutput(); err != nil {
		err = fmt.Errorf("compile custom step %s in %s: %w\n%s", name, s.directory, err, strings.TrimSpace(string(output)))
		return compiled, errors.Join(err, compiled.close())
	}
	return compiled, nil
}
