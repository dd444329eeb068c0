package config

import (
	"reflect"
	"strings"
)

// GivenKeys are the keys that a mapping of the file has with a value, which tells a
// value that the user chose from a default. A struct with a field Given of this type
// has it filled.
type GivenKeys map[string]bool

var givenKeysType = reflect.TypeFor[GivenKeys]()

// recordGiven fills the field Given of a struct, if there is one.
func recordGiven(v reflect.Value, given map[string]entry) {
	field := v.FieldByName("Given")
	if !field.IsValid() || field.Type() != givenKeysType {
		return
	}
	var keys GivenKeys
	for key, e := range given {
		if e.value.kind == nullNode || e.value.kind == stringNode && e.value.text == "" {
			continue
		}
		if keys == nil {
			keys = GivenKeys{}
		}
		keys[key] = true
	}
	field.Set(reflect.ValueOf(keys))
}

// Gives says that the configuration has a value for a key of the workload, so that it is
// not just the default.
func (w *AWSWorkload) Gives(key string) bool { return w.Given[key] }

// Gives says that the configuration has a value for a key of the cluster
// ("components.loki_version"), so that it is not just the default.
func (c AWSCluster) Gives(key string) bool {
	if component, ok := strings.CutPrefix(key, "components."); ok {
		return c.Components.Given[component]
	}
	return c.Given[key]
}
