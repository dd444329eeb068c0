package sandboxtest

import (
	"context"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// Resource is one that was made.
type Resource struct {
	provider       *Provider
	Type, Name, ID string
	// Inputs are as they were checked, State has the outputs, too.
	Inputs, State Fields
}

// Text returns an output or input that is a text, "" when it is none.
func (r *Resource) Text(property string) string {
	text, _ := r.State[property].(string)
	return text
}

// Changed returns the resource's inputs with some changed; nil takes one away.
func (r *Resource) Changed(changes Fields) Fields {
	inputs := maps.Clone(r.Inputs)
	for property, value := range changes {
		if inputs[property] = value; value == nil {
			delete(inputs, property)
		}
	}
	return inputs
}

// Diff checks changed inputs, and tells which properties differ and which of them replace
// the resource. What is to be ignored does not differ.
func (r *Resource) Diff(changes Fields, ignored ...string) (changed, replacing []string) {
	r.provider.t.Helper()
	answer := r.difference(changes, ignored...)
	return texts(answer.ChangedKeys), texts(answer.ReplaceKeys)
}

// DeletesFirst checks changed inputs that replace the resource, and tells whether it is deleted
// before its replacement is made.
func (r *Resource) DeletesFirst(changes Fields) bool {
	r.provider.t.Helper()
	answer := r.difference(changes)
	require.NotEmpty(r.provider.t, answer.ReplaceKeys, "%s %s is not replaced", r.Type, r.Name)
	return answer.DeleteBeforeReplace
}

func (r *Resource) difference(changes Fields, ignored ...string) plugin.DiffResponse {
	p := r.provider
	p.t.Helper()
	inputs, err := p.check(urn(r.Type, r.Name), r.Inputs, r.Changed(changes))
	require.NoError(p.t, err)
	answer, err := p.provider.Diff(context.Background(), plugin.DiffRequest{
		URN: urn(r.Type, r.Name), ID: resource.ID(r.ID), OldInputs: sandbox.Properties(r.Inputs),
		OldOutputs: sandbox.Properties(r.State), NewInputs: sandbox.Properties(inputs), IgnoreChanges: ignored,
	})
	require.NoError(p.t, err)
	return answer
}

func texts(keys []resource.PropertyKey) []string {
	var list []string
	for _, key := range keys {
		list = append(list, string(key))
	}
	return list
}

// Update checks changed inputs and applies them.
func (r *Resource) Update(changes Fields) error {
	p := r.provider
	p.t.Helper()
	inputs, err := p.check(urn(r.Type, r.Name), r.Inputs, r.Changed(changes))
	if err != nil {
		return err
	}
	updated, err := p.provider.Update(context.Background(), plugin.UpdateRequest{
		URN: urn(r.Type, r.Name), ID: resource.ID(r.ID), OldInputs: sandbox.Properties(r.Inputs),
		OldOutputs: sandbox.Properties(r.State), NewInputs: sandbox.Properties(inputs),
	})
	if err != nil {
		return err
	}
	r.Inputs, r.State = inputs, sandbox.PlainMap(updated.Properties)
	return nil
}

// MustUpdate applies changed inputs, or fails the test.
func (r *Resource) MustUpdate(changes Fields) {
	r.provider.t.Helper()
	require.NoError(r.provider.t, r.Update(changes), "update %s %s", r.Type, r.Name)
}

// PreviewUpdate returns the properties that changed inputs are foreseen to bring.
func (r *Resource) PreviewUpdate(changes Fields) (Fields, error) {
	p := r.provider
	p.t.Helper()
	inputs, err := p.check(urn(r.Type, r.Name), r.Inputs, r.Changed(changes))
	if err != nil {
		return nil, err
	}
	updated, err := p.provider.Update(context.Background(), plugin.UpdateRequest{
		URN: urn(r.Type, r.Name), ID: resource.ID(r.ID), OldInputs: sandbox.Properties(r.Inputs),
		OldOutputs: sandbox.Properties(r.State), NewInputs: sandbox.Properties(inputs), Preview: true,
	})
	if err != nil {
		return nil, err
	}
	return sandbox.PlainMap(updated.Properties), nil
}

// Delete deletes the resource.
func (r *Resource) Delete() error {
	r.provider.t.Helper()
	_, err := r.provider.provider.Delete(context.Background(), plugin.DeleteRequest{
		URN: urn(r.Type, r.Name), ID: resource.ID(r.ID), Inputs: sandbox.Properties(r.Inputs), Outputs: sandbox.Properties(r.State),
	})
	return err
}

// MustDelete deletes the resource, or fails the test.
func (r *Resource) MustDelete() {
	r.provider.t.Helper()
	require.NoError(r.provider.t, r.Delete(), "delete %s %s", r.Type, r.Name)
}

// Stays makes sure that the resource cannot be deleted, for a reason.
func (r *Resource) Stays(want string) {
	r.provider.t.Helper()
	assert.EqualError(r.provider.t, r.Delete(), want, "delete %s %s", r.Type, r.Name)
}

// Refresh reads the resource's inputs and state again, as a run with --refresh does, and fails
// the test when it is gone.
func (r *Resource) Refresh() {
	r.provider.t.Helper()
	inputs, state, err := r.Read()
	require.NoError(r.provider.t, err, "read %s %s", r.Type, r.Name)
	require.NotNil(r.provider.t, state, "%s %s is gone", r.Type, r.Name)
	r.Inputs, r.State = inputs, state
}

// Read reads the resource's inputs and state again; both are nil when it is gone.
func (r *Resource) Read() (inputs, state Fields, err error) {
	r.provider.t.Helper()
	answer, err := r.provider.provider.Read(context.Background(), plugin.ReadRequest{
		URN: urn(r.Type, r.Name), ID: resource.ID(r.ID), Inputs: sandbox.Properties(r.Inputs), State: sandbox.Properties(r.State),
	})
	if err != nil || answer.ID == "" {
		return nil, nil, err
	}
	return sandbox.PlainMap(answer.Inputs), sandbox.PlainMap(answer.Outputs), nil
}
