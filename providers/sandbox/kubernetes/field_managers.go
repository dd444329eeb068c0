package kubernetes

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// The managers of fields that are no resource of the provider.
const (
	helmManager = "helm"
	eksManager  = "eks" // the sandbox's own name for it
	// noManager is Kubernetes' name for whoever set what nobody is known for.
	noManager = "before-first-apply"
)

// fieldManager is the manager that the fields of a resource have: the provider makes up a
// name for each, and keeps it in the state (provider/pkg/provider/provider.go,
// fieldManagerName).
func fieldManager(urn string) string { return "pulumi-kubernetes-" + sandbox.Digest(8, urn) }

// makerOf is who set all fields of an object that says nothing of its managers.
func makerOf(object *sandbox.Object) string {
	if object.URN != "" {
		return fieldManager(object.URN)
	}
	if label, _ := sandbox.Inputs(object.Inputs).Map("metadata").Map("labels").Text(managedBy); label == "Helm" {
		return helmManager
	}
	return noManager
}

// managed is an object with who set which of its fields, as Kubernetes keeps it in
// metadata.managedFields. A field is a leaf: a list counts as one.
type managed struct {
	fields   map[string]any
	managers map[string][]string // the leaves of each, as JSON pointers
}

// managedOf reads an object that is there.
func managedOf(object *sandbox.Object) *managed {
	m := &managed{fields: copied(object.Inputs), managers: map[string][]string{}}
	for manager, paths := range object.Managers {
		m.managers[manager] = slices.Clone(paths)
	}
	if len(m.managers) == 0 {
		m.managers[makerOf(object)] = slices.Sorted(maps.Keys(leaves(m.fields)))
	}
	return m
}

// keep puts fields and managers into an object.
func (m *managed) keep(object *sandbox.Object) {
	object.Inputs, object.Managers = m.fields, m.kept(object)
}

// kept are the managers, nil when all is its maker's.
func (m *managed) kept(object *sandbox.Object) map[string][]string {
	alone := &sandbox.Object{URN: object.URN, Inputs: m.fields}
	paths, only := m.managers[makerOf(alone)]
	if only && len(m.managers) == 1 && slices.Equal(paths, slices.Sorted(maps.Keys(leaves(m.fields)))) {
		return nil
	}
	return m.managers
}

// apply is a server-side apply: a manager says all fields that it wants. What it wanted
// before and does not any more it gives up; what another manager has set to something
// else it may only take by force.
func (m *managed) apply(manager string, wanted map[string]any, force bool, kind string) error {
	fields := leaves(wanted)
	var conflicts []string
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		if current, there := m.at(path); there && reflect.DeepEqual(current, fields[path]) {
			continue
		}
		for _, other := range slices.Sorted(maps.Keys(m.managers)) {
			if other != manager && slices.Contains(m.managers[other], path) {
				if !force {
					conflicts = append(conflicts, fmt.Sprintf("conflict with %q using %s: %s", other, kind, dotted(path)))
				}
				m.drop(other, path)
			}
		}
	}
	if len(conflicts) > 0 {
		number := "1 conflict"
		if len(conflicts) > 1 {
			number = fmt.Sprintf("%d conflicts", len(conflicts))
		}
		return fmt.Errorf("server-side apply field conflict: apply failed with %s: %s; the annotation %s lets the patch take the field",
			number, strings.Join(conflicts, ", "), patchForce)
	}
	for _, path := range slices.Clone(m.managers[manager]) {
		if _, still := fields[path]; !still {
			m.release(manager, path)
		}
	}
	for path, value := range fields {
		m.set(path, value)
	}
	m.own(manager, fields)
	return nil
}

// update is what a controller does, and Helm: what it changes becomes its own, whoever had
// it, and what it no longer has goes.
func (m *managed) update(manager string, wanted map[string]any) {
	fields := leaves(wanted)
	for _, path := range slices.Clone(m.managers[manager]) {
		if _, still := fields[path]; !still {
			m.release(manager, path)
		}
	}
	changed := map[string]any{}
	for path, value := range fields {
		if current, there := m.at(path); there && reflect.DeepEqual(current, value) && !slices.Contains(m.managers[manager], path) {
			continue
		}
		for other := range m.managers {
			if other != manager {
				m.drop(other, path)
			}
		}
		m.set(path, value)
		changed[path] = value
	}
	m.own(manager, changed)
}

// relinquish gives up all that a manager has set. What nobody else has set is deleted
// (provider/pkg/ssa/actions.go, Relinquish).
func (m *managed) relinquish(manager string) {
	for _, path := range slices.Clone(m.managers[manager]) {
		m.release(manager, path)
	}
}

func (m *managed) own(manager string, fields map[string]any) {
	if len(fields) > 0 {
		m.managers[manager] = slices.Sorted(maps.Keys(fields))
	}
}

// rename lets a manager have what another had.
func (m *managed) rename(from, to string) {
	if paths, ok := m.managers[from]; ok && from != to {
		all := append(paths, m.managers[to]...)
		slices.Sort(all)
		m.managers[to] = slices.Compact(all)
		delete(m.managers, from)
	}
}

func (m *managed) drop(manager, path string) {
	m.managers[manager] = slices.DeleteFunc(m.managers[manager], func(owned string) bool { return owned == path })
	if len(m.managers[manager]) == 0 {
		delete(m.managers, manager)
	}
}

// release takes a field from a manager, and deletes it when nobody has it then.
func (m *managed) release(manager, path string) {
	m.drop(manager, path)
	for _, paths := range m.managers {
		if slices.Contains(paths, path) {
			return
		}
	}
	remove(m.fields, steps(path))
}

// remove deletes a field, and what is empty above it then.
func remove(fields map[string]any, path []string) {
	if len(path) == 1 {
		delete(fields, path[0])
		return
	}
	if below, ok := fields[path[0]].(map[string]any); ok {
		if remove(below, path[1:]); len(below) == 0 {
			delete(fields, path[0])
		}
	}
}

func (m *managed) at(path string) (value any, there bool) {
	value = m.fields
	for _, step := range steps(path) {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = fields[step]; !ok {
			return nil, false
		}
	}
	return value, true
}

func (m *managed) set(path string, value any) {
	fields, all := m.fields, steps(path)
	for _, step := range all[:len(all)-1] {
		below, ok := fields[step].(map[string]any)
		if !ok {
			below = map[string]any{}
			fields[step] = below
		}
		fields = below
	}
	last := all[len(all)-1]
	if empty, ok := value.(map[string]any); ok && len(empty) == 0 {
		if _, ok := fields[last].(map[string]any); ok {
			return // it has fields of others
		}
	}
	fields[last] = value
}

// leaves are the fields of an object by path, without those that say which object it is.
func leaves(object map[string]any) map[string]any {
	found := map[string]any{}
	var visit func(fields map[string]any, path string)
	visit = func(fields map[string]any, path string) {
		for key, value := range fields {
			where := path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
			switch where {
			case "/apiVersion", "/kind", "/metadata/name", "/metadata/namespace":
				continue
			}
			if below, ok := value.(map[string]any); ok && (len(below) > 0 || where == "/metadata") {
				visit(below, where)
				continue
			}
			found[where] = value
		}
	}
	visit(copied(object), "")
	return found
}

// steps are the names that a JSON pointer leads along.
func steps(path string) []string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
	}
	return parts
}

// dotted is a path as Kubernetes writes it in a conflict.
func dotted(path string) string { return "." + strings.Join(steps(path), ".") }

// copied copies plain data, down to the last field.
func copied(fields map[string]any) map[string]any {
	var all func(value any) any
	all = func(value any) any {
		switch value := value.(type) {
		case map[string]any:
			made := make(map[string]any, len(value))
			for key, below := range value {
				made[key] = all(below)
			}
			return made
		case []any:
			made := make([]any, len(value))
			for i, element := range value {
				made[i] = all(element)
			}
			return made
		}
		return value
	}
	return all(fields).(map[string]any)
}
