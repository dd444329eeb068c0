package output

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// Releases is what a stack gives of each release: by release, a struct whose fields are
// outputs tagged with names that have a * for the release, as in `pulumi:"*_cluster_name"`.
type Releases[T any] map[string]T

// releases is a Releases of anything.
type releases interface{ isReleases() }

func (r Releases[T]) isReleases() {}

// Get is what the stack gives of a release. What it does not give yet is unknown in a
// preview; in a run it is an error that names the step, and what the step would have
// done for the release: "made the cluster".
func (r Releases[T]) Get(ctx *pulumi.Context, step, done, release string) (T, error) {
	gives := r[release]
	value := reflect.ValueOf(&gives).Elem()
	fields, err := fieldsOf(value.Type(), true)
	if err != nil {
		return gives, err
	}
	for _, field := range fields {
		into := field.of(value)
		if !into.IsZero() {
			continue
		}
		if !ctx.DryRun() {
			return gives, fmt.Errorf("step %s has not %s of release %s yet: run it first", step, done, release)
		}
		output, err := constant(reflect.Value{}, field.typ)
		if err != nil {
			return gives, err
		}
		into.Set(output)
	}
	return gives, nil
}

// MadeBy is an output of a step that is empty ("", no list, no map), or not there, until
// the step has made what it stands for, as it is when older state lacks it: it is then
// unknown in a preview, and an error in a run that names step and what.
func MadeBy[O pulumi.Output](ctx *pulumi.Context, step, what string, made O) O {
	source := pulumi.Output(made)
	if reflect.ValueOf(made).IsZero() {
		source = pulumi.ToOutput(0) // as empty as none
	}
	return apply.To(source, func(value any) (O, error) {
		var output O
		plain := reflect.ValueOf(value)
		empty := !plain.IsValid() || plain.IsZero() || slices.Contains([]reflect.Kind{reflect.Slice, reflect.Map}, plain.Kind()) && plain.Len() == 0
		switch {
		case empty && !ctx.DryRun():
			return output, fmt.Errorf("step %s has not made the %s yet: run it first", step, what)
		case empty:
			plain = reflect.Value{}
		}
		constant, err := constant(plain, reflect.TypeFor[O]())
		if err != nil {
			return output, err
		}
		return constant.Interface().(O), nil
	}).(O)
}
