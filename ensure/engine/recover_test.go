package engine

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// said are the messages of recovery about a resource, each with its severity.
func (w *world) said() (messages []string) {
	for _, event := range w.events {
		if said, ok := event.(Diagnostic); ok && strings.Contains(said.Message, "by a run that died") {
			messages = append(messages, string(said.Severity)+": "+said.Message)
		}
	}
	w.events = nil
	return messages
}

// cutOff leaves the state as a run does that dies within the create of the database; made
// tells whether the cloud has it.
func cutOff(t *testing.T, program pulumi.RunFunc, made bool) *world {
	w := newWorld(t)
	var dying map[string]string
	w.cloud.before = func(string, resource.URN) error {
		dying = w.files()
		return nil
	}
	_, err := w.up(program)
	require.NoError(t, err)
	w.cloud.before = nil
	w.restore(dying)
	require.NoError(t, w.cancel())
	if !made {
		clear(w.cloud.objects)
	}
	w.events = nil
	return w
}

// identified finds things by a rule, and with nothing else.
func identified(w *world, id string, ok bool) {
	plugins := w.cloud.plugins()
	plugins.Identify = func(typ string, inputs, provider resource.PropertyMap) (string, bool) {
		return id, ok && typ == "test:index:Thing" && inputs["name"].StringValue() == "a" && provider != nil
	}
	w.host = NewHost(plugins)
}

func TestRecoverReadsWhatInputsIdentify(t *testing.T) {
	program := database(pulumi.Map{"name": pulumi.String("a")})
	w := cutOff(t, program, true)
	identified(w, "thing-1", true)
	_, err := w.up(program)
	require.NoError(t, err)
	assert.Equal(t, 1, w.cloud.made, "it is not made twice")
	assert.Equal(t, []string{"info: was made (thing-1) by a run that died before it could write that down; taken into the state"}, w.said())

	w = cutOff(t, program, false)
	identified(w, "thing-1", true)
	_, err = w.up(program)
	require.NoError(t, err)
	assert.Equal(t, []string{"info: its creation was cut off by a run that died before anything was made"}, w.said())
	assert.Len(t, w.cloud.objects, 1)

	w = cutOff(t, program, true)
	identified(w, "", true) // what is made is in the state alone
	_, err = w.up(program)
	require.NoError(t, err)
	assert.Equal(t, []string{"info: its creation was cut off by a run that died before anything was made"}, w.said())
}

// Another resource has the id already: nothing is taken in twice.
func TestRecoverLeavesWhatTheStateHas(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.apply(func(ctx *pulumi.Context) error {
		_, err := newThing(ctx, "older", pulumi.Map{"name": pulumi.String("a")})
		return err
	}))
	var dying map[string]string
	w.cloud.before = func(string, resource.URN) error {
		dying = w.files()
		return errDenied
	}
	both := func(ctx *pulumi.Context) error {
		if _, err := newThing(ctx, "older", pulumi.Map{"name": pulumi.String("a")}); err != nil {
			return err
		}
		_, err := newThing(ctx, "database", pulumi.Map{"name": pulumi.String("a")})
		return err
	}
	require.Error(t, w.apply(both))
	w.cloud.before = nil
	w.restore(dying)
	require.NoError(t, w.cancel())
	identified(w, "thing-1", true)
	require.NoError(t, w.apply(both))
	assert.Len(t, w.cloud.objects, 2)
}

// What nobody can find is said, with what to look for, until it has been made anew.
func TestRecoverSaysWhatItCannotFind(t *testing.T) {
	program := database(pulumi.Map{
		"name": pulumi.String("a"), "tags": pulumi.StringMap{"Name": pulumi.String("main")}, "secretName": pulumi.ToSecret("hunter2hunter2"),
	})
	w := cutOff(t, program, true)
	identified(w, "", false)
	const warning = "warning: its creation was cut off by a run that died, and nothing but the cloud knows whether it was made: " +
		"look there for database (test:index:Thing) with name a, secretName [secret], tags {Name: main}, and delete it, " +
		"or import it (pulumi import test:index:Thing database <id>)"
	stack := w.stack()
	require.NoError(t, stack.Lock(t.Context()))
	for range 2 { // a run that gets no further
		require.NoError(t, stack.Recover(t.Context(), w.operation(program)))
		assert.Equal(t, []string{warning}, w.said())
	}
	stack.Unlock(t.Context())
	_, err := w.up(program)
	require.NoError(t, err)
	assert.Equal(t, []string{warning}, w.said())
	_, err = w.up(program)
	require.NoError(t, err)
	assert.Equal(t, []string{warning}, w.said(), "it has been made anew: once more")
	_, err = w.up(program)
	require.NoError(t, err)
	assert.Empty(t, w.said())
}

// A look that fails is no absence.
func TestRecoverThatCannotLook(t *testing.T) {
	program := database(pulumi.Map{"name": pulumi.String("a")})
	w := cutOff(t, program, true)
	identified(w, "thing-1", true)
	w.cloud.password = "monday"
	stack := w.stack()
	require.NoError(t, stack.Lock(t.Context()))
	defer stack.Unlock(context.Background())
	err := stack.Recover(t.Context(), w.operation(program))
	require.ErrorIs(t, err, errPassword)
	require.ErrorContains(t, err, "look for "+urnOf("database")+", whose creation was cut off")
	w.cloud.password = ""
	require.NoError(t, stack.Recover(t.Context(), w.operation(program)), "nothing is forgotten")
	assert.Len(t, w.said(), 1)
}

// A plugin is asked like a simulated provider.
func TestRecoverAsksPlugins(t *testing.T) {
	w := newPlugged(t)
	w.host.plugins.Identify = func(string, resource.PropertyMap, resource.PropertyMap) (string, bool) { return "thing-1", true }
	program := configuredWith(pulumi.String("a"), "patient")
	var dying map[string]string
	go func() {
		for !slices.Contains(w.wrote(), "start own, configure a, create patient") && t.Context().Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		dying = w.files()
		assert.NoError(t, os.WriteFile(filepath.Join(w.notes, "..", "go"), nil, 0o600))
	}()
	require.NoError(t, w.apply(program))
	w.restore(dying)
	require.NoError(t, w.cancel())
	w.events = nil
	require.NoError(t, w.apply(program))
	assert.Equal(t, []string{string(diag.Info) + ": was made (thing-1) by a run that died before it could write that down; taken into the state"}, w.said())
	assert.Equal(t, []string{"start own, configure a, create patient"}, w.wrote())
	w.ends()
}
