package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ptd-go/ptd/providers/secrets"
	"github.com/ptd-go/ptd/stacks/action"
	"github.com/ptd-go/ptd/stacks/config"
)

// Object is a secret that holds a JSON object, as AWS Secrets Manager has them.
type Object struct {
	Store      secrets.Store
	Name, Type string // Type is that of the changes: "aws:secretsmanager:Secret", ...
	// Obsolete keys are of earlier versions: Merge leaves them, and says so, unless it is to
	// set them.
	Obsolete []string
}

// Make implements Keys.
func (o Object) Make(ctx context.Context, keys []string, first func() (map[string]string, error), dryRun bool) (action.Change, error) {
	change := action.Change{Operation: action.Same, Type: o.Type, Name: o.Name}
	_, err := o.Store.GetSecret(ctx, o.Name)
	if err == nil {
		return change, nil
	}
	if !errors.Is(err, secrets.ErrNotFound) {
		return change, fmt.Errorf("look for secret %s: %w", o.Name, err)
	}
	change.Operation, change.Keys, change.Planned = action.Create, slices.Sorted(slices.Values(keys)), dryRun
	if dryRun {
		return change, nil
	}
	value, err := first()
	if err != nil {
		return change, err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return change, fmt.Errorf("encode secret %s: %w", o.Name, err)
	}
	err = o.Store.CreateSecret(ctx, o.Name, string(encoded), map[string]string{config.TagManagedBy: "admin"})
	if errors.Is(err, secrets.ErrExists) { // another run was faster: its values stand
		change.Operation, change.Keys = action.Same, nil
	} else if err != nil {
		return change, fmt.Errorf("create secret %s: %w", o.Name, err)
	}
	return change, nil
}

// MergeAttempts bounds how often Merge starts again after somebody else wrote the secret
// in between; mergePause is the longest pause before the second attempt, and grows with
// each.
const (
	MergeAttempts = 8
	mergePause    = 100 * time.Millisecond
)

// Merge implements Keys. It writes only over the version that it read: when that is not
// the current one any more it starts again.
func (o Object) Merge(ctx context.Context, set map[string]*string, dryRun bool) (action.Change, error) {
	for attempt := 1; ; attempt++ {
		change, err := o.merge(ctx, set, dryRun)
		if !errors.Is(err, secrets.ErrConflict) {
			return change, err
		}
		if attempt == MergeAttempts {
			return change, fmt.Errorf("secret %s: gave up after %d attempts: %w", o.Name, attempt, err)
		}
		select {
		case <-ctx.Done():
			return change, ctx.Err()
		case <-time.After(rand.N(time.Duration(attempt) * mergePause)):
		}
	}
}

func (o Object) merge(ctx context.Context, set map[string]*string, dryRun bool) (action.Change, error) {
	change, name := action.Change{Operation: action.Same, Type: o.Type, Name: o.Name}, o.Name
	secret, err := o.Store.GetSecret(ctx, name)
	if err != nil {
		return change, fmt.Errorf("read secret %s: %w", name, err)
	}
	values := map[string]json.RawMessage{}
	// The decoder's error would quote the value.
	if json.Unmarshal([]byte(secret.Value), &values) != nil || values == nil {
		return change, fmt.Errorf("secret %s is not a JSON object: repair it", name)
	}
	for _, key := range o.Obsolete {
		if _, isSet := set[key]; !isSet && values[key] != nil {
			change.Note = "key " + key + " is of an earlier version and no longer kept up to date: remove it when nobody uses it"
		}
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		value := set[key]
		if value == nil {
			if !dryRun {
				return change, fmt.Errorf("secret %s: the value of %s is not known", name, key)
			}
			change.Keys = append(change.Keys, key)
			continue
		}
		var current *string
		if json.Unmarshal(values[key], &current) == nil && current != nil && *current == *value {
			continue
		}
		encoded, err := json.Marshal(*value)
		if err != nil {
			return change, fmt.Errorf("encode %s of secret %s: %w", key, name, err)
		}
		values[key] = encoded
		change.Keys = append(change.Keys, key)
	}
	if len(change.Keys) == 0 {
		return change, nil
	}
	change.Operation, change.Planned = action.Update, dryRun
	if dryRun {
		return change, nil
	}
	merged, err := json.Marshal(values)
	if err != nil {
		return change, fmt.Errorf("encode secret %s: %w", name, err)
	}
	if err := o.Store.PutSecret(ctx, name, string(merged), secret.Version); err != nil {
		return change, fmt.Errorf("write %s of secret %s: %w", strings.Join(change.Keys, ", "), name, err)
	}
	return change, nil
}
