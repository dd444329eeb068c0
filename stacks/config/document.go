package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds on a document, far beyond any real one: they keep hostile input from using up
// stack, memory or time (the parser's grows with the square of some inputs).
const (
	maxDocumentSize = 1 << 18 // of a configuration
	maxDepth        = 100
	maxExpansion    = 100_000 // values that aliases and merge keys add
)

type nodeKind string

// The kinds, as messages name them.
const (
	nullNode   nodeKind = "null"
	boolNode   nodeKind = "boolean"
	intNode    nodeKind = "integer"
	floatNode  nodeKind = "number"
	stringNode nodeKind = "string"
	mapNode    nodeKind = "mapping"
	listNode   nodeKind = "list"
)

// phrase is the kind with its article.
func (k nodeKind) phrase() string {
	switch k {
	case nullNode:
		return "null"
	case intNode:
		return "an integer"
	default:
		return "a " + string(k)
	}
}

type position struct{ line, column int }

// node is a value of a document, with aliases and merge keys resolved. Aliased nodes are
// shared, so a document is a graph without cycles.
type node struct {
	position
	kind    nodeKind
	text    string // of a scalar, as written; of a string, its value
	value   any    // of a boolean or number
	entries []entry
	items   []*node
}

type entry struct {
	position
	key   string
	value *node
}

func (n *node) lookup(key string) (entry, bool) {
	if n == nil {
		return entry{}, false
	}
	i := slices.IndexFunc(n.entries, func(e entry) bool { return e.key == key })
	if i < 0 {
		return entry{}, false
	}
	return n.entries[i], true
}

// document turns the bytes of a file into nodes. It reports what is wrong and never
// panics.
type document struct {
	report  func(at position, format string, args ...any)
	anchors map[string]*node
	merged  int
	nodes   int // that the file has itself
}

// parse reads a file with one document; nil when that fails or the file is empty.
func (d *document) parse(data []byte) *node {
	data, ok := d.text(data, maxDocumentSize)
	if !ok {
		return nil
	}
	return d.parseOne(part{text: data})
}

// parseAll reads the documents of a file of Kubernetes objects; those that fail or are
// empty are left out.
func (d *document) parseAll(data []byte) []*node {
	data, ok := d.text(data, maxManifestSize)
	if !ok {
		return nil
	}
	var roots []*node
	for _, part := range splitDocuments(data) {
		if size := len(part.text); size > maxObjectSize {
			d.report(position{part.line + 1, 1}, "the document has %d bytes, more than the %d that a cluster takes of an object", size, maxObjectSize)
			continue
		}
		if root := d.parseOne(part); root != nil {
			roots = append(roots, root)
		}
	}
	return roots
}

// part is a document in a file: its text, and how many lines precede it.
type part struct {
	text []byte
	line int
}

// splitDocuments cuts a file where documents begin and end. The parser does that too,
// but loses the document after an empty one.
func splitDocuments(data []byte) []part {
	var parts []part
	var text []byte
	number, first := 0, 0
	end := func() {
		if len(bytes.TrimSpace(text)) > 0 {
			parts = append(parts, part{text, first})
		}
		text = nil
	}
	for line := range bytes.Lines(data) {
		marker, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
		closing := string(marker) == "..."
		// What stands before the first document is its directives.
		if string(marker) == "---" && !bytes.HasPrefix(bytes.TrimSpace(text), []byte("%")) || closing {
			end()
		}
		if text == nil {
			first = number
		}
		if number++; !closing {
			text = append(text, line...)
		}
	}
	end()
	return parts
}

// text checks what a file is before it is parsed.
func (d *document) text(data []byte, maxSize int) ([]byte, bool) {
	if len(data) > maxSize {
		d.report(position{}, "the file has %d bytes, more than the %d that such a file may have", len(data), maxSize)
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		d.report(invalidByte(data), "not valid UTF-8")
		return nil, false
	}
	return data, true
}

func (d *document) parseOne(source part) (root *node) {
	// The parser is somebody else's: a panic in it is a parse error here.
	defer func() {
		if r := recover(); r != nil {
			d.report(position{1, 1}, "cannot be parsed as YAML (%v)", r)
			root = nil
		}
	}()
	tokens := lexer.Tokenize(string(source.text))
	for _, t := range tokens {
		if t.Position != nil {
			at := *t.Position
			at.Line += source.line
			t.Position = &at
		}
	}
	if at, deep := tooDeep(tokens); deep {
		d.report(at, "nested more than %d levels deep", maxDepth)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntaxError(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if _, isDirective := doc.Body.(*ast.DirectiveNode); !isDirective {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) == 0 {
		return nil
	}
	if len(bodies) > 1 {
		d.report(positionOf(bodies[1].GetToken()), "a second document begins here; a file holds one")
	}
	d.anchors = map[string]*node{}
	return d.convert(bodies[0])
}

func (d *document) syntaxError(err error) {
	// Error() of the parser's errors prints the whole document, which takes its time.
	e, ok := err.(interface {
		GetToken() *token.Token
		GetMessage() string
	})
	if !ok {
		d.report(position{1, 1}, "not valid YAML: %v", err)
		return
	}
	d.report(positionOf(e.GetToken()), "not valid YAML: %s", e.GetMessage())
}

func positionOf(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

func invalidByte(data []byte) position {
	at := position{1, 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		at.column++
		if r == '\n' {
			at = position{at.line + 1, 1}
		}
		data = data[size:]
	}
	return at
}

func (d *document) convert(n ast.Node) *node {
	if n == nil {
		return &node{position: position{1, 1}, kind: nullNode}
	}
	d.nodes++
	out := &node{position: positionOf(n.GetToken())}
	switch n := n.(type) {
	case *ast.NullNode:
		out.kind = nullNode
	case *ast.BoolNode:
		out.kind, out.text, out.value = boolNode, n.Token.Value, n.Value
	case *ast.IntegerNode:
		out.kind, out.text, out.value = intNode, n.Token.Value, n.Value
	case *ast.FloatNode:
		out.kind, out.text, out.value = floatNode, n.Token.Value, n.Value
	case *ast.InfinityNode:
		out.kind, out.text, out.value = floatNode, n.Token.Value, n.Value
	case *ast.NanNode:
		out.kind, out.text = floatNode, n.Token.Value
	case *ast.StringNode:
		out.kind, out.text = stringNode, n.Value
		// YAML 1.1, which the earlier programs read, has more words for true and false.
		if value, ok := oldBooleans[strings.ToLower(n.Value)]; ok && n.Token.Type == token.StringType {
			out.kind, out.value = boolNode, value
		}
	case *ast.LiteralNode:
		out.kind, out.text = stringNode, n.Value.Value
	case *ast.SequenceNode:
		out.kind = listNode
		for _, item := range n.Values {
			out.items = append(out.items, d.convert(item))
		}
	case *ast.MappingNode:
		d.convertMapping(out, n.Values)
	case *ast.MappingValueNode:
		d.convertMapping(out, []*ast.MappingValueNode{n})
	case *ast.AnchorNode:
		out = d.convert(n.Value)
		d.anchors[n.Name.GetToken().Value] = out
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		target, ok := d.anchors[name]
		if !ok {
			d.report(out.position, "alias *%s has no anchor &%s before it", name, name)
			target = &node{position: out.position, kind: nullNode}
		}
		return target
	case *ast.TagNode:
		return d.convertTagged(n)
	default:
		out.kind = nullNode
		d.report(out.position, "%s is not supported here", strings.ToLower(n.Type().String()))
	}
	return out
}

var oldBooleans = map[string]bool{"yes": true, "on": true, "no": false, "off": false}

// coreTags are the tags that say what plain YAML says anyway.
var coreTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq"}

func (d *document) convertTagged(n *ast.TagNode) *node {
	out := d.convert(n.Value)
	switch tag := n.Start.Value; {
	case !slices.Contains(coreTags, tag):
		d.report(positionOf(n.Start), "tag %s is not supported", tag)
	case tag == "!!str" && out.kind != mapNode && out.kind != listNode:
		out = &node{position: out.position, kind: stringNode, text: out.text}
	}
	return out
}

func (d *document) convertMapping(out *node, values []*ast.MappingValueNode) {
	out.kind = mapNode
	first := map[string]position{}
	var merges []*node
	for _, value := range values {
		at := positionOf(value.Key.GetToken())
		if out.position.line > at.line || out.position == positionOf(value.Start) {
			out.position = at
		}
		if value.Key.IsMergeKey() {
			merges = append(merges, d.convert(value.Value))
			continue
		}
		key, ok := keyText(value.Key)
		if !ok {
			d.report(at, "a key must be plain text")
			d.convert(value.Value)
			continue
		}
		item := d.convert(value.Value)
		if before, dup := first[key]; dup {
			d.report(at, "key %q is given twice, first in line %d", key, before.line)
			continue
		}
		first[key] = at
		out.entries = append(out.entries, entry{position: at, key: key, value: item})
	}
	for _, merge := range merges {
		d.merge(out, first, merge)
	}
}

// merge adds what a merge key brings; keys that are there already win.
func (d *document) merge(out *node, have map[string]position, from *node) {
	switch from.kind {
	case mapNode:
		for _, e := range from.entries {
			if _, ok := have[e.key]; ok {
				continue
			}
			if d.merged++; d.merged > maxExpansion {
				if d.merged == maxExpansion+1 {
					d.report(out.position, "merge keys bring in more than %d values", maxExpansion)
				}
				return
			}
			have[e.key] = e.position
			out.entries = append(out.entries, e)
		}
	case listNode:
		for _, item := range from.items {
			if item.kind != mapNode {
				d.report(item.position, "a merge key takes mappings, not %s", item.kind.phrase())
				continue
			}
			d.merge(out, have, item)
		}
	default:
		d.report(from.position, "a merge key takes a mapping or a list of them, not %s", from.kind.phrase())
	}
}

func keyText(key ast.MapKeyNode) (string, bool) {
	switch key := key.(type) {
	case *ast.StringNode:
		return key.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return key.GetToken().Value, true
	case *ast.NullNode:
		return key.Token.Value, key.Token.Value != ""
	case *ast.MappingKeyNode:
		inner, ok := key.Value.(ast.MapKeyNode)
		if !ok {
			return "", false
		}
		return keyText(inner)
	default:
		return "", false
	}
}

// anyValue is a node as plain Go values, for what passes through. spend is asked once a
// node and ends an expansion that grows too far.
func (n *node) anyValue(spend func() bool) (any, error) {
	if !spend() {
		return nil, fmt.Errorf("aliases expand to more than %d values", maxExpansion)
	}
	switch n.kind {
	case boolNode:
		return n.value, nil
	case stringNode:
		return n.text, nil
	case intNode, floatNode:
		return number(n)
	case listNode:
		items := make([]any, 0, len(n.items))
		for _, item := range n.items {
			value, err := item.anyValue(spend)
			if err != nil {
				return nil, err
			}
			items = append(items, value)
		}
		return items, nil
	case mapNode:
		entries := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			value, err := e.value.anyValue(spend)
			if err != nil {
				return nil, err
			}
			entries[e.key] = value
		}
		return entries, nil
	default:
		return nil, nil
	}
}

func number(n *node) (any, error) {
	switch value := n.value.(type) {
	case int64:
		return int(value), nil
	case uint64:
		if value <= 1<<63-1 {
			return int(value), nil
		}
	case float64:
		if value-value == 0 { // neither infinite nor NaN
			return value, nil
		}
	}
	return nil, fmt.Errorf("%s is not a number that a resource can hold", n.text)
}
