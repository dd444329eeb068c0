package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// fold writes into the state what a run that died left in its journal.
func (s *Stack) fold(ctx context.Context) error {
	state, err := s.deployment(ctx)
	if err != nil || state == nil || !s.journaled {
		return err
	}
	if s.author != nil && s.author.Process != os.Getpid() {
		if lives, _, err := s.author.lives(); err != nil {
			return err
		} else if lives {
			return &EndingError{Stack: s.Name(), Holder: *s.author}
		}
	}
	return s.write(ctx, *state)
}

// replay adds the journal of a run that died to the state that it started from, whose
// content is given. found tells whether there is a journal, folded or not.
func (s *Stack) replay(ctx context.Context, content []byte, state apitype.TypedDeployment,
) (replayed apitype.TypedDeployment, found bool, err error) {
	lines, found, err := s.backend.journalAt(s.journalPath()).read(ctx)
	if err != nil {
		return state, found, fmt.Errorf("read %s: %w", s.journalPath(), err)
	}
	s.author = nil
	var entries []apitype.JournalEntry
	starts, torn := "", error(nil)
	for line := range bytes.Lines(lines) {
		var parsed journalLine
		if err := json.Unmarshal(line, &parsed); err != nil {
			torn = err // the line that it died in, after which nothing but the mark of folded comes
			continue
		}
		switch {
		case parsed.Folded != "" && parsed.Folded == digest(content):
			s.author = nil
			return state, true, nil
		case parsed.Base != "":
			starts, s.author = parsed.Base, parsed.Holder
		case parsed.Entry != nil && torn != nil:
			return state, true, fmt.Errorf("read %s: %w", s.journalPath(), torn)
		case parsed.Entry != nil:
			entries = append(entries, *parsed.Entry)
		}
	}
	if len(entries) == 0 {
		return state, found, nil
	}
	if starts != digest(content) {
		return state, true, fmt.Errorf("the state was changed by another program since a run of ptd died, whose journal (%s) "+
			"tells what that run made; compare the two, and delete the journal", s.journalPath())
	}
	var base apitype.DeploymentV3
	if state.Deployment != nil {
		base = *state.Deployment
	}
	replay := newReplay(base)
	for _, entry := range entries {
		if err := replay.add(entry); err != nil {
			return state, true, fmt.Errorf("read %s: %w", s.journalPath(), err)
		}
	}
	replayed, err = replay.deployment()
	return replayed, true, err
}

// markFolded notes in the journal, if there is one, that the state which is about to
// be written has all of it, in case that the process dies before it is removed.
func (s *Stack) markFolded(ctx context.Context, journal journalStore, state []byte) error {
	line, err := journalLine{Folded: digest(state)}.encode()
	if err != nil {
		return err
	}
	return journal.mark(ctx, line)
}
