package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
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
	ctx      context.Context
	stack    *Stack
	manager  secrets.Manager
	appender appender

	mutex    sync.Mutex // for what follows
	replayer *backend.JournalReplayer
	pending  []byte // lines that are not written yet
	added    int    // lines ever added
	closed   bool

	writing sync.Mutex // for what follows; taken before mutex
	written int        // of added
	failure error      // the first failed write, after which nothing new begins
}

// appender adds to the end of a journal.
type appender interface {
	append(ctx context.Context, lines []byte) error
	close() error
}

// journalLine is a line of a journal: first the digest of the state that it starts
// from, then entries; when it is folded, the digest of the state that has them all.
type journalLine struct {
	Base   string                `json:"base,omitempty"`
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
	var base apitype.DeploymentV3 // a copy: the replayer changes it
	if state != nil {
		base = *state.Deployment
	}
	first, err := journalLine{Base: s.digest}.encode()
	if err != nil {
		return nil, err
	}
	return &journal{
		ctx: ctx, stack: s, manager: manager, appender: s.backend.appender(s.journalPath()),
		replayer: backend.NewJournalReplayer(&base), pending: first,
	}, nil
}

func (s *Stack) journalPath() string { return s.path() + ".journal" }

// AddJournalEntry implements engine.Journal. Many may call it at once; one write takes
// all lines that have come until then.
func (j *journal) AddJournalEntry(entry engine.JournalEntry) error {
	serialized, err := backend.SerializeJournalEntry(j.ctx, entry, j.manager.Encrypter())
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
	if err := j.replayer.Add(entry); err != nil {
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
	if err := j.appender.append(j.ctx, lines); err != nil {
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
	deployment, err := j.replayer.GenerateDeployment()
	if err != nil {
		return deployment, fmt.Errorf("put the state of stack %s together: %w", j.stack.Name(), err)
	}
	failure := j.failure
	if failure != nil {
		failure = fmt.Errorf("write %s of stack %s: %w", j.stack.journalPath(), j.stack.Name(), failure)
	}
	return deployment, errors.Join(failure, j.appender.close())
}

// replay adds the journal of a run that died to the state that it started from, whose
// content is given. found tells whether there is a journal, folded or not.
func (s *Stack) replay(ctx context.Context, content []byte, state apitype.TypedDeployment,
) (replayed apitype.TypedDeployment, found bool, err error) {
	lines, found, err := s.backend.read(ctx, s.journalPath())
	if err != nil || !found {
		return state, found, err
	}
	base := &apitype.DeploymentV3{}
	if state.Deployment != nil {
		base = state.Deployment
	}
	replayer, starts, entries, torn := backend.NewJournalReplayer(base), "", 0, error(nil)
	for line := range bytes.Lines(lines) {
		var parsed journalLine
		if err := json.Unmarshal(line, &parsed); err != nil {
			torn = err // the line that it died in, after which nothing but the mark of folded comes
			continue
		}
		switch {
		case parsed.Folded != "" && parsed.Folded == digest(content):
			return state, true, nil
		case parsed.Base != "":
			starts = parsed.Base
		case parsed.Entry != nil && torn != nil:
			return state, true, fmt.Errorf("read %s: %w", s.journalPath(), torn)
		case parsed.Entry != nil:
			entries++
			if err := replayer.Add(*parsed.Entry); err != nil {
				return state, true, fmt.Errorf("read %s: %w", s.journalPath(), err)
			}
		}
	}
	if entries == 0 {
		return state, true, nil
	}
	if starts != digest(content) {
		return state, true, fmt.Errorf("the state was changed by another program since a run of ptd died, whose journal (%s) "+
			"tells what that run made; compare the two, and delete the journal", s.journalPath())
	}
	replayed, err = replayer.GenerateDeployment()
	return replayed, true, err
}

// markFolded notes in the journal, if there is one, that the state which is about to
// be written has all of it, in case that the process dies before it is removed. That
// the disk is full is no reason not to try the state.
func (s *Stack) markFolded(ctx context.Context, state []byte) {
	lines, exists, err := s.backend.read(ctx, s.journalPath())
	if err != nil || !exists {
		return
	}
	line, err := journalLine{Folded: digest(state)}.encode()
	if err != nil {
		return
	}
	line = append([]byte{'\n'}, line...) // it may follow a torn line
	end := s.backend.appender(s.journalPath())
	if remote, ok := end.(*objectAppender); ok {
		remote.content = lines
	}
	_ = end.append(ctx, line)
	_ = end.close()
}

// appender opens the end of an object when something is added. Only local files can
// be added to; elsewhere the whole journal is written again, which is still less than
// the state.
func (b *Backend) appender(key string) appender {
	if file, local := b.localFile(key); local {
		return &fileAppender{path: file}
	}
	return &objectAppender{backend: b, key: key}
}

type fileAppender struct {
	path string
	file *os.File
}

func (a *fileAppender) append(_ context.Context, lines []byte) error {
	if a.file == nil {
		file, err := os.OpenFile(a.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		a.file = file
	}
	_, err := a.file.Write(lines)
	return err
}

func (a *fileAppender) close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

type objectAppender struct {
	backend *Backend
	key     string
	content []byte
}

func (a *objectAppender) append(ctx context.Context, lines []byte) error {
	a.content = append(a.content, lines...)
	return a.backend.write(ctx, a.key, a.content)
}

func (a *objectAppender) close() error { return nil }
