package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
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
	Err              error
}

func (e *StateError) Error() string {
	return fmt.Sprintf("read state of stack %s (%s in %s): %v; the previous state is next to it, with .bak appended",
		e.Stack, e.Path, e.URL, e.Err)
}

func (e *StateError) Unwrap() error { return e.Err }

// Lock is the lock of a running (or dead) operation.
type Lock struct {
	User     string    `json:"username"`
	Host     string    `json:"hostname"`
	Process  int       `json:"pid"`
	Since    time.Time `json:"timestamp"`
	orphaned bool
}

func (l Lock) String() string {
	text := fmt.Sprintf("%s on %s (process %d) since %s (%s ago)", l.User, l.Host, l.Process,
		l.Since.Format(time.RFC3339), time.Since(l.Since).Round(time.Second))
	if l.orphaned {
		text += ", which is not running any more"
	}
	return text
}

// LockedError says that somebody else works on the stack.
type LockedError struct {
	Stack string
	Locks []Lock
}

func (e *LockedError) Error() string {
	holders := make([]string, len(e.Locks))
	for i, lock := range e.Locks {
		holders[i] = lock.String()
	}
	return fmt.Sprintf("stack %s is locked by %s; wait for it to end, or, if it died, release the lock with --cancel",
		e.Stack, strings.Join(holders, " and by "))
}

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
	fmt.Fprintf(&text, "%s stack %s: ", e.Operation, e.Stack)
	if len(e.Failures) == 0 {
		text.WriteString(e.Err.Error())
	}
	for i, failure := range e.Failures {
		if i > 0 {
			text.WriteString("; ")
		}
		if failure.URN != "" {
			text.WriteString(failure.URN + ": ")
		}
		text.WriteString(failure.Message)
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

// classifyLock turns the error of taking a lock into a *LockedError when somebody
// holds it: Pulumi's own error is a text.
func (s *Stack) classifyLock(ctx context.Context, err error) error {
	locks, lookErr := s.locks(ctx)
	if lookErr != nil {
		return errors.Join(err, lookErr)
	}
	if len(locks) == 0 {
		return err
	}
	return &LockedError{Stack: s.Name(), Locks: locks}
}

// locks lists the locks on the stack.
func (s *Stack) locks(ctx context.Context) ([]Lock, error) {
	exists, err := s.backend.open(ctx)
	if err != nil || !exists {
		return nil, err
	}
	directory := path.Join(workspace.BookkeepingDir, workspace.LockDir, "organization", s.Project(), s.name) + "/"
	list := s.backend.bucket.List(&blob.ListOptions{Prefix: directory})
	host, _ := os.Hostname()
	var locks []Lock
	for {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return locks, nil
		}
		if err != nil {
			return nil, fmt.Errorf("look for locks of stack %s: %w", s.Name(), err)
		}
		content, err := s.backend.bucket.ReadAll(ctx, object.Key)
		if gcerrors.Code(err) == gcerrors.NotFound {
			continue // released since it was listed
		}
		if err != nil {
			return nil, fmt.Errorf("read lock %s: %w", object.Key, err)
		}
		lock := Lock{User: "unknown", Host: "unknown", Since: object.ModTime}
		if json.Unmarshal(content, &lock) == nil && lock.Host == host {
			lock.orphaned = errors.Is(syscall.Kill(lock.Process, 0), syscall.ESRCH)
		}
		locks = append(locks, lock)
	}
}
