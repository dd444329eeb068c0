package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
)

// replay puts together the state that a base and the journal of an operation lead to.
// The entries are the engine's; what they mean is defined by who writes them
// (pulumi's pkg/engine/journal_snapshot.go). Pulumi reads them with the JournalReplayer
// of pkg/backend, which is not used because that package links the clients of three
// clouds' logs; testdata/replay.json holds what it makes of journals.
type replay struct {
	base  apitype.DeploymentV3
	old   []outlook                     // of the base's resources, by index
	made  []outlook                     // of what operations made, in order
	by    map[int64]int                 // where in made, by operation
	begun map[int64]apitype.OperationV2 // and not ended
	// refreshed is whether resources may be gone that others name.
	refreshed bool
}

// outlook is a resource as it will be in the state.
type outlook struct {
	state apitype.ResourceV3
	gone  bool
}

func newReplay(base apitype.DeploymentV3) *replay {
	r := &replay{}
	r.rebase(base)
	return r
}

// rebase starts again from another base.
func (r *replay) rebase(base apitype.DeploymentV3) {
	r.base, r.old, r.made = base, make([]outlook, len(base.Resources)), nil
	r.by, r.begun = map[int64]int{}, map[int64]apitype.OperationV2{}
	for i, state := range base.Resources {
		r.old[i].state = state
	}
}

// add takes in the next entry.
func (r *replay) add(entry apitype.JournalEntry) error {
	r.refreshed = r.refreshed || entry.IsRefresh
	switch entry.Kind {
	case apitype.JournalEntryKindBegin:
		if entry.Operation != nil {
			r.begun[entry.OperationID] = *entry.Operation
		}
	case apitype.JournalEntryKindFailure:
		delete(r.begun, entry.OperationID)
	case apitype.JournalEntryKindSuccess:
		delete(r.begun, entry.OperationID)
		return r.succeed(entry)
	case apitype.JournalEntryKindRefreshSuccess:
		delete(r.begun, entry.OperationID)
		r.refreshed = true
		return r.each(entry.RemoveOld, entry.RemoveNew, func(o *outlook) {
			if entry.State == nil {
				o.gone = true
			} else {
				o.state = *entry.State
			}
		})
	case apitype.JournalEntryKindOutputs:
		if entry.State == nil {
			return nil
		}
		return r.each(entry.RemoveOld, entry.RemoveNew, func(o *outlook) { o.state = *entry.State })
	case apitype.JournalEntryKindWrite:
		r.rebase(*entry.NewSnapshot)
	case apitype.JournalEntryKindSecretsManager:
		r.base.SecretsProviders = entry.SecretsProvider
	case apitype.JournalEntryKindRebuiltBaseState:
		rebuilt, err := r.deployment()
		if err != nil {
			return err
		}
		r.rebase(*rebuilt.Deployment)
	default:
		return fmt.Errorf("a journal's entry is of kind %d, which this ptd does not know", entry.Kind)
	}
	return nil
}

// succeed takes in the end of an operation that did what it was to do.
func (r *replay) succeed(entry apitype.JournalEntry) error {
	if entry.State != nil {
		r.by[entry.OperationID] = len(r.made)
		r.made = append(r.made, outlook{state: *entry.State})
	}
	if err := r.each(entry.RemoveOld, entry.RemoveNew, func(o *outlook) { o.gone = true }); err != nil {
		return err
	}
	if err := r.each(entry.DeleteOld, entry.DeleteNew, func(o *outlook) { o.state.Delete = true }); err != nil {
		return err
	}
	return r.each(entry.PendingReplacementOld, entry.PendingReplacementNew, func(o *outlook) { o.state.PendingReplacement = true })
}

// each changes the resources that an entry is about: that of the base with an index,
// and that which an operation made.
func (r *replay) each(old, made *int64, change func(*outlook)) error {
	if old != nil {
		if *old < 0 || *old >= int64(len(r.old)) {
			return fmt.Errorf("a journal's entry is about resource %d of %d", *old, len(r.old))
		}
		change(&r.old[*old])
	}
	if made != nil {
		i, ok := r.by[*made]
		if !ok {
			return fmt.Errorf("a journal's entry is about what operation %d made, which made nothing", *made)
		}
		change(&r.made[i])
	}
	return nil
}

// deployment is the state that all entries until now lead to: what operations made, what
// is left of the base, and what has begun and not ended.
func (r *replay) deployment() (apitype.TypedDeployment, error) {
	result := apitype.DeploymentV3{SecretsProviders: r.base.SecretsProviders, Metadata: r.base.Metadata}
	result.Resources = []apitype.ResourceV3{}
	for _, outlook := range slices.Concat(r.made, r.old) {
		if !outlook.gone {
			result.Resources = append(result.Resources, outlook.state)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.begun)) {
		result.PendingOperations = append(result.PendingOperations, r.begun[id])
	}
	// A create that an earlier run was cut off in stays until somebody finds out what became of it.
	for _, pending := range r.base.PendingOperations {
		if pending.Type == apitype.OperationTypeCreating {
			result.PendingOperations = append(result.PendingOperations, pending)
		}
	}
	features := map[string]bool{}
	for _, state := range result.Resources {
		stack.ApplyFeatures(state, features)
	}
	for _, pending := range result.PendingOperations {
		stack.ApplyFeatures(pending.Resource, features)
	}
	if r.refreshed {
		forgetGone(result.Resources)
	}
	manifest := deploy.Manifest{Time: time.Now(), Version: version.Version}
	manifest.Magic = manifest.NewMagic()
	result.Manifest = manifest.Serialize()
	normalized, err := result.NormalizeURNReferences()
	if err != nil {
		return apitype.TypedDeployment{}, fmt.Errorf("follow renamed resources: %w", err)
	}
	typed := apitype.TypedDeployment{Deployment: normalized, Version: apitype.DeploymentSchemaVersionCurrent}
	if len(features) > 0 {
		typed.Version, typed.Features = apitype.DeploymentSchemaVersionLatest, slices.Sorted(maps.Keys(features))
	}
	return typed, nil
}

// forgetGone takes out of resources what they say of others that do not come before them:
// a refresh finds that something is gone while others still need it.
func forgetGone(resources []apitype.ResourceV3) {
	there := map[resource.URN]bool{}
	present := func(urns []resource.URN) []resource.URN {
		return slices.DeleteFunc(slices.Clone(urns), func(urn resource.URN) bool { return !there[urn] })
	}
	for i := range resources {
		state := &resources[i]
		state.Dependencies, state.ReplaceWith = present(state.Dependencies), present(state.ReplaceWith)
		properties := maps.Clone(state.PropertyDependencies)
		for key, urns := range properties {
			properties[key] = present(urns)
		}
		maps.DeleteFunc(properties, func(_ resource.PropertyKey, urns []resource.URN) bool { return len(urns) == 0 })
		state.PropertyDependencies = properties
		if !there[state.DeletedWith] {
			state.DeletedWith = ""
		}
		there[state.URN] = true
	}
	for i := range resources {
		if !there[resources[i].Parent] {
			resources[i].Parent = ""
		}
	}
}

// serializeEntry makes an entry one that can be written, with its secrets encrypted.
func serializeEntry(ctx context.Context, entry engine.JournalEntry, encrypter config.Encrypter) (apitype.JournalEntry, error) {
	serialized := apitype.JournalEntry{
		Version: 1, Kind: apitype.JournalEntryKind(entry.Kind), SequenceID: entry.SequenceID, OperationID: entry.OperationID,
		RemoveOld: entry.RemoveOld, RemoveNew: entry.RemoveNew, DeleteOld: entry.DeleteOld, DeleteNew: entry.DeleteNew,
		PendingReplacementOld: entry.PendingReplacementOld, PendingReplacementNew: entry.PendingReplacementNew,
		IsRefresh: entry.IsRefresh,
	}
	if entry.State != nil {
		state, err := stack.SerializeResource(ctx, entry.State, encrypter, false)
		if err != nil {
			return serialized, err
		}
		serialized.State = &state
	}
	if entry.Operation != nil {
		operation, err := stack.SerializeOperation(ctx, *entry.Operation, encrypter, false)
		if err != nil {
			return serialized, err
		}
		serialized.Operation = &operation
	}
	if manager := entry.SecretsManager; manager != nil {
		serialized.SecretsProvider = &apitype.SecretsProvidersV1{Type: manager.Type(), State: manager.State()}
	}
	if entry.NewSnapshot != nil {
		var err error
		if serialized.NewSnapshot, err = stack.SerializeDeployment(ctx, entry.NewSnapshot, false); err != nil {
			return serialized, err
		}
	}
	return serialized, nil
}
