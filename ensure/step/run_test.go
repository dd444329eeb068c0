package step

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scripted is a step whose end is given.
type scripted struct {
	name string
	end  string // "ok", "fail", "decline", "panic"
	ran  *[]string
}

func (s *scripted) describe() Description { return Description{Name: s.name} }

func (s *scripted) converge(_ context.Context, r *Run) error {
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

func (s *scripted) destroy(ctx context.Context, r *Run) error { return s.converge(ctx, r) }
func (s *scripted) cancel(ctx context.Context, r *Run) error  { return s.converge(ctx, r) }

// recorder is a user interface that remembers what it was told.
type recorder struct{ events []Event }

func (u *recorder) Event(event Event) { u.events = append(u.events, event) }
func (u *recorder) Confirm(context.Context, Question) (bool, error) {
	return false, errors.New("nobody here")
}
func (u *recorder) Display() *Display { return nil }

// pipelineOf builds a pipeline of scripted steps; names are a, b, c, ...
func pipelineOf(t *testing.T, options Options, ends ...string) (*Runner, *[]string) {
	t.Helper()
	ran := &[]string{}
	p := Pipeline{Target: "demo01-staging"}
	for i, end := range ends {
		p.Steps = append(p.Steps, &scripted{name: string(rune('a' + i)), end: end, ran: ran})
	}
	runner, err := New(p, nil, options)
	require.NoError(t, err)
	return runner, ran
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
			p := Pipeline{Target: "demo01-staging"}
			for _, step := range "abcd" {
				p.Steps = append(p.Steps, &scripted{name: string(step)})
			}
			runner, err := New(p, nil, test.options)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			var names strings.Builder
			for _, step := range runner.Steps() {
				names.WriteString(step.Name)
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
	r := (&Runner{}).run(&recorder{})
	require.ErrorContains(t, r.confirm(context.Background(), Question{}), "nobody here")
	r.options.AutoApply = true
	require.NoError(t, r.confirm(context.Background(), Question{}))
}
