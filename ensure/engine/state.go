package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/snapshot"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// snapshot reads the state; nil when there is none. The caller owns what it gets:
// operations change it.
func (s *Stack) snapshot(ctx context.Context) (*deploy.Snapshot, error) {
	state, err := s.deployment(ctx)
	if err != nil || state == nil {
		return nil, err
	}
	return s.deserialize(ctx, state)
}

// look reads the state as snapshot does, for those who change nothing in it: what did not
// change is the same snapshot again.
func (s *Stack) look(ctx context.Context) (*deploy.Snapshot, error) {
	state, err := s.deployment(ctx)
	if err != nil || state == nil {
		return nil, err
	}
	if s.looked.of != state.Deployment {
		snapshot, err := s.deserialize(ctx, state)
		if err != nil {
			return nil, err
		}
		s.looked.of, s.looked.snapshot = state.Deployment, snapshot
	}
	return s.looked.snapshot, nil
}

func (s *Stack) deserialize(ctx context.Context, state *apitype.TypedDeployment) (*deploy.Snapshot, error) {
	snapshot, err := stack.DeserializeDeploymentV3(ctx, *state.Deployment, &s.backend.secrets)
	if err == nil {
		err = snapshot.VerifyIntegrity()
	}
	if err != nil {
		return nil, s.unreadable(err)
	}
	return snapshot, nil
}

// deployment reads the state as it is stored; nil when there is none. Nobody else
// writes the state of a locked stack, so that it is read once between two writes.
func (s *Stack) deployment(ctx context.Context) (*apitype.TypedDeployment, error) {
	if s.current != nil {
		return applied(s.current), nil
	}
	exists, err := s.backend.open(ctx)
	if err != nil || !exists {
		return nil, err
	}
	file, err := s.stateFile(ctx)
	if err != nil || file == "" {
		return nil, err
	}
	content, exists, err := s.backend.store.read(ctx, file)
	if err != nil {
		return nil, s.unreadable(err)
	}
	if !exists {
		return nil, nil // removed since it was found
	}
	state, err := s.parse(ctx, content)
	if err != nil {
		return nil, s.unreadable(err)
	}
	if s.locked {
		s.current, s.digest = state, s.parsed.digest
	}
	return applied(state), nil
}

// applied is nil for the state of a stack that was only created.
func applied(state *apitype.TypedDeployment) *apitype.TypedDeployment {
	if state.Deployment == nil {
		return nil
	}
	return state
}

// parse reads the content of the state's file, unless it did so before, and the journal of a
// run that died. Later steps ask for the states of earlier ones again and again.
func (s *Stack) parse(ctx context.Context, content []byte) (*apitype.TypedDeployment, error) {
	if found := digest(content); s.parsed.digest != found {
		state, err := s.checkpoint(content)
		if err != nil {
			return nil, err
		}
		s.parsed.digest, s.parsed.state = found, state
	}
	state, journaled, err := s.replay(ctx, content, s.parsed.state)
	s.journaled = journaled
	return &state, err
}

// checkpoint reads the content of the state's file.
func (s *Stack) checkpoint(content []byte) (state apitype.TypedDeployment, err error) {
	format := encoding.Compress(encoding.JSON, encoding.DetectCompression(content))
	checkpoint, version, features, err := stack.UnmarshalVersionedCheckpointToLatestCheckpoint(format, content)
	if err != nil {
		return state, err
	}
	// What is no state at all, such as {} or null, has no name either, and would count as
	// that of a stack which was never applied.
	name := string(checkpoint.Stack)
	if name == "" {
		// ptd used to write no version for a stack that was only created, which is read as
		// the oldest layout.
		var created struct{ Checkpoint struct{ Stack string } }
		if err := format.Unmarshal(content, &created); err != nil {
			return state, err
		}
		name = created.Checkpoint.Stack
	}
	switch name {
	case s.Name(), s.name: // Pulumi's first layouts had the short one
	case "":
		return state, errors.New("it is not the state of any stack")
	default:
		return state, fmt.Errorf("it is the state of another stack, %s", name)
	}
	return apitype.TypedDeployment{Deployment: checkpoint.Latest, Version: version, Features: features}, nil
}

func (s *Stack) unreadable(err error) error {
	return &StateError{Stack: s.Name(), URL: s.backend.options.URL, Path: s.path(), Backups: s.in(workspace.BackupDir), Err: err}
}

// save writes a snapshot outside of an operation.
func (s *Stack) save(ctx context.Context, snapshot *deploy.Snapshot) error {
	serialized, version, features, err := stack.SerializeDeploymentWithMetadata(ctx, snapshot, false)
	if err != nil {
		return fmt.Errorf("write state of stack %s: %w", s.Name(), err)
	}
	return s.write(ctx, apitype.TypedDeployment{Deployment: serialized, Version: version, Features: features})
}

// checkWritable refuses to write when the lock was lost, and compressed state, which only
// Pulumi's own backend writes.
func (s *Stack) checkWritable(ctx context.Context) error {
	if !s.locked {
		return fmt.Errorf("write state of stack %s: it is not locked", s.Name())
	}
	if err := s.fence(ctx); err != nil {
		return err
	}
	plain, err := s.backend.store.exists(ctx, s.path())
	if err != nil {
		return fmt.Errorf("look for state of stack %s: %w", s.Name(), err)
	}
	if !plain {
		return fmt.Errorf("state of stack %s is not at %s in %s: it is compressed; "+
			"unset PULUMI_DIY_BACKEND_GZIP and PULUMI_DIY_BACKEND_ZSTD, and have pulumi write it again (pulumi stack export, import)",
			s.Name(), s.path(), s.backend.options.URL)
	}
	return nil
}

// write writes the state of the locked stack where Pulumi's backend looks for it, the
// state before beside it (.bak), and ends the journal.
func (s *Stack) write(ctx context.Context, deployment apitype.TypedDeployment) error {
	ctx = context.WithoutCancel(ctx) // the end of a canceled operation still has to be written
	if err := s.checkWritable(ctx); err != nil {
		return err
	}
	integrity := snapshot.VerifyIntegrity(deployment.Deployment)
	content, err := s.encode(deployment)
	if err != nil {
		return fmt.Errorf("write state of stack %s: %w", s.Name(), err)
	}
	s.current = nil
	journal := s.backend.journalAt(s.journalPath())
	// That the disk is full is no reason not to try the state.
	_ = s.markFolded(ctx, journal, content)
	if err := s.backend.store.copy(ctx, s.path()+".bak", s.path()); err != nil {
		return fmt.Errorf("back up state of stack %s: %w", s.Name(), err)
	}
	if err := s.backend.store.write(ctx, s.path(), content); err != nil {
		return fmt.Errorf("write state of stack %s: %w", s.Name(), err)
	}
	if err := journal.remove(ctx); err != nil {
		return fmt.Errorf("end the journal of stack %s: %w", s.Name(), err)
	}
	if integrity != nil {
		return fmt.Errorf("state of stack %s contradicts itself, as the engine left it: %w", s.Name(), integrity)
	}
	return nil
}

// indent is how Pulumi formats state (sdk/go/common/encoding/marshal.go).
const indent = "    "

// encode formats state as an apitype.VersionedCheckpoint, which would have to be encoded
// twice.
func (s *Stack) encode(deployment apitype.TypedDeployment) ([]byte, error) {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err := encoder.Encode(struct {
		Version    int                  `json:"version"`
		Features   []string             `json:"features,omitempty"`
		Checkpoint apitype.CheckpointV3 `json:"checkpoint"`
	}{
		deployment.Version, deployment.Features,
		apitype.CheckpointV3{Stack: tokens.QName(s.Name()), Latest: deployment.Deployment},
	})
	return content.Bytes(), err
}
