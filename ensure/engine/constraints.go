package engine

import (
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// tolerant makes a plan allow that what it did not know becomes known. Pulumi allows it
// for unknown values, but not where the unknown is the id of a resource that is passed
// on or an output in it, as the components of plugins do: such properties may be
// anything. What those components make is held to the plan all the same.
func tolerant(plan *deploy.Plan) *deploy.Plan {
	if plan == nil {
		return nil
	}
	for _, planned := range plan.ResourcePlans {
		if planned.Goal == nil || planned.Goal.Custom {
			continue
		}
		for _, diff := range []deploy.PlanDiff{planned.Goal.InputDiff, planned.Goal.OutputDiff} {
			for _, properties := range []resource.PropertyMap{diff.Adds, diff.Updates} {
				for key, value := range properties {
					if hidesUnknown(value) {
						properties[key] = resource.MakeComputed(resource.NewNullProperty())
					}
				}
			}
		}
	}
	return plan
}

// hidesUnknown tells whether a value has an unknown in it that is an output, or the id of
// a resource.
func hidesUnknown(value resource.PropertyValue) bool {
	switch {
	case value.IsSecret():
		return hidesUnknown(value.SecretValue().Element)
	case value.IsOutput():
		return !value.OutputValue().Known || hidesUnknown(value.OutputValue().Element)
	case value.IsResourceReference():
		id := value.ResourceReferenceValue().ID
		return id.IsComputed() || hidesUnknown(id)
	case value.IsArray():
		for _, element := range value.ArrayValue() {
			if hidesUnknown(element) {
				return true
			}
		}
	case value.IsObject():
		for _, element := range value.ObjectValue() {
			if hidesUnknown(element) {
				return true
			}
		}
	}
	return false
}
