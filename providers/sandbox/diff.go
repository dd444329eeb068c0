package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Diff implements plugin.Provider.
func (p *Provider) Diff(_ context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	if p.unknown {
		return plugin.DiffResponse{}, errUnavailable()
	}
	old, new := p.settled(r, typ), r.NewInputs
	if typ.Ignore != nil {
		new = ignoring(old, new, typ.Ignore(PlainMap(old), PlainMap(new)))
	}
	if new, err = resetting(old, new, r.IgnoreChanges); err != nil {
		return plugin.DiffResponse{}, err
	}
	replace := typ.Replace
	if typ.ReplaceIf != nil {
		replace = slices.Concat(replace, typ.ReplaceIf(PlainMap(old), PlainMap(new)))
	}
	answer := typ.diff(old, new, replace)
	answer.DeleteBeforeReplace = len(answer.ReplaceKeys) > 0 && p.deletesFirst(r.URN, typ, new)
	return answer, nil
}

// deletesFirst tells that a resource has to go before what replaces it is made.
func (p *Provider) deletesFirst(urn resource.URN, typ Type, new resource.PropertyMap) bool {
	name := lookup(new, typ.AutoName)
	if name == nil {
		return typ.DeleteBeforeReplace
	}
	return (typ.DeleteBeforeReplace || p.pkg.GivenNamesGoFirst) && !p.naming(typ).gave(urn, *name)
}

// settled returns the old inputs as the cloud sees them: naming what it had chosen
// itself changes nothing, and neither does no longer giving the prefix of a name, or
// naming a default. Of what is read back, what was read counts.
func (p *Provider) settled(r plugin.DiffRequest, typ Type) resource.PropertyMap {
	old := r.OldInputs.Copy()
	for _, name := range slices.Concat(typ.ReadBack, typ.Shared) {
		key := resource.PropertyKey(name)
		if slices.Contains(r.IgnoreChanges, name) {
			continue
		}
		if value, ok := r.OldOutputs[key]; ok {
			old[key] = value
		} else if len(r.OldOutputs) > 0 {
			delete(old, key)
		}
	}
	for name, value := range typ.Defaults {
		if key := resource.PropertyKey(name); !old.HasValue(key) && r.NewInputs.HasValue(key) {
			old[key] = property(value)
		}
	}
	for key, value := range r.NewInputs {
		chosen, ok := r.OldOutputs[key]
		if _, given := old[key]; given || !ok {
			continue
		}
		cleared := slices.Contains(typ.Computed, string(key)) && isEmpty(Plain(value))
		if cleared || typ.equal(string(key), Plain(chosen), Plain(value)) {
			old[key] = chosen
		}
	}
	for path, value := range typ.Defaults {
		head, _, below := strings.Cut(path, ".")
		if above := old[resource.PropertyKey(head)]; !below || !above.IsObject() {
			continue
		}
		before, after := lookup(old, path), lookup(r.NewInputs, path)
		switch {
		case before == nil && after != nil && same(*after, property(value)):
			old = with(old, path, *after)
		case before != nil && after == nil && same(*before, property(value)):
			old = without(old, path)
		}
	}
	for key := range old {
		if _, given := r.NewInputs[key]; !given && (p.naming(typ).prefixed(string(key)) || slices.Contains(typ.Computed, string(key))) {
			delete(old, key)
		}
	}
	return old
}

// ignoring returns new inputs in which some properties are as they were.
func ignoring(old, new resource.PropertyMap, names []string) resource.PropertyMap {
	new = new.Copy()
	for _, name := range names {
		key := resource.PropertyKey(name)
		if value, ok := old[key]; ok {
			new[key] = value
		} else {
			delete(new, key)
		}
	}
	return new
}

// resetting returns new inputs in which what a program ignores is as it was. The engine has
// done so with what the program said, but of what is read back only the provider knows.
func resetting(old, new resource.PropertyMap, ignored []string) (resource.PropertyMap, error) {
	if len(ignored) == 0 {
		return new, nil
	}
	new = new.Copy()
	for _, text := range ignored {
		path, err := resource.ParsePropertyPath(text)
		if err != nil {
			return nil, fmt.Errorf("changes to ignore: %q is not a path of properties: %w", text, err)
		}
		path.Reset(old, new)
	}
	return new, nil
}

// diff compares inputs; properties in replace force a replacement.
func (typ Type) diff(old, new resource.PropertyMap, replace []string) plugin.DiffResponse {
	answer := plugin.DiffResponse{Changes: plugin.DiffNone, DetailedDiff: map[string]plugin.PropertyDiff{}}
	keys := maps.Clone(old)
	if keys == nil {
		keys = resource.PropertyMap{}
	}
	maps.Copy(keys, new)
	for _, key := range keys.StableKeys() {
		before, had := old[key]
		after, has := new[key]
		if typ.equal(string(key), plainOf(before, had), plainOf(after, has)) {
			continue
		}
		answer.Changes = plugin.DiffSome
		answer.ChangedKeys = append(answer.ChangedKeys, key)
		kind := plugin.DiffUpdate
		switch {
		case !had:
			kind = plugin.DiffAdd
		case !has:
			kind = plugin.DiffDelete
		}
		if typ.replacing(old, new, string(key), replace) {
			kind = kind.AsReplace()
			answer.ReplaceKeys = append(answer.ReplaceKeys, key)
		}
		answer.DetailedDiff[string(key)] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return answer
}

func plainOf(value resource.PropertyValue, given bool) any {
	if !given {
		return nil
	}
	return Plain(value)
}

// replacing tells whether a property has changed where that replaces the resource.
func (typ Type) replacing(old, new resource.PropertyMap, key string, replace []string) bool {
	return slices.ContainsFunc(replace, func(path string) bool {
		head, _, below := strings.Cut(path, ".")
		if head != key || !below {
			return head == key
		}
		var before, after any
		if value := lookup(old, path); value != nil {
			before = Plain(*value)
		}
		if value := lookup(new, path); value != nil {
			after = Plain(*value)
		}
		return !typ.equal(path, before, after)
	})
}

// same compares values without their marks. An unknown value may differ.
func same(a, b resource.PropertyValue) bool { return Type{}.equal("", Plain(a), Plain(b)) }
