package kubernetes

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

//go:embed definitions.yaml
var definitionsText []byte

// group is one group of definitions.yaml.
type group struct {
	Group, Version, Scope string
	Kinds                 map[string]map[string]any
}

// definitions are the groups of definitions.yaml by name.
var definitions = sync.OnceValue(func() map[string]group {
	var list []group
	if err := yaml.Unmarshal(definitionsText, &list); err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	byName := map[string]group{}
	for _, group := range list {
		byName[group.Group] = group
	}
	return byName
})

// all are the kinds of a group, sorted.
func (g group) all() []string { return slices.Sorted(maps.Keys(g.Kinds)) }

// definition builds the CustomResourceDefinition of a kind, nil when there is none.
func (g group) definition(kind string) map[string]any {
	declared, ok := g.Kinds[kind]
	if !ok {
		return nil
	}
	spec := map[string]any{}
	plural, scope := strings.ToLower(kind)+"s", g.Scope
	for key, value := range declared {
		switch key {
		case "plural":
			plural, _ = value.(string)
		case "scope":
			scope, _ = value.(string)
		default:
			spec[key] = value
		}
	}
	whole := map[string]any{"type": "object", "properties": map[string]any{
		"apiVersion": map[string]any{"type": "string"}, "kind": map[string]any{"type": "string"}, "metadata": map[string]any{"type": "object"},
		"spec": spec, "status": open(),
	}}
	if len(spec) == 0 {
		whole = open()
	}
	return definitionObject(schema.GroupVersionKind{Group: g.Group, Version: g.Version, Kind: kind}, plural, scope, whole)
}

// open is the schema of anything.
func open() map[string]any {
	return map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
}

func definitionObject(kind schema.GroupVersionKind, plural, scope string, whole map[string]any) map[string]any {
	if scope == "" {
		scope = "Namespaced"
	}
	return plain(map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": plural + "." + kind.Group},
		"spec": map[string]any{
			"group": kind.Group, "scope": scope,
			"names": map[string]any{"kind": kind.Kind, "listKind": kind.Kind + "List", "plural": plural, "singular": strings.ToLower(kind.Kind)},
			"versions": []any{map[string]any{
				"name": kind.Version, "served": true, "storage": true, "schema": map[string]any{"openAPIV3Schema": whole},
			}},
		},
	})
}

// plain turns what a YAML parser made into the data that a store keeps: JSON's.
func plain(object map[string]any) map[string]any {
	content, err := json.Marshal(object)
	if err == nil {
		var copied map[string]any
		if err = json.Unmarshal(content, &copied); err == nil {
			return copied
		}
	}
	panic(fmt.Sprintf("a definition of the sandbox is no JSON: %v", err)) // a test builds each
}

// Definitions are the definitions of all custom kinds that the sandbox knows, which charts
// and add-ons bring, sorted by name.
func Definitions(options Options) (objects []map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(definitions())) {
		for _, kind := range definitions()[name].all() {
			objects = append(objects, options.define(definitions()[name], kind, ""))
		}
	}
	return objects
}
