package kubernetes

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// patchForce is the annotation that lets a patch take fields from others.
const patchForce = "pulumi.com/patchForce"

// waitFor is the annotation that makes the provider wait for a state of the object.
const waitFor = "pulumi.com/waitFor"

// patches describes a patch of a kind: fields that are applied on an object that is
// there, and taken out again when the patch goes.
func (s *simulation) patches(target string) sandbox.Type {
	kind, _ := kindOf(target)
	apply := func(o *sandbox.Operation) error {
		c := s.cluster(o)
		id, err := c.idOf(target, o.Inputs)
		if err != nil {
			return err
		}
		object, err := c.patched(target, id)
		if err != nil {
			return err
		}
		if err := conflict(object, o.Inputs); err != nil {
			return err
		}
		patch := &sandbox.Object{Provider: name, Type: o.Type, ID: id, Account: o.Account, Inputs: o.Inputs}
		patches := append(c.patchesOf(object, patch.Key()), patch)
		merged := object.Inputs
		for _, patch := range patches {
			merged = merge(merged, patch.Inputs)
		}
		if err := c.check(target, merged); err != nil {
			return err
		}
		if o.Old != nil {
			c.unlay(object, o.Old)
		}
		c.overlay(object, patches)
		o.ID, o.Outputs["metadata"] = id, object.Outputs["metadata"]
		if err := awaited(o.Inputs, object); err != nil {
			return err
		}
		return c.cloud.Put(object)
	}
	return sandbox.Type{
		Replace: []string{"apiVersion", "kind", "metadata.name", "metadata.namespace"},
		Check: func(in sandbox.Inputs) []sandbox.Problem {
			if problems := checkIdentity(kind, in); len(problems) > 0 {
				return problems
			}
			if in.Map("metadata")["name"] == nil {
				return rule.One("metadata.name", "is required: a patch names the object that it changes")
			}
			if !scheme().Recognizes(kind) {
				return nil
			}
			known, _ := without(map[string]any(in))
			if _, err := decode(known); err != nil {
				return rule.One("", "%v", err)
			}
			return nil
		},
		Create: apply,
		Update: apply,
		Delete: func(o *sandbox.Operation) error { return s.unpatch(o, target) },
	}
}

// patched finds the object that a patch names, in a copy.
func (c *cluster) patched(target, id string) (*sandbox.Object, error) {
	kind, _ := kindOf(target)
	if !scheme().Recognizes(kind) {
		definition, err := c.definition(kind)
		if err != nil {
			return nil, err
		}
		if definition == nil {
			return nil, fmt.Errorf("no matches for kind %q in version %q: its CustomResourceDefinition is not in the cluster", kind.Kind, kind.GroupVersion())
		}
	}
	object, err := c.get(target, id)
	if err != nil {
		return nil, err
	}
	if object == nil && target == deploymentType {
		if object, err = c.missedDeployment(id); err != nil {
			return nil, err
		}
	}
	if object == nil {
		return nil, fmt.Errorf("%s %q not found: a patch needs the object that it changes", resourceOf(kind), id[strings.LastIndexByte(id, '/')+1:])
	}
	copied := *object
	copied.Outputs = maps.Clone(object.Outputs)
	if copied.Outputs == nil {
		copied.Outputs = map[string]any{}
	}
	return &copied, nil
}

// unpatch takes the fields of a patch out of its object again.
func (s *simulation) unpatch(o *sandbox.Operation, target string) error {
	c := s.cluster(o)
	existing := c.cloud.Object(sandbox.Key(target, c.account, "", o.ID))
	if existing == nil {
		return nil
	}
	object := *existing
	object.Outputs = maps.Clone(existing.Outputs)
	c.unlay(&object, o.Old)
	c.overlay(&object, c.patchesOf(&object, o.Old.Key()))
	return c.cloud.Put(&object)
}

// unlay makes an object what it was without any patch in the fields of one.
func (c *cluster) unlay(object, patch *sandbox.Object) {
	for field := range patch.Inputs {
		delete(object.Outputs, field)
	}
	object.Outputs["metadata"] = c.metadata(object.Type, object.ID, object.Inputs)
}

// overlay lays patches over an object: its inputs stay those of its owner, and what is
// patched is in its outputs.
func (c *cluster) overlay(object *sandbox.Object, patches []*sandbox.Object) {
	patched := map[string]any{}
	for _, patch := range patches {
		patched = merge(patched, patch.Inputs)
	}
	for field, value := range patched {
		switch field {
		case "apiVersion", "kind":
		case "metadata":
			metadata, ok := object.Outputs["metadata"].(map[string]any)
			if !ok {
				metadata = c.metadata(object.Type, object.ID, object.Inputs)
			}
			object.Outputs["metadata"] = merge(metadata, withoutForce(value))
		default:
			object.Outputs[field] = merge(map[string]any{field: object.Inputs[field]}, map[string]any{field: value})[field]
		}
	}
}

// patchesOf lists the patches of an object, but one.
func (c *cluster) patchesOf(object *sandbox.Object, except string) []*sandbox.Object {
	var found []*sandbox.Object
	for _, patch := range c.cloud.OfType(object.Type + "Patch") {
		if patch.Account == c.account && patch.ID == object.ID && patch.Key() != except {
			found = append(found, patch)
		}
	}
	return found
}

// awaited tells whether a patched object is in the state that the patch waits for. In the
// sandbox controllers have done their work when the provider's call returns, so that what
// is not there then never comes.
func awaited(patch sandbox.Inputs, object *sandbox.Object) error {
	wanted, given := patch.Map("metadata").Map("annotations").Text(waitFor)
	if !given {
		return nil
	}
	if object.Type == deploymentType && wanted == "condition=Available" {
		becomeAvailable(object)
		return nil
	}
	path, value, ok := strings.Cut(strings.TrimPrefix(wanted, "jsonpath={."), "}=")
	if !ok || !strings.HasPrefix(wanted, "jsonpath={.") {
		return fmt.Errorf("the sandbox does not simulate the annotation %s: %s", waitFor, wanted)
	}
	field, _, _ := strings.Cut(path, ".")
	if state := (sandbox.Inputs{field: object.Get(field)}).At(path); fmt.Sprint(state) != value {
		return fmt.Errorf("timed out waiting for %s %s: .%s is %v, want %s", object.Inputs["kind"], object.ID, path, state, value)
	}
	return nil
}

func withoutForce(metadata any) map[string]any {
	given, _ := metadata.(map[string]any)
	copied := maps.Clone(given)
	if annotations, ok := copied["annotations"].(map[string]any); ok {
		annotations = maps.Clone(annotations)
		delete(annotations, patchForce)
		copied["annotations"] = annotations
	}
	return copied
}

// merge lays one object over another: maps are merged, all else is replaced.
func merge(under, over map[string]any) map[string]any {
	merged := maps.Clone(under)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range over {
		below, isMap := merged[key].(map[string]any)
		above, overIsMap := value.(map[string]any)
		if isMap && overIsMap {
			value = merge(below, above)
		}
		merged[key] = value
	}
	return merged
}

// conflict says which field of a patch another manager has set to something else. What
// AWS made may be taken over.
func conflict(object *sandbox.Object, patch sandbox.Inputs) error {
	if forced, _ := patch.Map("metadata").Map("annotations").Text(patchForce); forced == "true" {
		return nil
	}
	manager := ""
	switch label, _ := sandbox.Inputs(object.Inputs).Map("metadata").Map("labels").Text(managedBy); {
	case label == "Helm":
		manager = "helm"
	case object.URN != "":
		manager = "pulumi-kubernetes"
	default:
		return nil
	}
	if field := differing(object.Inputs, patch, ""); field != "" {
		kind, _ := kindOf(object.Type)
		return fmt.Errorf("server-side apply field conflict: apply failed with 1 conflict: conflict with %q using %s: %s; the annotation %s lets the patch take the field",
			manager, kind.GroupVersion(), field, patchForce)
	}
	return nil
}

func differing(object, patch map[string]any, path string) string {
	for key, value := range patch {
		current, ok := object[key]
		if !ok {
			continue
		}
		below, isMap := current.(map[string]any)
		over, overIsMap := value.(map[string]any)
		switch {
		case isMap && overIsMap:
			if field := differing(below, over, path+"."+key); field != "" {
				return field
			}
		case !reflect.DeepEqual(current, value):
			return path + "." + key
		}
	}
	return ""
}
