package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Lock is the lock of a running (or dead) operation. Its file, and that a lock is taken
// by writing one and looking whether there is another, are Pulumi's (pkg/backend/diy/lock.go),
// so that ptd and the pulumi command line keep each other out.
type Lock struct {
	User    string    `json:"username"`
	Host    string    `json:"hostname"`
	Process int       `json:"pid"`
	Since   time.Time `json:"timestamp"`
	// Started is when the process started, in the host's own words; ptd's alone.
	Started string `json:"started,omitempty"`

	key      string
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

// Lock creates the stack if it does not exist and takes its lock, which every
// operation that is not a dry run needs. When somebody else has it the error is a
// *LockedError. What a run that died left in its journal is in the state afterwards.
func (s *Stack) Lock(ctx context.Context) error {
	if err := s.checkNames(); err != nil {
		return err
	}
	if err := s.backend.prepare(ctx); err != nil {
		return err
	}
	if err := s.takeLock(ctx); err != nil {
		return err
	}
	s.locked = true
	if err := s.begin(ctx); err != nil {
		return errors.Join(err, s.Unlock(ctx))
	}
	return nil
}

// begin makes the locked stack ready for an operation.
func (s *Stack) begin(ctx context.Context) error {
	file, err := s.stateFile(ctx)
	if err != nil {
		return err
	}
	if file == "" {
		if err := s.create(ctx); err != nil {
			return err
		}
	}
	return s.fold(ctx)
}

// create writes the state of a stack that nothing was done to.
func (s *Stack) create(ctx context.Context) error {
	content, err := s.encode(apitype.TypedDeployment{Version: apitype.DeploymentSchemaVersionCurrent})
	if err == nil {
		err = s.backend.store.write(ctx, s.path(), content)
	}
	if err != nil {
		return fmt.Errorf("create stack %s: %w", s.Name(), err)
	}
	return nil
}

// takeLock writes the lock's file, unless there is another before or afterwards.
func (s *Stack) takeLock(ctx context.Context) error {
	if err := s.checkUnlocked(ctx); err != nil {
		return err
	}
	lock, err := newLock()
	if err != nil {
		return fmt.Errorf("lock stack %s: %w", s.Name(), err)
	}
	content, err := json.Marshal(lock)
	if err != nil {
		return fmt.Errorf("lock stack %s: %w", s.Name(), err)
	}
	if s.lock == "" {
		s.lock = path.Join(s.locksDirectory(), uuid.NewString()+".json")
	}
	if err := s.backend.store.write(ctx, s.lock, content); err != nil {
		return fmt.Errorf("lock stack %s: %w", s.Name(), err)
	}
	if err := s.checkUnlocked(ctx); err != nil {
		return errors.Join(err, s.releaseLock(ctx))
	}
	return nil
}

// newLock is a lock of this process.
func newLock() (Lock, error) {
	lock := Lock{User: "unknown", Process: os.Getpid(), Since: time.Now()}
	if current, err := user.Current(); err == nil {
		lock.User = current.Username
	}
	lock.Started, _ = processStart(lock.Process)
	var err error
	lock.Host, err = os.Hostname()
	return lock, err
}

// checkUnlocked returns a *LockedError when there are locks that are not this Stack's.
func (s *Stack) checkUnlocked(ctx context.Context) error {
	locks, err := s.locks(ctx)
	if err != nil {
		return err
	}
	var others []Lock
	for _, lock := range locks {
		if lock.key != s.lock {
			others = append(others, lock)
		}
	}
	if len(others) > 0 {
		return &LockedError{Stack: s.Name(), Locks: others}
	}
	return nil
}

// Unlock gives the lock back, if the stack is locked.
func (s *Stack) Unlock(ctx context.Context) error {
	if !s.locked {
		return nil
	}
	s.locked, s.current = false, nil
	return s.releaseLock(ctx)
}

func (s *Stack) releaseLock(ctx context.Context) error {
	if err := s.backend.store.remove(context.WithoutCancel(ctx), s.lock); err != nil {
		return fmt.Errorf("release the lock of stack %s (%s in %s): %w", s.Name(), s.lock, s.backend.options.URL, err)
	}
	return nil
}

// Cancel removes all locks of the stack, whoever holds them, and returns them. While a
// holder lives on this host it removes none and returns a *HolderLivesError, unless it is
// forced to. A run that has lost its lock stops.
func (s *Stack) Cancel(ctx context.Context, force bool) ([]Lock, error) {
	locks, err := s.locks(ctx)
	if err != nil {
		return nil, err
	}
	for _, lock := range locks {
		if lives, _, err := lock.lives(); err != nil {
			return nil, err
		} else if lives && !force {
			return nil, &HolderLivesError{Stack: s.Name(), Holder: lock}
		}
	}
	for _, lock := range locks {
		if err := s.backend.store.remove(ctx, lock.key); err != nil {
			return nil, fmt.Errorf("release the lock of stack %s: %w", s.Name(), err)
		}
	}
	return locks, nil
}

func (s *Stack) locksDirectory() string {
	return path.Join(workspace.BookkeepingDir, workspace.LockDir, s.Name())
}

// locks lists the locks on the stack.
func (s *Stack) locks(ctx context.Context) ([]Lock, error) {
	exists, err := s.backend.open(ctx)
	if err != nil || !exists {
		return nil, err
	}
	list, err := s.backend.store.list(ctx, s.locksDirectory())
	if err != nil {
		return nil, fmt.Errorf("look for locks of stack %s: %w", s.Name(), err)
	}
	var locks []Lock
	for _, object := range list {
		content, exists, err := s.backend.store.read(ctx, object.key)
		if err != nil {
			return nil, fmt.Errorf("read lock %s: %w", object.key, err)
		}
		if !exists {
			continue // released since it was listed
		}
		lock := Lock{User: "unknown", Host: "unknown", Since: object.modified}
		_ = json.Unmarshal(content, &lock) // one that says nothing is a lock, too
		lock.key = object.key
		lives, known, err := lock.lives()
		if err != nil {
			return nil, err
		}
		lock.orphaned = known && !lives
		locks = append(locks, lock)
	}
	return locks, nil
}
