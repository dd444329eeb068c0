package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/blang/semver"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// unread says of each value that the chart does not read in this version which it is, and
// which may have been meant. early are those that only later versions read: what is live in
// an old version may have them without harm. known is false of a version that is not among
// those whose templates were read: the nearest of them is asked.
func (c *chartValues) unread(version semver.Version, values map[string]any) (unread, early []string, known bool) {
	known = version.GTE(c.from) && version.LTE(c.to)
	switch {
	case version.LT(c.from):
		version = c.from
	case version.GT(c.to):
		version = c.to
	}
	c.find(version, "", []*readValue{c.readValue}, values, func(path, hint string, later bool) {
		if later {
			early = append(early, path+hint)
		} else {
			unread = append(unread, path+hint)
		}
	})
	return unread, early, known
}

// find reports what is not read of a value, which each of read may allow.
func (c *chartValues) find(version semver.Version, path string, read []*readValue, value any, report func(path, hint string, later bool)) {
	if slices.ContainsFunc(read, func(v *readValue) bool { return v.below == nil }) {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			at := strings.TrimPrefix(path+"."+key, ".")
			below := readBy(version, read, key)
			if len(below) == 0 {
				hint, later := c.hint(version, path, key, read)
				report(at, hint, later)
				continue
			}
			c.find(version, at, below, value[key], report)
		}
	case []any:
		below := readBy(version, read, "*")
		if len(below) == 0 {
			return
		}
		for i, element := range value {
			c.find(version, fmt.Sprintf("%s[%d]", path, i), below, element, report)
		}
	}
}

// readBy are the values of a name below others that a version reads.
func readBy(version semver.Version, read []*readValue, name string) []*readValue {
	var found []*readValue
	for _, value := range read {
		for _, key := range slices.Compact([]string{name, "*"}) {
			if below := value.below[key]; below != nil && below.in(version) {
				found = append(found, below)
			}
		}
	}
	return found
}

// hint says which versions read a value, and whether they are later ones, or which of those
// beside it is read and like it.
func (c *chartValues) hint(version semver.Version, path, key string, read []*readValue) (hint string, later bool) {
	var names []string
	for _, value := range read {
		if other := value.below[key]; other != nil && !other.in(version) {
			if other.since != nil && version.LT(*other.since) {
				return fmt.Sprintf(" (which only versions from %s on read)", other.since), true
			}
			return fmt.Sprintf(" (which only versions before %s read)", other.before), false
		}
		for name, below := range value.below {
			if name != "*" && below.in(version) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	near := sandbox.Nearest(key, slices.Values(names))
	if near == "" {
		if at := slices.IndexFunc(names, func(name string) bool {
			return strings.Contains(strings.ToLower(name), strings.ToLower(key))
		}); at >= 0 {
			near = names[at]
		}
	}
	if near == "" {
		return "", false
	}
	return fmt.Sprintf(" (did you mean %q?)", strings.TrimPrefix(path+"."+near, ".")), false
}
