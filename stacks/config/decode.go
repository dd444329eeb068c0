package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decoder fills structs from one file and collects what is wrong with it.
type decoder struct {
	file     string
	lines    []string
	problems Errors
	warnings Errors
	// places are the positions of values by path, for checks across values.
	places map[string]position
	parser *document
	nodes  int // decoded so far
}

var nodeType = reflect.TypeFor[*node]()

// newDecoder parses the file; root is nil when it is empty or not YAML.
func newDecoder(file string, data []byte) (d *decoder, root *node) {
	d = decoderOf(file, data)
	return d, d.parser.parse(data)
}

// newManifestDecoder parses a file of several documents.
func newManifestDecoder(file string, data []byte) (d *decoder, roots []*node) {
	d = decoderOf(file, data)
	return d, d.parser.parseAll(data)
}

func decoderOf(file string, data []byte) *decoder {
	d := &decoder{
		file:   file,
		lines:  strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"),
		places: map[string]position{},
	}
	d.parser = &document{report: func(at position, format string, args ...any) {
		d.problem(at, "", "", format, args...)
	}}
	return d
}

func (d *decoder) at(p position, path, suggestion, text string) Problem {
	problem := Problem{
		File: d.file, Line: p.line, Column: p.column, Path: path, Text: text, Suggestion: suggestion,
	}
	if p.line > 0 && p.line <= len(d.lines) {
		problem.source = d.lines[p.line-1]
	}
	return problem
}

func (d *decoder) problem(p position, path, suggestion, format string, args ...any) {
	d.problems = append(d.problems, d.at(p, path, suggestion, fmt.Sprintf(format, args...)))
}

func (d *decoder) warning(p position, path, suggestion, format string, args ...any) {
	d.warnings = append(d.warnings, d.at(p, path, suggestion, fmt.Sprintf(format, args...)))
}

// reject and warn are for checks across values: the position is the path's, or that of
// the nearest one above it that the file has.
func (d *decoder) reject(path, format string, args ...any) {
	d.problem(d.place(path), path, "", format, args...)
}

func (d *decoder) warn(path, format string, args ...any) {
	d.warning(d.place(path), path, "", format, args...)
}

// attempted says that the file has a value for a path, be it right or wrong.
func (d *decoder) attempted(path string) bool {
	_, ok := d.places[path]
	return ok
}

func (d *decoder) place(path string) position {
	for {
		if p, ok := d.places[path]; ok {
			return p
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return position{1, 1}
		}
		path = path[:i]
	}
}

// budget is how many nodes may be decoded: each of the file's own twice, which checks and
// values may need, and what aliases may add.
func (d *decoder) budget() int { return 2*d.parser.nodes + maxExpansion }

// spend counts a node, so that aliases cannot expand without end.
func (d *decoder) spend() bool {
	d.nodes++
	return d.nodes <= d.budget()
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// structure decodes a mapping into a struct. key is where the mapping is from the user's
// point of view: its key, or itself.
func (d *decoder) structure(n *node, v reflect.Value, path string, key position) {
	setDefaults(v)
	fields, kebab := fieldsOf(v.Type())
	given := map[string]entry{}
	if n != nil && n.kind != nullNode {
		if n.kind != mapNode {
			d.problem(n.position, path, "", "must be a mapping, not %s", n.kind.phrase())
			return
		}
		given = d.keys(n, fields, unreadOf(v.Type()), kebab, path)
	}
	for _, f := range fields {
		e, ok := given[f.key]
		below := join(path, f.key)
		switch {
		case ok && e.value.kind != nullNode:
			d.places[below] = e.position
			if why := f.tag.Get("noeffect"); why != "" {
				d.warning(e.position, below, "", "accepted without effect: %s", why)
			}
			d.value(e.value, v.FieldByIndex(f.index), f.tag, below, e.position)
		case ok && f.tag.Get("null") == "error":
			d.problem(e.position, below, "", "must not be null; leave it out for the default %s", f.tag.Get("default"))
		case ok && f.tag.Get("null") == "zero":
			v.FieldByIndex(f.index).SetZero()
		case f.tag.Get("required") != "":
			at := key
			if ok {
				at = e.position
			}
			d.problem(at, below, "", "required value is missing")
		}
	}
	d.siblingDefaults(v, fields, given)
	recordGiven(v, given)
}

// siblingDefaults sets the fields that take another field's value when they are absent.
func (d *decoder) siblingDefaults(v reflect.Value, fields []field, given map[string]entry) {
	for _, f := range fields {
		sibling, ok := strings.CutPrefix(f.tag.Get("default"), "=")
		if !ok {
			continue
		}
		e, isGiven := given[f.key]
		target := v.FieldByIndex(f.index)
		blank := f.tag.Get("blank") == "default" && target.IsZero()
		if isGiven && e.value.kind != nullNode && !blank {
			continue
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == sibling })
		target.Set(v.FieldByIndex(fields[i].index))
	}
}

// keys are a mapping's entries by the keys of fields; the others are reported, and those
// that are unread only warned of.
func (d *decoder) keys(n *node, fields []field, unread []string, kebab bool, path string) map[string]entry {
	known := keysOf(fields)
	given := map[string]entry{}
	for _, e := range n.entries {
		key := e.key
		if i := slices.IndexFunc(fields, func(f field) bool { return f.tag.Get("spelling") == key }); i >= 0 {
			key = fields[i].key
		}
		if kebab && !slices.Contains(known, key) {
			key = strings.ReplaceAll(key, "-", "_")
		}
		below := join(path, e.key)
		if before, dup := given[key]; dup {
			d.problem(e.position, below, "", "the same key as %q in line %d", before.key, before.line)
			continue
		}
		if slices.Contains(known, key) {
			given[key] = e
			continue
		}
		if slices.Contains(unread, key) {
			d.warning(e.position, below, "", "accepted without effect: nothing reads it")
			continue
		}
		text := "unknown key"
		if e.key == "spec" {
			text = "unknown key: the keys stand here directly, without spec"
		}
		d.problem(e.position, below, nearest(e.key, known), "%s", text)
	}
	return given
}

// value decodes any value that is not null.
func (d *decoder) value(n *node, v reflect.Value, tag reflect.StructTag, path string, key position) {
	if !d.spend() {
		if d.nodes == d.budget()+1 {
			d.problem(n.position, path, "", "aliases expand to more than %d values", maxExpansion)
		}
		return
	}
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.text(n, v, tag, path)
	case reflect.Bool:
		d.boolean(n, v, path)
	case reflect.Int:
		d.integer(n, v, tag, path)
	case reflect.Struct:
		d.structure(n, v, path, key)
	case reflect.Pointer:
		block := reflect.New(v.Type().Elem())
		d.structure(n, block.Elem(), path, key)
		if n.kind == mapNode {
			v.Set(block)
		}
	case reflect.Slice:
		d.list(n, v, tag, path)
	case reflect.Map:
		d.mapping(n, v, tag, path)
	default: // any: passes through
		value, err := n.anyValue(d.spend)
		if err != nil {
			d.problem(n.position, path, "", "%v", err)
			return
		}
		if value != nil {
			v.Set(reflect.ValueOf(value))
		}
	}
}

func (d *decoder) text(n *node, v reflect.Value, tag reflect.StructTag, path string) {
	d.places[path] = n.position
	switch n.kind {
	case stringNode, intNode, floatNode: // an unquoted number is the text it was written as
	case boolNode:
		d.problem(n.position, path, "", "must be a string, not a boolean: write \"%s\" in quotes", n.text)
		return
	default:
		d.problem(n.position, path, "", "must be a string, not %s", n.kind.phrase())
		return
	}
	text := normalize(tag.Get("norm"), n.text)
	if text == "" {
		d.blank(n, v, tag, path)
		return
	}
	if enum, ok := tag.Lookup("enum"); ok {
		value, ok := enumValue(enum, text, tag.Get("fold") == "true")
		if !ok {
			choices := enumChoices(enum)
			oneOf := "one of "
			if len(choices) == 1 {
				oneOf = ""
			}
			d.problem(n.position, path, nearest(text, choices), "%q must be %s%s", text, oneOf, strings.Join(choices, ", "))
			return
		}
		text = value
	}
	if name := tag.Get("check"); name != "" && name != "tags" {
		if problem, suggestion := checks()[name](text); problem != "" {
			d.problem(n.position, path, suggestion, "%q %s", text, problem)
			return
		}
	}
	v.SetString(text)
}

// blank is about an empty string: it is the zero value, the default, or not allowed.
func (d *decoder) blank(n *node, v reflect.Value, tag reflect.StructTag, path string) {
	fallback := tag.Get("default")
	switch {
	case tag.Get("blank") == "allowed":
		v.SetString("")
	case tag.Get("required") == "true":
		d.problem(n.position, path, "", "must not be empty")
	case fallback == "" || tag.Get("blank") == "default": // v has its default already
	default:
		d.problem(n.position, path, "", "must not be empty; leave it out for the default %s", fallback)
	}
}

func (d *decoder) boolean(n *node, v reflect.Value, path string) {
	d.places[path] = n.position
	value, ok := n.value.(bool)
	if n.kind != boolNode || !ok {
		suggestion := ""
		if word := strings.ToLower(n.text); word == "true" || word == "false" {
			suggestion = word
		}
		d.problem(n.position, path, suggestion, "must be true or false, not %s", n.kind.phrase())
		return
	}
	v.SetBool(value)
}

// Leading zeros mean octal to one YAML version and decimal to another.
var decimal = pattern(`^[+-]?(0|[1-9][0-9]*)$`)

func (d *decoder) integer(n *node, v reflect.Value, tag reflect.StructTag, path string) {
	d.places[path] = n.position
	if n.kind != intNode {
		suggestion := ""
		if len(n.text) > 18 && decimal().MatchString(n.text) {
			d.problem(n.position, path, "", "%s is too large", n.text)
			return
		}
		if n.kind == stringNode && decimal().MatchString(n.text) {
			suggestion = n.text
		}
		d.problem(n.position, path, suggestion, "must be an integer, not %s", n.kind.phrase())
		return
	}
	value, err := strconv.Atoi(n.text)
	if err != nil || !decimal().MatchString(n.text) {
		d.problem(n.position, path, "", "%s must be a plain decimal integer", n.text)
		return
	}
	if value == 0 && tag.Get("blank") == "default" {
		return
	}
	v.SetInt(int64(value)) // also out of range: later checks compare with it
	low, hasLow := tag.Lookup("min")
	high, hasHigh := tag.Lookup("max")
	if hasLow && low == high && n.text != low {
		d.problem(n.position, path, "", "%d must be %s", value, low)
		return
	}
	if least, _ := strconv.Atoi(low); hasLow && value < least {
		d.problem(n.position, path, "", "%d must be at least %d", value, least)
		return
	}
	if most, _ := strconv.Atoi(high); hasHigh && value > most {
		d.problem(n.position, path, "", "%d must be at most %d", value, most)
	}
}

func (d *decoder) list(n *node, v reflect.Value, tag reflect.StructTag, path string) {
	if n.kind != listNode {
		d.problem(n.position, path, "", "must be a list, not %s", n.kind.phrase())
		return
	}
	if len(n.items) == 0 && tag.Get("required") == "true" {
		d.problem(n.position, path, "", "must not be empty")
		return
	}
	items := reflect.MakeSlice(v.Type(), 0, len(n.items))
	for i, item := range n.items {
		below := fmt.Sprintf("%s[%d]", path, i)
		d.places[below] = item.position
		if item.kind == nullNode || item.kind == stringNode && item.text == "" {
			d.problem(item.position, below, "", "must not be empty")
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		before := len(d.problems)
		d.value(item, value, tag, below, item.position)
		// Structs stay, with what they lack, so that later checks find them at their index.
		if len(d.problems) == before || value.Kind() == reflect.Struct {
			items = reflect.Append(items, value)
		}
	}
	v.Set(items)
}

func (d *decoder) mapping(n *node, v reflect.Value, tag reflect.StructTag, path string) {
	if n.kind != mapNode {
		d.problem(n.position, path, "", "must be a mapping, not %s", n.kind.phrase())
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, e := range n.entries {
		below := join(path, e.key)
		d.places[below] = e.position
		if name := tag.Get("keycheck"); name != "" {
			if problem, suggestion := checks()[name](e.key); problem != "" {
				d.problem(e.position, below, suggestion, "%s", problem)
				continue
			}
		}
		value := reflect.New(v.Type().Elem()).Elem()
		switch {
		case tag.Get("nested") != "":
			d.nested(e, value, tag, below)
		case value.Kind() == reflect.Struct:
			d.structure(e.value, value, below, e.position)
		case e.value.kind == nullNode && value.Kind() == reflect.String:
			d.problem(e.position, below, "", "must be a string, not null")
		case e.value.kind != nullNode:
			d.value(e.value, value, tag, below, e.position)
		}
		if tag.Get("check") == "tags" {
			if problem := checkTag(e.key, value.String()); problem != "" {
				d.problem(e.position, below, "", "%s", problem)
			}
		}
		out.SetMapIndex(reflect.ValueOf(e.key), value)
	}
	v.Set(out)
}

// nested decodes a struct whose keys stand below one key (spec) of the mapping. The other
// keys of the mapping are those of its siblings tag, which have no effect.
func (d *decoder) nested(e entry, v reflect.Value, tag reflect.StructTag, path string) {
	setDefaults(v)
	name := tag.Get("nested")
	if e.value.kind == nullNode {
		d.problem(e.position, join(path, name), "", "required value is missing")
		return
	}
	if e.value.kind != mapNode {
		d.problem(e.value.position, path, "", "must be a mapping with the key %s, not %s", name, e.value.kind.phrase())
		return
	}
	fields, _ := fieldsOf(v.Type())
	known := keysOf(fields)
	siblings := strings.Split(tag.Get("siblings"), ",")
	if slices.Contains(siblings, "=unread") {
		siblings = append(siblings, unreadOf(v.Type())...)
	}
	for _, sibling := range e.value.entries {
		if sibling.key == name {
			continue
		}
		below, suggestion := join(path, sibling.key), ""
		if key := strings.ReplaceAll(sibling.key, "-", "_"); slices.Contains(known, key) {
			suggestion = name + "." + key
		}
		switch {
		case slices.Contains(siblings, "*") || slices.Contains(siblings, sibling.key):
			d.warning(sibling.position, below, suggestion, "accepted without effect: only what stands below %s is read", name)
		case suggestion != "":
			d.problem(sibling.position, below, suggestion, "the keys stand below %s", name)
		default:
			d.problem(sibling.position, below, nearest(sibling.key, append(known, name)), "unknown key")
		}
	}
	below := join(path, name)
	spec, ok := e.value.lookup(name)
	if !ok {
		d.problem(e.position, below, "", "required value is missing")
		return
	}
	d.places[below] = spec.position
	d.structure(spec.value, v, below, spec.position)
}
