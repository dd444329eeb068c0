package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deviate previews one program and applies another with the first one's plan.
func (w *world) deviate(previewed, applied pulumi.RunFunc) error {
	w.t.Helper()
	stack := w.stack()
	require.NoError(w.t, stack.Lock(w.t.Context()))
	defer stack.Unlock(context.Background())
	plan, err := stack.Preview(w.t.Context(), w.operation(previewed))
	require.NoError(w.t, err)
	w.events = nil
	_, err = stack.Up(w.t.Context(), w.operation(applied), plan)
	return err
}

func things(names ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for _, name := range names {
			if _, err := newThing(ctx, name, pulumi.Map{"name": pulumi.String(name)}); err != nil {
				return err
			}
		}
		return nil
	}
}

// An apply does nothing that its preview did not show: each kind of deviation is kept from
// happening.
func TestApplyIsHeldToItsPreview(t *testing.T) {
	engineOf := func(engine string) pulumi.RunFunc {
		return database(pulumi.Map{"name": pulumi.String("a"), "engine": pulumi.String(engine)})
	}
	var none pulumi.RunFunc = func(*pulumi.Context) error { return nil }
	for name, test := range map[string]struct {
		before, previewed, applied pulumi.RunFunc
		want                       string
	}{
		"create":         {none, things("first"), things("first", "second"), "::second violates plan: it would be created"},
		"first create":   {none, none, things("first"), "::first violates plan: it would be created"},
		"update":         {engineOf("a"), engineOf("a"), database(pulumi.Map{"name": pulumi.String("b"), "engine": pulumi.String("a")}), "it would be changed"},
		"replace":        {engineOf("a"), engineOf("a"), engineOf("b"), "it would be replaced"},
		"delete":         {things("first", "second"), things("first", "second"), things("second"), "::first violates plan: it would be deleted"},
		"values":         {none, engineOf("a"), engineOf("b"), "properties changed: engine"},
		"kept after all": {things("first"), none, func(ctx *pulumi.Context) error { return database(pulumi.Map{"name": pulumi.String("a")})(ctx) }, "it would be created"},
		"not an update":  {database(pulumi.Map{"name": pulumi.String("a"), "engine": pulumi.String("a")}), database(pulumi.Map{"name": pulumi.String("b"), "engine": pulumi.String("a")}), engineOf("b"), "it would be replaced"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.up(test.before)
			require.NoError(t, err)
			before := fmt.Sprint(w.cloud.objects)
			err = w.deviate(test.previewed, test.applied)
			var violated *PlanViolatedError
			require.ErrorAs(t, err, &violated)
			assert.Contains(t, err.Error(), test.want)
			if len(w.cloud.objects) == 1 && name == "create" { // what agrees with the preview may be made
				return
			}
			assert.Equal(t, before, fmt.Sprint(w.cloud.objects))
		})
	}
}

// What a preview showed may turn out to be nothing, and no dependency list is a deviation.
func TestLessThanThePreview(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(database(pulumi.Map{"name": pulumi.String("a")}))
	require.NoError(t, err)
	require.NoError(t, w.deviate(database(pulumi.Map{"name": pulumi.String("b")}), database(pulumi.Map{"name": pulumi.String("a")})))
	assert.Equal(t, "a", w.cloud.objects["thing-1"]["name"].StringValue())

	fewer := func(ctx *pulumi.Context) error { return nil }
	w = newWorld(t)
	require.NoError(t, w.deviate(things("first"), fewer))
	assert.Empty(t, w.cloud.objects)
	require.Len(t, w.events, 1)
	told, ok := w.events[0].(Diagnostic)
	require.True(t, ok)
	assert.Contains(t, told.Message, "did not ask for it any more")

	other := func(first, second string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			made, err := newThing(ctx, first, pulumi.Map{"name": pulumi.String(first)})
			if err != nil {
				return err
			}
			more, err := newThing(ctx, second, pulumi.Map{"name": pulumi.String(second)})
			if err != nil {
				return err
			}
			_, err = newThing(ctx, "third", pulumi.Map{"name": pulumi.String("third")}, pulumi.DependsOn([]pulumi.Resource{made}),
				pulumi.IgnoreChanges([]string{first}), pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String(first)}}))
			_ = more
			return err
		}
	}
	w = newWorld(t)
	require.NoError(t, w.deviate(other("a", "b"), other("b", "a")))
	assert.Len(t, w.cloud.objects, 3)
}

// What a plan showed and reality has overtaken is no violation: it is not done, or it is done
// already, or whoever refuses it says why.
func TestThePlanMeetsReality(t *testing.T) {
	thing := func(inputs pulumi.Map) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := newThing(ctx, "first", inputs); return err }
	}
	engine := func(name, value string) pulumi.RunFunc {
		return thing(pulumi.Map{"engine": pulumi.String(name), "size": pulumi.String(value)})
	}
	unknown := func(name, value string) pulumi.RunFunc { // of the engine, in previews
		return func(ctx *pulumi.Context) error {
			source, err := newThing(ctx, "source", pulumi.Map{"name": pulumi.String(name)}, pulumi.IgnoreChanges([]string{"name"}))
			if err != nil {
				return err
			}
			made := source.Serial.ApplyT(func(string) string { return name }).(pulumi.StringOutput)
			_, err = newThing(ctx, "first", pulumi.Map{"engine": made, "size": pulumi.String(value)})
			return err
		}
	}
	none := func(*pulumi.Context) error { return nil }
	for _, test := range []struct {
		what                   string
		before, shown, applied pulumi.RunFunc
		then                   func(w *world) // between the preview and the apply
		fails                  string
		engine, size           string
	}{
		{"an update that is none", engine("a", "1"), engine("a", "2"), engine("a", "1"), nil, "", "a", "1"},
		{"a replacement that is none", engine("a", "1"), engine("b", "1"), engine("a", "1"), nil, "", "a", "1"},
		{"a replacement, for all that is known, that is none", engine("a", "1"), unknown("a", "1"), unknown("a", "1"), nil, "", "a", "1"},
		{"a replacement, for all that is known, that is an update", engine("a", "1"), unknown("a", "2"), unknown("a", "2"), nil, "", "a", "2"},
		{"a delete that is none", engine("a", "1"), none, engine("a", "1"), nil, "", "a", "1"},
		{"a delete of what went meanwhile", engine("a", "1"), none, none, func(w *world) { clear(w.cloud.objects) }, "", "", ""},
		{"a create of what is there by now", none, engine("a", "1"), engine("a", "1"), func(w *world) {
			w.cloud.before = func(string, resource.URN) error { return errors.New("AlreadyExists: first") }
		}, "AlreadyExists: first", "", ""},
		{"a create that is none", none, engine("a", "1"), none, nil, "", "", ""},
		{"an update that is a replacement", engine("a", "1"), engine("a", "2"), engine("b", "2"), nil, "it would be replaced, which its preview did not show", "a", "1"},
		{"a create that is another", none, engine("a", "1"), engine("b", "1"), nil, "properties changed: engine", "", ""},
	} {
		w := newWorld(t)
		_, err := w.up(test.before)
		require.NoError(t, err, test.what)
		stack := w.stack()
		require.NoError(t, stack.Lock(t.Context()))
		plan, err := stack.Preview(t.Context(), w.operation(test.shown))
		require.NoError(t, err, test.what)
		if test.then != nil {
			test.then(w)
		}
		_, err = stack.Up(t.Context(), w.operation(test.applied), plan)
		if test.fails == "" {
			require.NoError(t, err, test.what)
		} else {
			require.ErrorContains(t, err, test.fails, test.what)
		}
		require.NoError(t, stack.Unlock(t.Context()))
		var left resource.PropertyMap
		for _, object := range w.cloud.objects {
			if _, ok := object["engine"]; ok {
				left = object
			}
		}
		if test.engine == "" {
			assert.Empty(t, left, test.what)
			continue
		}
		assert.Equal(t, test.engine, left["engine"].StringValue(), test.what)
		assert.Equal(t, test.size, left["size"].StringValue(), test.what)
	}
}

// stale answers a preview of an update with what the object is before it, as providers do
// that do not know what will change.
type stale struct{ *connection }

func (s stale) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	response, err := s.connection.Update(ctx, r)
	if err == nil && !r.Preview {
		response.Properties["serial"] = resource.NewStringProperty(string(r.ID) + "-updated")
	}
	return response, err
}

// A value that comes from what the same apply changes may differ from what the preview
// thought to know: that is not a deviation where the resource changes anyway.
func TestWhatChangesMayChangeOthers(t *testing.T) {
	w := newWorld(t)
	w.host = NewHost(Plugins{OnlySimulated: true, Simulated: map[string]func() (plugin.Provider, error){
		"test": func() (plugin.Provider, error) { return stale{&connection{testCloud: w.cloud}}, nil },
	}})
	program := func(name string, both bool) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			first, err := newThing(ctx, "first", pulumi.Map{"name": pulumi.String(name)})
			if err != nil {
				return err
			}
			inputs := pulumi.Map{"of": first.Serial}
			if both {
				inputs["name"] = pulumi.String(name)
			}
			_, err = newThing(ctx, "second", inputs)
			return err
		}
	}
	_, err := w.up(program("a", true))
	require.NoError(t, err)
	_, err = w.up(program("b", true))
	require.NoError(t, err)

	w.cloud.objects, w.cloud.made = map[resource.ID]resource.PropertyMap{}, 0
	w.directory = t.TempDir()
	_, err = w.up(program("a", false))
	require.NoError(t, err)
	_, err = w.up(program("b", false))
	var violated *PlanViolatedError
	require.ErrorAs(t, err, &violated)
	assert.Contains(t, err.Error(), "::second violates plan: it would be changed")
	_, err = w.up(program("b", false)) // as the error says: run again
	require.NoError(t, err)
}

// named gives things that have no name one, from the seed of their check.
type named struct{ *connection }

func (n named) Check(_ context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	checked := r.News.Copy()
	if !checked.HasValue("name") {
		checked["name"] = resource.NewStringProperty(fmt.Sprintf("%x", r.RandomSeed))
	}
	return plugin.CheckResponse{Properties: checked}, nil
}

func TestAnApplyMakesTheNamesOfItsPreview(t *testing.T) {
	w := newWorld(t)
	w.host = NewHost(Plugins{OnlySimulated: true, Simulated: map[string]func() (plugin.Provider, error){
		"test": func() (plugin.Provider, error) { return named{&connection{testCloud: w.cloud}}, nil },
	}})
	_, err := w.up(database(pulumi.Map{}))
	require.NoError(t, err)
	assert.Len(t, w.cloud.objects["thing-1"]["name"].StringValue(), 64)
}

// wholes is a provider of components that, like those of Node programs, know less in a
// preview: their children have other dependencies then, and other inputs.
func componentWith(child func(ctx *pulumi.Context, parent pulumi.Resource, server *thing) error) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		server, err := newThing(ctx, "server", pulumi.Map{"name": pulumi.String("a")})
		if err != nil {
			return err
		}
		var whole component
		properties := pulumi.Map{
			"server": pulumi.NewResourceOutput(server), "list": pulumi.Array{pulumi.Map{"serial": server.Serial}}, "id": server.ID(),
		}
		if err := ctx.RegisterComponentResourceV2("test:index:Whole", "whole", properties, &whole); err != nil {
			return err
		}
		if err := child(ctx, &whole, server); err != nil {
			return err
		}
		return ctx.RegisterResourceOutputs(&whole, properties)
	}
}

// component has inputs of its own, like those that plugins make.
type component struct{ pulumi.ResourceState }

// Inputs and outputs of components become known, also where the unknown is the id of a
// resource, or is within a list; the dependencies of their children, too.
func TestComponentsKnowMoreInTheApply(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.deviate(
		componentWith(func(ctx *pulumi.Context, parent pulumi.Resource, _ *thing) error {
			unknown := pulumi.UnsafeUnknownOutput(nil)
			_, err := newThing(ctx, "child", pulumi.Map{"clusterName": unknown}, pulumi.Parent(parent))
			return err
		}),
		componentWith(func(ctx *pulumi.Context, parent pulumi.Resource, server *thing) error {
			_, err := newThing(ctx, "child", pulumi.Map{"clusterName": server.Serial}, pulumi.Parent(parent))
			return err
		}),
	))
	assert.Len(t, w.cloud.objects, 2)
	plan, err := w.stack().Preview(t.Context(), w.operation(componentWith(func(ctx *pulumi.Context, parent pulumi.Resource, server *thing) error {
		_, err := newThing(ctx, "child", pulumi.Map{"clusterName": server.Serial}, pulumi.Parent(parent))
		return err
	})))
	require.NoError(t, err)
	assert.Empty(t, plan.Changes)

	w = newWorld(t)
	none := func(*pulumi.Context, pulumi.Resource, *thing) error { return nil }
	err = w.deviate(componentWith(none), componentWith(func(ctx *pulumi.Context, parent pulumi.Resource, server *thing) error {
		_, err := newThing(ctx, "child", pulumi.Map{"clusterName": server.Serial}, pulumi.Parent(parent))
		return err
	}))
	var violated *PlanViolatedError
	require.ErrorAs(t, err, &violated)
	assert.Contains(t, err.Error(), "::child violates plan: it would be created")
}

// A read changes nothing; what is read may not be made, and what was to be read neither.
func TestReadsAreHeldToTheirKind(t *testing.T) {
	w := newWorld(t)
	w.cloud.objects["other"] = resource.PropertyMap{"name": resource.NewStringProperty("of others")}
	read := func(ctx *pulumi.Context) error {
		var there thing
		return ctx.ReadResource("test:index:Thing", "there", pulumi.ID("other"), nil, &there)
	}
	_, err := w.up(read)
	require.NoError(t, err)
	err = w.deviate(read, things("there"))
	var violated *PlanViolatedError
	require.ErrorAs(t, err, &violated)
	assert.Len(t, w.cloud.objects, 1)
}

// refuser is a Kubernetes provider whose server refuses a dry run of a create as an update.
type refuser struct {
	*connection
	message string
}

func (r refuser) Pkg() tokens.Package { return "kubernetes" }

func (r refuser) Create(ctx context.Context, q plugin.CreateRequest) (plugin.CreateResponse, error) {
	if _, exists := r.objects["thing-1"]; exists && q.Preview {
		return plugin.CreateResponse{}, errors.New(r.message)
	}
	return r.connection.Create(ctx, q)
}

// A replacement is previewed although the server takes its dry run for a change of what
// cannot change; not when something else is wrong, nor of what is new.
func TestPreviewOfAReplacementThatIsRefusedAsImmutable(t *testing.T) {
	const binding = `RoleBinding.rbac.authorization.k8s.io "reader" is invalid: `
	program := func(engine string, more ...string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			for _, name := range append([]string{"binding"}, more...) {
				var made thing
				err := ctx.RegisterResource("kubernetes:rbac:RoleBinding", name, pulumi.Map{"engine": pulumi.String(engine)}, &made, pulumi.DeleteBeforeReplace(true))
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
	for message, passes := range map[string]bool{
		binding + `roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"Role", Name:"b"}: cannot change roleRef`:                                         true,
		`StorageClass.storage.k8s.io "gp3" is invalid: [parameters: Forbidden: updates to parameters are forbidden., provisioner: Forbidden: updates to provisioner are forbidden.]`: true,
		`Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []string{"None"}: may not change once set`:                                                                     true,
		binding + `[roleRef: Invalid value: rbac.RoleRef{}: cannot change roleRef, subjects[0].name: Required value]`:                                                                false,
		binding + `[roleRef: Invalid value: rbac.RoleRef{}: cannot change roleRef, subjects[0].name: Required value: a name]`:                                                        false,
		binding + `roleRef.kind: Unsupported value: "Roles": supported values: "Role", "ClusterRole"`:                                                                                false,
		`rolebindings "reader" is forbidden: user "x" cannot change roleRef`:                                                                                                         false,
	} {
		w := newWorld(t)
		w.host = NewHost(Plugins{OnlySimulated: true, Simulated: map[string]func() (plugin.Provider, error){
			"kubernetes": func() (plugin.Provider, error) {
				return refuser{&connection{testCloud: w.cloud}, message}, nil
			},
		}})
		_, err := w.up(program("a"))
		require.NoError(t, err)
		_, err = w.stack().Preview(t.Context(), w.operation(program("b", "new")))
		require.ErrorContains(t, err, message, "what is new is refused")
		_, err = w.up(program("b"))
		if !passes {
			require.ErrorContains(t, err, message)
			continue
		}
		require.NoError(t, err, message)
		assert.Equal(t, "b", w.cloud.objects["thing-2"]["engine"].StringValue())
	}
}
