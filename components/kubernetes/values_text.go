package kubernetes

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// chartValues is the text of values in YAML as the older programs wrote it, so that
// adopting a chart does not run its job again: keys sorted, lists not indented, and what
// a reader would take for something else than text in single quotes.
//
// It is an error if a value is neither text, number, boolean, null, list nor map.
func chartValues(values map[string]any) (string, error) {
	w := &valuesWriter{}
	if err := w.block(reflect.ValueOf(values), 0, false); err != nil {
		return "", fmt.Errorf("write chart values: %w", err)
	}
	return w.text.String(), nil
}

type valuesWriter struct{ text strings.Builder }

// block writes a map or list that is not empty from the given column on, in lines of its
// own; inline, the first one goes on in the line that is begun. All else is in one line.
func (w *valuesWriter) block(value reflect.Value, column int, inline bool) error {
	value = under(value)
	indent := func() {
		if inline {
			inline = false
			return
		}
		w.text.WriteString(strings.Repeat(" ", column))
	}
	switch {
	case isMap(value) && value.Len() > 0:
		keys := value.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			indent()
			w.text.WriteString(plainOrQuoted(key.String()) + ":")
			element := under(value.MapIndex(key))
			below := column
			if isMap(element) {
				below += 2
			}
			if err := w.element(element, below, "\n"); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	case isList(value) && value.Len() > 0:
		for i := range value.Len() {
			indent()
			w.text.WriteString("-")
			element := under(value.Index(i))
			if err := w.element(element, column+2, " "); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
	default:
		return w.element(value, column, "")
	}
	return nil
}

// element writes what follows a key or a dash. A map or list follows after the given
// separator.
func (w *valuesWriter) element(value reflect.Value, column int, separator string) error {
	if (isMap(value) || isList(value)) && value.Len() > 0 {
		w.text.WriteString(separator)
		return w.block(value, column, separator == " ")
	}
	text, err := scalar(value)
	if err != nil {
		return err
	}
	if separator != "" {
		w.text.WriteString(" ")
	}
	w.text.WriteString(text + "\n")
	return nil
}

func scalar(value reflect.Value) (string, error) {
	switch {
	case !value.IsValid():
		return "null", nil
	case isMap(value):
		return "{}", nil
	case isList(value):
		return "[]", nil
	case value.Kind() == reflect.String:
		return plainOrQuoted(value.String()), nil
	case value.Kind() == reflect.Bool:
		return strconv.FormatBool(value.Bool()), nil
	case value.CanInt():
		return strconv.FormatInt(value.Int(), 10), nil
	case value.CanUint():
		return strconv.FormatUint(value.Uint(), 10), nil
	case value.CanFloat():
		number := value.Float()
		if number == float64(int64(number)) { // numbers of Pulumi are floats, whole ones too
			return strconv.FormatInt(int64(number), 10), nil
		}
		return strconv.FormatFloat(number, 'g', -1, 64), nil
	default:
		return "", fmt.Errorf("a %s cannot be a value of a chart", value.Type())
	}
}

// under is the value in interfaces and pointers; the zero Value for nil.
func under(value reflect.Value) reflect.Value {
	for value.IsValid() && (value.Kind() == reflect.Interface || value.Kind() == reflect.Pointer) {
		value = value.Elem()
	}
	return value
}

func isMap(value reflect.Value) bool {
	return value.IsValid() && value.Kind() == reflect.Map && value.Type().Key().Kind() == reflect.String
}

func isList(value reflect.Value) bool {
	return value.IsValid() && value.Kind() == reflect.Slice
}

// notText are plain scalars that some version of YAML takes for something else than text:
// null and booleans, numbers, sexagesimal ones and dates too, and the value and merge keys.
var notText = regexp.MustCompile(`(?i)^(` +
	`~|null|true|false|yes|no|on|off|y|n|=|<<|` +
	`[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-f_]+|[0-9_]+|[0-9_]+(:[0-5]?[0-9])+(\.[0-9_]*)?)|` +
	`[-+]?([0-9_]+\.?[0-9_]*|\.[0-9_]+)(e[-+]?[0-9_]+)?|[-+]?\.(inf|nan)|` +
	`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t \t].*)?` +
	`)$`)

// plainOrQuoted writes a text in one line: as it is where that is understood, else in
// single quotes, and in double quotes what has characters that only they can hold.
func plainOrQuoted(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r > unicode.MaxLatin1 }) {
		quoted, _ := json.Marshal(text) // a text has no error
		return string(quoted)
	}
	if text == "" || notText.MatchString(text) || text != strings.TrimSpace(text) ||
		strings.ContainsAny(text[:1], "#,[]{}&*!|>'\"%@`?:") || strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...") ||
		text == "-" || strings.HasPrefix(text, "- ") ||
		strings.Contains(text, ": ") || strings.HasSuffix(text, ":") || strings.Contains(text, " #") {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return text
}
