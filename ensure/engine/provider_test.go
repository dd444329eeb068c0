package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// testCloud is a provider of things that live in memory: "test:index:Thing" with any
// inputs, which are its outputs, too. A change of "engine" replaces a thing.
type testCloud struct {
	plugin.UnimplementedProvider

	mutex   sync.Mutex
	objects map[resource.ID]resource.PropertyMap
	made    int
	// before is called before a mutation, and may fail it or panic.
	before func(operation string, urn resource.URN) error
	// password is what a provider must be configured with; "" when that does not matter.
	password string
	// after is called after a mutation.
	after func(operation string, urn resource.URN)
}

func newCloud() *testCloud { return &testCloud{objects: map[resource.ID]resource.PropertyMap{}} }

func (c *testCloud) plugins() Plugins {
	return Plugins{
		OnlySimulated: true,
		Simulated: map[string]func() (plugin.Provider, error){"test": func() (plugin.Provider, error) {
			return &connection{testCloud: c}, nil
		}},
	}
}

// connection is the cloud with the password that a provider was configured with.
type connection struct {
	*testCloud
	given string
}

func (c *connection) Configure(_ context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	if given := r.Inputs["password"]; given.IsSecret() {
		c.given = given.SecretValue().Element.StringValue()
	}
	return plugin.ConfigureResponse{}, nil
}

func (c *connection) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	if c.given != c.password {
		return plugin.ReadResponse{}, errPassword
	}
	return c.testCloud.Read(ctx, r)
}

func (c *connection) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	if c.given != c.password {
		return plugin.DeleteResponse{}, errPassword
	}
	return c.testCloud.Delete(ctx, r)
}

var errPassword = errors.New("password authentication failed")

func (c *testCloud) mutate(operation string, urn resource.URN) error {
	if c.before == nil {
		return nil
	}
	return c.before(operation, urn)
}

func (c *testCloud) mutated(operation string, urn resource.URN) {
	if c.after != nil {
		c.after(operation, urn)
	}
}

func (c *testCloud) Close() error                             { return nil }
func (c *testCloud) SignalCancellation(context.Context) error { return nil }
func (c *testCloud) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{}, nil
}
func (c *testCloud) CheckConfig(_ context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: r.News}, nil
}

func (c *testCloud) DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return plugin.DiffConfigResponse{Changes: plugin.DiffNone}, nil
}

func (c *testCloud) Check(_ context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	return plugin.CheckResponse{Properties: r.News}, nil
}

func (c *testCloud) Diff(_ context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) {
	answer := plugin.DiffResponse{Changes: plugin.DiffNone, DetailedDiff: map[string]plugin.PropertyDiff{}}
	keys := maps.Clone(r.OldInputs)
	maps.Copy(keys, r.NewInputs)
	for key := range keys {
		if r.OldInputs[key].DeepEquals(r.NewInputs[key]) {
			continue
		}
		answer.Changes = plugin.DiffSome
		answer.ChangedKeys = append(answer.ChangedKeys, key)
		kind := plugin.DiffUpdate
		if key == "engine" {
			kind, answer.ReplaceKeys = plugin.DiffUpdateReplace, append(answer.ReplaceKeys, key)
		}
		answer.DetailedDiff[string(key)] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return answer, nil
}

func (c *testCloud) Create(_ context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	outputs := r.Properties.Copy()
	if r.Preview {
		outputs["serial"] = resource.MakeComputed(resource.NewStringProperty(""))
		return plugin.CreateResponse{Properties: outputs}, nil
	}
	if err := c.mutate("create", r.URN); err != nil {
		return plugin.CreateResponse{Status: resource.StatusOK}, err
	}
	defer c.mutated("create", r.URN)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.made++
	id := resource.ID(fmt.Sprintf("thing-%d", c.made))
	outputs["serial"] = resource.NewStringProperty(string(id))
	c.objects[id] = outputs
	return plugin.CreateResponse{ID: id, Properties: outputs}, nil
}

func (c *testCloud) Update(_ context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	outputs := r.NewInputs.Copy()
	outputs["serial"] = r.OldOutputs["serial"]
	if r.Preview {
		return plugin.UpdateResponse{Properties: outputs}, nil
	}
	if err := c.mutate("update", r.URN); err != nil {
		return plugin.UpdateResponse{}, err
	}
	defer c.mutated("update", r.URN)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.objects[r.ID] = outputs
	return plugin.UpdateResponse{Properties: outputs}, nil
}

func (c *testCloud) Delete(_ context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	if err := c.mutate("delete", r.URN); err != nil {
		return plugin.DeleteResponse{}, err
	}
	defer c.mutated("delete", r.URN)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.objects, r.ID)
	return plugin.DeleteResponse{}, nil
}

func (c *testCloud) Read(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	outputs, ok := c.objects[r.ID]
	if !ok {
		return plugin.ReadResponse{}, nil
	}
	inputs := outputs.Copy()
	delete(inputs, "serial")
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: r.ID, Inputs: inputs, Outputs: outputs}}, nil
}

// find answers like a cloud that can be searched by the "name" of its things.
func (c *testCloud) find(_ context.Context, _, _ string, inputs resource.PropertyMap) ([]string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(c.objects)) {
		if c.objects[id]["name"].DeepEquals(inputs["name"]) {
			ids = append(ids, string(id))
		}
	}
	return ids, nil
}

var errDenied = errors.New("AccessDenied: not allowed")

// thing is the resource of the test cloud.
type thing struct {
	pulumi.CustomResourceState
	Serial pulumi.StringOutput `pulumi:"serial"`
}

func newThing(ctx *pulumi.Context, name string, inputs pulumi.Map, options ...pulumi.ResourceOption) (*thing, error) {
	var t thing
	return &t, ctx.RegisterResource("test:index:Thing", name, inputs, &t, options...)
}
