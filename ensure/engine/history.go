package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// pastOperation is what the history has of an operation: UpdateInfo in pulumi's
// pkg/backend/updates.go.
type pastOperation struct {
	Kind            apitype.UpdateKind      `json:"kind"`
	StartTime       int64                   `json:"startTime"` // seconds since 1970
	Message         string                  `json:"message"`
	Environment     map[string]string       `json:"environment"`
	Config          config.Map              `json:"config"`
	Version         int                     `json:"version"`
	Result          string                  `json:"result"` // succeeded or failed
	EndTime         int64                   `json:"endTime"`
	ResourceChanges display.ResourceChanges `json:"resourceChanges,omitempty"`
}

// record adds an operation to the stack's history, and backs the state up.
func (s *Stack) record(ctx context.Context, kind apitype.UpdateKind, started time.Time, changes display.ResourceChanges, failed bool) error {
	ctx = context.WithoutCancel(ctx)
	now := time.Now()
	past := pastOperation{
		Kind: kind, StartTime: started.Unix(), EndTime: now.Unix(),
		Message: "ptd", Environment: map[string]string{}, Result: "succeeded", ResourceChanges: changes,
	}
	if failed {
		past.Result = "failed"
	}
	content, err := json.MarshalIndent(past, "", indent)
	if err != nil {
		return fmt.Errorf("history of stack %s: %w", s.Name(), err)
	}
	history := path.Join(s.in(workspace.HistoryDir), fmt.Sprintf("%s-%d", s.name, now.UnixNano()))
	backup := path.Join(s.in(workspace.BackupDir), fmt.Sprintf("%s.%d.json", s.name, now.UnixNano()))
	err = errors.Join(
		s.backend.store.write(ctx, history+".history.json", content),
		s.backend.store.copy(ctx, history+".checkpoint.json", s.path()),
		s.backend.store.copy(ctx, backup, s.path()),
	)
	if err != nil {
		return fmt.Errorf("history of stack %s: %w", s.Name(), err)
	}
	return nil
}
