// Package rule holds what simulated providers make their types' rules of: checks of
// inputs, references to other objects, and names that must be free.
package rule

import (
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// Check finds what is wrong with inputs. What is absent or unknown is not wrong.
type Check = func(sandbox.Inputs) []sandbox.Problem

// Problems are what a check found.
type Problems []sandbox.Problem

// Add adds a problem with the property at a path.
func (p *Problems) Add(path, format string, args ...any) {
	*p = append(*p, sandbox.Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

// One is a single problem with the property at a path.
func One(path, format string, args ...any) []sandbox.Problem {
	return []sandbox.Problem{{Path: path, Text: fmt.Sprintf(format, args...)}}
}

// All joins checks.
func All(checks ...Check) Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		var problems []sandbox.Problem
		for _, check := range checks {
			problems = append(problems, check(in)...)
		}
		return problems
	}
}

// Within applies a check to the object that a property is.
func Within(property string, check Check) Check {
	return func(in sandbox.Inputs) []sandbox.Problem { return below(property, in.Map(property), check) }
}

// Each applies a check to each object of the list that a property is.
func Each(property string, check Check) Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		var problems []sandbox.Problem
		for i, element := range in.List(property) {
			if object, ok := element.(map[string]any); ok {
				problems = append(problems, below(fmt.Sprintf("%s[%d]", property, i), object, check)...)
			}
		}
		return problems
	}
}

func below(path string, in sandbox.Inputs, check Check) []sandbox.Problem {
	problems := check(in)
	for i := range problems {
		problems[i].Path = sandbox.Join(path, problems[i].Path)
	}
	return problems
}

// EachText applies a check of a text to the texts of the list that a property is; it
// returns what is wrong, "" for nothing.
func EachText(property string, wrong func(text string) string) Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		var problems Problems
		for i, element := range in.List(property) {
			if text, ok := element.(string); ok {
				if problem := wrong(text); problem != "" {
					problems.Add(fmt.Sprintf("%s[%d]", property, i), "%s", problem)
				}
			}
		}
		return problems
	}
}

// Matches makes a check that a property, where it is given, matches a pattern.
func Matches(property, pattern, text string) Check {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return func(in sandbox.Inputs) []sandbox.Problem {
		if value, ok := in.Text(property); ok && !compiled().MatchString(value) {
			return One(property, "%q %s", value, text)
		}
		return nil
	}
}

// OneOf makes a check that a property, where it is given, is one of some values.
func OneOf(property string, values ...string) Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		if value, ok := in.Text(property); ok && !slices.Contains(values, value) {
			return One(property, "expected %s to be one of %q, got %s", property, values, value)
		}
		return nil
	}
}

// EachOneOf makes a check that the elements of a list are some values.
func EachOneOf(property string, values ...string) Check {
	return EachText(property, func(text string) string {
		if slices.Contains(values, text) {
			return ""
		}
		return fmt.Sprintf("expected it to be one of %q, got %s", values, text)
	})
}

// Between makes a check that a numeric property, where it is given, is in a range.
func Between(property string, low, high float64) Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		if number, ok := in.Number(property); ok && (number < low || number > high) {
			return One(property, "%v is not between %v and %v", number, low, high)
		}
		return nil
	}
}

// Required makes a check that properties are there.
func Required(properties ...string) Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		var problems Problems
		for _, property := range properties {
			if _, ok := in[property]; !ok {
				problems.Add(property, "is required")
			}
		}
		return problems
	}
}

// Exclusive makes a check that at most one of some properties is given.
func Exclusive(properties ...string) Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		var given []string
		for _, property := range properties {
			if _, ok := in[property]; ok {
				given = append(given, property)
			}
		}
		if len(given) > 1 {
			return One(given[1], "conflicts with %s", given[0])
		}
		return nil
	}
}
