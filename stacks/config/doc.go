// Package config is the model of a target's configuration: ptd.yaml of the three
// kinds, site.yaml and the manifest of custom steps, and every name that is derived
// from them.
//
// A field, its key, its default and what it accepts are declared once, as the tags of
// the field:
//
//	yaml:"key"            the key; yaml:",inline" takes the keys of an embedded struct
//	spelling:"theKey"     another spelling of the key that published files have
//	default:"value"       the value when the key is absent or null; "=key" is the value
//	                      of the sibling key
//	required:"true"       the key must be there with a value; "present" allows ""
//	nested:"spec"         the elements of a map have their keys below this one; siblings
//	                      lists keys beside it that have no effect ("*": any)
//	keycheck:"release"    format of a map's keys
//	check:"cidr,..."      formats, by the names in checks.go
//	enum:"A,B=alias"      the values; an alias is stored as the value before the "="
//	fold:"true"           enum ignores case
//	min:"1" max:"10"      range of an integer
//	blank:"default"       "" and 0 count as absent; "allowed": "" differs from the default
//	null:"error"          null is rejected ("zero": it is the zero value)
//	norm:"trim,lower"     how a string is stored
//	noeffect:"why"        accepted with a warning
//	unread:"a,b"          on a blank field: further keys, accepted with a warning; siblings
//	                      take them in with "=unread"
//	kebab:"true"          on a blank field: the struct's keys may be written with hyphens
//
// Parsing is strict. All problems of a target are reported at once, each with file,
// line, column, path and, where one is near, a suggestion.
// (docs/reference/config-and-cli.md 1 and 2)
package config
