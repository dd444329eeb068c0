package engine

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// network has a protected database with a protected child, a retained bucket and two
// bastions, all of them on a network.
func network(engine string, database, bucket bool) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		network, err := newThing(ctx, "network", pulumi.Map{"name": pulumi.String("network")})
		if err != nil {
			return err
		}
		for _, name := range []string{"bastion", "router"} {
			if _, err := newThing(ctx, name, pulumi.Map{"name": pulumi.Sprintf("%s in %s", name, network.Serial)}); err != nil {
				return err
			}
		}
		if database {
			made, err := newThing(ctx, "database", pulumi.Map{
				"name": pulumi.Sprintf("database in %s", network.Serial), "engine": pulumi.String(engine),
			}, pulumi.Protect(true))
			if err != nil {
				return err
			}
			_, err = newThing(ctx, "settings", pulumi.Map{"name": made.Serial}, pulumi.Parent(made), pulumi.Protect(true))
			if err != nil {
				return err
			}
		}
		if !bucket {
			return nil
		}
		_, err = newThing(ctx, "bucket", pulumi.Map{"name": pulumi.String("bucket")}, pulumi.RetainOnDelete(true))
		return err
	}
}

func urnOf(name string) string { return "urn:pulumi:target::project::test:index:Thing::" + name }

func TestDestructible(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	require.NoError(t, w.apply(network("a", true, true)))
	all := []string{urnOf("network"), urnOf("bastion"), urnOf("router"), urnOf("database"), "settings", urnOf("bucket")}
	all[4] = "urn:pulumi:target::project::test:index:Thing$test:index:Thing::settings"
	kept := func(operation Operation) (targets, reasons []string, err error) {
		targets, found, err := w.stack().Destructible(ctx, operation)
		for _, one := range found {
			reasons = append(reasons, one.Name+" "+one.Reason)
		}
		return targets, reasons, err
	}
	targets, reasons, err := kept(Operation{})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{all[1], all[2], all[5]}, targets)
	assert.ElementsMatch(t, []string{"network needed by settings", "database protected", "settings protected"}, withoutNeeded(reasons, "network"))

	targets, reasons, err = kept(Operation{Excludes: []string{urnOf("bastion")}})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{all[2], all[5]}, targets)
	assert.Contains(t, reasons, "bastion excluded")

	targets, _, err = kept(Operation{Unprotect: []string{Everything}, Excludes: []string{"**bastion"}})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{all[2], all[3], all[4], all[5]}, targets, "what an excluded one needs stays")

	targets, reasons, err = kept(Operation{Unprotect: []string{Everything}, Hold: func(string) bool { return true }})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{all[0], all[1], all[2], all[3], all[4]}, targets)
	assert.Equal(t, []string{"bucket its data is retained"}, reasons)

	targets, reasons, err = kept(Operation{Targets: []string{urnOf("router"), urnOf("database")}})
	require.NoError(t, err)
	assert.Equal(t, []string{urnOf("router")}, targets)
	assert.Len(t, reasons, 1)

	targets, _, err = kept(Operation{Unprotect: []string{Everything}})
	require.NoError(t, err)
	assert.Nil(t, targets)

	_, _, err = kept(Operation{Excludes: []string{urnOf("bastoin")}})
	require.ErrorContains(t, err, "has no resource "+urnOf("bastoin"))
}

// withoutNeeded makes the name in the reason of one resource that which this test
// writes: whichever needs it last.
func withoutNeeded(reasons []string, name string) []string {
	for i, reason := range reasons {
		if len(reason) > len(name) && reason[:len(name)] == name {
			reasons[i] = name + " needed by settings"
		}
	}
	return reasons
}

// TestProtectedReplacement previews what would destroy protected things, and applies
// it only for those that are named.
func TestProtectedReplacement(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	require.NoError(t, w.apply(network("a", true, true)))
	for _, test := range []struct {
		program pulumi.RunFunc
		want    map[string]Kind
	}{
		{network("b", true, true), map[string]Kind{"database": Replace}},
		{network("b", false, false), map[string]Kind{"database": Delete, "settings": Delete}},
	} {
		stack := w.stack()
		require.NoError(t, stack.Lock(ctx))
		plan, err := stack.Preview(ctx, w.operation(test.program))
		require.NoError(t, err)
		protected := map[string]Kind{}
		var named []string
		for _, change := range plan.Changes {
			if change.Protected && change.Kind != Update {
				protected[change.Name] = change.Kind
				named = append(named, change.URN)
			}
		}
		for name, kind := range test.want {
			assert.Equal(t, kind, protected[name])
		}
		_, err = stack.Up(ctx, w.operation(test.program), plan)
		require.ErrorContains(t, err, "protect", "the engine still refuses what is not named")
		plan, err = stack.Preview(ctx, w.operation(test.program))
		require.NoError(t, err)
		operation := w.operation(test.program)
		operation.Unprotect = named
		_, err = stack.Up(ctx, operation, plan)
		require.NoError(t, err)
		stack.Unlock(ctx)
	}
	snapshot, err := w.stack().snapshot(ctx)
	require.NoError(t, err)
	for _, state := range snapshot.Resources {
		assert.NotEqual(t, "database", state.URN.Name())
	}
}
