package step

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/engine"
)

// GuardError says that a plan would delete or replace what cannot be made again.
// Nothing was applied.
type GuardError struct {
	Changes []engine.Change
	// Wholes are components that go with several of Changes in them, and how many.
	Wholes map[string]int
	// Successors are, by the URN of a delete, the resources that set the same anew: what they
	// set, the delete would take away.
	Successors map[string]string
}

func (e *GuardError) Error() string {
	var text strings.Builder
	text.WriteString("the plan would destroy what cannot be made again:")
	for _, change := range e.Changes {
		fmt.Fprintf(&text, "\n  %s %s", change.Kind, change.URN)
		if successor := e.Successors[change.URN]; successor != "" {
			fmt.Fprintf(&text, "\n    because %s sets the same anew, which this would take away again: give it the old one as an alias", successor)
		} else {
			fmt.Fprintf(&text, "\n    because %s", strings.Join(reasons(change), ", and "))
		}
		if len(change.Awaits) > 0 {
			fmt.Fprintf(&text, "\n    maybe it need not be: the new value is known when what it comes from is there; make only that first, then run again: --target-resources %s",
				shellQuote(strings.Join(change.Awaits, ",")))
		}
		fmt.Fprintf(&text, "\n    to allow it: --allow-replace %s", shellQuote(change.URN))
	}
	for _, whole := range slices.Sorted(maps.Keys(e.Wholes)) {
		fmt.Fprintf(&text, "\n%d of them are parts of one component that goes as a whole; to allow all of it: --allow-replace %s",
			e.Wholes[whole], shellQuote(whole))
	}
	text.WriteString("\nnothing was applied")
	return text.String()
}

// reasons say why a change deletes or replaces.
func reasons(change engine.Change) []string {
	if change.Kind == engine.Delete {
		return []string{"the configuration no longer has it"}
	}
	var found []string
	for _, difference := range change.Differences {
		if difference.Replaces {
			found = append(found, fmt.Sprintf("%s changes from %q to %q", difference.Path, difference.Old, difference.New))
		}
	}
	if len(found) == 0 {
		return []string{"what it needs is replaced"}
	}
	return found
}

// guard stops a plan that would delete or replace a resource of a guarded type, a protected
// one, or one whose setting another resource sets anew, unless it or something above it is in
// allowed. unprotect are the protected resources that may go.
func guard(plan *engine.Plan, guarded map[string]bool, settings map[string][]string, allowed []string) (unprotect []string, err error) {
	successors := succeeded(plan, settings)
	parents, goes := map[string]string{}, map[string]bool{}
	for _, change := range plan.Changes {
		parents[change.URN], goes[change.URN] = change.Parent, change.Kind == engine.Delete
	}
	var stopped []engine.Change
	for _, change := range plan.Changes {
		destroys := change.Kind == engine.Delete || change.Kind == engine.Replace
		if !destroys || !guarded[change.Type] && !change.Protected && successors[change.URN] == "" {
			continue
		}
		urn := change.URN
		for urn != "" && !slices.Contains(allowed, urn) {
			urn = parents[urn]
		}
		switch {
		case urn == "":
			stopped = append(stopped, change)
		case change.Protected:
			unprotect = append(unprotect, change.URN)
		}
	}
	if len(stopped) == 0 {
		return unprotect, nil
	}
	wholes := map[string]int{}
	for _, change := range stopped {
		whole := change.URN
		for goes[parents[whole]] {
			whole = parents[whole]
		}
		wholes[whole]++
	}
	maps.DeleteFunc(wholes, func(_ string, parts int) bool { return parts < 2 })
	return nil, &GuardError{Changes: stopped, Wholes: wholes, Successors: successors}
}

// succeeded finds the deletes of settings that another resource of the plan sets anew: by the
// URN of the delete, the other's. What is only forgotten takes nothing away.
func succeeded(plan *engine.Plan, settings map[string][]string) map[string]string {
	named := func(change engine.Change) string {
		name := []string{change.Type}
		for _, input := range settings[change.Type] {
			text, known := change.Text(input)
			if !known {
				return ""
			}
			name = append(name, text)
		}
		identifier, _ := change.Text("setIdentifier") // of one of several records
		return strings.Join(append(name, identifier), "\x00")
	}
	made := map[string]string{}
	for _, change := range plan.Changes {
		if change.Kind == engine.Create && settings[change.Type] != nil {
			made[named(change)] = change.URN
		}
	}
	delete(made, "")
	successors := map[string]string{}
	for _, change := range plan.Changes {
		if change.Kind == engine.Delete && settings[change.Type] != nil && !change.RetainOnDelete && made[named(change)] != "" {
			successors[change.URN] = made[named(change)]
		}
	}
	return successors
}

// shellQuote quotes an argument for a POSIX shell.
func shellQuote(argument string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r)
	}
	if argument != "" && strings.IndexFunc(argument, func(r rune) bool { return !plain(r) }) < 0 {
		return argument
	}
	return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
}
