package componenttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/assert"
)

// Awaited is what an output came to.
type Awaited struct {
	Value         any
	Known, Secret bool
}

// Await waits for an output of the running program.
func Await(ctx *pulumi.Context, output pulumi.Output) Awaited {
	result, err := internals.UnsafeAwaitOutput(ctx.Context(), output)
	if err != nil {
		return Awaited{Value: err, Known: true}
	}
	return Awaited{Value: result.Value, Known: result.Known, Secret: result.Secret}
}

// WantOutputs checks what outputs of the running program come to; nil is unknown. None
// may be a secret.
func WantOutputs(ctx *pulumi.Context, t *testing.T, want map[string]any, outputs map[string]pulumi.Output) {
	t.Helper()
	got := map[string]any{}
	for name, output := range outputs {
		result := Await(ctx, output)
		if got[name] = result.Value; !result.Known {
			got[name] = nil
		}
		if result.Secret {
			t.Errorf("output %s is a secret", name)
		}
	}
	assert.Equal(t, want, got, "outputs")
}

// Want checks some inputs of a registration; nil must not be set.
func (r Registration) Want(t *testing.T, inputs map[string]any) {
	t.Helper()
	got := r.Args()
	for key := range got {
		if _, asked := inputs[key]; !asked {
			delete(got, key)
		}
	}
	for key, value := range inputs {
		if _, set := got[key]; value == nil && !set {
			got[key] = nil
		}
	}
	assert.Equal(t, inputs, got, "inputs of %s %s", r.Type, r.Name)
}

// Exactly checks all inputs of a registration.
func (r Registration) Exactly(t *testing.T, inputs map[string]any) {
	t.Helper()
	assert.Equal(t, inputs, r.Args(), "inputs of %s %s", r.Type, r.Name)
}

// Fails checks the error of a program.
func Fails(t *testing.T, program pulumi.RunFunc, want string) {
	t.Helper()
	if err := New().Exec(program); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one that says %q", err, want)
	}
}

// SamePreview checks that a dry run registers what a run does.
func SamePreview(t *testing.T, program pulumi.RunFunc) {
	t.Helper()
	identities := func(preview bool) []string {
		r := New()
		r.Preview = preview
		if err := r.Exec(program); err != nil {
			t.Fatalf("run program (preview %v): %v", preview, err)
		}
		var found []string
		for _, made := range r.All("") {
			found = append(found, fmt.Sprintf("%s %s read %v", made.Type, made.Name, made.Read))
		}
		return found
	}
	assert.Equal(t, identities(false), identities(true), "resources of a run, and of a preview")
}
