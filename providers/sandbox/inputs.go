package sandbox

import "strings"

// Inputs are a resource's inputs as plain data, see Plain.
type Inputs map[string]any

// Text returns a string input; ok is false when it is absent or unknown.
func (in Inputs) Text(name string) (text string, ok bool) {
	text, ok = in[name].(string)
	return text, ok
}

// Flag returns a boolean input, false when it is absent or unknown.
func (in Inputs) Flag(name string) bool {
	flag, _ := in[name].(bool)
	return flag
}

// Number returns a numeric input; ok is false when it is absent or unknown.
func (in Inputs) Number(name string) (number float64, ok bool) {
	number, ok = in[name].(float64)
	return number, ok
}

// List returns a list input, nil when it is absent or unknown.
func (in Inputs) List(name string) []any {
	list, _ := in[name].([]any)
	return list
}

// Map returns an object input, nil when it is absent or unknown.
func (in Inputs) Map(name string) Inputs {
	object, _ := in[name].(map[string]any)
	return object
}

// At returns the input at a path of names ("spec.template.spec"), nil when it is absent.
func (in Inputs) At(path string) any {
	head, rest, below := strings.Cut(path, ".")
	if !below {
		return in[head]
	}
	return in.Map(head).At(rest)
}
