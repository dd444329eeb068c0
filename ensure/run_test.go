package ensure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/stacks/config"
)

// scripted is a step whose end is given.
type scripted struct {
	name string
	end  string // "ok", "fail", "decline", "panic"
	ran  *[]string
}

func (s *scripted) describe() Step { return Step{Name: s.name} }

func (s *scripted) converge(_ context.Context, r *run) error {
	*s.ran = append(*s.ran, s.name)
	r.change(ResourceChange{Operation: Create, Name: s.name})
	switch s.end {
	case "fail":
		return errors.New("no permission")
	case "decline":
		return fmt.Errorf("step %s was %w", s.name, ErrDeclined)
	case "panic":
		panic("nil map")
	}
	return nil
}

func (s *scripted) destroy(ctx context.Context, r *run) error { return s.converge(ctx, r) }
func (s *scripted) cancel(ctx context.Context, r *run) error  { return s.converge(ctx, r) }

// recorder is a user interface that remembers what it was told.
type recorder struct{ events []Event }

func (u *recorder) Event(event Event) { u.events = append(u.events, event) }
func (u *recorder) Confirm(context.Context, Question) (bool, error) {
	return false, errors.New("nobody here")
}
func (u *recorder) Display() *Display { return nil }

// pipelineOf builds a pipeline of scripted steps; names are a, b, c, ...
func pipelineOf(t *testing.T, options Options, ends ...string) (*Pipeline, *[]string) {
	t.Helper()
	ran := &[]string{}
	p := &Pipeline{target: &config.Target{Name: "demo01-staging"}, options: options}
	for i, end := range ends {
		p.all = append(p.all, &scripted{name: string(rune('a' + i)), end: end, ran: ran})
	}
	var err error
	p.selected, err = p.selection()
	require.NoError(t, err)
	return p, ran
}

// TestRandomOutcomes holds for every mix of step outcomes, options and selections:
// nothing runs after a step that did not succeed, every selected step has exactly
// one result, and the run's result and error agree with them.
func TestRandomOutcomes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ends := []string{"ok", "ok", "ok", "ok", "fail", "decline", "panic"}
	for range 5000 {
		script := make([]string, 1+random.IntN(8))
		for i := range script {
			script[i] = ends[random.IntN(len(ends))]
		}
		options := Options{Destroy: random.IntN(3) == 0, DryRun: random.IntN(3) == 0, Cancel: random.IntN(5) == 0}
		if random.IntN(2) == 0 {
			options.StartAtStep = string(rune('a' + random.IntN(len(script))))
		}
		p, ran := pipelineOf(t, options, script...)
		ui := &recorder{}
		summary := p.Run(context.Background(), ui)

		var want []string
		wantResult := p.success()
		stopped := false
		for _, step := range p.Steps() {
			if stopped {
				continue
			}
			want = append(want, step.Name)
			switch script[step.Name[0]-'a'] {
			case "fail", "panic":
				wantResult, stopped = Failed, true
			case "decline":
				wantResult, stopped = Declined, true
			}
		}
		require.Equal(t, want, *ran)
		require.Equal(t, wantResult, summary.Result)
		require.Equal(t, stopped, summary.Err != nil)
		require.Len(t, summary.Steps, len(p.Steps()))
		for i, step := range summary.Steps {
			require.Equal(t, p.Steps()[i].Name, step.Step)
			switch {
			case i < len(want)-1 || !stopped:
				require.Equal(t, p.success(), step.Result)
			case i == len(want)-1:
				require.Equal(t, wantResult, step.Result)
				require.Equal(t, step.Step, summary.Resume[len(summary.Resume)-1])
			default:
				require.Equal(t, Skipped, step.Result)
			}
		}
		require.Equal(t, len(want), summary.Changes.Create)
		requireWellFormed(t, ui.events, summary)
	}
}

// requireWellFormed checks the order of events: run started, each step started and
// finished in turn, summary last and once.
func requireWellFormed(t *testing.T, events []Event, summary Summary) {
	t.Helper()
	require.IsType(t, RunStarted{}, events[0])
	require.Equal(t, summary, events[len(events)-1])
	running := ""
	finished := 0
	for _, event := range events[1 : len(events)-1] {
		switch event := event.(type) {
		case StepStarted:
			require.Empty(t, running)
			running = event.Step
		case ResourceChange:
			require.Equal(t, running, event.Step)
		case StepFinished:
			require.Equal(t, summary.Steps[finished], event)
			if event.Result != Skipped {
				require.Equal(t, running, event.Step)
			}
			running = ""
			finished++
		case Summary:
			t.Fatal("two summaries")
		}
	}
	require.Equal(t, len(summary.Steps), finished)
}

func TestSelection(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		want    string
		err     string
	}{
		"all":                     {want: "abcd"},
		"only, in pipeline order": {options: Options{OnlySteps: []string{"c", "a"}}, want: "ac"},
		"start":                   {options: Options{StartAtStep: "c"}, want: "cd"},
		"only and start":          {options: Options{OnlySteps: []string{"a", "c", "d"}, StartAtStep: "c"}, want: "cd"},
		"destroy":                 {options: Options{Destroy: true}, want: "dcba"},
		"destroy from b":          {options: Options{Destroy: true, StartAtStep: "b"}, want: "ba"},
		"unknown only":            {options: Options{OnlySteps: []string{"x"}}, err: `demo01-staging has no step "x"; its steps are a, b, c, d`},
		"unknown start":           {options: Options{StartAtStep: "y"}, err: `has no step "y"`},
		"start filtered out":      {options: Options{OnlySteps: []string{"a"}, StartAtStep: "b"}, err: `step "b" is not among the selected steps a`},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Pipeline{target: &config.Target{Name: "demo01-staging"}, options: test.options}
			for _, step := range "abcd" {
				p.all = append(p.all, &scripted{name: string(step)})
			}
			selected, err := p.selection()
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			var names strings.Builder
			for _, step := range selected {
				names.WriteString(step.describe().Name)
			}
			assert.Equal(t, test.want, names.String())
		})
	}
}

func TestResumeRepeatsTheOptions(t *testing.T) {
	p, _ := pipelineOf(t, Options{AutoApply: true, Preview: true, OnlySteps: []string{"a", "b"}, AllowReplace: []string{"urn:1"}}, "ok", "fail")
	summary := p.Run(context.Background(), &recorder{})
	assert.Equal(t, []string{"ensure", "demo01-staging", "--auto-apply", "--only-steps", "a,b",
		"--allow-replace", "urn:1", "--start-at-step", "b"}, summary.Resume)
	assert.EqualError(t, summary.Err, "step b: no permission")
}

func TestInterruptBeforeAStep(t *testing.T) {
	p, ran := pipelineOf(t, Options{}, "ok", "ok")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	summary := p.Run(ctx, &recorder{})
	require.ErrorIs(t, summary.Err, ErrInterrupted)
	assert.Equal(t, Failed, summary.Result)
	assert.Empty(t, *ran)
}

func TestConfirmWithoutAnybody(t *testing.T) {
	r := &run{Pipeline: &Pipeline{}, ui: &recorder{}}
	require.ErrorContains(t, r.confirm(context.Background(), Question{}), "nobody here")
	r.options.AutoApply = true
	require.NoError(t, r.confirm(context.Background(), Question{}))
}

func TestMergeCustomSteps(t *testing.T) {
	var standard []runnable
	for _, name := range awsWorkloadStepNames {
		standard = append(standard, &scripted{name: name})
	}
	names := func(steps []runnable) []string {
		var found []string
		for _, step := range steps {
			found = append(found, step.describe().Name)
		}
		return found
	}
	environment := &Environment{newBackend: sandboxBackend(t.TempDir())}
	directory := t.TempDir()
	manifest := func(steps ...config.CustomStep) *config.Target {
		for i := range steps {
			steps[i].Enabled = steps[i].Name != "disabled"
			if steps[i].Path == "" {
				steps[i].Path = "program"
			}
		}
		return &config.Target{
			Name: "demo01-staging", Kind: config.KindAWSWorkload, File: "ptd.yaml", AWSWorkload: &config.AWSWorkload{Region: "us-east-2"},
			Customizations: &config.Manifest{File: directory + "/manifest.yaml", CustomSteps: steps},
		}
	}
	writeProgram(t, directory+"/program")

	merged, err := mergeCustomSteps(standard, manifest(
		config.CustomStep{Name: "second-after", InsertAfter: "persistent"},
		config.CustomStep{Name: "first-of-all", InsertBefore: "bootstrap"},
		config.CustomStep{Name: "third-after", InsertAfter: "persistent"},
		config.CustomStep{Name: "after-helm", InsertAfter: "helm"},
		config.CustomStep{Name: "disabled"},
		config.CustomStep{Name: "last"},
	), environment)
	require.NoError(t, err)
	assert.Equal(t, []string{"first-of-all", "bootstrap", "persistent", "second-after", "third-after", "postgres_config",
		"eks", "clusters", "helm", "after-helm", "sites", "persistent_reprise", "last"}, names(merged))
	index := slices.IndexFunc(merged, func(step runnable) bool { return step.describe().Name == "last" })
	assert.Equal(t, "ptd-aws-workload-last", merged[index].describe().Project)

	for problem, custom := range map[string]config.CustomStep{
		"has the name of a standard step": {Name: "helm"},
		"leaves the directory":            {Name: "escape", Path: "../../elsewhere"},
		"has no main.go":                  {Name: "empty", Path: "nothing"},
	} {
		_, err := mergeCustomSteps(standard, manifest(custom), environment)
		require.ErrorContains(t, err, problem)
	}
}

// writeProgram makes a custom step's program: a Go module that exports what it was
// configured with. It has ptd's own module requirements, so that it compiles offline.
func writeProgram(t *testing.T, directory string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(directory, 0o700))
	requirements, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	sums, err := os.ReadFile("../go.sum")
	require.NoError(t, err)
	files := map[string]string{
		"go.mod": strings.Replace(string(requirements), "module github.com/ptd-go/ptd", "module example.com/step", 1),
		"go.sum": string(sums),
		"main.go": `package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		workload, _ := ctx.GetConfig("ptd:workloadName")
		ctx.Export("workload", pulumi.String(workload))
		return ctx.Log.Info("hello from a custom step", nil)
	})
}
`,
	}
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte(content), 0o600))
	}
}

// TestCustomStepRuns compiles and runs a custom step, whose outputs then are those
// of a stack like any other.
func TestCustomStepRuns(t *testing.T) {
	target := loadTarget(t, "minimal01-staging")
	customizations := t.TempDir()
	writeProgram(t, filepath.Join(customizations, "program"))
	target.Customizations = &config.Manifest{File: filepath.Join(customizations, "manifest.yaml"), CustomSteps: []config.CustomStep{
		{Name: "extra", Path: "program", Enabled: true},
	}}
	environment, err := OpenSandbox(t.TempDir())
	require.NoError(t, err)
	defer environment.Close()
	pipeline, err := New(target, environment, Options{AutoApply: true, OnlySteps: []string{"extra"}})
	require.NoError(t, err)
	ui := &recorder{}
	summary := pipeline.Run(context.Background(), ui)
	require.NoError(t, summary.Err)
	assert.Contains(t, ui.events, Event(Diagnostic{Step: "extra", Severity: Info, Message: "hello from a custom step"}))
	outputs, err := Outputs(context.Background(), target, environment, "extra", false)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"workload": "minimal01-staging"}, outputs["extra"])
}
