package kubernetes

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// riverBlock is a block of a configuration in River, the language of Alloy: a dotted
// name, a label ("" for none), and what is between its braces, in order. One with a
// label at the top of a configuration is a component.
type riverBlock struct {
	name, label string
	body        []riverItem
}

// riverItem is a riverBlock or a riverAttribute.
type riverItem interface {
	writeRiver(w *riverWriter, width int)
}

// riverAttribute gives a name a value.
type riverAttribute struct {
	name  string
	value riverValue
}

// riverValue is a riverString, riverBool, riverInt, riverReference, riverList or riverMap.
type riverValue interface {
	river(w *riverWriter)
}

type (
	// riverString is any text: what River would not read as text is escaped.
	riverString string
	riverBool   bool
	riverInt    int
	// riverReference is what a component exports.
	riverReference struct{ component, label, export string }
	riverList      []riverValue
	// riverMap is written in the order of its keys.
	riverMap map[string]string
)

// riverStrings is a list of texts.
func riverStrings(texts ...string) riverList {
	list := make(riverList, len(texts))
	for i, text := range texts {
		list[i] = riverString(text)
	}
	return list
}

// export refers to what a component exports.
func (b riverBlock) export(name string) riverReference {
	return riverReference{b.name, b.label, name}
}

// riverText is the text of a configuration.
//
// It is an error if a name is no identifier, if two blocks are the same component, or if
// something refers to a component that is not there: Alloy would load none of it.
func riverText(blocks []riverBlock) (string, error) {
	w := &riverWriter{}
	components := map[string]bool{}
	for i, block := range blocks {
		id := block.name
		if block.label != "" {
			id += "." + block.label
		}
		if components[id] {
			w.problem("%s is there twice", id)
		}
		components[id] = true
		if i > 0 {
			w.WriteString("\n")
		}
		block.writeRiver(w, 0)
	}
	for _, reference := range w.references {
		if id := reference.component + "." + reference.label; !components[id] {
			w.problem("%s is referred to, but not there", id)
		}
	}
	if len(w.problems) > 0 {
		return "", fmt.Errorf("write River configuration: %s", strings.Join(w.problems, "; "))
	}
	return w.String(), nil
}

// riverWriter collects the text of a configuration, and what is wrong with it.
type riverWriter struct {
	strings.Builder
	depth      int
	references []riverReference
	problems   []string
}

func (w *riverWriter) problem(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// line begins a line at the depth reached.
func (w *riverWriter) line() { w.WriteString(strings.Repeat("\t", w.depth)) }

var (
	riverIdentifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	riverBlockName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
)

// identifier writes a name that cannot be escaped.
func (w *riverWriter) identifier(form *regexp.Regexp, name string) {
	if !form.MatchString(name) {
		w.problem("%q is no identifier", name)
	}
	w.WriteString(name)
}

func (b riverBlock) writeRiver(w *riverWriter, _ int) {
	w.line()
	w.identifier(riverBlockName, b.name)
	w.WriteString(" ")
	if b.label != "" {
		w.WriteString(`"`)
		w.identifier(riverIdentifier, b.label)
		w.WriteString(`" `)
	}
	w.WriteString("{\n")
	w.depth++
	for i, item := range b.body {
		_, isBlock := item.(riverBlock)
		if isBlock && i > 0 {
			w.WriteString("\n")
		}
		item.writeRiver(w, b.widthAround(i))
	}
	w.depth--
	w.line()
	w.WriteString("}\n")
}

// widthAround is the length of the longest name among the attributes around one.
func (b riverBlock) widthAround(i int) int {
	width := 0
	for _, step := range []int{-1, 1} {
		for j := i; j >= 0 && j < len(b.body); j += step {
			attribute, ok := b.body[j].(riverAttribute)
			if !ok {
				break
			}
			width = max(width, len(attribute.name))
		}
	}
	return width
}

func (a riverAttribute) writeRiver(w *riverWriter, width int) {
	w.line()
	w.identifier(riverIdentifier, a.name)
	w.WriteString(strings.Repeat(" ", width-len(a.name)) + " = ")
	a.value.river(w)
	w.WriteString("\n")
}

// River reads the same escapes as Go.
func (s riverString) river(w *riverWriter) { w.WriteString(strconv.Quote(string(s))) }
func (b riverBool) river(w *riverWriter)   { w.WriteString(strconv.FormatBool(bool(b))) }
func (n riverInt) river(w *riverWriter)    { w.WriteString(strconv.Itoa(int(n))) }

func (r riverReference) river(w *riverWriter) {
	w.references = append(w.references, r)
	w.identifier(riverBlockName, r.component)
	for _, part := range []string{r.label, r.export} {
		w.WriteString(".")
		w.identifier(riverIdentifier, part)
	}
}

func (l riverList) river(w *riverWriter) {
	w.WriteString("[")
	for i, value := range l {
		if i > 0 {
			w.WriteString(", ")
		}
		value.river(w)
	}
	w.WriteString("]")
}

func (m riverMap) river(w *riverWriter) {
	if len(m) == 0 {
		w.WriteString("{}")
		return
	}
	w.WriteString("{\n")
	w.depth++
	for _, key := range slices.Sorted(maps.Keys(m)) {
		w.line()
		fmt.Fprintf(w, "%q = %q,\n", key, m[key])
	}
	w.depth--
	w.line()
	w.WriteString("}")
}
