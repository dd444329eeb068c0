package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"gopkg.in/yaml.v3"
)

// A store is laid out as Pulumi does, version 1, with projects:
//
//	.pulumi/meta.yaml                                      the version (meta.go)
//	.pulumi/stacks/<project>/<stack>.json[.gz|.zst]        state (store.go, state.go)
//	.pulumi/stacks/<project>/<stack>.json.bak              the state before
//	.pulumi/stacks/<project>/<stack>.json.journal          ours: see journal.go
//	.pulumi/stacks/<project>/<stack>.json.left-<id>        ours: see fence.go
//	.pulumi/locks/organization/<project>/<stack>/<id>.json a lock (lock.go)
//	.pulumi/history/<project>/<stack>/<stack>-<time>.history.json, .checkpoint.json
//	.pulumi/backups/<project>/<stack>/<stack>.<time>.json
//
// The names of files are those in pulumi's pkg/backend/diy, which define it.

// metadata is the file that marks a store as one of Pulumi's.
const metadata = workspace.BookkeepingDir + "/meta.yaml"

// layoutVersion is the version that metadata has.
const layoutVersion = 1

// path is where the state is.
func (s *Stack) path() string { return s.in(workspace.StackDir) + ".json" }

// in is the stack's place in one of the store's directories.
func (s *Stack) in(directory string) string {
	return path.Join(workspace.BookkeepingDir, directory, s.Project(), s.name)
}

// checkNeverApplied refuses a stack without state that has a history: its state was lost,
// and the next run would make everything once more. That pulumi removes a stack takes its
// history along.
func (s *Stack) checkNeverApplied(ctx context.Context) error {
	list, err := s.backend.store.list(ctx, s.in(workspace.HistoryDir))
	if err != nil {
		return fmt.Errorf("look for the history of stack %s: %w", s.Name(), err)
	}
	states := checkpoints(list)
	if len(states) == 0 {
		return nil
	}
	return fmt.Errorf("the state of stack %s is missing (%s in %s), and its history tells that it was applied: restore the file "+
		"from a backup, or from what the last operation left, %s; if the stack is really gone, delete its history, %s",
		s.Name(), s.path(), s.backend.options.URL, states[len(states)-1], s.in(workspace.HistoryDir))
}

// stateFile finds the state; "" when there is none. The pulumi command line writes
// compressed state when it is told to; of several files the last written one counts.
func (s *Stack) stateFile(ctx context.Context) (string, error) {
	plain, err := s.backend.store.exists(ctx, s.path())
	if err != nil {
		return "", fmt.Errorf("look for state of stack %s: %w", s.Name(), err)
	}
	if plain {
		return s.path(), nil
	}
	list, err := s.backend.store.list(ctx, path.Dir(s.path()))
	if err != nil {
		return "", fmt.Errorf("look for state of stack %s: %w", s.Name(), err)
	}
	compressed := []string{s.path() + encoding.GZIPExt, s.path() + encoding.ZSTDExt}
	list = slices.DeleteFunc(list, func(o object) bool { return !slices.Contains(compressed, o.key) })
	if len(list) == 0 {
		return "", s.checkNeverApplied(ctx)
	}
	return slices.MaxFunc(list, func(a, b object) int { return a.modified.Compare(b.modified) }).key, nil
}

// checkNames refuses names that Pulumi refuses.
func (s *Stack) checkNames() error {
	_, err := tokens.ParseStackName(s.name)
	if err = errors.Join(err, tokens.ValidateProjectName(s.Project())); err != nil {
		return fmt.Errorf("name of stack %s: %w", s.Name(), err)
	}
	return nil
}

// prepare makes the store one of Pulumi's, or finds that it is one.
func (b *Backend) prepare(ctx context.Context) error {
	if b.options.Prepare != nil {
		if err := b.options.Prepare(); err != nil {
			return err
		}
	}
	exists, err := b.open(ctx)
	if err != nil || exists {
		return err
	}
	if local, ok := b.store.(*directory); ok {
		if err := os.MkdirAll(local.path, 0o700); err != nil {
			return fmt.Errorf("make the directory of the state backend: %w", err)
		}
	}
	if err := b.store.write(ctx, metadata, fmt.Appendf(nil, "version: %d\n", layoutVersion)); err != nil {
		return fmt.Errorf("begin state backend %s: %w", b.options.URL, err)
	}
	return nil
}

// checkVersion refuses a layout that is not ours.
func (b *Backend) checkVersion(ctx context.Context) error {
	content, _, err := b.store.read(ctx, metadata)
	if err != nil {
		return fmt.Errorf("read %s in %s: %w", metadata, b.options.URL, err)
	}
	var meta struct{ Version *int }
	if err := yaml.Unmarshal(content, &meta); err != nil {
		return fmt.Errorf("read %s in %s: %w", metadata, b.options.URL, err)
	}
	switch {
	case meta.Version == nil:
		return fmt.Errorf("read %s in %s: it has no version", metadata, b.options.URL)
	case *meta.Version == 0:
		return b.withoutProjects()
	case *meta.Version != layoutVersion:
		return fmt.Errorf("state backend %s has layout version %d, of which only a newer ptd knows (%s)",
			b.options.URL, *meta.Version, metadata)
	}
	return nil
}

// checkEmpty refuses a store without metadata that has something of Pulumi's: its first
// layout, or one that has lost it, and would count as one in which nothing was applied.
func (b *Backend) checkEmpty(ctx context.Context) error {
	holds, err := b.store.holds(ctx, workspace.BookkeepingDir)
	if err != nil {
		return fmt.Errorf("look for Pulumi state in %s: %w", b.options.URL, err)
	}
	if !holds {
		return nil
	}
	list, err := b.store.list(ctx, path.Join(workspace.BookkeepingDir, workspace.StackDir))
	if err != nil {
		return fmt.Errorf("look for Pulumi state in %s: %w", b.options.URL, err)
	}
	for _, object := range list {
		if filepath.Ext(plain(object.key)) == ".json" {
			return b.withoutProjects()
		}
	}
	// A run that begins at the same time writes the file before all others.
	exists, err := b.store.exists(ctx, metadata)
	if err != nil {
		return fmt.Errorf("look for Pulumi state in %s: %w", b.options.URL, err)
	}
	if exists {
		return nil
	}
	return fmt.Errorf("state backend %s has lost %s, and still has state: restore the file from a backup, or write it anew: "+
		"one line, `version: %d`", b.options.URL, metadata, layoutVersion)
}

func (b *Backend) withoutProjects() error {
	return fmt.Errorf("state backend %s has the layout without projects; run `pulumi state upgrade`", b.options.URL)
}
