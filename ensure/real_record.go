package ensure

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ptd-go/ptd/files"
	"github.com/ptd-go/ptd/stacks/config"
)

// places are where the real parts of a target keep what they make: "cluster <name>" and
// "database server", each with an address. What is simulated is not among them.
type places map[string]string

// placesOf are the places of a target. It is an error if the kubeconfig does not lead to a
// cluster of its own for each of the target's.
func (r RealParts) placesOf(target *config.Target) (places, error) {
	found := places{}
	if r.PostgreSQL != nil {
		found["database server"] = r.PostgreSQL.Address()
	}
	if r.Kubernetes == nil {
		return found, nil
	}
	contexts, err := r.Kubernetes.Context(clusterNames(target)...)
	if err != nil {
		return nil, err
	}
	for name, context := range contexts {
		found["cluster "+name] = r.Kubernetes.Server(context)
	}
	return found, nil
}

// clusterNames are the names of a target's clusters.
func clusterNames(target *config.Target) []string {
	workload := target.AWSWorkload
	if workload == nil {
		return nil
	}
	var names []string
	for _, release := range slices.Sorted(maps.Keys(workload.Clusters)) {
		names = append(names, workload.ClusterName(release))
	}
	return names
}

// maxRecord bounds the note of where the real parts of all targets are.
const maxRecord = 1 << 20

// recordPlaces notes where the real parts of a target are, and refuses to go on elsewhere
// with what state says is there: it would be looked for in vain, and made a second time.
// record does the noting, nil when there is nothing to note.
func recordPlaces(directory string, target *config.Target, now places) (record func() error, err error) {
	path := filepath.Join(directory, "real.json")
	recorded := map[string]places{}
	content, err := files.Read(path, maxRecord)
	if err == nil {
		err = json.Unmarshal(content, &recorded)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read which parts of the sandbox are real: %s: %w", path, err)
	}
	applied, err := hasState(filepath.Join(directory, "state", target.Name))
	if err != nil {
		return nil, fmt.Errorf("look for the state of %s in the sandbox: %w", target.Name, err)
	}
	before := recorded[target.Name]
	if applied {
		if problem := moved(before, now); problem != "" {
			return nil, fmt.Errorf("the sandbox at %s has %s, which its state is about: name the same parts with --sandbox-real, "+
				"take another --sandbox-dir, or start again with `ptd sandbox reset`, which leaves in a real part what is there", directory, problem)
		}
	}
	if maps.Equal(before, now) {
		return nil, nil
	}
	recorded[target.Name] = now
	content, err = json.MarshalIndent(recorded, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("note which parts of the sandbox are real: %w", err)
	}
	return func() error {
		if err := renameio.WriteFile(path, append(content, '\n'), 0o600, renameio.WithTempDir(directory)); err != nil {
			return fmt.Errorf("note which parts of the sandbox are real: %w", err)
		}
		return nil
	}, nil
}

// moved tells what is no longer where it was, "" when all is. A cluster that came or went is
// no reason: its objects come and go with it.
func moved(before, now places) string {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		kind, _, _ := strings.Cut(name, " ")
		switch address, there := now[name]; {
		case there && address != before[name]:
			return fmt.Sprintf("its %s at %s, not at %s", name, before[name], address)
		case !there && !now.has(kind):
			return fmt.Sprintf("its %s at %s, not simulated", name, before[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if kind, _, _ := strings.Cut(name, " "); !before.has(kind) {
			return fmt.Sprintf("its %s simulated, not at %s", name, now[name])
		}
	}
	return ""
}

// has tells whether there is a place of a kind.
func (p places) has(kind string) bool {
	for name := range p {
		if strings.HasPrefix(name, kind+" ") {
			return true
		}
	}
	return false
}

// hasState tells whether a directory holds the state of a stack.
func hasState(directory string) (found bool, err error) {
	err = filepath.WalkDir(filepath.Join(directory, ".pulumi", "stacks"), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".json") {
			found = true
			return filepath.SkipAll
		}
		return err
	})
	return found, err
}
