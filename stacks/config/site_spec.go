package config

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed site_spec.yaml
var siteDefinitionText []byte

// SiteDefinition is the OpenAPI v3 schema of a Site (core.posit.team/v1beta1), as its
// CustomResourceDefinition has it with an operator of a version ("v1.22.0"; "" for all that
// is known), in a copy that belongs to the caller.
// (docs/reference/site-spec.md)
func SiteDefinition(version string) map[string]any {
	definition, err := parseSiteDefinition()
	if err != nil {
		return map[string]any{} // never: a test parses the embedded file
	}
	delete(definition, "x-since")
	withoutLater(definition, version)
	return definition
}

func parseSiteDefinition() (map[string]any, error) {
	d, root := newDecoder("site_spec.yaml", siteDefinitionText)
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	value, err := root.anyValue(d.spend)
	if err != nil {
		return nil, fmt.Errorf("read the definition of a Site: %w", err)
	}
	definition, _ := value.(map[string]any)
	return definition, nil
}

// siteSchema is what the definition says of one field.
type siteSchema struct {
	Type                 string                 `json:"type"`
	Properties           map[string]*siteSchema `json:"properties"`
	Required             []string               `json:"required"`
	Items                *siteSchema            `json:"items"`
	AdditionalProperties *siteSchema            `json:"additionalProperties"`
	Enum                 []string               `json:"enum"`
	Pattern              string                 `json:"pattern"`
	Minimum              *int                   `json:"minimum"`
	Maximum              *int                   `json:"maximum"`
	MinLength            int                    `json:"minLength"`
	MaxLength            int                    `json:"maxLength"`
	IntOrString          bool                   `json:"x-kubernetes-int-or-string"`
	Free                 bool                   `json:"x-kubernetes-preserve-unknown-fields"`
	// Since has the fields, by the version of the operator that brought them.
	Since map[string][]string `json:"x-since"`
}

// siteDefinitionSchema is the schema of a Site.
var siteDefinitionSchema = sync.OnceValue(func() *siteSchema {
	definition, _ := parseSiteDefinition()
	text, _ := json.Marshal(definition)
	whole := siteSchema{}
	_ = json.Unmarshal(text, &whole) // a test compares it with the fact sheet
	return &whole
})

// siteSpecSchema is the schema of a Site's spec.
func siteSpecSchema() *siteSchema {
	if spec := siteDefinitionSchema().Properties["spec"]; spec != nil {
		return spec
	}
	return &siteSchema{Free: true}
}

// siteCheck compares a Site's spec with the definition.
type siteCheck struct {
	// report is told each problem. n is nil for what is not from a site.yaml.
	report func(n *node, path, suggestion, text string)
	// unknown, when it is set, is told the unknown keys in place of report.
	unknown func(n *node, path, suggestion string)
	// partial is a site.yaml, in which ptd completes what is missing at the top.
	partial bool
}

// value checks a value that is not null; n is the same in the site.yaml, nil if it is
// not from there.
func (c *siteCheck) value(schema *siteSchema, value any, n *node, path string) {
	if schema == nil || schema.Free {
		return
	}
	if kind := kindOf(value); !schema.takes(kind) {
		suggestion := schema.meant(value)
		text := fmt.Sprintf("must be %s, not %s", schema.phrase(), kind.phrase())
		if schema.Type == "string" && (kind == intNode || kind == boolNode || kind == floatNode) {
			written := fmt.Sprint(value)
			if n != nil && n.text != "" {
				written = n.text
			}
			text += fmt.Sprintf(": write %q in quotes", written)
		}
		c.report(n, path, suggestion, text)
		return
	}
	switch value := value.(type) {
	case string:
		c.text(schema, value, n, path)
	case int:
		switch {
		case schema.Minimum != nil && value < *schema.Minimum:
			c.report(n, path, "", fmt.Sprintf("%d must be at least %d", value, *schema.Minimum))
		case schema.Maximum != nil && value > *schema.Maximum:
			c.report(n, path, "", fmt.Sprintf("%d must be at most %d", value, *schema.Maximum))
		}
	case []any:
		c.list(schema, value, n, path)
	case map[string]any:
		c.mapping(schema, value, n, path)
	}
}

func (c *siteCheck) text(schema *siteSchema, value string, n *node, path string) {
	length := utf8.RuneCountInString(value)
	switch {
	case len(schema.Enum) > 0 && !slices.Contains(schema.Enum, value):
		c.report(n, path, nearest(value, schema.Enum), fmt.Sprintf("%q must be one of %s", value, strings.Join(schema.Enum, ", ")))
	case length < schema.MinLength && length == 0:
		c.report(n, path, "", "must not be empty")
	case length < schema.MinLength:
		c.report(n, path, "", fmt.Sprintf("%q must have at least %d characters", value, schema.MinLength))
	case schema.MaxLength > 0 && length > schema.MaxLength:
		c.report(n, path, "", fmt.Sprintf("%q has %d characters, more than %d", value, length, schema.MaxLength))
	case schema.Pattern != "" && !sitePattern(schema.Pattern).MatchString(value):
		c.report(n, path, "", fmt.Sprintf("%q must match %s", value, schema.Pattern))
	}
}

// list checks the items. Those of a site.yaml are the last ones: it is laid over others.
func (c *siteCheck) list(schema *siteSchema, items []any, n *node, path string) {
	before := len(items)
	if n != nil && n.kind == listNode {
		before = len(items) - len(n.items)
	}
	for i, item := range items {
		below, at := path+index(i), (*node)(nil)
		if j := i - before; n != nil && j >= 0 && j < len(n.items) {
			at = n.items[j]
		}
		if item == nil {
			c.report(at, below, "", "must not be null")
			continue
		}
		c.value(schema.Items, item, at, below)
	}
}

func (c *siteCheck) mapping(schema *siteSchema, entries map[string]any, n *node, path string) {
	known := slices.Sorted(maps.Keys(schema.Properties))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		below, value := join(path, key), entries[key]
		var at, keyAt *node
		if n != nil && n.kind == mapNode {
			if e, ok := n.lookup(key); ok {
				at, keyAt = e.value, &node{position: e.position}
			}
		}
		field, ok := schema.Properties[key]
		switch {
		case schema.AdditionalProperties != nil:
			field = schema.AdditionalProperties
		case !ok && c.unknown != nil:
			c.unknown(keyAt, below, nearest(key, known))
			continue
		case !ok:
			c.report(keyAt, below, nearest(key, known), "unknown key")
			continue
		}
		if value != nil {
			c.value(field, value, at, below)
		}
	}
	for _, key := range schema.Required {
		at, isWhole := n, schema == siteSpecSchema()
		if isWhole {
			at = nil // ptd's to give
		}
		if entries[key] == nil && !(c.partial && isWhole) {
			c.report(at, join(path, key), "", "required value is missing")
		}
	}
}

// takes says whether values of this kind are the field's.
func (s *siteSchema) takes(kind nodeKind) bool {
	switch {
	case s.IntOrString:
		return kind == intNode || kind == stringNode
	case s.Type == "string":
		return kind == stringNode
	case s.Type == "integer":
		return kind == intNode
	case s.Type == "boolean":
		return kind == boolNode
	case s.Type == "array":
		return kind == listNode
	default:
		return kind == mapNode
	}
}

// phrase is the type with its article.
func (s *siteSchema) phrase() string {
	switch {
	case s.IntOrString:
		return "an integer or a string"
	case s.Type == "integer":
		return "an integer"
	case s.Type == "boolean":
		return "true or false"
	case s.Type == "array":
		return "a list"
	case s.Type == "string":
		return "a string"
	default:
		return "a mapping"
	}
}

// meant is a value of the field's type that was probably meant, "" for none.
func (s *siteSchema) meant(value any) string {
	text := strings.ToLower(fmt.Sprint(value))
	switch _, isBool := value.(bool); {
	case s.Type == "integer" && isBool:
		return map[string]string{"true": "1", "false": "0"}[text] // switches that are numbers
	case s.Type == "integer" && decimal().MatchString(text):
		return text
	case s.Type == "boolean" && (text == "true" || text == "false"):
		return text
	case s.Type == "boolean" && (text == "1" || text == "0"):
		return map[string]string{"1": "true", "0": "false"}[text]
	default:
		return ""
	}
}

func kindOf(value any) nodeKind {
	switch value.(type) {
	case nil:
		return nullNode
	case bool:
		return boolNode
	case int:
		return intNode
	case float64:
		return floatNode
	case string:
		return stringNode
	case []any:
		return listNode
	default:
		return mapNode
	}
}

// sitePattern is a pattern of the definition.
func sitePattern(pattern string) *regexp.Regexp {
	if compiled, ok := sitePatterns.Load(pattern); ok {
		return compiled.(*regexp.Regexp)
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		compiled = regexp.MustCompile("") // never: a test compiles every pattern
	}
	sitePatterns.Store(pattern, compiled)
	return compiled
}

var sitePatterns sync.Map

// withoutNulls are the values of a site.yaml: a key without a value sets nothing, except
// where the definition lets anything through.
func withoutNulls(schema *siteSchema, value any) any {
	switch value := value.(type) {
	case map[string]any:
		if schema == nil || schema.Free {
			return value
		}
		kept := map[string]any{}
		for key, below := range value {
			field := schema.AdditionalProperties
			if schema.Properties != nil {
				field = schema.Properties[key]
			}
			if below != nil {
				kept[key] = withoutNulls(field, below)
			}
		}
		return kept
	case []any:
		if schema == nil {
			return value
		}
		kept := make([]any, len(value))
		for i, below := range value {
			kept[i] = withoutNulls(schema.Items, below)
		}
		return kept
	default:
		return value
	}
}
