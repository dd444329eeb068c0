package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Recover settles the creates that a run which died left unfinished: nobody wrote
// down whether they happened. What providers can find is taken into the state, what
// surely does not exist is forgotten, and for the rest a warning says what to do.
// The stack must be locked.
func (s *Stack) Recover(ctx context.Context, operation Operation) error {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return err
	}
	// Updates and deletes that were cut off need nothing: state still holds what was
	// there before, and the next operation does them again.
	pending := creating(snapshot)
	if len(pending) == 0 {
		return nil
	}
	tell := func(severity diag.Severity, urn resource.URN, format string, args ...any) {
		if operation.Events != nil {
			operation.Events(Diagnostic{Severity: severity, URN: string(urn), Message: fmt.Sprintf(format, args...)})
		}
	}
	if operation.Plugins.Find == nil {
		for _, state := range pending {
			tell(diag.Warning, state.URN, "its creation was cut off by a run that died; if it exists in the cloud, "+
				"import it (pulumi import %s %s <id>), or delete it there", state.Type, state.URN.Name())
		}
		return nil
	}
	if operation.Providers == nil && (operation.Program != nil || operation.Executable != "") {
		// Without the program's, those of the state may do, or their reads say why not.
		operation.Providers, _ = s.Providers(ctx, operation)
	}
	reconfigure(snapshot, operation.Providers)
	snapshot.PendingOperations = nil
	// Ids are those of one resource: the settings of a bucket have the bucket's.
	type object struct {
		urn resource.URN
		id  resource.ID
	}
	known := map[object]bool{}
	living := map[resource.URN]bool{}
	for _, state := range snapshot.Resources {
		known[object{state.URN, state.ID}] = true
		living[state.URN] = living[state.URN] || !state.Delete
	}
	for _, state := range pending {
		ids, err := operation.Plugins.Find(ctx, string(state.URN), string(state.Type), state.Inputs)
		if err != nil {
			return fmt.Errorf("look for %s, whose creation was cut off: %w", state.URN, err)
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return known[object{state.URN, resource.ID(id)}] })
		if len(ids) == 0 {
			tell(diag.Info, state.URN, "its creation was cut off by a run that died before anything was made")
		}
		for _, id := range ids {
			recovered, err := readBack(ctx, operation.Plugins, snapshot, state, resource.ID(id))
			if err != nil {
				return fmt.Errorf("read %s (%s), whose creation was cut off: %w", state.URN, id, err)
			}
			// Half of a replacement: the old resource is still the one in use, so this one
			// goes, and the replacement is done again.
			recovered.Delete = living[state.URN]
			living[state.URN] = true
			snapshot.Resources = append(snapshot.Resources, recovered)
			tell(diag.Info, state.URN, "was made (%s) by a run that died before it could write that down; taken into the state", id)
		}
	}
	return s.save(ctx, snapshot)
}

// creating lists the resources whose creation was begun and not written as ended.
func creating(snapshot *deploy.Snapshot) []*resource.State {
	var pending []*resource.State
	for _, operation := range snapshot.PendingOperations {
		if operation.Type == resource.OperationTypeCreating && operation.Resource.Custom {
			pending = append(pending, operation.Resource)
		}
	}
	return pending
}

// readBack asks the resource's provider, configured as it is in the state, for the
// object that id names.
func readBack(ctx context.Context, plugins Plugins, snapshot *deploy.Snapshot, state *resource.State, id resource.ID,
) (*resource.State, error) {
	make, ok := plugins.Simulated[string(state.Type.Package())]
	if !ok {
		return nil, fmt.Errorf("provider %q is not simulated", state.Type.Package())
	}
	provider, err := make()
	if err != nil {
		return nil, err
	}
	defer provider.Close()
	for _, candidate := range snapshot.Resources {
		if string(candidate.URN)+"::"+string(candidate.ID) != state.Provider {
			continue
		}
		urn, name, typ := candidate.URN, candidate.URN.Name(), candidate.Type
		if _, err := provider.Configure(ctx, plugin.ConfigureRequest{
			URN: &urn, Name: &name, Type: &typ, ID: &candidate.ID, Inputs: candidate.Inputs,
		}); err != nil {
			return nil, err
		}
	}
	answer, err := provider.Read(ctx, plugin.ReadRequest{
		URN: state.URN, Name: state.URN.Name(), Type: state.Type, ID: id, Inputs: state.Inputs,
	})
	if err != nil {
		return nil, err
	}
	recovered := state.Copy()
	recovered.ID = id
	recovered.Outputs = answer.Outputs
	return recovered, nil
}
