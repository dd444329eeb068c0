package rule

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/sandbox"
)

type fields = map[string]any

func TestChecks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		check Check
		in    fields
		want  string
	}{
		"matches":           {Matches("a", "^x$", "is no x"), fields{"a": "y"}, `[{a "y" is no x}]`},
		"matched":           {Matches("a", "^x$", "is no x"), fields{"a": "x"}, "[]"},
		"absent":            {Matches("a", "^x$", "is no x"), fields{}, "[]"},
		"unknown":           {Matches("a", "^x$", "is no x"), fields{"a": sandbox.Unknown}, "[]"},
		"one of":            {OneOf("a", "x", "y"), fields{"a": "z"}, `[{a expected a to be one of ["x" "y"], got z}]`},
		"is one of":         {OneOf("a", "x", "y"), fields{"a": "y"}, "[]"},
		"each one of":       {EachOneOf("a", "x", "y"), fields{"a": []any{"x", "z"}}, `[{a[1] expected it to be one of ["x" "y"], got z}]`},
		"below":             {Between("a", 1, 2), fields{"a": 0.0}, "[{a 0 is not between 1 and 2}]"},
		"between":           {Between("a", 1, 2), fields{"a": 2.0}, "[]"},
		"required":          {Required("a", "b"), fields{"a": 1.0}, "[{b is required}]"},
		"required, unknown": {Required("a"), fields{"a": sandbox.Unknown}, "[]"},
		"exclusive":         {Exclusive("a", "b", "c"), fields{"a": 1.0, "c": 1.0}, "[{c conflicts with a}]"},
		"alone":             {Exclusive("a", "b", "c"), fields{"c": 1.0}, "[]"},
		"all":               {All(Required("a"), Required("b")), fields{}, "[{a is required} {b is required}]"},
		"within":            {Within("a", Required("b")), fields{"a": fields{}}, "[{a.b is required}]"},
		"within, deeper":    {Within("a", Within("b", Required("c"))), fields{}, "[{a.b.c is required}]"},
		"the object itself": {Within("a", func(sandbox.Inputs) []sandbox.Problem { return One("", "is %s", "wrong") }), fields{}, "[{a is wrong}]"},
		"each":              {Each("a", Required("b")), fields{"a": []any{fields{"b": 1.0}, fields{}, sandbox.Unknown}}, "[{a[1].b is required}]"},
		"each text":         {EachText("a", func(text string) string { return text }), fields{"a": []any{"", "x", sandbox.Unknown}}, "[{a[1] x}]"},
	} {
		assert.Equal(t, test.want, fmt.Sprint(test.check(test.in)), name)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	reference := Weak(Unless(func(value string) bool { return value == "foreign" }, By("a", "type", "arn", "no %s")))
	assert.Equal(t, []any{"a", []string{"type"}, "arn", "no %s", true}, []any{reference.Path, reference.Types, reference.By, reference.Message, reference.Weak})
	assert.True(t, reference.Skip(nil, "foreign"))
	assert.False(t, reference.Skip(nil, "own"))
	assert.Equal(t, []sandbox.Unique{{Properties: []string{"a", "b"}, Message: "taken: %s"}}, Unique("taken: %s", "a", "b"))
	assert.True(t, UniqueEverywhere("taken: %s", "a")[0].Everywhere)
}
