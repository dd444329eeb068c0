package kubernetes

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// parsed is a block as a reader of River sees it. Values are string, bool, int,
// parsedReference, []any and map[string]string.
type parsed struct {
	Name, Label string
	Attributes  map[string]any
	Blocks      []parsed
}

type parsedReference string

func (p parsed) id() string {
	if p.Label == "" {
		return p.Name
	}
	return p.Name + "." + p.Label
}

// riverReader reads River strictly, independently of the writer: tokens by the
// language's specification, one statement a line, every brace closed.
type riverReader struct {
	rest string
	line int
}

// parseRiver reads a configuration.
func parseRiver(text string) (blocks []parsed, err error) {
	r := &riverReader{rest: text, line: 1}
	defer func() {
		if problem := recover(); problem != nil {
			blocks, err = nil, fmt.Errorf("line %d: %v", r.line, problem)
		}
	}()
	body := r.body(true)
	if len(body.Attributes) > 0 {
		panic("attributes outside of blocks")
	}
	return body.Blocks, nil
}

func (r *riverReader) fail(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// space skips blanks, and newlines when they mean nothing.
func (r *riverReader) space(newlines bool) {
	for r.rest != "" && (r.rest[0] == ' ' || r.rest[0] == '\t' || (newlines && r.rest[0] == '\n')) {
		if r.rest[0] == '\n' {
			r.line++
		}
		r.rest = r.rest[1:]
	}
}

func (r *riverReader) accept(token string) bool {
	if !strings.HasPrefix(r.rest, token) {
		return false
	}
	r.line += strings.Count(token, "\n")
	r.rest = r.rest[len(token):]
	return true
}

func (r *riverReader) want(token string) {
	if !r.accept(token) {
		r.fail("want %q before %.40q", token, r.rest)
	}
}

func (r *riverReader) identifier() string {
	n := 0
	for n < len(r.rest) {
		c := r.rest[n]
		letter := c == '_' || (c|0x20 >= 'a' && c|0x20 <= 'z')
		if !letter && (n == 0 || c < '0' || c > '9') {
			break
		}
		n++
	}
	if n == 0 {
		r.fail("want an identifier before %.40q", r.rest)
	}
	name := r.rest[:n]
	r.rest = r.rest[n:]
	return name
}

func (r *riverReader) dotted() string {
	name := r.identifier()
	for r.accept(".") {
		name += "." + r.identifier()
	}
	return name
}

// body reads what is in a block, its closing brace too unless it is the whole file.
func (r *riverReader) body(file bool) parsed {
	made := parsed{Attributes: map[string]any{}}
	for {
		r.space(true)
		if file && r.rest == "" || !file && r.accept("}") {
			return made
		}
		name := r.dotted()
		r.space(false)
		if r.accept("=") {
			if _, twice := made.Attributes[name]; twice || strings.Contains(name, ".") {
				r.fail("attribute %s is there twice or has dots", name)
			}
			r.space(false)
			made.Attributes[name] = r.value()
		} else {
			label := ""
			if strings.HasPrefix(r.rest, `"`) {
				label = r.text()
				inner := riverReader{rest: label}
				if inner.identifier(); inner.rest != "" {
					r.fail("label %q is no identifier", label)
				}
				r.space(false)
			}
			r.want("{\n")
			block := r.body(false)
			block.Name, block.Label = name, label
			made.Blocks = append(made.Blocks, block)
		}
		r.space(false)
		r.want("\n")
	}
}

func (r *riverReader) value() any {
	switch {
	case strings.HasPrefix(r.rest, `"`):
		return r.text()
	case r.accept("["):
		list := []any{}
		for !r.accept("]") {
			if len(list) > 0 {
				r.want(",")
				r.space(true)
			}
			list = append(list, r.value())
		}
		return list
	case r.accept("{"):
		object := map[string]string{}
		for r.space(true); !r.accept("}"); r.space(true) {
			key := r.text()
			if _, twice := object[key]; twice {
				r.fail("key %q is there twice", key)
			}
			r.space(false)
			r.want("=")
			r.space(false)
			object[key] = r.text()
			r.want(",")
		}
		return object
	case r.rest != "" && r.rest[0] >= '0' && r.rest[0] <= '9':
		n := strings.IndexFunc(r.rest, func(c rune) bool { return c < '0' || c > '9' })
		number, err := strconv.Atoi(r.rest[:n])
		if err != nil {
			r.fail("number: %v", err)
		}
		r.rest = r.rest[n:]
		return number
	}
	switch name := r.dotted(); name {
	case "true", "false":
		return name == "true"
	default:
		return parsedReference(name)
	}
}

// text reads a text between quotes, with the escapes that River knows.
func (r *riverReader) text() string {
	r.want(`"`)
	var text []byte
	for {
		if r.rest == "" {
			r.fail("a text does not end")
		}
		c, size := utf8.DecodeRuneInString(r.rest)
		r.rest = r.rest[size:]
		switch {
		case c == '"':
			return string(text)
		case c == '\n' || c == utf8.RuneError && size == 1:
			r.fail("a text has a newline or no UTF-8 in it")
		case c != '\\':
			text = utf8.AppendRune(text, c)
		default:
			text = append(text, r.escape()...)
		}
	}
}

func (r *riverReader) escape() []byte {
	if r.rest == "" {
		r.fail("an escape does not end")
	}
	c := r.rest[0]
	if i := strings.IndexByte(`abfnrtv\"`, c); i >= 0 {
		r.rest = r.rest[1:]
		return []byte{"\a\b\f\n\r\t\v\\\""[i]}
	}
	digits, base, from := 0, 16, 1
	switch {
	case c >= '0' && c <= '7':
		digits, base, from = 3, 8, 0
	case c == 'x':
		digits = 2
	case c == 'u':
		digits = 4
	case c == 'U':
		digits = 8
	}
	if digits == 0 || len(r.rest) < from+digits {
		r.fail("unknown escape before %.40q", r.rest)
	}
	code, err := strconv.ParseUint(r.rest[from:from+digits], base, 32)
	if err != nil {
		r.fail("escape: %v", err)
	}
	r.rest = r.rest[from+digits:]
	if c == 'u' || c == 'U' {
		return utf8.AppendRune(nil, rune(code))
	}
	return []byte{byte(code)}
}

// hostile are texts that break out of careless templates.
var hostile = []string{
	`"`, `\`, `\"`, "a\nb", "a\r\n}", "\t", "`", "' or \"", `${env("HOME")}`, "{{ .Values }}", "*/ // #", "}\nlogging { }\n",
	`x" } prometheus.remote_write "evil" { endpoint { url = "https://evil.example"`, "\x00\x07\x7f", "\xff\xfe", "\ufeff", "\u2028", "日本 é 🙂", "$1 $$ $", "",
}

func TestRiverTexts(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		written, err := riverText([]riverBlock{{"some.block", "label", []riverItem{
			riverAttribute{"text", riverString(text)},
			riverAttribute{"list", riverStrings(text, text)},
			riverAttribute{"map", riverMap{text: text, text + "2": ""}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseRiver(written)
		if err != nil {
			t.Fatalf("%q: %v in\n%s", text, err, written)
		}
		want := []parsed{{Name: "some.block", Label: "label", Attributes: map[string]any{
			"text": text, "list": []any{text, text}, "map": map[string]string{text: text, text + "2": ""},
		}}}
		assert.Equal(t, want, got, "%q", text)
	}
}

func TestRiverForm(t *testing.T) {
	t.Parallel()
	source := riverBlock{"discovery.kubernetes", "pods", []riverItem{riverAttribute{"role", riverString("pod")}}}
	got, err := riverText([]riverBlock{source, {"prometheus.scrape", "pods", []riverItem{
		riverAttribute{"targets", source.export("targets")},
		riverAttribute{"forward_to", riverList{}},
		riverBlock{name: "clustering", body: []riverItem{riverAttribute{"enabled", riverBool(true)}}},
		riverAttribute{"n", riverInt(-0)},
		riverAttribute{"labels", riverMap{"b": "2", "a": "1"}},
		riverAttribute{"none", riverMap{}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `discovery.kubernetes "pods" {
	role = "pod"
}

prometheus.scrape "pods" {
	targets    = discovery.kubernetes.pods.targets
	forward_to = []

	clustering {
		enabled = true
	}
	n      = 0
	labels = {
		"a" = "1",
		"b" = "2",
	}
	none   = {}
}
`
	assert.Equal(t, want, got, "text")
}

func TestRiverErrors(t *testing.T) {
	t.Parallel()
	attribute := func(name string, value riverValue) []riverBlock {
		return []riverBlock{{name: "a", body: []riverItem{riverAttribute{name, value}}}}
	}
	for _, test := range []struct {
		want   string
		blocks []riverBlock
	}{
		{`"a b" is no identifier`, []riverBlock{{name: "a b"}}},
		{`"a..b" is no identifier`, []riverBlock{{name: "a..b"}}},
		{`"l\"" is no identifier`, []riverBlock{{name: "a", label: `l"`}}},
		{`"x-y" is no identifier`, attribute("x-y", riverInt(1))},
		{`"1" is no identifier`, attribute("x", riverReference{"a", "1", "b"})},
		{"a.b is there twice", []riverBlock{{name: "a", label: "b"}, {name: "a", label: "b"}}},
		{"a.missing is referred to, but not there", attribute("x", riverList{riverReference{"a", "missing", "receiver"}})},
	} {
		if _, err := riverText(test.blocks); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got error %v, want one that says %q", err, test.want)
		}
	}
}

// The reader itself refuses what River does not take.
func TestRiverReaderIsStrict(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"a {", "a {\n", "a {\n}", "a {\n}\n}\n", "a = 1\n", "a \"b {\n}\n", "a {\nx = \"y\n\"\n}\n", "a {\nx = \"\\q\"\n}\n", "a {\nx = \"\\x0\"\n}\n",
		"a {\nx = 1 y = 2\n}\n", "a {\nx = 1\nx = 2\n}\n", "a {\nx = [1 2]\n}\n", "a {\nx = {\"a\" = \"b\"}\n}\n", "a \"b-c\" {\n}\n", "a {\nx.y = 1\n}\n", "a { }\n",
	} {
		if _, err := parseRiver(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
