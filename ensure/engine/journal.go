package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// journal records what an operation does beside the state of its stack, one line when
// something begins and one when it has ended, so that the state is written once, at
// the end, and not anew for each resource. Whoever reads the state of a run that died
// reads its journal, too; the next lock folds the one into the other.
//
// A line is handed to the operating system before the engine goes on: the death of
// the process loses nothing. It is not synced to the disk, as Pulumi does not sync
// local state, so that the death of the machine may lose the last seconds.
type journal struct {
	ctx     context.Context
	stack   *Stack
	manager secrets.Manager
	store   journalStore

	mutex   sync.Mutex // for what follows
	replay  *replay
	pending []byte // lines that are not written yet
	added   int    // lines ever added
	closed  bool

	writing sync.Mutex // for what follows; taken before mutex
	written int        // of added
	failure error      // the first failed write, after which nothing new begins
}

// journalLine is a line of a journal: first the digest of the state that it starts
// from and whose it is, then entries; when it is folded, the digest of the state that has
// them all.
type journalLine struct {
	Base   string                `json:"base,omitempty"`
	Holder *Lock                 `json:"holder,omitempty"`
	Entry  *apitype.JournalEntry `json:"entry,omitempty"`
	Folded string                `json:"folded,omitempty"`
}

func (l journalLine) encode() ([]byte, error) {
	line, err := json.Marshal(l)
	return append(line, '\n'), err
}

func digest(state []byte) string {
	sum := sha256.Sum256(state)
	return hex.EncodeToString(sum[:])
}

// errUnwritable refuses to begin what could not be recorded. The failed write itself
// is the error of the operation; see watcher.note.
var errUnwritable = errors.New("the state cannot be written, so that nothing new is begun")

// journal begins the journal of an operation on the locked stack.
func (s *Stack) journal(ctx context.Context, manager secrets.Manager) (*journal, error) {
	state, err := s.deployment(ctx)
	if err != nil {
		return nil, err
	}
	var base apitype.DeploymentV3
	if state != nil {
		base = *state.Deployment
	}
	holder, err := newLock()
	if err != nil {
		return nil, fmt.Errorf("begin the journal of stack %s: %w", s.Name(), err)
	}
	first, err := journalLine{Base: s.digest, Holder: &holder}.encode()
	if err != nil {
		return nil, err
	}
	return &journal{
		ctx: ctx, stack: s, manager: manager, store: s.backend.journalAt(s.journalPath()),
		replay: newReplay(base), pending: first,
	}, nil
}

func (s *Stack) journalPath() string { return s.path() + ".journal" }

// AddJournalEntry implements engine.Journal. Many may call it at once; one write takes
// all lines that have come until then.
func (j *journal) AddJournalEntry(entry engine.JournalEntry) error {
	serialized, err := serializeEntry(j.ctx, entry, j.manager.Encrypter())
	if err != nil {
		return fmt.Errorf("record in the state: %w", err)
	}
	begins := entry.Kind == engine.JournalEntryBegin
	mine, err := j.add(serialized, begins && entry.Operation == nil)
	if err != nil || entry.ElideWrite || begins && entry.Operation == nil {
		return err
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	if j.failure == nil && j.written < mine {
		j.failure = j.write()
	}
	if j.failure != nil && begins {
		return errUnwritable
	}
	return nil // what has happened is kept for the end, when the whole state is written
}

// add keeps an entry for the state, and unless it is of no use after a death its line.
func (j *journal) add(entry apitype.JournalEntry, useless bool) (mine int, err error) {
	line, err := journalLine{Entry: &entry}.encode()
	if err != nil {
		return 0, fmt.Errorf("record in the state: %w", err)
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.closed {
		return 0, errors.New("record in the state: the operation has ended")
	}
	if err := j.replay.add(entry); err != nil {
		return 0, fmt.Errorf("record in the state: %w", err)
	}
	if !useless {
		j.pending = append(j.pending, line...)
	}
	j.added++
	return j.added, nil
}

// write writes the pending lines.
func (j *journal) write() error {
	j.mutex.Lock()
	lines, upTo := j.pending, j.added
	j.pending = nil
	j.mutex.Unlock()
	if err := j.stack.fence(j.ctx); err != nil {
		return err
	}
	if err := j.store.append(j.ctx, lines); err != nil {
		return err
	}
	j.written = upTo
	return nil
}

// Close implements engine.Journal.
func (j *journal) Close() error { return nil }

// end returns the state with all that was recorded, and the failed write if there
// was one.
func (j *journal) end() (apitype.TypedDeployment, error) {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.closed = true
	deployment, err := j.replay.deployment()
	if err != nil {
		return deployment, fmt.Errorf("put the state of stack %s together: %w", j.stack.Name(), err)
	}
	failure := j.failure
	if failure != nil {
		var lost *LockLostError
		if errors.As(failure, &lost) {
			return deployment, errors.Join(failure, j.store.close())
		}
		failure = fmt.Errorf("write %s of stack %s: %w", j.stack.journalPath(), j.stack.Name(), failure)
	}
	return deployment, errors.Join(failure, j.store.close())
}
