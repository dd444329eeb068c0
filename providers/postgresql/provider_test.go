package postgresql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
)

// mocks keeps the inputs of the one provider that a test makes.
type mocks struct{ inputs resource.PropertyMap }

func (m *mocks) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected invoke of %s", args.Token)
}

func (m *mocks) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if m.inputs != nil || args.TypeToken != "pulumi:providers:postgresql" || args.Name != "demo01-staging-postgres-provider" {
		return "", nil, fmt.Errorf("unexpected %s %s", args.TypeToken, args.Name)
	}
	m.inputs = args.Inputs
	return "id", args.Inputs, nil
}

func makeProvider(args Args) (*mocks, error) {
	m := &mocks{}
	return m, pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := NewProvider(ctx, "demo01-staging-postgres-provider", args)
		return err
	}, pulumi.WithMocks("project", "demo01-staging", m))
}

func TestProvider(t *testing.T) {
	t.Parallel()
	host, password := pulumi.String("db.example.com"), pulumi.String("mock-password")
	for name, test := range map[string]struct {
		args Args
		want map[string]any // provider inputs are text
	}{
		"defaults": {
			Args{Host: host, Username: "postgres", Password: password},
			map[string]any{"host": "db.example.com", "port": "5432", "sslmode": "require", "username": "postgres", "superuser": "false"},
		},
		"all set": {
			Args{Host: host, Port: 6432, Username: "admin", Password: password, SSLMode: "verify-full", Superuser: true},
			map[string]any{"host": "db.example.com", "port": "6432", "sslmode": "verify-full", "username": "admin", "superuser": "true"},
		},
	} {
		m, err := makeProvider(test.args)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if given := m.inputs["password"]; !given.ContainsSecrets() {
			t.Errorf("%s: the password is no secret", name)
		}
		got := map[string]any{}
		for key, value := range m.inputs {
			if key != "password" {
				got[string(key)] = fmt.Sprint(value.Mappable())
			}
		}
		test.want["connectTimeout"] = "180" // seconds, the SDK's own default
		assert.Equal(t, test.want, got, "%s: inputs", name)
	}
}

func TestProviderErrors(t *testing.T) {
	t.Parallel()
	host, password := pulumi.String("db.example.com"), pulumi.String("mock-password")
	for _, args := range []Args{
		{Username: "postgres", Password: password},
		{Host: host, Password: password},
		{Host: host, Username: "postgres"},
	} {
		_, err := makeProvider(args)
		if err == nil || !strings.Contains(err.Error(), "host, username and password are required") {
			t.Errorf("got error %v", err)
		}
	}
}

func ExampleNewProvider() {
	program := func(ctx *pulumi.Context) error {
		password := pulumi.ToSecret(pulumi.String("read from a secret store")).(pulumi.StringOutput)
		_, err := NewProvider(ctx, "demo01-staging-postgres-provider", Args{
			Host:     pulumi.String("db.example.com"),
			Username: "postgres",
			Password: password,
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	m := &mocks{}
	if err := pulumi.RunErr(program, pulumi.WithMocks("project", "stack", m)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(m.inputs["host"].StringValue(), m.inputs["sslmode"].StringValue())
	// Output: db.example.com require
}
