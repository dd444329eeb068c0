package sandbox

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type fields = map[string]any

// strictPackage has a type with every rule that a difference can have.
func strictPackage() *Package {
	return &Package{
		Name: "test", Naming: Naming{Separator: "-", Digits: 7, Prefix: "Prefix"}, GivenNamesGoFirst: true,
		Types: map[string]Type{"test:index:Thing": {
			AutoName: "name", Replace: []string{"engine", "zone", "rules", "network.peers"}, Defaults: fields{"engine": "one"},
			Sets:     []string{"zones", "rules", "rules[].ports", "network.peers", "tables"},
			Equal:    map[string]func(old, new any) bool{"policy": foldsCase, "rules[].protocol": foldsCase},
			Computed: []string{"zone", "tables", "network.ranges"},
			Ignore: func(old, new Inputs) []string {
				before, _ := old.Number("size")
				after, _ := new.Number("size")
				if after < before && new.Flag("grows") {
					return []string{"size"}
				}
				return nil
			},
			ReadBack: []string{"class", "members"}, Shared: []string{"tags"},
			Create: func(o *Operation) error { o.ID = o.NewID("thing-", 8); return nil },
			Update: func(o *Operation) error { // a class waits until somebody lets it through
				if o.Inputs["class"] != o.Old.Inputs["class"] {
					o.Outputs["class"] = o.Old.Get("class")
				}
				return nil
			},
			Read: func(o *Operation) error {
				if members := o.Inputs["elsewhere"]; members != nil {
					o.Outputs["members"] = members
				}
				return nil
			},
		}},
	}
}

func foldsCase(old, new any) bool {
	before, _ := old.(string)
	after, _ := new.(string)
	return strings.EqualFold(before, after)
}

// TestRulesOfDifference compares inputs with those before.
func TestRulesOfDifference(t *testing.T) {
	t.Parallel()
	provider := NewProvider(open(t, t.TempDir()), strictPackage())
	list := func(elements ...any) []any { return elements }
	rules := func(rules ...any) fields { return fields{"rules": rules} }
	one := func(ports ...any) fields { return fields{"protocol": "tcp", "ports": ports} }
	for name, test := range map[string]struct {
		old, outputs, new fields
		changed, replaced string
		ignored           string
	}{
		"read back and ignored":         {old: fields{"a": 1.0}, outputs: fields{"a": 1.0, "members": list("a")}, new: fields{"a": 1.0}, ignored: "members"},
		"ignored below":                 {old: fields{"network": fields{"a": 1.0, "b": 1.0}}, new: fields{"network": fields{"a": 2.0, "b": 1.0}}, ignored: "network.a"},
		"a set in another order":        {old: fields{"zones": list("a", "b")}, new: fields{"zones": list("b", "a")}},
		"a set with another element":    {old: fields{"zones": list("a", "b")}, new: fields{"zones": list("a", "c")}, changed: "zones"},
		"a set with an element twice":   {old: fields{"zones": list("a", "b", "b")}, new: fields{"zones": list("a", "a", "b")}, changed: "zones"},
		"a set with one unknown":        {old: fields{"zones": list("a")}, new: fields{"zones": list(Unknown)}, changed: "zones"},
		"an empty set is none":          {old: fields{}, new: fields{"zones": list()}},
		"a set that is emptied":         {old: fields{"zones": list("a")}, new: fields{"zones": list()}, changed: "zones"},
		"a set that is dropped":         {old: fields{"zones": list("a")}, new: fields{}, changed: "zones"},
		"a list in another order":       {old: fields{"other": list("a", "b")}, new: fields{"other": list("b", "a")}, changed: "other"},
		"sets in a set":                 {old: rules(one(1.0, 2.0), one(3.0)), new: rules(one(3.0), one(2.0, 1.0))},
		"meaning in a set":              {old: rules(one(1.0)), new: rules(fields{"protocol": "TCP", "ports": list(1.0)})},
		"a set that replaces":           {old: rules(one(1.0)), new: rules(one(2.0)), changed: "rules", replaced: "rules"},
		"a nested set that replaces":    {old: fields{"network": fields{"peers": list("a")}}, new: fields{"network": fields{"peers": list("b")}}, changed: "network", replaced: "network"},
		"a nested set in another order": {old: fields{"network": fields{"peers": list("a", "b"), "x": 1.0}}, new: fields{"network": fields{"peers": list("b", "a"), "x": 2.0}}, changed: "network"},
		"written otherwise":             {old: fields{"policy": "Allow"}, new: fields{"policy": "ALLOW"}},
		"another meaning":               {old: fields{"policy": "Allow"}, new: fields{"policy": "Deny"}, changed: "policy"},
		"kept when dropped":             {old: fields{"zone": "a", "tables": list("a")}, new: fields{}},
		"kept below":                    {old: fields{"network": fields{"ranges": list("a")}}, new: fields{"network": fields{}}},
		"emptied explicitly":            {old: fields{"tables": list("a")}, new: fields{"tables": list()}, changed: "tables"},
		"emptied after it was dropped":  {old: fields{}, outputs: fields{"tables": list("a")}, new: fields{"tables": list()}, changed: "tables"},
		"emptied below":                 {old: fields{"network": fields{"ranges": list("a")}}, new: fields{"network": fields{"ranges": list()}}, changed: "network"},
		"chosen by the cloud":           {old: fields{}, outputs: fields{"tables": list("a", "b")}, new: fields{"tables": list("b", "a")}},
		"given again otherwise":         {old: fields{}, outputs: fields{"zone": "a"}, new: fields{"zone": "b"}, changed: "zone", replaced: "zone"},
		"a default is named":            {old: fields{}, new: fields{"engine": "one"}},
		"not the default":               {old: fields{}, new: fields{"engine": "two"}, changed: "engine", replaced: "engine"},
		"ignored":                       {old: fields{"size": 2.0, "grows": true}, new: fields{"size": 1.0, "grows": true}},
		"not ignored":                   {old: fields{"size": 2.0}, new: fields{"size": 1.0}, changed: "size"},
		"what others did":               {old: fields{"a": 1.0}, outputs: fields{"a": 1.0, "members": list("a")}, new: fields{"a": 1.0}, changed: "members"},
		"what the cloud has not done":   {old: fields{"class": "b"}, outputs: fields{"class": "a"}, new: fields{"class": "b"}, changed: "class"},
		"a tag of somebody else":        {old: fields{"tags": fields{"a": "1"}}, outputs: fields{"tags": fields{"a": "1", "b": "2"}}, new: fields{"tags": fields{"a": "1"}}, changed: "tags"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := provider.Diff(context.Background(), plugin.DiffRequest{
				URN: urn("x"), OldInputs: Properties(test.old), OldOutputs: Properties(test.outputs), NewInputs: Properties(test.new),
				IgnoreChanges: strings.Fields(test.ignored),
			})
			require.NoError(t, err)
			assert.Equal(t, test.changed != "", answer.Changes == plugin.DiffSome)
			assert.Equal(t, test.changed, texts(answer.ChangedKeys))
			assert.Equal(t, test.replaced, texts(answer.ReplaceKeys))
		})
	}
}

func texts(keys []resource.PropertyKey) string {
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = string(key)
	}
	return strings.Join(list, " ")
}

// TestGivenNamesAreDeletedFirst makes sure that only what has a generated name stands beside
// what replaces it.
func TestGivenNamesAreDeletedFirst(t *testing.T) {
	t.Parallel()
	provider := NewProvider(open(t, t.TempDir()), strictPackage())
	for name, test := range map[string]struct {
		old, new fields
		want     bool
	}{
		"given":              {fields{"name": "a", "engine": "one"}, fields{"name": "a", "engine": "two"}, true},
		"given, in place":    {fields{"name": "a", "size": 1.0}, fields{"name": "a", "size": 2.0}, false},
		"generated":          {fields{"name": "x-0123456", "engine": "one"}, fields{"name": "x-0123456", "engine": "two"}, false},
		"from a prefix":      {fields{"namePrefix": "a", "engine": "one"}, fields{"namePrefix": "a", "engine": "two"}, false},
		"another given name": {fields{"name": "a", "engine": "one"}, fields{"name": "b", "engine": "two"}, true},
	} {
		answer, err := provider.Diff(context.Background(), plugin.DiffRequest{
			URN: urn("x"), OldInputs: Properties(test.old), NewInputs: Properties(test.new),
		})
		require.NoError(t, err)
		assert.Equal(t, test.want, answer.DeleteBeforeReplace, name)
	}
}

// live is one of strictPackage that goes through updates and refreshes as the engine does it.
type live struct {
	t             *testing.T
	cloud         *Cloud
	provider      *Provider
	id            resource.ID
	inputs, state resource.PropertyMap
}

func newLive(t *testing.T, inputs fields) *live {
	t.Helper()
	cloud := open(t, t.TempDir())
	made := &live{t: t, cloud: cloud, provider: NewProvider(cloud, strictPackage()), inputs: Properties(inputs)}
	created, err := made.provider.Create(context.Background(), plugin.CreateRequest{URN: urn("x"), Properties: made.inputs})
	require.NoError(t, err)
	made.id, made.state = created.ID, created.Properties
	return made
}

func (made *live) update(inputs fields) {
	made.t.Helper()
	for _, preview := range []bool{true, false} {
		updated, err := made.provider.Update(context.Background(), plugin.UpdateRequest{
			URN: urn("x"), ID: made.id, OldInputs: made.inputs, OldOutputs: made.state, NewInputs: Properties(inputs), Preview: preview,
		})
		require.NoError(made.t, err)
		if !preview {
			made.inputs, made.state = Properties(inputs), updated.Properties
		}
	}
}

func (made *live) refresh() {
	made.t.Helper()
	read, err := made.provider.Read(context.Background(), plugin.ReadRequest{URN: urn("x"), ID: made.id, Inputs: made.inputs, State: made.state})
	require.NoError(made.t, err)
	made.inputs, made.state = read.Inputs, read.Outputs
}

// differs are the properties that the same inputs would change again.
func (made *live) differs(inputs fields) string {
	made.t.Helper()
	answer, err := made.provider.Diff(context.Background(), plugin.DiffRequest{
		URN: urn("x"), ID: made.id, OldInputs: made.inputs, OldOutputs: made.state, NewInputs: Properties(inputs),
	})
	require.NoError(made.t, err)
	return texts(answer.ChangedKeys)
}

// by changes what the cloud has, by hand.
func (made *live) by(change func(object *Object)) {
	made.t.Helper()
	require.NoError(made.t, made.cloud.Do(func() error {
		object := made.cloud.OfType("test:index:Thing")[0].clone()
		change(object)
		return made.cloud.Put(object)
	}))
}

// stored is what the cloud has of an input.
func (made *live) stored(name string) (value any) {
	made.t.Helper()
	require.NoError(made.t, made.cloud.Do(func() error { value = made.cloud.OfType("test:index:Thing")[0].Inputs[name]; return nil }))
	return value
}

// TestOthersTagsStay takes a map through what others add to it.
func TestOthersTagsStay(t *testing.T) {
	t.Parallel()
	ours := fields{"tags": fields{"team": "apps", "stage": "test"}}
	made := newLive(t, ours)
	made.by(func(object *Object) {
		object.Inputs["tags"] = fields{"team": "apps", "stage": "test", "owner": "unit 7"}
	})
	assert.Empty(t, made.differs(ours), "nobody has looked")
	changed := fields{"tags": fields{"team": "platform"}}
	made.update(changed)
	assert.Equal(t, fields{"team": "platform", "owner": "unit 7"}, made.stored("tags"), "an update changes what it knows of")
	assert.Equal(t, "tags", made.differs(changed), "and reads the rest")
	made.update(fields{})
	assert.Nil(t, made.stored("tags"), "which the next one takes away")

	again := newLive(t, ours)
	again.by(func(object *Object) { object.Inputs["tags"] = fields{"team": "other", "stage": "test"} })
	again.refresh()
	assert.Equal(t, "tags", again.differs(ours), "what was changed is put right")
}

// TestWhatIsDroppedStays makes sure that the cloud keeps what a program says no more of.
func TestWhatIsDroppedStays(t *testing.T) {
	t.Parallel()
	made := newLive(t, fields{"tables": []any{"a"}, "network": fields{"ranges": []any{"a"}, "peers": []any{"b"}}, "size": 1.0})
	made.update(fields{"network": fields{"peers": []any{"b"}}, "size": 2.0})
	assert.Equal(t, []any{"a"}, made.stored("tables"))
	assert.Equal(t, fields{"ranges": []any{"a"}, "peers": []any{"b"}}, made.stored("network"))
	assert.Equal(t, []any{"a"}, PlainMap(made.state)["tables"])
	made.update(fields{"tables": []any{}, "size": 2.0})
	assert.Equal(t, []any{}, made.stored("tables"), "an empty list takes it away")
	assert.Nil(t, made.stored("network"), "what is not kept is gone")

	made = newLive(t, fields{"tables": []any{"a"}})
	made.state["tables"] = resource.MakeSecret(made.state["tables"])
	made.update(fields{"size": 1.0})
	assert.True(t, made.state["tables"].IsSecret(), "what is kept stays secret")

	made = newLive(t, fields{"size": 2.0, "grows": true})
	made.update(fields{"size": 1.0, "grows": true, "policy": "x"})
	assert.Equal(t, 2.0, made.stored("size"), "what is ignored is not sent")
}

// TestWhatWaitsIsPlannedAgain makes sure that a change differs until the cloud has made it.
func TestWhatWaitsIsPlannedAgain(t *testing.T) {
	t.Parallel()
	made := newLive(t, fields{"class": "a"})
	wanted := fields{"class": "b"}
	made.update(wanted)
	assert.Equal(t, "class", made.differs(wanted))
	made.refresh()
	assert.Equal(t, "a", made.inputs["class"].StringValue(), "it reads what is in force")
	assert.Equal(t, "class", made.differs(wanted))
	made.by(func(object *Object) { delete(object.Outputs, "class") }) // the window came
	made.refresh()
	assert.Empty(t, made.differs(wanted))

	made.by(func(object *Object) { object.Inputs["elsewhere"] = []any{"a"} })
	made.refresh()
	assert.Equal(t, "elsewhere members", made.differs(wanted))
	require.NoError(t, made.cloud.Do(func() error {
		assert.NotContains(t, made.cloud.OfType("test:index:Thing")[0].Outputs, "members", "what is read is not kept")
		return nil
	}))
}

// TestOverwriting makes sure that what is put takes the place of what is there, where the
// cloud does so.
func TestOverwriting(t *testing.T) {
	t.Parallel()
	typ := Type{
		Unique: []Unique{{Properties: []string{"name"}, Message: "%s is taken"}},
		Create: func(o *Operation) error { o.ID, _ = o.Inputs.Text("name"); return nil },
	}
	made := func(overwrites bool) error {
		typ := typ
		typ.Overwrites = func(in Inputs) bool { return in.Flag("overwrite") }
		cloud := open(t, t.TempDir())
		provider := NewProvider(cloud, &Package{Name: "test", Types: map[string]Type{"test:index:Thing": typ}})
		for _, name := range []string{"first", "second"} {
			_, err := provider.Create(context.Background(), plugin.CreateRequest{
				URN: urn(name), Properties: Properties(fields{"name": "one", "by": name, "overwrite": overwrites}),
			})
			if err != nil {
				return err
			}
		}
		assert.Equal(t, "second", cloud.OfType("test:index:Thing")[0].Inputs["by"])
		_, err := provider.Delete(context.Background(), plugin.DeleteRequest{URN: urn("first"), ID: "one"})
		assert.Empty(t, ids(t, cloud), "whoever goes takes it along")
		return err
	}
	assert.NoError(t, made(true))
	assert.EqualError(t, made(false), "one is taken")
}
