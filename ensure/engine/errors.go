package engine

import (
	"errors"
	"fmt"
	"strings"
)

// ErrCanceled says that the user interrupted the operation. What was running then
// has ended, and the state is written.
var ErrCanceled = errors.New("canceled")

// NotAppliedError says that a stack has no state.
type NotAppliedError struct{ Stack string }

func (e *NotAppliedError) Error() string { return fmt.Sprintf("stack %s was never applied", e.Stack) }

// StateError says that a stack's state cannot be read.
type StateError struct {
	Stack, URL, Path string
	Backups          string // where states of earlier operations are
	Err              error
}

func (e *StateError) Error() string {
	var key *KeyError
	if errors.As(e.Err, &key) {
		return fmt.Sprintf("read state of stack %s (%s in %s): %v", e.Stack, e.Path, e.URL, e.Err)
	}
	return fmt.Sprintf("read state of stack %s (%s in %s): %v; restore it: the previous state is next to it, with .bak appended, "+
		"earlier ones are in %s", e.Stack, e.Path, e.URL, e.Err, e.Backups)
}

func (e *StateError) Unwrap() error { return e.Err }

// KeyError says that what encrypts the secrets in state is missing, or is not what
// encrypted them.
type KeyError struct {
	Key string // its path or URL, or a word for a passphrase
	Err error
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("the key of the state's secrets (%s): %v; restore it from a backup: no other one opens them", e.Key, e.Err)
}

func (e *KeyError) Unwrap() error { return e.Err }

// OperationError is a failed operation: the resources that failed, each with the
// provider's message, or the message of the program or the engine.
type OperationError struct {
	Operation string
	Stack     string
	Failures  []Failure
	Err       error
}

// Failure is one error that the engine, a provider or the program reported.
type Failure struct{ URN, Message string }

func (e *OperationError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s stack %s:", e.Operation, e.Stack)
	more := map[string]int{} // by what they say
	for _, failure := range e.Failures {
		more[failure.Message]++
	}
	if len(more) < 2 {
		text.WriteString(" ")
	}
	if len(e.Failures) == 0 {
		text.WriteString(e.Err.Error())
	}
	for _, failure := range e.Failures {
		if more[failure.Message] == 0 {
			continue // the first said it for all
		}
		if len(more) > 1 {
			text.WriteString("\n  ")
		}
		if failure.URN != "" {
			text.WriteString(failure.URN + ": ")
		}
		text.WriteString(failure.Message)
		if others := more[failure.Message] - 1; others > 0 {
			fmt.Fprintf(&text, " (and %d more resources, for the same reason)", others)
		}
		more[failure.Message] = 0
	}
	return text.String()
}

func (e *OperationError) Unwrap() error { return e.Err }

// PlanViolatedError says that the program wanted something else than its preview,
// which the user agreed to, had shown. What agreed with the preview is applied.
type PlanViolatedError struct {
	Stack    string
	Failures []Failure
}

func (e *PlanViolatedError) Error() string {
	messages := make([]string, len(e.Failures))
	for i, failure := range e.Failures {
		messages[i] = failure.Message
	}
	return fmt.Sprintf("apply stack %s: something changed since the preview: %s; run again to see and apply it",
		e.Stack, strings.Join(messages, "; "))
}
