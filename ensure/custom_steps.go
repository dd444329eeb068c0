package ensure

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/stacks/config"
)

// mergeCustomSteps places the enabled custom steps of the target's manifest among
// its standard steps (facts: config-and-cli 3.6): after the anchor they name with
// insertAfter, before that of insertBefore, the rest at the end; steps with the same
// anchor stay in the manifest's order.
func mergeCustomSteps(standard []runnable, target *config.Target, environment *Environment) ([]runnable, error) {
	if target.Customizations == nil {
		return standard, nil
	}
	before, after := map[string][]runnable{}, map[string][]runnable{}
	var last []runnable
	var problems []error
	order := target.Kind.Steps()
	for _, custom := range target.Customizations.CustomSteps {
		if slices.Contains(order, custom.Name) {
			problems = append(problems, fmt.Errorf("%s: custom step %q has the name of a standard step; rename it",
				target.Customizations.File, custom.Name))
			continue
		}
		if !custom.Enabled {
			continue
		}
		step, err := newCustomStep(custom, target, environment)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		switch {
		case custom.InsertAfter != "":
			after[custom.InsertAfter] = append(after[custom.InsertAfter], step)
		case custom.InsertBefore != "":
			before[custom.InsertBefore] = append(before[custom.InsertBefore], step)
		default:
			last = append(last, step)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	// The walk is over all steps of the kind, so that an anchor need not be a step
	// that this version of ptd has.
	var merged []runnable
	for _, name := range order {
		merged = append(merged, before[name]...)
		if i := slices.IndexFunc(standard, func(step runnable) bool { return step.describe().Name == name }); i >= 0 {
			merged = append(merged, standard[i])
		}
		merged = append(merged, after[name]...)
	}
	return append(merged, last...), nil
}

// customStep is a Pulumi program of the target's own: a Go module, which is compiled
// before it runs.
type customStep struct {
	*stackStep
	directory string
}

func newCustomStep(custom config.CustomStep, target *config.Target, environment *Environment) (runnable, error) {
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
	location := "aws:region"
	if target.Cloud() == "azure" {
		location = "azure-native:location"
	}
	project := target.Project(custom.Name)
	return &customStep{directory: directory, stackStep: &stackStep{
		Step: Step{
			Name: custom.Name, Custom: true, Description: custom.Description, Proxy: custom.ProxyRequired, Project: project,
		},
		target: target.Name,
		stack:  environment.backend(target).Stack(project, target.Name),
		host:   environment.host,
		config: map[string]string{
			location: target.Region(), "ptd:workloadName": target.Name, "ptd:ptdYamlPath": file,
		},
	}}, nil
}

// converge compiles the program and runs it as a stack.
func (s *customStep) converge(ctx context.Context, r *run) error {
	scratch, err := os.MkdirTemp("", "ptd-step-")
	if err != nil {
		return fmt.Errorf("compile custom step %s: %w", s.Name, err)
	}
	defer os.RemoveAll(scratch)
	toolchain, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("compile custom step %s: it is a Go module, and there is no Go toolchain on PATH: %w", s.Name, err)
	}
	s.executable = filepath.Join(scratch, "step")
	compile := exec.CommandContext(ctx, toolchain, "build", "-o", s.executable, ".")
	compile.Dir = s.directory
	if output, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("compile custom step %s in %s: %w\n%s", s.Name, s.directory, err, strings.TrimSpace(string(output)))
	}
	return s.stackStep.converge(ctx, r)
}
