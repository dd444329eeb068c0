package kubernetes

import (
	"maps"
	"slices"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// read is what the provider answers when an object is read: of its fields those that the
// state knows, as others may have set more (provider/pkg/provider/provider.go, Read and
// pruneLiveState). Without a state all of it comes, and who manages its fields.
func (c *cluster) read(token, id string, known sandbox.Inputs) (*sandbox.Object, error) {
	if kind, _ := kindOf(token); !scheme().Recognizes(kind) && kind.Group != "apiregistration.k8s.io" {
		// Without its definition an object is gone (provider.go, Read: IsNoMatchError).
		if definition, err := c.definition(kind); err != nil || definition == nil {
			return nil, err
		}
	}
	found, err := c.get(token, id)
	if err != nil || found == nil {
		return nil, err
	}
	object := *found
	if object.Outputs = maps.Clone(found.Outputs); object.Outputs == nil {
		object.Outputs = map[string]any{}
	}
	metadata := c.metadata(token, id, object.Inputs)
	if len(known) == 0 {
		var managers []any
		for _, manager := range slices.Sorted(maps.Keys(managedOf(found).managers)) {
			managers = append(managers, map[string]any{"manager": manager})
		}
		metadata["managedFields"] = managers
		object.Inputs = copied(object.Inputs)
	} else {
		object.Inputs = pruned(object.Inputs, known).(map[string]any)
	}
	object.Outputs["metadata"] = metadata
	return &object, nil
}

// pruned leaves out of live data what known data does not have.
func pruned(live, known any) any {
	switch known := known.(type) {
	case map[string]any:
		fields, ok := live.(map[string]any)
		if !ok {
			return live
		}
		kept := map[string]any{}
		for key, value := range known {
			if below, there := fields[key]; there {
				kept[key] = pruned(below, value)
			}
		}
		return kept
	case sandbox.Inputs:
		return pruned(live, map[string]any(known))
	case []any:
		list, ok := live.([]any)
		if !ok {
			return live
		}
		kept := slices.Clone(list)
		for i := range min(len(list), len(known)) {
			kept[i] = pruned(list[i], known[i])
		}
		return kept
	}
	return live
}
