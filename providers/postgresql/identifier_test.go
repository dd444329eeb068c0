package postgresql

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestIdentifier(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		typ     string
		inputs  map[string]any
		id      string
		unknown bool
	}{
		{typ: "postgresql:index/role:Role", inputs: map[string]any{"name": "connect"}, id: "connect"},
		{typ: "postgresql:index/role:Role", inputs: map[string]any{}, unknown: true},
		{typ: "postgresql:index/schema:Schema", inputs: map[string]any{"database": "connect", "name": "metrics"}, id: "connect.metrics"},
		{typ: "postgresql:index/grant:Grant", inputs: map[string]any{"role": "connect"}},
		{typ: "postgresql:index/function:Function", inputs: map[string]any{"name": "now"}, unknown: true},
	} {
		id, ok := Identifier(test.typ, resource.NewPropertyMapFromMap(test.inputs))
		if id != test.id || ok == test.unknown {
			t.Errorf("%s %v: got %q, %v", test.typ, test.inputs, id, ok)
		}
	}
}
