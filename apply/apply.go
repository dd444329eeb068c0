// Package apply is what programs call in place of ApplyT: a panic of the function that is
// given to it is an error of the output. The SDK calls such functions on goroutines of its
// own, where nobody could recover: the panic would end the process, with its lock held and
// what it was making unwritten.
package apply

import (
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"runtime"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// To is source.ApplyT(function): function takes the value of source and returns one, or one
// and an error. A panic of it becomes the error that Panicked makes.
func To(source pulumi.Output, function any) pulumi.Output {
	return source.ApplyT(recovering(function))
}

// ToWithContext is source.ApplyTWithContext(ctx, function), guarded as To is.
func ToWithContext(ctx context.Context, source pulumi.Output, function any) pulumi.Output {
	return source.ApplyTWithContext(ctx, recovering(function))
}

// Transform is a transform whose panic is an error of the resource that it was to
// transform.
func Transform(transform pulumi.ResourceTransform) pulumi.ResourceTransform {
	return func(ctx context.Context, made *pulumi.ResourceTransformArgs) (result *pulumi.ResourceTransformResult) {
		defer func() {
			if recovered := recover(); recovered != nil {
				failed := Panicked(recovered)
				// A transform returns no error: an input that cannot be had is one.
				result = &pulumi.ResourceTransformResult{Opts: made.Opts, Props: pulumi.Map{"transform": pulumi.ToOutput(0).ApplyT(
					func(int) (string, error) { return "", fmt.Errorf("transform %s %s: %w", made.Type, made.Name, failed) })}}
			}
		}()
		return transform(ctx, made)
	}
}

// Panicked is the error that recovered, the value of a panic, stands for: it says where the
// program panicked, and that this is a fault of ptd and not of a configuration. It must be
// called by the deferred function that recovered.
func Panicked(recovered any) error {
	return fmt.Errorf("the program panicked%s: %s; this is a fault of ptd: report it with this message", place(), description(recovered))
}

var errorType = reflect.TypeFor[error]()

// recovering is function, with an error result that a panic of it sets.
func recovering(function any) any {
	call := reflect.ValueOf(function)
	typ := call.Type() // of what is no function, or none that an output takes, ApplyT says so
	if typ.Kind() != reflect.Func || typ.IsVariadic() || typ.NumOut() < 1 || typ.NumOut() > 2 {
		return function
	}
	var takes []reflect.Type
	for i := range typ.NumIn() {
		takes = append(takes, typ.In(i))
	}
	returns := reflect.FuncOf(takes, []reflect.Type{typ.Out(0), errorType}, false)
	return reflect.MakeFunc(returns, func(arguments []reflect.Value) (results []reflect.Value) {
		defer func() {
			if recovered := recover(); recovered != nil {
				failed := Panicked(recovered)
				results = []reflect.Value{reflect.Zero(typ.Out(0)), reflect.ValueOf(&failed).Elem()}
			}
		}()
		if results = call.Call(arguments); len(results) == 1 {
			results = append(results, reflect.Zero(errorType))
		}
		return results
	}).Interface()
}

// description is what a panic says of itself. What is neither the runtime's nor a text is
// named by its type: it may quote a value, which may be a secret.
func description(recovered any) string {
	if err, ok := recovered.(error); ok {
		if failed := runtime.Error(nil); errors.As(err, &failed) {
			return failed.Error()
		}
	}
	if text, ok := recovered.(string); ok {
		return text
	}
	return fmt.Sprintf("a %T", recovered)
}

const module = "github.com/ptd-go/ptd/"

// place is the function of ptd that a panic which is being recovered came from, with file
// and line: "" when there is none.
func place() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	panicked := false
	for {
		frame, more := frames.Next()
		name, ours := strings.CutPrefix(frame.Function, module)
		switch {
		case frame.Function == "runtime.gopanic" || frame.Function == "runtime.sigpanic":
			panicked = true
		case panicked && ours && !strings.HasPrefix(name, "apply."):
			return fmt.Sprintf(" in %s (%s:%d)", name, path.Base(frame.File), frame.Line)
		}
		if !more {
			return ""
		}
	}
}
