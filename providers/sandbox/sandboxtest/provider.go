// Package sandboxtest tests the rules of simulated providers without the engine, each in a
// few lines: a cloud in a directory of the test's own, and resources that are made,
// changed and deleted from plain inputs. Ids are those that a stack "trial" of a project
// "trial" gets.
package sandboxtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// Fields are plain properties, see sandbox.Plain.
type Fields = map[string]any

// Open opens a cloud in a directory of the test's own. packages are those whose objects
// serve others.
func Open(t testing.TB, packages ...*sandbox.Package) *sandbox.Cloud {
	t.Helper()
	cloud, err := sandbox.Open(t.TempDir(), packages...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cloud.Close()) })
	return cloud
}

// Provider is a simulated provider in a test.
type Provider struct {
	t        testing.TB
	provider *sandbox.Provider
}

// New configures a provider; configuration may be nil.
func New(t testing.TB, provider *sandbox.Provider, configuration Fields) *Provider {
	t.Helper()
	_, err := provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: sandbox.Properties(configuration)})
	require.NoError(t, err)
	return &Provider{t, provider}
}

func urn(typ, name string) resource.URN {
	return resource.NewURN("trial", "trial", "", tokens.Type(typ), name)
}

// Check completes inputs, or says what is wrong with them: "path: text", each in a line.
func (p *Provider) Check(typ, name string, inputs Fields) (Fields, error) {
	p.t.Helper()
	return p.check(urn(typ, name), nil, inputs)
}

func (p *Provider) check(urn resource.URN, old, inputs Fields) (Fields, error) {
	p.t.Helper()
	checked, err := p.provider.Check(context.Background(), plugin.CheckRequest{
		URN: urn, Olds: sandbox.Properties(old), News: sandbox.Properties(inputs), AllowUnknowns: true,
	})
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, failure := range checked.Failures {
		problems = append(problems, strings.TrimPrefix(string(failure.Property)+": "+failure.Reason, ": "))
	}
	if len(problems) > 0 {
		return nil, errors.New(strings.Join(problems, "\n"))
	}
	return sandbox.PlainMap(checked.Properties), nil
}

// Create checks and makes a resource.
func (p *Provider) Create(typ, name string, inputs Fields) (*Resource, error) {
	p.t.Helper()
	inputs, err := p.Check(typ, name, inputs)
	if err != nil {
		return nil, err
	}
	return p.CreateUnchecked(typ, name, inputs)
}

// CreateUnchecked makes a resource as the engine does after a check.
func (p *Provider) CreateUnchecked(typ, name string, inputs Fields) (*Resource, error) {
	p.t.Helper()
	created, err := p.provider.Create(context.Background(), plugin.CreateRequest{URN: urn(typ, name), Properties: sandbox.Properties(inputs)})
	if err != nil {
		return nil, err
	}
	return &Resource{p, typ, name, string(created.ID), inputs, sandbox.PlainMap(created.Properties)}, nil
}

// MustCreate makes a resource, or fails the test.
func (p *Provider) MustCreate(typ, name string, inputs Fields) *Resource {
	p.t.Helper()
	made, err := p.Create(typ, name, inputs)
	require.NoError(p.t, err, "create %s %s", typ, name)
	return made
}

// Known is a resource of an id that the test did not make.
func (p *Provider) Known(typ, name, id string) *Resource {
	return &Resource{provider: p, Type: typ, Name: name, ID: id}
}

// Refuses makes sure that a resource cannot be made, for a reason.
func (p *Provider) Refuses(typ, name string, inputs Fields, want string) {
	p.t.Helper()
	_, err := p.Create(typ, name, inputs)
	assert.EqualError(p.t, err, want, "create %s %s", typ, name)
}

// Preview returns the properties that a resource is foreseen to have.
func (p *Provider) Preview(typ, name string, inputs Fields) (Fields, error) {
	p.t.Helper()
	inputs, err := p.Check(typ, name, inputs)
	if err != nil {
		return nil, err
	}
	created, err := p.provider.Create(context.Background(), plugin.CreateRequest{
		URN: urn(typ, name), Properties: sandbox.Properties(inputs), Preview: true,
	})
	if err != nil {
		return nil, err
	}
	return sandbox.PlainMap(created.Properties), nil
}

// Invoke calls a data source.
func (p *Provider) Invoke(function string, arguments Fields) (Fields, error) {
	p.t.Helper()
	answer, err := p.provider.Invoke(context.Background(), plugin.InvokeRequest{
		Tok: tokens.ModuleMember(function), Args: sandbox.Properties(arguments),
	})
	if err != nil {
		return nil, err
	}
	for _, failure := range answer.Failures {
		return nil, errors.New(failure.Reason)
	}
	return sandbox.PlainMap(answer.Properties), nil
}
