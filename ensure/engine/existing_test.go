package engine

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a plan would create is looked for by its provider, as it is configured in the plan,
// under the id that its inputs tell; nothing is written.
func TestExisting(t *testing.T) {
	w := newWorld(t)
	plugins := w.cloud.plugins()
	plugins.Identify = func(_ string, inputs, _ resource.PropertyMap) (string, bool) {
		name := inputs["name"].StringValue()
		return "id-" + name, name != "random"
	}
	w.host = NewHost(plugins)
	w.cloud.password = "hunter2"
	w.cloud.objects["id-a"] = resource.PropertyMap{"name": resource.NewStringProperty("a")}
	w.cloud.objects["id-random"] = w.cloud.objects["id-a"]
	all := func(string) bool { return true }
	look := func(program pulumi.RunFunc, of func(string) bool) (names []string, err error) {
		ctx := context.Background()
		plan, err := w.stack().Preview(ctx, w.operation(program))
		require.NoError(t, err)
		found, err := w.stack().Existing(ctx, w.operation(program), plan, of)
		for _, object := range found {
			assert.Equal(t, "id-"+object.Change.Name, object.ID)
			assert.Equal(t, object.Change.Name, object.Outputs["name"].StringValue())
			names = append(names, object.Change.Name)
		}
		return names, err
	}
	program := configuredWith(pulumi.String("hunter2"), "a", "b", "random")
	names, err := look(program, all)
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, names)
	names, err = look(program, func(typ string) bool { return typ != "test:index:Thing" })
	require.NoError(t, err)
	assert.Empty(t, names)
	names, err = look(configuredWith(pulumi.String("wrong"), "a"), all)
	require.ErrorContains(t, err, "look whether test:index:Thing id-a is there already: password authentication failed")
	assert.Empty(t, names)

	delete(w.cloud.objects, "id-a")
	_, err = w.up(program)
	require.NoError(t, err)
	w.cloud.objects["id-a"] = resource.PropertyMap{"name": resource.NewStringProperty("a")}
	names, err = look(program, all)
	require.NoError(t, err)
	assert.Empty(t, names, "what the state has is not created")
}

// A state that was written before its program retained a type is taken for one that does.
func TestRetain(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(configuredWith(pulumi.String(""), "a"))
	require.NoError(t, err)
	for _, retained := range []bool{true, false} {
		ctx, stack := context.Background(), w.stack()
		operation := w.operation(configuredWith(pulumi.String("")))
		operation.Retain = func(typ string) bool { return retained && typ == "test:index:Thing" }
		plan, err := stack.Preview(ctx, operation)
		require.NoError(t, err)
		if !retained {
			assert.Empty(t, plan.Changes)
			break
		}
		require.Len(t, plan.Changes, 1)
		assert.True(t, plan.Changes[0].RetainOnDelete)
		require.NoError(t, stack.Lock(ctx))
		_, err = stack.Up(ctx, operation, plan)
		require.NoError(t, err)
		require.NoError(t, stack.Unlock(ctx))
		assert.Len(t, w.cloud.objects, 1)
	}
}

// What stays the same needs what goes for its order alone: the one can go without the other.
func TestRelease(t *testing.T) {
	ordered := func(changed string, names ...string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			var before []pulumi.Resource
			for _, name := range names {
				made, err := newThing(ctx, name, pulumi.Map{"name": pulumi.String(name), "size": pulumi.String(changed)}, pulumi.DependsOn(before))
				if err != nil {
					return err
				}
				before = append(before, made)
			}
			return nil
		}
	}
	w := newWorld(t)
	_, err := w.up(ordered("1", "a", "b"))
	require.NoError(t, err)
	ctx, stack := context.Background(), w.stack()
	removable := func(program pulumi.RunFunc) []string {
		plan, err := stack.Preview(ctx, w.operation(program))
		require.NoError(t, err)
		var goes []string
		for _, change := range plan.Changes {
			if change.Kind == Delete {
				goes = append(goes, change.URN)
			}
		}
		require.Len(t, goes, 1)
		urns, err := stack.Removable(ctx, goes, plan)
		require.NoError(t, err)
		return urns
	}
	assert.Empty(t, removable(ordered("2", "b")), "what changes may need it until it has changed")
	urns := removable(ordered("1", "b"))
	require.Len(t, urns, 1)
	require.NoError(t, stack.Lock(ctx))
	require.NoError(t, stack.Release(ctx, urns))
	operation := w.operation(ordered("1", "b"))
	operation.Targets = urns
	_, err = stack.Destroy(ctx, operation, false)
	require.NoError(t, err)
	require.NoError(t, stack.Unlock(ctx))
	assert.Len(t, w.cloud.objects, 1)
	plan, err := stack.Preview(ctx, w.operation(ordered("1", "b")))
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)
}
