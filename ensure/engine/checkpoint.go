package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// checkpoint writes the state of a locked stack where Pulumi's backend looks for it:
// the state itself, the state before the operation beside it (.bak), and after each
// operation one entry of history and one backup.
type checkpoint struct {
	ctx      context.Context
	stack    *Stack
	backedUp bool
	last     *apitype.TypedDeployment
}

// checkpoint refuses stores in older layouts, which only Pulumi's own backend writes.
func (s *Stack) checkpoint(ctx context.Context) (*checkpoint, error) {
	// The end of a canceled operation still has to be written.
	ctx = context.WithoutCancel(ctx)
	if _, err := s.backend.open(ctx); err != nil {
		return nil, err
	}
	plain, err := s.backend.bucket.Exists(ctx, s.path())
	if err != nil {
		return nil, fmt.Errorf("look for state of stack %s: %w", s.Name(), err)
	}
	if !plain {
		return nil, fmt.Errorf("state of stack %s is not at %s in %s: it is compressed, or in the layout without projects; "+
			"run `pulumi state upgrade`, or unset PULUMI_DIY_BACKEND_GZIP and import an export of it",
			s.Name(), s.path(), s.backend.options.URL)
	}
	return &checkpoint{ctx: ctx, stack: s}, nil
}

func (s *Stack) path() string {
	return path.Join(workspace.BookkeepingDir, workspace.StackDir, s.Project(), s.name+".json")
}

// Save implements backend.SnapshotPersister. It is called after every resource, and
// writes without the indentation that Pulumi gives to state: finish does.
func (c *checkpoint) Save(deployment apitype.TypedDeployment) error {
	return c.write(deployment, "")
}

// indent is how Pulumi formats state.
const indent = "    "

func (c *checkpoint) write(deployment apitype.TypedDeployment, indent string) error {
	c.last = &deployment
	c.stack.current = nil
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
		apitype.CheckpointV3{Stack: tokens.QName(c.stack.Name()), Latest: deployment.Deployment},
	})
	if err != nil {
		return fmt.Errorf("write state of stack %s: %w", c.stack.Name(), err)
	}
	bucket, file := c.stack.backend.bucket, c.stack.path()
	if !c.backedUp {
		if err := bucket.Copy(c.ctx, file+".bak", file, nil); err != nil {
			return fmt.Errorf("back up state of stack %s: %w", c.stack.Name(), err)
		}
		c.backedUp = true
	}
	for attempt := 0; ; attempt++ {
		if err = bucket.WriteAll(c.ctx, file, content.Bytes(), nil); err == nil {
			return nil
		}
		if attempt == len(writeRetries) {
			return fmt.Errorf("write state of stack %s: %w", c.stack.Name(), err)
		}
		time.Sleep(writeRetries[attempt])
	}
}

// writeRetries are the pauses between attempts to write state: what was just made
// in the cloud is lost to Pulumi if its state is not written.
var writeRetries = []time.Duration{100 * time.Millisecond, time.Second, 3 * time.Second}

// finish writes the state as Pulumi formats it, adds the operation to the stack's
// history, and backs the state up.
func (c *checkpoint) finish(kind apitype.UpdateKind, started time.Time, changes display.ResourceChanges, failed bool) error {
	if c.last != nil {
		if err := c.write(*c.last, indent); err != nil {
			return err
		}
	}
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
		return fmt.Errorf("history of stack %s: %w", c.stack.Name(), err)
	}
	bucket, root, project, name := c.stack.backend.bucket, workspace.BookkeepingDir, c.stack.Project(), c.stack.name
	history := path.Join(root, workspace.HistoryDir, project, name, fmt.Sprintf("%s-%d", name, now.UnixNano()))
	if err := bucket.WriteAll(c.ctx, history+".history.json", content, nil); err != nil {
		return fmt.Errorf("history of stack %s: %w", c.stack.Name(), err)
	}
	backup := path.Join(root, workspace.BackupDir, project, name, fmt.Sprintf("%s.%d.json", name, now.UnixNano()))
	for _, copied := range []string{history + ".checkpoint.json", backup} {
		if err := bucket.Copy(c.ctx, copied, c.stack.path(), nil); err != nil {
			return fmt.Errorf("back up state of stack %s: %w", c.stack.Name(), err)
		}
	}
	return nil
}
