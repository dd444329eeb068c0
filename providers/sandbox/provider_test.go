package sandbox

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testPackage has a thing with a generated name, and an account that its objects
// belong to.
var testPackage = &Package{
	Name:   "test",
	Naming: Naming{Separator: "-", Digits: 7},
	Types: map[string]Type{"test:index:Thing": {
		AutoName: "metadata.name", Replace: []string{"engine", "spec.selector"}, DeleteBeforeReplace: true,
		Defaults: map[string]any{"size": 1.0}, Outputs: []string{"address"}, Secret: []string{"address"},
		References: []Reference{{Path: "peers[].id", Types: []string{"test:index:Thing"}}},
		Create: func(o *Operation) error {
			o.ID, o.Outputs["address"] = o.NewID("thing-", 8), "somewhere"
			return nil
		},
	}},
	Configure:           func(in Inputs) (string, string, error) { return in["account"].(string), "", nil },
	ReplacedByConfigure: true,
}

func configured(t *testing.T, cloud *Cloud) *Provider {
	t.Helper()
	provider := NewProvider(cloud, testPackage)
	_, err := provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: Properties(map[string]any{"account": "one"})})
	require.NoError(t, err)
	return provider
}

func urn(name string) resource.URN {
	return resource.NewURN("stack", "project", "", "test:index:Thing", name)
}

// check and create take a thing's way through the provider.
func check(t *testing.T, provider *Provider, name string, inputs map[string]any) resource.PropertyMap {
	t.Helper()
	checked, err := provider.Check(context.Background(), plugin.CheckRequest{URN: urn(name), News: Properties(inputs)})
	require.NoError(t, err)
	require.Empty(t, checked.Failures)
	return checked.Properties
}

func create(t *testing.T, provider *Provider, name string, inputs map[string]any, preview bool) plugin.CreateResponse {
	t.Helper()
	created, err := provider.Create(context.Background(), plugin.CreateRequest{
		URN: urn(name), Name: name, Type: tokens.Type("test:index:Thing"), Properties: check(t, provider, name, inputs), Preview: preview,
	})
	require.NoError(t, err)
	return created
}

func TestDiff(t *testing.T) {
	t.Parallel()
	provider := configured(t, open(t, t.TempDir()))
	selector := func(app any, rest ...any) map[string]any {
		return map[string]any{"spec": map[string]any{"selector": app, "replicas": rest}}
	}
	for name, test := range map[string]struct {
		old, new, outputs map[string]any
		changed           bool
		replaced          []resource.PropertyKey
	}{
		"same":                        {map[string]any{"a": 1.0}, map[string]any{"a": 1.0}, nil, false, nil},
		"changed":                     {map[string]any{"a": 1.0}, map[string]any{"a": 2.0}, nil, true, nil},
		"null is absent":              {map[string]any{"a": nil}, map[string]any{}, nil, false, nil},
		"replaced":                    {map[string]any{"engine": "a"}, map[string]any{"engine": "b"}, nil, true, []resource.PropertyKey{"engine"}},
		"replaced by an unknown":      {map[string]any{"engine": "a"}, map[string]any{"engine": Unknown}, nil, true, []resource.PropertyKey{"engine"}},
		"replaced by what is below":   {selector("a", 1.0), selector("b", 1.0), nil, true, []resource.PropertyKey{"spec"}},
		"changed beside what is":      {selector("a", 1.0), selector("a", 2.0), nil, true, nil},
		"named as the cloud named it": {map[string]any{}, map[string]any{"engine": "a"}, map[string]any{"engine": "a"}, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := provider.Diff(context.Background(), plugin.DiffRequest{
				URN: urn("x"), OldInputs: Properties(test.old), OldOutputs: Properties(test.outputs), NewInputs: Properties(test.new),
			})
			require.NoError(t, err)
			assert.Equal(t, test.changed, answer.Changes == plugin.DiffSome)
			assert.Equal(t, test.replaced, answer.ReplaceKeys)
		})
	}
}

func TestAnotherAccountReplacesTheProvider(t *testing.T) {
	t.Parallel()
	provider := configured(t, open(t, t.TempDir()))
	differ := func(account, option string) plugin.DiffResponse {
		answer, err := provider.DiffConfig(context.Background(), plugin.DiffConfigRequest{
			OldInputs: Properties(map[string]any{"account": "one", "option": "a"}),
			NewInputs: Properties(map[string]any{"account": account, "option": option}),
		})
		require.NoError(t, err)
		return answer
	}
	assert.Equal(t, plugin.DiffNone, differ("one", "a").Changes)
	assert.Empty(t, differ("one", "b").ReplaceKeys)
	assert.Equal(t, []resource.PropertyKey{"account"}, differ("two", "a").ReplaceKeys)
}

func TestGeneratedNamesAndIDs(t *testing.T) {
	t.Parallel()
	names := map[string]any{}
	for range 2 { // the same in each sandbox
		provider := configured(t, open(t, t.TempDir()))
		for _, name := range []string{"first", "second"} {
			created := create(t, provider, name, map[string]any{}, false)
			got := []any{string(created.ID), PlainMap(created.Properties)["metadata"]}
			if names[name] == nil {
				names[name] = got
			}
			assert.Equal(t, names[name], got)
		}
		// A replacement is made beside the first: under another name, with another id.
		again := create(t, provider, "first", map[string]any{}, false)
		assert.NotContains(t, names["first"], string(again.ID))
		assert.NotContains(t, names["first"], PlainMap(again.Properties)["metadata"])
	}
}

func TestPreviewKnowsNoOutputs(t *testing.T) {
	t.Parallel()
	cloud := open(t, t.TempDir())
	provider := configured(t, cloud)
	previewed := create(t, provider, "first", map[string]any{"engine": Unknown, "peers": []any{map[string]any{"id": "thing-not-yet"}}}, true)
	assert.Empty(t, previewed.ID)
	assert.True(t, previewed.Properties["address"].ContainsUnknowns())
	assert.True(t, previewed.Properties["engine"].ContainsUnknowns())
	assert.Empty(t, ids(t, cloud))
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	provider := configured(t, open(t, t.TempDir()))
	created, err := provider.Create(context.Background(), plugin.CreateRequest{
		URN: urn("first"), Properties: resource.PropertyMap{
			"nested": resource.NewObjectProperty(resource.PropertyMap{"deep": resource.MakeSecret(resource.NewStringProperty("x"))}),
			"plain":  resource.NewStringProperty("y"),
		},
	})
	require.NoError(t, err)
	assert.True(t, created.Properties["nested"].ContainsSecrets(), "an input")
	assert.True(t, created.Properties["address"].IsSecret(), "an output")
	assert.False(t, created.Properties["plain"].ContainsSecrets())
}

func TestReferencesInLists(t *testing.T) {
	t.Parallel()
	cloud := open(t, t.TempDir())
	provider := configured(t, cloud)
	first := create(t, provider, "first", map[string]any{}, false)
	second := create(t, provider, "second", map[string]any{"peers": []any{map[string]any{"id": string(first.ID)}}}, false)

	_, err := provider.Delete(context.Background(), plugin.DeleteRequest{URN: urn("first"), ID: first.ID})
	require.ErrorContains(t, err, "DependencyViolation: ")
	for _, made := range []struct {
		name string
		id   resource.ID
	}{{"second", second.ID}, {"first", first.ID}, {"first", first.ID}} { // what is gone is deleted
		_, err = provider.Delete(context.Background(), plugin.DeleteRequest{URN: urn(made.name), ID: made.id})
		require.NoError(t, err)
	}
	assert.Empty(t, ids(t, cloud))

	_, err = provider.Create(context.Background(), plugin.CreateRequest{URN: urn("third"), Properties: Properties(map[string]any{
		"peers": []any{map[string]any{"id": "thing-absent"}},
	})})
	assert.EqualError(t, err, "peers[0].id: NotFound: thing-absent does not exist")
}

func TestReadFindsDrift(t *testing.T) {
	t.Parallel()
	cloud := open(t, t.TempDir())
	provider := configured(t, cloud)
	created := create(t, provider, "first", map[string]any{"engine": "a"}, false)
	read := func() plugin.ReadResponse {
		answer, err := provider.Read(context.Background(), plugin.ReadRequest{URN: urn("first"), ID: created.ID, State: created.Properties})
		require.NoError(t, err)
		return answer
	}
	assert.Equal(t, created.Properties, read().Outputs)
	require.NoError(t, cloud.Do(func() error {
		object := cloud.OfType("test:index:Thing")[0].clone()
		object.Inputs["engine"] = "b"
		return cloud.Put(object)
	}))
	assert.Equal(t, "b", read().Inputs["engine"].StringValue())
	require.NoError(t, cloud.Do(func() error { return cloud.Remove(cloud.OfType("test:index:Thing")[0].Key()) }))
	assert.Empty(t, read().ID, "it is gone")
}
