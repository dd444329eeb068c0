package apply_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/apply"
)

func await(t *testing.T, output pulumi.Output) (any, error) {
	t.Helper()
	result, err := internals.UnsafeAwaitOutput(t.Context(), output)
	return result.Value, err
}

func TestTo(t *testing.T) {
	source := pulumi.ToStringArray([]string{"one"}).ToStringArrayOutput()
	type key struct{}

	value, err := await(t, apply.To(source, func(list []string) string { return list[0] }).(pulumi.StringOutput))
	require.NoError(t, err)
	require.Equal(t, "one", value)

	value, err = await(t, apply.ToWithContext(context.WithValue(t.Context(), key{}, "two"), source,
		func(ctx context.Context, list []string) (string, error) {
			return list[0] + ctx.Value(key{}).(string), nil
		}))
	require.NoError(t, err)
	require.Equal(t, "onetwo", value)

	_, err = await(t, apply.To(source, func([]string) (string, error) { return "", errors.New("no such thing") }))
	require.EqualError(t, err, "no such thing")
}

func TestToOfWhatPanics(t *testing.T) {
	source := pulumi.ToStringArray(nil).ToStringArrayOutput()
	for name, function := range map[string]any{
		"one result":  func(list []string) string { return list[0] },
		"two results": func(list []string) (string, error) { return list[0], nil },
		"an array":    first,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := await(t, apply.To(source, function))
			require.ErrorContains(t, err, "index out of range [0] with length 0; this is a fault of ptd")
			require.ErrorContains(t, err, "apply_test.")
			require.ErrorContains(t, err, "(apply_test.go:")
		})
	}

	_, err := await(t, apply.To(source, func([]string) string { panic(errors.New("password hunter2")) }))
	require.ErrorContains(t, err, "a *errors.errorString")
	require.NotContains(t, err.Error(), "hunter2")
}

func first(list []string) []string { return []string{list[0]} }

func TestTransformThatPanics(t *testing.T) {
	transform := apply.Transform(func(_ context.Context, made *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
		made.Props["tags"].(pulumi.StringMap)["key"] = pulumi.String("value")
		return nil
	})
	result := transform(t.Context(), &pulumi.ResourceTransformArgs{Type: "aws:eks/cluster:Cluster", Name: "one", Props: pulumi.Map{}})
	require.NotNil(t, result)
	_, err := await(t, result.Props["transform"].(pulumi.Output))
	require.ErrorContains(t, err, "transform aws:eks/cluster:Cluster one: the program panicked")
}
