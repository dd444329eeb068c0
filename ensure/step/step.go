package step

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Step is a *Stack, an *Action or a custom step.
type Step interface {
	describe() Description
	// converge makes the target follow its configuration; in a dry run it says what it
	// would do. It reports its changes through the run it is given, as the others do.
	converge(ctx context.Context, r *Run) error
	destroy(ctx context.Context, r *Run) error
	// cancel releases what an earlier run left locked.
	cancel(ctx context.Context, r *Run) error
}

// Description is what people see of a step.
type Description struct {
	Name string
	// Custom is true for a step of the target's customizations/manifest.yaml.
	Custom      bool
	Description string
	// Proxy is true when the step reaches into the private network.
	Proxy bool
	// Project is the Pulumi project; "" for an action.
	Project string
}

// stacked is a step that is a Pulumi stack, without the types of what goes in and out.
type stacked interface {
	Step
	definition() definition
}

// definition is a Stack without its types.
type definition struct {
	Description
	needs                      []Step
	requires                   func(ctx context.Context, r *Run) error
	continues                  Step // nil unless the step runs the stack of an earlier one
	config                     map[string]string
	deletesEarly               bool
	deletesLate                []string
	gather                     func(ctx context.Context, r *Run) (gathered, error)
	after                      func(ctx context.Context, r *Run, values resource.PropertyMap) error
	releases                   func(ctx context.Context, r *Run) error
	occupies                   []Occupied
	tells                      func(ctx context.Context, state State, values resource.PropertyMap) (resource.PropertyMap, error)
	destroyedWithoutItsProgram bool
}

// gathered is a program with all that it takes.
type gathered struct {
	program    pulumi.RunFunc
	executable string // of a custom step, instead of program
	directory  string // in which the executable runs
	// forgets says that what the state has is gone together with what held it, so that
	// all of it is made anew.
	forgets bool
	// close removes what was made to run the program.
	close func() error
}

// Occupied says that a step's stack lives in that of an earlier step.
type Occupied struct {
	Step Step
	// Type is that of the resources which do: a destroy keeps all of Step while there are any.
	Type string
	// Reason says why, with %d for how many there are.
	Reason string
}

// of returns a step's definition, nil for one that is no stack.
func of(step Step) *definition {
	if step, ok := step.(stacked); ok {
		d := step.definition()
		return &d
	}
	return nil
}
