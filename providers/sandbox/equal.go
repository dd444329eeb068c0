package sandbox

import "slices"

// equal compares two values of the property at a path as the type does; nil is absent. What
// is below a list has the list's path and "[]". An unknown value may differ.
func (typ Type) equal(path string, before, after any) bool {
	set, computed := slices.Contains(typ.Sets, path), slices.Contains(typ.Computed, path)
	if computed && after == nil {
		return true
	}
	if (computed || set || slices.Contains(typ.Shared, path)) && isEmpty(before) && isEmpty(after) {
		return true
	}
	if containsUnknown(after) {
		return false
	}
	if before == nil || after == nil {
		return before == nil && after == nil
	}
	if means := typ.Equal[path]; means != nil && means(before, after) {
		return true
	}
	switch before := before.(type) {
	case []any:
		list, ok := after.([]any)
		return ok && typ.equalLists(path+"[]", before, list, set)
	case map[string]any:
		object, ok := after.(map[string]any)
		return ok && typ.equalObjects(path, before, object)
	}
	return property(before).DeepEquals(property(after))
}

func (typ Type) equalLists(path string, before, after []any, set bool) bool {
	if len(before) != len(after) {
		return false
	}
	if !set {
		for i := range before {
			if !typ.equal(path, before[i], after[i]) {
				return false
			}
		}
		return true
	}
	left := slices.Clone(before)
	for _, element := range after {
		found := slices.IndexFunc(left, func(other any) bool { return typ.equal(path, other, element) })
		if found < 0 {
			return false
		}
		left = slices.Delete(left, found, found+1)
	}
	return true
}

func (typ Type) equalObjects(path string, before, after map[string]any) bool {
	for key, value := range after {
		if !typ.equal(Join(path, key), before[key], value) {
			return false
		}
	}
	for key, value := range before {
		if _, given := after[key]; !given && !typ.equal(Join(path, key), value, nil) {
			return false
		}
	}
	return true
}

// isEmpty tells that a list or a map is absent or holds nothing.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}
