package engine

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A provider in this process that panics fails its resource: what was made before is in the
// state, the lock is released, and the next run goes on.
func TestProviderThatPanics(t *testing.T) {
	w := newWorld(t)
	program := func(ctx *pulumi.Context) error {
		first, err := newThing(ctx, "first", pulumi.Map{"name": pulumi.String("first")})
		if err != nil {
			return err
		}
		_, err = newThing(ctx, "second", pulumi.Map{"name": first.Serial})
		return err
	}
	w.cloud.before = func(_ string, urn resource.URN) error {
		if urn.Name() == "second" {
			var none []string
			_ = none[len(w.cloud.objects)]
		}
		return nil
	}
	_, err := w.up(program)
	var failed *OperationError
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, err.Error(), "the provider test crashed at "+urnOf("second")+", which is a mistake in it: runtime error: index out of range [1] with length 0")
	w.cloud.before = nil
	plan, err := w.up(program)
	require.NoError(t, err)
	assert.Equal(t, 1, plan.Unchanged)
}
