package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
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

// DefaultHistoryLimit is how many operations the history of a stack keeps when nobody says
// how many.
const DefaultHistoryLimit = 20

// record adds an operation to the stack's history, backs the state up, and deletes what is
// over the limit, oldest first.
func (s *Stack) record(ctx context.Context, kind apitype.UpdateKind, started time.Time,
	changes display.ResourceChanges, failed bool, limit int,
) error {
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
	if err == nil {
		err = s.prune(ctx, limit)
	}
	if err != nil {
		return fmt.Errorf("history of stack %s: %w", s.Name(), err)
	}
	return nil
}

// prune deletes the oldest operations of the history, and the oldest backups, over a limit,
// whoever wrote them. The state itself and the one before it (.bak) are not among them.
func (s *Stack) prune(ctx context.Context, limit int) error {
	if limit <= 0 {
		limit = DefaultHistoryLimit
	}
	history, err := s.backend.store.list(ctx, s.in(workspace.HistoryDir))
	if err != nil {
		return err
	}
	backups, err := s.backend.store.list(ctx, s.in(workspace.BackupDir))
	if err != nil {
		return err
	}
	over := slices.Concat(
		older(history, limit, s.name+"-", ".history.json", ".checkpoint.json"), older(backups, limit, s.name+".", ".json"),
	)
	return each(over, func(_ int, key string) error { return s.backend.store.remove(ctx, key) })
}

// plain is a key without the ending of what is compressed.
func plain(key string) string {
	return strings.TrimSuffix(strings.TrimSuffix(key, encoding.GZIPExt), encoding.ZSTDExt)
}

// checkpoints are the states in a history, oldest first.
func checkpoints(history []object) []string {
	var found []string
	for _, object := range history {
		if strings.HasSuffix(plain(object.key), ".checkpoint.json") {
			found = append(found, object.key) // by time: it has as many digits for two centuries
		}
	}
	return found
}

// older returns the objects of all but the newest times, of which limit are kept. An
// object's name is a prefix, a time in nanoseconds, and one of the suffixes, and may be
// compressed; other objects are nobody's history.
func older(list []object, limit int, prefix string, suffixes ...string) []string {
	at := map[int64][]string{}
	for _, object := range list {
		digits, ok := strings.CutPrefix(plain(path.Base(object.key)), prefix)
		for _, suffix := range suffixes {
			number, has := strings.CutSuffix(digits, suffix)
			when, err := strconv.ParseInt(number, 10, 64)
			if ok && has && err == nil {
				at[when] = append(at[when], object.key)
			}
		}
	}
	times := slices.Sorted(maps.Keys(at))
	var over []string
	for _, when := range times[:max(0, len(times)-limit)] {
		over = append(over, at[when]...)
	}
	return over
}
