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
// which may have been meant. known is false of a version that is not among those whose
// templates were read: the nearest of them is asked.
func (c *chartValues) unread(version semver.Version, values map[string]any) (unread []string, known bool) {
	known = version.GTE(c.from) && version.LTE(c.to)
	switch {
	case version.LT(c.from):
		version = c.from
	case version.GT(c.to):
		version = c.to
	}
	c.find(version, "", []*readValue{c.readValue}, values, func(path, hint string) {
		unread = append(unread, path+hint)
	})
	return unread, known
}

// find reports what is not read of a value, which each of read may allow.
func (c *chartValues) find(version semver.Version, path string, read []*readValue, value any, report func(path, hint string)) {
	if slices.ContainsFunc(read, func(v *readValue) bool { return v.below == nil }) {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			at := strings.TrimPrefix(path+"."+key, ".")
			below := readBy(version, read, key)
			if len(below) == 0 {
				report(at, c.hint(version, path, key, read))
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

// hint says which versions read a value, or which of those beside it is read and like it.
func (c *chartValues) hint(version semver.Version, path, key string, read []*readValue) string {
	var names []string
	for _, value := range read {
		if other := value.below[key]; other != nil && !other.in(version) {
			if other.since != nil && version.LT(*other.since) {
				return fmt.Sprintf(" (which only versions from %s on read)", other.since)
			}
			return fmt.Sprintf(" (which only versions before %s read)", other.before)
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
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", strings.TrimPrefix(path+"."+near, "."))
}
