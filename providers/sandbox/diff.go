package sandbox

import (
	"context"
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
	old, replace := p.settled(r, typ), typ.Replace
	if typ.ReplaceIf != nil {
		replace = slices.Concat(replace, typ.ReplaceIf(PlainMap(old), PlainMap(r.NewInputs)))
	}
	answer := diff(old, r.NewInputs, replace)
	if len(answer.ReplaceKeys) > 0 && typ.DeleteBeforeReplace {
		name := lookup(r.NewInputs, typ.AutoName)
		answer.DeleteBeforeReplace = name == nil || !p.naming(typ).gave(r.URN, *name)
	}
	return answer, nil
}

// settled returns the old inputs as the cloud sees them: naming what it had chosen
// itself changes nothing, and neither does no longer giving the prefix of a name or a
// computed input. What the provider reads back is as it was read.
func (p *Provider) settled(r plugin.DiffRequest, typ Type) resource.PropertyMap {
	old := r.OldInputs.Copy()
	for key, value := range r.NewInputs {
		chosen, ok := r.OldOutputs[key]
		if _, given := old[key]; !given && ok && same(chosen, value) {
			old[key] = value
		}
	}
	for key := range old {
		if _, given := r.NewInputs[key]; !given && (p.naming(typ).prefixed(string(key)) || slices.Contains(typ.Computed, string(key))) {
			delete(old, key)
		}
	}
	for _, name := range typ.ReadBack {
		key := resource.PropertyKey(name)
		if value, ok := r.OldOutputs[key]; ok && !slices.Contains(r.IgnoreChanges, name) {
			old[key] = value
		}
	}
	return old
}

// diff compares inputs; properties in replace force a replacement.
func diff(old, new resource.PropertyMap, replace []string) plugin.DiffResponse {
	answer := plugin.DiffResponse{Changes: plugin.DiffNone, DetailedDiff: map[string]plugin.PropertyDiff{}}
	keys := maps.Clone(old)
	if keys == nil {
		keys = resource.PropertyMap{}
	}
	maps.Copy(keys, new)
	for _, key := range keys.StableKeys() {
		before, had := old[key]
		after, has := new[key]
		if had && has && same(before, after) || (!had || before.IsNull()) && (!has || after.IsNull()) {
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
		if replacing(old, new, string(key), replace) {
			kind = kind.AsReplace()
			answer.ReplaceKeys = append(answer.ReplaceKeys, key)
		}
		answer.DetailedDiff[string(key)] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return answer
}

// replacing tells whether a property has changed where that replaces the resource.
func replacing(old, new resource.PropertyMap, key string, replace []string) bool {
	return slices.ContainsFunc(replace, func(path string) bool {
		head, _, below := strings.Cut(path, ".")
		if head != key || !below {
			return head == key
		}
		before, after := lookup(old, path), lookup(new, path)
		return (before == nil) != (after == nil) || before != nil && !same(*before, *after)
	})
}

// same compares values without their marks. An unknown value may differ.
func same(a, b resource.PropertyValue) bool {
	before, after := Plain(a), Plain(b)
	return !containsUnknown(after) && property(before).DeepEquals(property(after))
}
