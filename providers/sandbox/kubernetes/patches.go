package kubernetes

import (
	"fmt"
	"maps"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// patchForce is the annotation that lets a patch take fields from others.
const patchForce = "pulumi.com/patchForce"

// waitFor is the annotation that makes the provider wait for a state of the object.
const waitFor = "pulumi.com/waitFor"

// patches describes a patch of a kind: a manager of some fields of an object. It makes the
// object when it is not there (provider/pkg/await/await.go, Creation), and gives up its
// fields when it goes (Deletion; provider/pkg/ssa/actions.go).
func (s *simulation) patches(target string) sandbox.Type {
	kind, _ := kindOf(target)
	apply := func(o *sandbox.Operation) error { return s.patch(o, target) }
	typ := sandbox.Type{
		Patches: target,
		Replace: identity,
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
		// In a preview the provider does not try to create a patch (provider.go, Create).
		Admit:  func(o *sandbox.Operation, preview bool) error { return s.dryRunPatch(o, target, preview) },
		Create: apply,
		Update: apply,
		Delete: func(o *sandbox.Operation) error { return s.relinquish(o, target) },
		Find: func(o *sandbox.Operation, id string, known sandbox.Inputs) (*sandbox.Object, error) {
			return s.cluster(o).read(target, id, known)
		},
	}
	if !scheme().Recognizes(kind) {
		// The provider looks for the kind with "Patch" behind it, does not find it, and takes
		// it for one that lives in namespaces (provider/pkg/clients, IsNamespacedKind).
		typ.Defaults = map[string]any{"metadata.namespace": "default"}
	}
	return typ
}

// patch applies a patch to an object, or makes the object.
func (s *simulation) patch(o *sandbox.Operation, target string) (err error) {
	c := s.cluster(o)
	if o.ID, err = c.idOf(target, o.Inputs); err != nil {
		return err
	}
	object, made, err := c.patched(o, target)
	if err != nil {
		return err
	}
	if err := c.keepsNodes(target, o.ID, object.Inputs); err != nil {
		return err
	}
	if !made {
		o.Old = object
	}
	object.Outputs["metadata"] = c.metadata(target, o.ID, object.Inputs)
	if err := awaited(o.Inputs, object); err != nil {
		return err
	}
	o.Inputs, o.Outputs, o.Managers = object.Inputs, object.Outputs, object.Managers
	return nil
}

// patched is what an object is with a patch applied, as a copy. made tells that there was
// none before.
func (c *cluster) patched(o *sandbox.Operation, target string) (object *sandbox.Object, made bool, err error) {
	kind, _ := kindOf(target)
	if !scheme().Recognizes(kind) {
		definition, err := c.definition(kind)
		if err != nil {
			return nil, false, err
		}
		if definition == nil {
			return nil, false, fmt.Errorf("no matches for kind %q in version %q: its CustomResourceDefinition is not in the cluster", kind.Kind, kind.GroupVersion())
		}
	}
	existing, err := c.get(target, o.ID)
	if err != nil {
		return nil, false, err
	}
	if existing == nil && target == deploymentType {
		if existing, err = c.missedDeployment(o.ID); err != nil {
			return nil, false, err
		}
	}
	wanted, err := c.scoped(target, o.Inputs)
	if err != nil {
		return nil, false, err
	}
	if made = existing == nil; made {
		if namespace, _, ok := strings.Cut(o.ID, "/"); ok && !c.hasNamespace(namespace) {
			return nil, false, fmt.Errorf("namespaces %q not found", namespace)
		}
		identity := map[string]any{"apiVersion": wanted["apiVersion"], "kind": wanted["kind"], "metadata": map[string]any{"name": physical(wanted)}}
		if namespace, _, ok := strings.Cut(o.ID, "/"); ok {
			identity["metadata"].(map[string]any)["namespace"] = namespace
		}
		existing = &sandbox.Object{Provider: name, Type: target, ID: o.ID, Account: c.account, Inputs: identity}
	}
	changed := *existing
	if changed.Outputs = maps.Clone(existing.Outputs); changed.Outputs == nil {
		changed.Outputs = map[string]any{}
	}
	m := managedOf(existing)
	if target == definitionType && o.Old != nil {
		// A definition is not applied but put as a whole, also by a patch
		// (provider/pkg/await/await.go, updateResource).
		m.fields = copied(wanted)
	} else if err := m.apply(fieldManager(o.URN), wanted, forced(wanted), kind.GroupVersion().String()); err != nil {
		return nil, false, err
	}
	if err := c.check(target, m.fields); err != nil {
		return nil, false, err
	}
	if err := unchanged(kind, o.ID, existing.Inputs, m.fields); err != nil && !made {
		return nil, false, err
	}
	m.keep(&changed)
	return &changed, made, nil
}

// scoped are the fields of an object without the namespace that the provider gives what
// belongs to none: the API server drops it.
func (c *cluster) scoped(token string, in sandbox.Inputs) (sandbox.Inputs, error) {
	namespaced, err := c.namespaced(token)
	if err != nil || namespaced || in.Map("metadata")["namespace"] == nil {
		return in, err
	}
	fields := copied(in)
	delete(fields["metadata"].(map[string]any), "namespace")
	return fields, nil
}

// relinquish takes back what a patch has set.
func (s *simulation) relinquish(o *sandbox.Operation, target string) error {
	c := s.cluster(o)
	object := *o.Old
	m := managedOf(&object)
	m.relinquish(fieldManager(o.URN))
	if err := c.check(target, m.fields); err != nil {
		return fmt.Errorf("this Patch resource is currently managing a required field, so it can't be deleted directly. "+
			"Either set the `retainOnDelete` resource option, or transfer ownership of the field before deleting: %w", err)
	}
	if err := c.keepsNodes(target, o.ID, m.fields); err != nil {
		return err
	}
	m.keep(&object)
	object.Outputs["metadata"] = c.metadata(target, o.ID, object.Inputs)
	return c.cloud.Put(&object)
}

// forced tells whether a patch, or an object, takes fields from others.
func forced(in sandbox.Inputs) bool {
	force, _ := in.Map("metadata").Map("annotations").Text(patchForce)
	return force == "true"
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
