package awsworkload

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

	"github.com/ptd-go/ptd/providers/aws"
)

// mergeAttempts bounds how often mergeSecret starts again after somebody else wrote
// the secret in between; mergePause is the longest pause before the second attempt,
// and grows with each.
const (
	mergeAttempts = 8
	mergePause    = 100 * time.Millisecond
)

// mergeSecret sets the given keys of a secret that holds a JSON object and keeps all
// others. It writes only when a value differs, and only over the version that it
// read: when that is not the current one any more it starts again. A nil value is
// not known yet, which only a dry run may meet. Obsolete keys stay, with a note, unless
// they are set. The secret must exist: aws.ErrNotFound otherwise.
func mergeSecret(
	ctx context.Context, secrets aws.Secrets, name string, set map[string]*string, dryRun bool, obsolete ...string,
) (Change, error) {
	for attempt := 1; ; attempt++ {
		change, err := mergeSecretOnce(ctx, secrets, name, set, dryRun, obsolete)
		if !errors.Is(err, aws.ErrConflict) {
			return change, err
		}
		if attempt == mergeAttempts {
			return change, fmt.Errorf("secret %s: gave up after %d attempts: %w", name, attempt, err)
		}
		select {
		case <-ctx.Done():
			return change, ctx.Err()
		case <-time.After(rand.N(time.Duration(attempt) * mergePause)):
		}
	}
}

func mergeSecretOnce(
	ctx context.Context, secrets aws.Secrets, name string, set map[string]*string, dryRun bool, obsolete []string,
) (Change, error) {
	change := Change{Operation: Same, Type: secretType, Name: name}
	secret, err := secrets.GetSecret(ctx, name)
	if err != nil {
		return change, fmt.Errorf("read secret %s: %w", name, err)
	}
	values := map[string]json.RawMessage{}
	// The decoder's error would quote the value.
	if json.Unmarshal([]byte(secret.Value), &values) != nil || values == nil {
		return change, fmt.Errorf("secret %s is not a JSON object: repair it", name)
	}
	for _, key := range obsolete {
		if _, isSet := set[key]; !isSet && values[key] != nil {
			change.Note = joinNotes(change.Note, "key "+key+" is of an earlier version and no longer kept up to date: remove it when nobody uses it")
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
	change.Operation, change.Planned = Update, dryRun
	if dryRun {
		return change, nil
	}
	merged, err := json.Marshal(values)
	if err != nil {
		return change, fmt.Errorf("encode secret %s: %w", name, err)
	}
	if err := secrets.PutSecret(ctx, name, string(merged), secret.Version); err != nil {
		return change, fmt.Errorf("write %s of secret %s: %w", strings.Join(change.Keys, ", "), name, err)
	}
	return change, nil
}
