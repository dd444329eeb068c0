package engine

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDestroySparesWhatIsProtectedAndWhatThatNeeds(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	_, err := w.up(func(ctx *pulumi.Context) error {
		network, err := newThing(ctx, "network", pulumi.Map{"name": pulumi.String("network")})
		if err != nil {
			return err
		}
		if _, err := newThing(ctx, "database", pulumi.Map{"name": network.Serial}, pulumi.Protect(true)); err != nil {
			return err
		}
		_, err = newThing(ctx, "bastion", pulumi.Map{"name": network.Serial})
		return err
	})
	require.NoError(t, err)
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	defer stack.Unlock(ctx)
	targets, kept, err := stack.Destructible(ctx, w.operation(nil))
	require.NoError(t, err)
	require.Len(t, targets, 1)
	require.Len(t, kept, 2)
	assert.Equal(t, "needed by database", kept[0].Reason)
	assert.Equal(t, "protected", kept[1].Reason)
	operation := w.operation(nil)
	operation.Targets = targets
	_, err = stack.Destroy(ctx, operation, false)
	require.NoError(t, err)
	assert.Len(t, w.cloud.objects, 2)

	operation = w.operation(nil)
	_, err = stack.Destroy(ctx, operation, false)
	require.ErrorContains(t, err, "protected")
	operation.Unprotect = []string{Everything}
	_, err = stack.Destroy(ctx, operation, true)
	require.NoError(t, err)
	assert.Len(t, w.cloud.objects, 2)
	_, err = stack.Destroy(ctx, operation, false)
	require.NoError(t, err)
	assert.Empty(t, w.cloud.objects)
}

// TestProvidersComeFromTheProgram refreshes and destroys with the provider's inputs of
// today: the password in the state is that of yesterday.
func TestProvidersComeFromTheProgram(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	program := func(password string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			var provider pulumi.ProviderResourceState
			err := ctx.RegisterResource("pulumi:providers:test", "explicit",
				pulumi.Map{"password": pulumi.ToSecret(password)}, &provider)
			if err != nil {
				return err
			}
			_, err = newThing(ctx, "database", pulumi.Map{"name": pulumi.String("a")}, pulumi.Provider(&provider))
			return err
		}
	}
	w.cloud.password = "monday"
	require.NoError(t, w.apply(program("monday")))
	w.cloud.password = "tuesday"
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	defer stack.Unlock(ctx)
	operation := w.operation(program("tuesday"))
	_, err := stack.Refresh(ctx, operation)
	require.ErrorContains(t, err, "refresh stack organization/project/target: ")
	assert.NotContains(t, err.Error(), "update failed")
	operation.Providers, err = stack.Providers(ctx, w.operation(program("tuesday")))
	require.NoError(t, err)
	require.Len(t, operation.Providers, 1)
	_, err = stack.Refresh(ctx, operation)
	require.NoError(t, err)

	w.cloud.password = "wednesday"
	_, err = stack.Destroy(ctx, operation, false)
	require.Error(t, err)
	operation.Providers, err = stack.Providers(ctx, w.operation(program("wednesday")))
	require.NoError(t, err)
	_, err = stack.Destroy(ctx, operation, false)
	require.NoError(t, err)
	assert.Empty(t, w.cloud.objects)
	for path, content := range w.files() {
		assert.NotContains(t, content, "wednesday", path)
	}
}

// TestSparingDoesNotPlanLonger compares the work (allocations, which do not depend on the
// machine) of planning to destroy all of a stack and all but one thing.
func TestSparingDoesNotPlanLonger(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	require.NoError(t, w.apply(func(ctx *pulumi.Context) error {
		network, err := newThing(ctx, "network", pulumi.Map{"name": pulumi.String("network")})
		for i := 0; i < 800 && err == nil; i++ {
			_, err = newThing(ctx, fmt.Sprintf("member%d", i), pulumi.Map{"name": network.Serial})
		}
		return err
	}))
	work := func(excludes []string) uint64 {
		operation := w.operation(nil)
		operation.Excludes = excludes
		targets, _, err := w.stack().Destructible(ctx, operation)
		require.NoError(t, err)
		operation.Targets, operation.Excludes = targets, nil
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		plan, err := w.stack().Destroy(ctx, operation, true)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		assert.Greater(t, len(plan.Changes), 700)
		return after.Mallocs - before.Mallocs
	}
	all, sparing := work(nil), work([]string{urnOf("member7")})
	t.Logf("%d allocations, sparing one %d", all, sparing)
	assert.Less(t, sparing, all*3/2)
}

// TestTargetsThatOthersNeedAreRefused: what stays is not given up for what goes.
func TestTargetsThatOthersNeedAreRefused(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	require.NoError(t, w.apply(network("a", true, true)))
	operation := w.operation(nil)
	operation.Targets = []string{urnOf("network"), urnOf("bastion")}
	_, err := w.stack().Destroy(ctx, operation, true)
	require.ErrorContains(t, err, "will be destroyed but --target-resources does not name it")
}

// TestWhatNeedsAComponentNeedsItsParts: a component of a plugin has no list of its parts.
func TestWhatNeedsAComponentNeedsItsParts(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	require.NoError(t, w.apply(func(ctx *pulumi.Context) error {
		var component pulumi.ResourceState
		if err := ctx.RegisterComponentResource("test:index:Component", "component", &component); err != nil {
			return err
		}
		part, err := newThing(ctx, "part", pulumi.Map{"name": pulumi.String("part")}, pulumi.Parent(&component))
		if err != nil {
			return err
		}
		_, err = newThing(ctx, "database", pulumi.Map{"name": part.Serial}, pulumi.Protect(true))
		return err
	}))
	stack := w.stack()
	require.NoError(t, stack.Lock(ctx))
	snapshot, err := stack.snapshot(ctx)
	require.NoError(t, err)
	for _, state := range snapshot.Resources { // as it is when a component of a plugin is depended on
		if state.URN.Name() == "database" {
			state.PropertyDependencies = nil
			state.Dependencies = []resource.URN{"urn:pulumi:target::project::test:index:Component::component"}
		}
	}
	require.NoError(t, stack.save(ctx, snapshot))
	stack.Unlock(ctx)
	targets, kept, err := w.stack().Destructible(ctx, w.operation(nil))
	require.NoError(t, err)
	assert.Empty(t, targets)
	require.Len(t, kept, 2)
	assert.Equal(t, "needed by database", kept[0].Reason)
}
