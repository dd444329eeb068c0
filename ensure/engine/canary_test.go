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
