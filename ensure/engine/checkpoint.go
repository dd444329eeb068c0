package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/snapshot"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

func (s *Stack) path() string {
	return path.Join(workspace.BookkeepingDir, workspace.StackDir, s.Project(), s.name+".json")
}

// checkWritable refuses state in older layouts, which only Pulumi's own backend writes.
func (s *Stack) checkWritable(ctx context.Context) error {
	if !s.locked {
		return fmt.Errorf("write state of stack %s: it is not locked", s.Name())
	}
	if _, err := s.backend.open(ctx); err != nil {
		return err
	}
	plain, err := s.backend.bucket.Exists(ctx, s.path())
	if err != nil {
		return fmt.Errorf("look for state of stack %s: %w", s.Name(), err)
	}
	if !plain {
		return fmt.Errorf("state of stack %s is not at %s in %s: it is compressed, or in the layout without projects; "+
			"run `pulumi state upgrade`, or unset PULUMI_DIY_BACKEND_GZIP and import an export of it",
			s.Name(), s.path(), s.backend.options.URL)
	}
	return nil
}

// indent is how Pulumi formats state.
const indent = "    "

// write writes the state of the locked stack where Pulumi's backend looks for it, the
// state before beside it (.bak), and ends the journal.
func (s *Stack) write(ctx context.Context, deployment apitype.TypedDeployment) error {
	ctx = context.WithoutCancel(ctx) // the end of a canceled operation still has to be written
	if err := s.checkWritable(ctx); err != nil {
		return err
	}
	integrity := snapshot.VerifyIntegrity(deployment.Deployment)
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	// An apitype.VersionedCheckpoint, which would have to be encoded twice.
	err := encoder.Encode(struct {
		Version    int                  `json:"version"`
		Features   []string             `json:"features,omitempty"`
		Checkpoint apitype.CheckpointV3 `json:"checkpoint"`
	}{
		deployment.Version, deployment.Features,
		apitype.CheckpointV3{Stack: tokens.QName(s.Name()), Latest: deployment.Deployment},
	})
	if err != nil {
		return fmt.Errorf("write state of stack %s: %w", s.Name(), err)
	}
	s.current = nil
	s.markFolded(ctx, content.Bytes())
	if err := s.backend.copy(ctx, s.path()+".bak", s.path()); err != nil {
		return fmt.Errorf("back up state of stack %s: %w", s.Name(), err)
	}
	if err := s.backend.write(ctx, s.path(), content.Bytes()); err != nil {
		return fmt.Errorf("write state of stack %s: %w", s.Name(), err)
	}
	if err := s.backend.remove(ctx, s.journalPath()); err != nil {
		return fmt.Errorf("end the journal of stack %s: %w", s.Name(), err)
	}
	if integrity != nil {
		return fmt.Errorf("state of stack %s contradicts itself, as the engine left it: %w", s.Name(), integrity)
	}
	return nil
}

// record adds an operation to the stack's history, and backs the state up.
func (s *Stack) record(ctx context.Context, kind apitype.UpdateKind, started time.Time, changes display.ResourceChanges, failed bool) error {
	ctx = context.WithoutCancel(ctx)
	now := time.Now()
	update := backend.UpdateInfo{
		Kind: kind, StartTime: started.Unix(), EndTime: now.Unix(),
		Message: "ptd", Environment: map[string]string{},
		Result: backend.SucceededResult, ResourceChanges: changes,
	}
	if failed {
		update.Result = backend.FailedResult
	}
	content, err := json.MarshalIndent(update, "", indent)
	if err != nil {
		return fmt.Errorf("history of stack %s: %w", s.Name(), err)
	}
	root, project := workspace.BookkeepingDir, s.Project()
	history := path.Join(root, workspace.HistoryDir, project, s.name, fmt.Sprintf("%s-%d", s.name, now.UnixNano()))
	backup := path.Join(root, workspace.BackupDir, project, s.name, fmt.Sprintf("%s.%d.json", s.name, now.UnixNano()))
	err = errors.Join(
		s.backend.write(ctx, history+".history.json", content),
		s.backend.copy(ctx, history+".checkpoint.json", s.path()),
		s.backend.copy(ctx, backup, s.path()),
	)
	if err != nil {
		return fmt.Errorf("history of stack %s: %w", s.Name(), err)
	}
	return nil
}
