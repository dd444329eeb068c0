package aws

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

// A list that is shorter than what is needed of it, because a run leaves out what gives it, is
// an error and no crash.
func TestElementOf(t *testing.T) {
	t.Parallel()
	componenttest.Run(t, func(ctx *pulumi.Context) error {
		componenttest.WantOutputs(ctx, t, map[string]any{"second": "b"},
			map[string]pulumi.Output{"second": elementOf(pulumi.ToStringArray([]string{"a", "b"}), 1, "subnets")})
		return nil
	})
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		ctx.Export("second", elementOf(pulumi.ToStringArray([]string{"a"}), 1, "subnets"))
		return nil
	}, "2 subnets are needed, there are 1: is what they come from left out of this run?")
}
