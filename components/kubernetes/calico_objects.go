package kubernetes

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CalicoObject is an object of Calico's chart that others may have made before: its operator,
// an older program, a person.
type CalicoObject struct {
	APIVersion, Kind, Name string
	mark                   string
	value                  string // of the chart, which makes the object unless it is not enabled
}

// CalicoObjects are all of them. (docs/reference/aws-workload-eks.md 6.11)
func CalicoObjects() []CalicoObject {
	return []CalicoObject{
		{"crd.projectcalico.org/v1", "FelixConfiguration", "default", "felix", "defaultFelixConfiguration"},
		{"operator.tigera.io/v1", "Installation", "default", "installation", "installation"},
		{"operator.tigera.io/v1", "APIServer", "default", "apiserver", "apiServer"},
	}
}

// Patch is the type token of a patch of the object.
func (o CalicoObject) Patch() string { return token(o.APIVersion, o.Kind) + "Patch" }

// Mark is the logical name of the patch that marks the object; name is what it begins with.
func (o CalicoObject) Mark(name string) string { return name + "-" + o.mark + "-helm-adopt" }

// mark marks objects as those of the chart. The marks outlive their patches, as the chart
// does, and it may change them.
func (args *CalicoArgs) mark(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	if args.MarksName != "" {
		name = args.MarksName
	}
	var marks []pulumi.Resource
	for _, object := range CalicoObjects() {
		given, _ := args.Overrides[object.value].(map[string]any)
		if !slices.Contains(args.Marked, object.Kind) || given["enabled"] == false {
			continue
		}
		mark, err := markForHelm(ctx, object.Mark(name), object.APIVersion, object.Kind, object.Name, TigeraOperator, TigeraOperator, opts...)
		if err != nil {
			return nil, err
		}
		marks = append(marks, mark)
	}
	return marks, nil
}
