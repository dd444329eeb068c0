package sandbox

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Type describes how a provider's resource type behaves.
type Type struct {
	// Args is the plain form of the SDK's arguments, XArgs{}.ElementType(); nil accepts
	// any properties.
	Args reflect.Type
	// Replace names the properties whose change replaces the resource, by path:
	// "cidrBlock", "spec.selector".
	Replace []string
	// ReplaceIf names further properties whose change from old to new inputs replaces the
	// resource, where a path alone cannot tell.
	ReplaceIf func(old, new Inputs) []string
	// Computed names the inputs that the cloud keeps when they are no longer given.
	Computed []string
	// DeleteBeforeReplace says that the provider deletes the old one before it makes the
	// new one, unless the name is a generated one.
	DeleteBeforeReplace bool
	// Defaults are inputs that the cloud fills in.
	Defaults map[string]any
	// AutoName is the path of the property that gets a generated name, the logical one
	// and seven hex digits, when it and AutoName+"Prefix" are absent.
	AutoName string
	// Unique are the names that must be free.
	Unique []Unique
	// References are the inputs that name other objects.
	References []Reference
	// Outputs names the outputs that are not known before the resource exists, also
	// within an input: "vpcConfig.vpcId".
	Outputs []string
	// Changing names the outputs that an update from old to new inputs changes.
	Changing func(old, new Inputs) []string
	// Secret names the outputs that are secret.
	Secret []string
	// Check finds what is wrong beyond names and types.
	Check func(inputs Inputs) []Problem
	// Admit refuses what only the store can tell to be wrong, before a create or an
	// update. In a preview inputs may be Unknown, and what is missing may still be made.
	Admit func(o *Operation, preview bool) error
	// Create fills in id and outputs. It may put other objects into the cloud.
	Create func(o *Operation) error
	// Update, when set, fills in the outputs after an update; else Create's remain.
	Update func(o *Operation) error
	// Delete refuses, or does more; dependents are checked before.
	Delete func(o *Operation) error
	// Global is true for types that belong to no region, Account ones to no account.
	Global bool
}

// Unique is a name that only one object of a type may have.
type Unique struct {
	// Property holds the name; several are joined.
	Properties []string
	// Everywhere is true for names that are unique over all accounts.
	Everywhere bool
	// Message is the cloud's error, with %s for the name.
	Message string
}

// Reference is an input that names another object.
type Reference struct {
	// Path leads to the input: "vpcId", "subnetIds[]", "ingress[].securityGroups[]".
	Path string
	// Types may be named by it.
	Types []string
	// By is the property of the other object that is named; "" for its id.
	By string
	// Message is the cloud's error, with %s for what was named.
	Message string
	// Weak references do not keep the other object from being deleted.
	Weak bool
	// Skip leaves values alone that do not name an object of the sandbox.
	Skip func(value string) bool
}

// Problem is something wrong with a property.
type Problem struct{ Path, Text string }

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

// Operation is a create, update or delete that a Type takes part in. The cloud is
// locked.
type Operation struct {
	Cloud           *Cloud
	Account, Region string
	URN             string
	Name            string // the logical name
	Type            string
	Inputs          Inputs
	// Old is the object before an update or delete.
	Old *Object
	// ID and Outputs are what Create and Update fill in. On an update they start as
	// they were.
	ID      string
	Outputs map[string]any
}

// at returns the values that a reference's path leads to, with their paths.
func at(plain any, path, sofar string) map[string]string {
	head, rest, _ := strings.Cut(path, ".")
	name, list := strings.CutSuffix(head, "[]")
	object, ok := plain.(map[string]any)
	if !ok {
		return nil
	}
	found := map[string]string{}
	visit := func(value any, where string) {
		if rest != "" {
			for path, text := range at(value, rest, where) {
				found[path] = text
			}
		} else if text, ok := value.(string); ok {
			found[where] = text
		}
	}
	where := join(sofar, name)
	if !list {
		visit(object[name], where)
		return found
	}
	elements, _ := object[name].([]any)
	for i, element := range elements {
		visit(element, fmt.Sprintf("%s[%d]", where, i))
	}
	return found
}

// Matches makes a check that a property, where it is given, matches a pattern.
func Matches(property, pattern, text string) func(Inputs) []Problem {
	compiled := regexp.MustCompile(pattern)
	return func(in Inputs) []Problem {
		if value, ok := in.Text(property); ok && !compiled.MatchString(value) {
			return []Problem{{property, fmt.Sprintf("%q %s", value, text)}}
		}
		return nil
	}
}

// OneOf makes a check that a property, where it is given, is one of some values.
func OneOf(property string, values ...string) func(Inputs) []Problem {
	return func(in Inputs) []Problem {
		value, ok := in.Text(property)
		if !ok {
			return nil
		}
		for _, allowed := range values {
			if value == allowed {
				return nil
			}
		}
		return []Problem{{property, fmt.Sprintf("expected %s to be one of %q, got %s", property, values, value)}}
	}
}

// Between makes a check that a numeric property, where it is given, is in a range.
func Between(property string, low, high float64) func(Inputs) []Problem {
	return func(in Inputs) []Problem {
		if number, ok := in.Number(property); ok && (number < low || number > high) {
			return []Problem{{property, fmt.Sprintf("%v is not between %v and %v", number, low, high)}}
		}
		return nil
	}
}

// Required makes a check that properties are there.
func Required(properties ...string) func(Inputs) []Problem {
	return func(in Inputs) []Problem {
		var problems []Problem
		for _, property := range properties {
			if _, ok := in[property]; !ok {
				problems = append(problems, Problem{property, "is required"})
			}
		}
		return problems
	}
}

// Exclusive makes a check that at most one of some properties is given.
func Exclusive(properties ...string) func(Inputs) []Problem {
	return func(in Inputs) []Problem {
		var given []string
		for _, property := range properties {
			if _, ok := in[property]; ok {
				given = append(given, property)
			}
		}
		if len(given) > 1 {
			return []Problem{{given[1], "conflicts with " + given[0]}}
		}
		return nil
	}
}

// All joins checks.
func All(checks ...func(Inputs) []Problem) func(Inputs) []Problem {
	return func(in Inputs) []Problem {
		var problems []Problem
		for _, check := range checks {
			problems = append(problems, check(in)...)
		}
		return problems
	}
}
