package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What this package takes from Pulumi that is no part of its interfaces, and that an
// upgrade could take away without the compiler's noticing.

// The engine says by these texts alone that a program deviates from its plan.
func TestCanaryPlanTexts(t *testing.T) {
	fewer := func(ctx *pulumi.Context) error { // but the outputs
		ctx.Export("serial", pulumi.String("thing-1"))
		ctx.Export("password", pulumi.ToSecret("hunter2hunter2"))
		return nil
	}
	for text, program := range map[string]pulumi.RunFunc{
		"violates plan": database(pulumi.Map{"name": pulumi.String("b")}),
		"expected resource operations for " + urnOf("database"): fewer,
	} {
		w := newWorld(t)
		require.NoError(t, w.apply(func(*pulumi.Context) error { return nil }))
		stack := w.stack()
		require.NoError(t, stack.Lock(t.Context()))
		plan, err := stack.Preview(t.Context(), w.operation(database(pulumi.Map{"name": pulumi.String("a")})))
		require.NoError(t, err)
		w.events = nil
		_, err = stack.Up(t.Context(), w.operation(program), plan)
		stack.Unlock(t.Context())
		var violated *PlanViolatedError
		require.ErrorAs(t, err, &violated, text)
		assert.Contains(t, violated.Error(), text)
		assert.Empty(t, w.cloud.objects)
	}
}

// What deviates is named, without values: they may be secret. Outputs of the stack, of
// which the engine has no message, are a deviation like any other.
func TestDeviationsHaveNoValues(t *testing.T) {
	w := newWorld(t)
	secret := func(value string, outputs ...string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			for _, output := range outputs {
				ctx.Export(output, pulumi.ToSecret(pulumi.String(value)))
			}
			_, err := newThing(ctx, "database", pulumi.Map{
				"name": pulumi.String("a"), "password": pulumi.ToSecret(pulumi.String(value)), "more": pulumi.String("hunter of " + value),
			})
			return err
		}
	}
	stack := w.stack()
	require.NoError(t, stack.Lock(t.Context()))
	defer stack.Unlock(context.Background())
	var shown strings.Builder
	for _, program := range []pulumi.RunFunc{secret("hunter3"), secret("hunter2", "password", "another"), secret("hunter2")} {
		plan, err := stack.Preview(t.Context(), w.operation(secret("hunter2", "password")))
		require.NoError(t, err)
		operation := w.operation(program)
		operation.Display = &Display{Writer: &shown, Verbose: true}
		_, err = stack.Up(t.Context(), operation, plan)
		var violated *PlanViolatedError
		require.ErrorAs(t, err, &violated)
		fmt.Fprintln(&shown, err)
		for _, event := range w.events {
			if said, ok := event.(Diagnostic); ok {
				fmt.Fprintln(&shown, said.Message)
			}
		}
		w.events = nil
	}
	assert.NotContains(t, shown.String(), "hunter")
	assert.Contains(t, shown.String(), "properties changed: more, password;")
	assert.Contains(t, shown.String(), "the stack's outputs are others than its preview showed")
}

// The engine's last words say nothing that the error of an operation does not, and are
// not passed on.
func TestCanaryEndings(t *testing.T) {
	fails := func(*pulumi.Context) error { return errors.New("no idea") }
	errorsOf := func(w *world) (messages []string) {
		for _, event := range w.events {
			if said, ok := event.(Diagnostic); ok && said.Severity == diag.Error {
				messages = append(messages, said.Message)
			}
		}
		return messages
	}
	w := newWorld(t)
	stack := w.stack()
	require.NoError(t, stack.Lock(t.Context()))
	defer stack.Unlock(context.Background())
	_, err := stack.Preview(t.Context(), w.operation(fails))
	require.ErrorContains(t, err, "no idea")
	require.Len(t, errorsOf(w), 1)
	assert.Contains(t, errorsOf(w)[0], "no idea")
	w.events = nil
	_, err = stack.Up(t.Context(), w.operation(fails), nil)
	require.ErrorContains(t, err, "no idea")
	require.Len(t, errorsOf(w), 1)
	w.cloud.before = func(string, resource.URN) error { return errDenied }
	w.events = nil
	_, err = stack.Up(t.Context(), w.operation(database(pulumi.Map{"name": pulumi.String("a")})), nil)
	require.ErrorContains(t, err, "AccessDenied")
	require.Len(t, errorsOf(w), 1)
	assert.Contains(t, errorsOf(w)[0], "AccessDenied")

	requests := make(chan struct{}, 1)
	ctx := WithInterrupts(t.Context(), requests)
	w.cloud.before = func(string, resource.URN) error {
		requests <- struct{}{}
		<-InterruptsOf(ctx).Cancel
		return nil
	}
	w.events = nil
	_, err = stack.Up(ctx, w.operation(chain(3, 1)), nil)
	require.ErrorIs(t, err, ErrCanceled)
	for _, message := range errorsOf(w) {
		assert.NotContains(t, message, "update canceled")
	}
}

// component has inputs of its own, like those that plugins make.
type component struct{ pulumi.ResourceState }

// A plan lets the inputs and outputs of components become known, also where the unknown is
// the id of a resource, or is within a list; the engine by itself does not.
func TestCanaryConstraints(t *testing.T) {
	w := newWorld(t)
	program := func(ctx *pulumi.Context) error {
		made, err := newThing(ctx, "server", pulumi.Map{"name": pulumi.String("a")})
		if err != nil {
			return err
		}
		var whole component
		properties := pulumi.Map{
			"server": pulumi.NewResourceOutput(made), "list": pulumi.Array{pulumi.Map{"serial": made.Serial}}, "id": made.ID(),
		}
		if err := ctx.RegisterComponentResourceV2("test:index:Whole", "whole", properties, &whole); err != nil {
			return err
		}
		return ctx.RegisterResourceOutputs(&whole, properties)
	}
	stack := w.stack()
	require.NoError(t, stack.Lock(t.Context()))
	defer stack.Unlock(context.Background())
	plan, err := stack.Preview(t.Context(), w.operation(program))
	require.NoError(t, err)
	goal := plan.constraints.ResourcePlans["urn:pulumi:target::project::test:index:Whole::whole"].Goal
	require.NotNil(t, goal)
	loosened := 0
	for _, value := range goal.InputDiff.Adds {
		if value.IsComputed() {
			loosened++
		}
	}
	assert.Positive(t, loosened, "the plan has nothing that is loosened: %v", goal.InputDiff.Adds)
	_, err = stack.Up(t.Context(), w.operation(program), plan)
	require.NoError(t, err)
}
