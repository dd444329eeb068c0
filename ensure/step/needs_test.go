package step_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/step"
)

const south = "urn:pulumi:atlantis::islands::sea:index:Island::south"

// TestRequiresIsAskedFirst pins that nothing runs without what a step needs.
func TestRequiresIsAskedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	permitted := func(problem error) step.Pipeline {
		pipeline := archipelago("north")
		pipeline.Steps[1].(*step.Stack[housesIn, housesOut]).Requires = func(context.Context, *step.Run) error { return problem }
		return pipeline
	}
	missing := &step.MissingError{What: "a permit", Remedy: "ask the king"}
	for _, options := range []step.Options{{AutoApply: true}, {DryRun: true}} {
		refused, _ := sail(t, w, permitted(missing), options)
		require.EqualError(t, refused.Err, "step houses needs a permit: ask the king")
		assert.Equal(t, step.Changes{}, refused.Changes)
		assert.Empty(t, w.objects(t))
	}
	for _, options := range []step.Options{{AutoApply: true, OnlySteps: []string{"islands"}}, {AutoApply: true, Destroy: true}} {
		let, _ := sail(t, w, permitted(missing), options)
		require.NoError(t, let.Err)
	}
	built, _ := sail(t, w, permitted(nil), step.Options{AutoApply: true})
	require.NoError(t, built.Err)
}

// TestDestroyAsksForWhoNeedsIt pins that islands do not go from under houses.
func TestDestroyAsksForWhoNeedsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = sail(t, w, archipelago("north"), step.Options{AutoApply: true})
	for _, options := range []step.Options{
		{AutoApply: true, Destroy: true, OnlySteps: []string{"islands"}}, {DryRun: true, Destroy: true, StartAtStep: "islands"},
	} {
		refused, _ := sail(t, w, archipelago("north"), options)
		require.EqualError(t, refused.Err, "step islands cannot be destroyed before the steps that need it, houses: "+
			"run `ptd ensure atlantis --destroy --only-steps houses,islands`")
	}
	for _, steps := range [][]string{{"houses"}, {"islands"}} {
		gone, _ := sail(t, w, archipelago("north"), step.Options{AutoApply: true, Destroy: true, OnlySteps: steps})
		require.NoError(t, gone.Err)
	}
	assert.Empty(t, w.objects(t))
}

// TestResumeNamesNothingThatIsGone pins that the command which resumes is not refused for a
// name that the run has done with.
func TestResumeNamesNothingThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = sail(t, w, archipelago("north", "south"), step.Options{AutoApply: true})
	w.broken = true
	failed, _ := sail(t, w, archipelago("north", "west"), step.Options{AutoApply: true, AllowReplace: []string{south}})
	require.ErrorContains(t, failed.Err, "no timber")
	assert.Equal(t, []string{"ensure", "atlantis", "--auto-apply", "--preview=false", "--start-at-step", "houses"}, failed.Resume)
	w.broken = false
	refused, _ := sail(t, w, archipelago("north", "west"), step.Options{AutoApply: true, StartAtStep: "houses", AllowReplace: []string{south}})
	var unmatched *step.UnmatchedError
	require.ErrorAs(t, refused.Err, &unmatched)
	assert.Equal(t, south, unmatched.URN)
	resumed, _ := sail(t, w, archipelago("north", "west"), step.Options{AutoApply: true, StartAtStep: "houses"})
	require.NoError(t, resumed.Err)
}

// TestNamesOfWhatIsToCome pins that what only this run would make has its name.
func TestNamesOfWhatIsToCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, urn := range []string{south, "**::south", "urn:pulumi:atlantis::houses::sea:index:House::*"} {
		looked, _ := sail(t, w, archipelago("north", "south"), step.Options{DryRun: true, TargetResources: []string{urn}, ExcludeResources: nil})
		var unmatched *step.UnmatchedError
		assert.NotErrorAs(t, looked.Err, &unmatched, urn)
	}
	for _, urn := range []string{south + "1", "**::souht", "urn:pulumi:atlantis::houses::sea:index:Island::*"} {
		refused, events := sail(t, w, archipelago("north", "south"), step.Options{AutoApply: true, ExcludeResources: []string{urn}})
		var unmatched *step.UnmatchedError
		require.ErrorAs(t, refused.Err, &unmatched, urn)
		require.NotEmpty(t, unmatched.Nearest)
		for _, event := range events {
			_, started := event.(step.StepStarted)
			assert.False(t, started, "no step began")
		}
		assert.Empty(t, w.objects(t))
	}
	refused, _ := sail(t, w, archipelago("south"), step.Options{DryRun: true, ExcludeResources: []string{"**::souht"}})
	assert.ErrorContains(t, refused.Err, "::south")
}
