package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

// awaited is what an output came to.
type awaited struct {
	Value         any
	Known, Secret bool
}

// await waits for an output of the running program.
func await(ctx *pulumi.Context, output pulumi.Output) awaited {
	result, err := internals.UnsafeAwaitOutput(ctx.Context(), output)
	if err != nil {
		return awaited{Value: err, Known: true}
	}
	return awaited{Value: result.Value, Known: result.Known, Secret: result.Secret}
}

// wantOutputs checks what outputs of the running program come to; nil is unknown.
func wantOutputs(ctx *pulumi.Context, t *testing.T, want map[string]any, outputs map[string]pulumi.Output) {
	t.Helper()
	got := map[string]any{}
	for name, output := range outputs {
		result := await(ctx, output)
		if got[name] = result.Value; !result.Known {
			got[name] = nil
		}
		if result.Secret {
			t.Errorf("output %s is a secret", name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

// exactly checks all inputs of a registration.
func (r registration) exactly(t *testing.T, inputs map[string]any) {
	t.Helper()
	if diff := cmp.Diff(inputs, r.args()); diff != "" {
		t.Errorf("inputs of %s %s (-want +got):\n%s", r.Type, r.Name, diff)
	}
}

// fails checks the error of a program.
func fails(t *testing.T, program pulumi.RunFunc, want string) {
	t.Helper()
	if err := newRecorder().exec(program); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one that says %q", err, want)
	}
}

// samePreview checks that a dry run registers what a run does.
func samePreview(t *testing.T, program pulumi.RunFunc) {
	t.Helper()
	identities := func(preview bool) []string {
		r := newRecorder()
		r.preview = preview
		if err := r.exec(program); err != nil {
			t.Fatalf("run program (preview %v): %v", preview, err)
		}
		var found []string
		for _, reg := range r.all("") {
			found = append(found, fmt.Sprintf("%s %s read %v", reg.Type, reg.Name, reg.Read))
		}
		return found
	}
	if diff := cmp.Diff(identities(false), identities(true)); diff != "" {
		t.Errorf("resources (-run +preview):\n%s", diff)
	}
}
