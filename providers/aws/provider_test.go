package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
)

// providerMocks keeps the inputs of the one provider that a test makes.
type providerMocks struct{ inputs resource.PropertyMap }

func (m *providerMocks) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected invoke of %s", args.Token)
}

func (m *providerMocks) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if m.inputs != nil || args.TypeToken != "pulumi:providers:aws" || args.Name != "aws" {
		return "", nil, fmt.Errorf("unexpected %s %s", args.TypeToken, args.Name)
	}
	m.inputs = args.Inputs
	return "id", args.Inputs, nil
}

func makeProvider(region, accountID string, ignoreTags []string) (*providerMocks, error) {
	m := &providerMocks{}
	return m, pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := NewProvider(ctx, region, accountID, ignoreTags)
		return err
	}, pulumi.WithMocks("project", "demo01-staging", m))
}

func TestProvider(t *testing.T) {
	t.Parallel()
	m, err := makeProvider("us-east-2", "123456789012", []string{"owner", "cost-center"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"region": "us-east-2", "allowedAccountIds": []any{"123456789012"},
		"ignoreTags": map[string]any{"keys": []any{"owner", "cost-center"}},
	}
	got := m.inputs.Mappable()
	delete(got, "skipCredentialsValidation") // the SDK's own defaults
	delete(got, "skipRegionValidation")
	assert.Equal(t, want, got, "inputs")
	if m, err = makeProvider("us-east-2", "123456789012", nil); err != nil {
		t.Fatal(err)
	}
	if ignored, set := m.inputs["ignoreTags"]; set {
		t.Errorf("ignores tags %v although none are named", ignored)
	}
}

func TestProviderErrors(t *testing.T) {
	t.Parallel()
	for _, args := range [][2]string{{"", "123456789012"}, {"us-east-2", ""}} {
		_, err := makeProvider(args[0], args[1], nil)
		if err == nil || !strings.Contains(err.Error(), "make the AWS provider: a region and an account id are required") {
			t.Errorf("%v: got error %v", args, err)
		}
	}
}

func ExampleNewProvider() {
	program := func(ctx *pulumi.Context) error {
		provider, err := NewProvider(ctx, "us-east-2", "123456789012", nil)
		if err != nil {
			return err
		}
		ctx.Export("region", provider.Region)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	m := &providerMocks{}
	if err := pulumi.RunErr(program, pulumi.WithMocks("project", "stack", m)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(m.inputs["region"].StringValue())
	// Output: us-east-2
}
