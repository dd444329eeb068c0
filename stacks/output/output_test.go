package output

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type sampleOutputs struct {
	Name      pulumi.StringOutput            `pulumi:"name"`
	Subnets   pulumi.StringArrayOutput       `pulumi:"subnet_ids"`
	Servers   pulumi.StringArrayMapOutput    `pulumi:"servers"`
	Port      pulumi.IntOutput               `pulumi:"port"`
	Password  pulumi.StringOutput            `pulumi:"password"`
	Newer     pulumi.StringOutput            `pulumi:"newer,optional"`
	Passwords map[string]pulumi.StringOutput `pulumi:"*_pw"`
	GrafanaPW pulumi.StringOutput            `pulumi:"grafana_pw"`
}

func sampleValues() resource.PropertyMap {
	values := resource.NewPropertyMapFromMap(map[string]any{
		"name": "demo", "subnet_ids": []any{"subnet-1", "subnet-2"}, "servers": map[string]any{"a.example": []any{"ns1"}},
		"port": 5432.0, "sol_eng_pw": "x", "grafana_pw": "y",
	})
	values["password"] = resource.MakeSecret(resource.NewStringProperty("s3cret"))
	return values
}

func TestLoad(t *testing.T) {
	outputs, err := Load[sampleOutputs](sampleValues())
	require.NoError(t, err)
	ctx := context.Background()

	name, known, err := Await[string](ctx, outputs.Name)
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, "demo", name)
	subnets, _, err := Await[[]string](ctx, outputs.Subnets)
	require.NoError(t, err)
	assert.Equal(t, []string{"subnet-1", "subnet-2"}, subnets)
	servers, _, err := Await[map[string][]string](ctx, outputs.Servers)
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"a.example": {"ns1"}}, servers)
	port, _, err := Await[int](ctx, outputs.Port)
	require.NoError(t, err)
	assert.Equal(t, 5432, port)

	result, err := internals.UnsafeAwaitOutput(ctx, outputs.Password)
	require.NoError(t, err)
	assert.True(t, result.Secret)
	result, err = internals.UnsafeAwaitOutput(ctx, outputs.Name)
	require.NoError(t, err)
	assert.False(t, result.Secret)

	require.Len(t, outputs.Passwords, 1, "a field of its own is not in the map")
	assert.Contains(t, outputs.Passwords, "sol_eng")
}

func TestLoadOfAStackThatWasNeverApplied(t *testing.T) {
	outputs, err := Load[sampleOutputs](nil)
	require.NoError(t, err)
	_, known, err := Await[string](context.Background(), outputs.Name)
	require.NoError(t, err)
	assert.False(t, known)
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	values := sampleValues()
	delete(values, "port")
	_, err := Load[sampleOutputs](values)
	require.EqualError(t, err, `output "port" is missing`)
	values["port"] = resource.NewStringProperty("x")
	_, err = Load[sampleOutputs](values)
	require.ErrorContains(t, err, `output "port": is a string, want int`)
	_, err = Load[struct {
		Plain string `pulumi:"plain"`
	}](values)
	require.ErrorContains(t, err, "want a Pulumi output")
}

func TestUnknownPartsMakeAnOutputUnknown(t *testing.T) {
	values := sampleValues()
	values["subnet_ids"] = resource.NewArrayProperty([]resource.PropertyValue{
		resource.NewStringProperty("subnet-1"), resource.MakeComputed(resource.NewStringProperty("")),
	})
	outputs, err := Load[sampleOutputs](values)
	require.NoError(t, err)
	_, known, err := Await[[]string](context.Background(), outputs.Subnets)
	require.NoError(t, err)
	assert.False(t, known)
}

func TestPublicHideSecrets(t *testing.T) {
	hidden := Public(sampleValues(), false)
	assert.Equal(t, "[secret]", hidden["password"])
	assert.Equal(t, "demo", hidden["name"])
	assert.Equal(t, "s3cret", Public(sampleValues(), true)["password"])
}
