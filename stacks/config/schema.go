package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// field is a struct field that a key sets, with the tags that doc.go describes.
type field struct {
	key   string
	index []int
	typ   reflect.Type
	tag   reflect.StructTag
}

// fieldsOf are the fields of a struct type that keys set, those of inlined structs among
// them, and whether the keys may be written with hyphens.
func fieldsOf(t reflect.Type) (fields []field, kebab bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("kebab") == "true" {
			kebab = true
		}
		key := f.Tag.Get("yaml")
		switch {
		case key == ",inline":
			inner, _ := fieldsOf(f.Type)
			for _, in := range inner {
				in.index = append([]int{i}, in.index...)
				fields = append(fields, in)
			}
		case key != "" && key != "-":
			fields = append(fields, field{key: key, index: []int{i}, typ: f.Type, tag: f.Tag})
		}
	}
	return fields, kebab
}

// unreadOf are the keys of a struct type that old files have, and that nothing reads.
func unreadOf(t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		if list, ok := t.Field(i).Tag.Lookup("unread"); ok {
			keys = append(keys, strings.Split(list, ",")...)
		}
	}
	return keys
}

func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// setDefaults gives every field of a struct its default, those of nested structs too.
func setDefaults(v reflect.Value) {
	fields, _ := fieldsOf(v.Type())
	for _, f := range fields {
		setDefault(v.FieldByIndex(f.index), f.tag)
	}
}

func setDefault(v reflect.Value, tag reflect.StructTag) {
	if v.Kind() == reflect.Struct {
		setDefaults(v)
		return
	}
	text, ok := tag.Lookup("default")
	if !ok || strings.HasPrefix(text, "=") {
		v.SetZero()
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(text == "true")
	case reflect.Int:
		n, _ := strconv.Atoi(text) // a test reads every default
		v.SetInt(int64(n))
	case reflect.Slice:
		v.Set(reflect.ValueOf(strings.Split(text, ",")))
	}
}

// enumValue finds text among the values of an enum tag ("A,B=alias"). The value found is
// the one before the "=".
func enumValue(enum, text string, fold bool) (value string, ok bool) {
	for _, choice := range strings.Split(enum, ",") {
		spellings := strings.Split(choice, "=")
		if slices.ContainsFunc(spellings, func(s string) bool {
			return s == text || fold && strings.EqualFold(s, text)
		}) {
			return spellings[0], true
		}
	}
	return "", false
}

// enumChoices are the values of an enum tag, without aliases.
func enumChoices(enum string) []string {
	choices := strings.Split(enum, ",")
	for i, choice := range choices {
		choices[i], _, _ = strings.Cut(choice, "=")
	}
	return choices
}

// normalize applies a norm tag.
func normalize(norm, text string) string {
	for _, n := range strings.Split(norm, ",") {
		switch n {
		case "trim":
			text = strings.TrimSpace(text)
		case "lower":
			text = strings.ToLower(text)
		case "minor": // 1.33.0 is 1.33
			if parts := strings.Split(text, "."); len(parts) == 3 {
				if _, err := strconv.ParseUint(parts[2], 10, 16); err == nil {
					text = parts[0] + "." + parts[1]
				}
			}
		case "unprefixed": // v1.31.1 is 1.31.1
			text = strings.TrimPrefix(text, "v")
		}
	}
	return text
}
