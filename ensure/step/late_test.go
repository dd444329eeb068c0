package step_test

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/step"
)

// moving is a pipeline of islands, one house on the last of them, and the islands once more:
// what is no longer configured of them goes there, when the house has moved.
func moving(late []string, islands ...string) step.Pipeline {
	land := func(ctx *pulumi.Context, in []string) (*islandsOut, error) {
		coasts := pulumi.StringMap{}
		for _, name := range in {
			made := &thing{}
			if err := ctx.RegisterResource("sea:index:Island", name, pulumi.Map{}, made); err != nil {
				return nil, err
			}
			coasts[name] = made.Coast
		}
		return &islandsOut{Coasts: coasts.ToStringMapOutput()}, nil
	}
	gather := func(context.Context, *step.Run) ([]string, error) { return islands, nil }
	first := &step.Stack[[]string, islandsOut]{Name: "islands", Project: "islands", Gather: gather, Program: land, DeletesLate: late}
	house := &step.Stack[housesIn, housesOut]{
		Name: "house", Project: "house", Needs: []step.Step{first},
		Gather: func(ctx context.Context, r *step.Run) (housesIn, error) {
			out, err := first.Outputs(ctx, r)
			if err != nil {
				return housesIn{}, err
			}
			return housesIn{islands, out.Coasts}, nil
		},
		Program: func(ctx *pulumi.Context, in housesIn) (*housesOut, error) {
			coast := in.coasts.MapIndex(pulumi.String(islands[len(islands)-1]))
			err := ctx.RegisterResource("sea:index:House", "house", pulumi.Map{"coast": coast}, &thing{})
			return &housesOut{Parts: pulumi.ToStringArray(in.islands).ToStringArrayOutput(), Count: pulumi.Int(1).ToIntOutput()}, err
		},
	}
	again := &step.Stack[[]string, islandsOut]{Name: "islands_reprise", Project: "islands", Continues: first, Gather: gather, Program: land}
	return step.Pipeline{Target: "atlantis", Steps: []step.Step{first, house, again}}
}

var islandType = []string{"sea:index:Island"}

// said are the messages about what stays for now.
func said(events []step.Event) (messages []string) {
	for _, event := range events {
		if diagnostic, ok := event.(step.Diagnostic); ok && diagnostic.Severity == step.Info {
			messages = append(messages, diagnostic.Message)
		}
	}
	return messages
}

func TestWhatIsUsedGoesWhenItIsLetGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := sail(t, w, moving(islandType, "north", "south"), step.Options{AutoApply: true})
	require.NoError(t, first.Err)
	assert.Equal(t, []string{"house-house", "island-north", "island-south"}, w.objects(t))

	planned, events := sail(t, w, moving(islandType, "north"), step.Options{DryRun: true})
	require.NoError(t, planned.Err)
	assert.Equal(t, step.Changes{Delete: 1, Same: 1}, planned.Steps[2].Changes, "a dry run shows where it goes")
	assert.Equal(t, []string{"no longer configured, and stays until the objects of later steps have let go: south: step islands_reprise deletes it"}, said(events))
	moved, _ := sail(t, w, moving(islandType, "north"), step.Options{AutoApply: true})
	require.NoError(t, moved.Err)
	assert.Zero(t, moved.Steps[0].Changes.Delete)
	assert.Equal(t, 1, moved.Steps[1].Changes.Update)
	assert.Equal(t, 1, moved.Steps[2].Changes.Delete)
	assert.Equal(t, []string{"house-house", "island-north"}, w.objects(t))
}

// TestTheOtherOrderIsRefused: without it the world refuses, as a cloud does.
func TestTheOtherOrderIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := sail(t, w, moving(nil, "north", "south"), step.Options{AutoApply: true})
	require.NoError(t, first.Err)
	moved, _ := sail(t, w, moving(nil, "north"), step.Options{AutoApply: true})
	require.Error(t, moved.Err)
	assert.Equal(t, step.Failed, moved.Steps[0].Result)
}

// TestPartsOfARunLeaveWhatMayBeUsed: only a run of all steps in between knows that they let go.
func TestPartsOfARunLeaveWhatMayBeUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, _ := sail(t, w, moving(islandType, "north", "south"), step.Options{AutoApply: true})
	require.NoError(t, first.Err)
	for _, only := range [][]string{{"islands"}, {"islands", "islands_reprise"}, {"islands_reprise"}} {
		part, events := sail(t, w, moving(islandType, "north"), step.Options{AutoApply: true, OnlySteps: only})
		require.NoError(t, part.Err)
		assert.Contains(t, w.objects(t), "island-south", only)
		messages := said(events)
		assert.Contains(t, messages[len(messages)-1], "south: the next run of all steps deletes it", only)
	}
	rest, _ := sail(t, w, moving(islandType, "north"), step.Options{AutoApply: true, StartAtStep: "house"})
	require.NoError(t, rest.Err)
	assert.NotContains(t, w.objects(t), "island-south")
}

func TestDeletesLateNeedsAStepThatContinues(t *testing.T) {
	t.Parallel()
	pipeline := moving(islandType, "north")
	pipeline.Steps = pipeline.Steps[:2]
	_, err := step.New(pipeline, newWorld(t), step.Options{})
	require.EqualError(t, err, "step islands deletes late, and no step continues it")
}
