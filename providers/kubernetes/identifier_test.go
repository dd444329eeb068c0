package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestIdentifier(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for _, test := range []struct {
		typ     string
		inputs  object
		id      string
		unknown bool
	}{
		{typ: "kubernetes:core/v1:Namespace", inputs: object{"metadata": object{"name": "posit"}}, id: "posit"},
		{typ: "kubernetes:core/v1:Secret", inputs: object{"metadata": object{"name": "main", "namespace": "posit"}}, id: "posit/main"},
		{typ: "kubernetes:core/v1:Secret", inputs: object{"metadata": object{"generateName": "main-"}}, unknown: true},
		{typ: "kubernetes:core/v1:Secret", inputs: object{}, unknown: true},
		{typ: "kubernetes:helm.sh/v3:Release", inputs: object{"name": "loki", "namespace": "loki", "metadata": "other"}, id: "loki/loki"},
		{typ: "kubernetes:core/v1:ConfigMapPatch", inputs: object{"metadata": object{"name": "main"}}},
	} {
		id, ok := Identifier(test.typ, resource.NewPropertyMapFromMap(test.inputs))
		if id != test.id || ok == test.unknown {
			t.Errorf("%s %v: got %q, %v", test.typ, test.inputs, id, ok)
		}
	}
	unknown := resource.PropertyMap{"metadata": resource.NewObjectProperty(resource.PropertyMap{
		"name": resource.NewStringProperty("main"), "namespace": resource.MakeComputed(resource.NewStringProperty("")),
	})}
	if id, ok := Identifier("kubernetes:core/v1:Secret", unknown); ok {
		t.Errorf("an unknown namespace identifies %q", id)
	}
}
