package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	registry "github.com/pulumi/pulumi/pkg/v3/resource/deploy/providers"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Recover settles the creates that a run which died left unfinished: nobody wrote
// down whether they happened. What a run made that had lost its lock is taken in, too. What providers can find, by Plugins.Identify and
// Plugins.Find, is taken into the state, what surely does not exist is forgotten. Of the
// rest a warning says what to look for; it stays in the state until the resource has been
// made anew. The stack must be locked.
func (s *Stack) Recover(ctx context.Context, operation Operation) error {
	snapshot, err := s.snapshot(ctx)
	if err != nil || snapshot == nil {
		return err
	}
	// Updates and deletes that were cut off need nothing: state still holds what was
	// there before, and the next operation does them again.
	pending := creating(snapshot)
	left, err := s.left(ctx)
	if err != nil || len(pending) == 0 && len(left) == 0 {
		return err
	}
	if operation.Providers == nil && (operation.Program != nil || operation.Executable != "") {
		// Without the program's, those of the state may do, or their reads say why not.
		operation.Providers, _ = s.Providers(ctx, operation)
	}
	reconfigure(snapshot, operation.Providers)
	tell := func(severity diag.Severity, urn resource.URN, message string) {
		if operation.Events != nil && severity != diag.Debug {
			operation.Events(Diagnostic{Severity: severity, URN: string(urn), Message: message})
		}
	}
	session, err := operation.Host.newSession(ctx, Operation{}, snapshot, nil, tell)
	if err != nil {
		return fmt.Errorf("recover stack %s: %w", s.Name(), err)
	}
	defer session.program.finish()
	defer session.Close()
	r := recovery{Plugins: operation.Host.plugins, session: session, snapshot: snapshot, providers: map[string]configuredProvider{}}
	snapshot.PendingOperations = nil
	for _, state := range pending {
		found, certain, err := r.look(ctx, state)
		if err != nil {
			return fmt.Errorf("look for %s, whose creation was cut off: %w", state.URN, err)
		}
		living := r.living(state.URN)
		switch {
		case len(found) > 0:
		case certain:
			tell(diag.Info, state.URN, "its creation was cut off by a run that died before anything was made")
		default:
			tell(diag.Warning, state.URN, fmt.Sprintf("its creation was cut off by a run that died, and nothing but the cloud "+
				"knows whether it was made: look there for %s (%s)%s, and delete it, or import it (pulumi import %s %s <id>)",
				state.URN.Name(), state.Type, traces(state.Inputs), state.Type, state.URN.Name()))
			if !living { // it has not been made anew
				snapshot.PendingOperations = append(snapshot.PendingOperations, resource.NewOperation(state, resource.OperationTypeCreating))
			}
		}
		for _, recovered := range found {
			// Half of a replacement: the old resource is still the one in use, so this one
			// goes, and the replacement is done again.
			recovered.Delete = living
			living = true
			snapshot.Resources = append(snapshot.Resources, recovered)
			tell(diag.Info, state.URN, fmt.Sprintf(
				"was made (%s) by a run that died before it could write that down; taken into the state", recovered.ID))
		}
	}
	for _, key := range left {
		states, err := s.readLeft(ctx, key)
		if err != nil {
			return err
		}
		err = r.adopt(ctx, states, func(state *resource.State) {
			tell(diag.Info, state.URN, fmt.Sprintf("was made (%s) by a run that had lost its lock; taken into the state", state.ID))
		})
		if err != nil {
			return err
		}
	}
	if err := s.save(ctx, snapshot); err != nil {
		return err
	}
	for _, key := range left {
		if err := s.backend.store.remove(ctx, key); err != nil {
			return fmt.Errorf("remove %s, which is in the state of stack %s now: %w", key, s.Name(), err)
		}
	}
	return nil
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

// recovery looks for what cut-off creates have made.
type recovery struct {
	Plugins
	session   *session
	snapshot  *deploy.Snapshot
	providers map[string]configuredProvider // by reference
}

type configuredProvider struct {
	plugin.Provider
	inputs resource.PropertyMap
}

// look finds what the creates of a resource have made and the state does not know.
// certain tells whether there is nothing else.
func (r recovery) look(ctx context.Context, state *resource.State) (found []*resource.State, certain bool, err error) {
	if providers.IsProviderType(state.Type) {
		return nil, true, nil
	}
	provider, err := r.provider(ctx, state.Provider)
	if err != nil {
		return nil, false, err
	}
	if r.Identify != nil {
		var id string
		if id, certain = r.Identify(string(state.Type), state.Inputs, provider.inputs); id != "" {
			recovered, err := readBack(ctx, provider, state, id)
			if err != nil {
				return nil, false, err
			}
			if recovered != nil && !r.knows(recovered) {
				return []*resource.State{recovered}, true, nil
			}
		}
	}
	if _, real := r.Real[string(state.Type.Package())]; r.Find == nil || real { // no simulated cloud knows what is real
		return nil, certain, nil
	}
	ids, err := r.Find(ctx, string(state.URN), string(state.Type), state.Inputs)
	if err != nil {
		return nil, false, err
	}
	for _, id := range ids {
		recovered, err := readBack(ctx, provider, state, id)
		if err != nil {
			return nil, false, err
		}
		if recovered != nil && !r.knows(recovered) {
			found = append(found, recovered)
		}
	}
	return found, true, nil
}

// knows tells whether an object is in the state. Ids are those of one type: the settings
// of a bucket have the bucket's.
func (r recovery) knows(recovered *resource.State) bool {
	return slices.ContainsFunc(r.snapshot.Resources, func(state *resource.State) bool {
		return state.ID == recovered.ID && state.Type == recovered.Type && state.Provider == recovered.Provider
	})
}

func (r recovery) living(urn resource.URN) bool {
	return slices.ContainsFunc(r.snapshot.Resources, func(state *resource.State) bool {
		return state.URN == urn && !state.Delete
	})
}

// provider is a provider of the state, configured as it is there.
func (r recovery) provider(ctx context.Context, reference string) (configuredProvider, error) {
	if known, ok := r.providers[reference]; ok {
		return known, nil
	}
	for _, state := range r.snapshot.Resources {
		if string(state.URN)+"::"+string(state.ID) != reference {
			continue
		}
		provider, err := r.start(ctx, state)
		if err != nil {
			return configuredProvider{}, fmt.Errorf("start its provider %s: %w", state.URN, err)
		}
		r.providers[reference] = configuredProvider{provider, state.Inputs}
		return r.providers[reference], nil
	}
	return configuredProvider{}, fmt.Errorf("the state does not have its provider %s", reference)
}

func (r recovery) start(ctx context.Context, state *resource.State) (plugin.Provider, error) {
	pkg := providers.GetProviderPackage(state.Type)
	name, err := registry.GetProviderName(pkg, state.Inputs)
	if err != nil {
		return nil, err
	}
	version, err := registry.GetProviderVersion(state.Inputs)
	if err != nil {
		return nil, err
	}
	source, err := registry.GetProviderDownloadURL(state.Inputs)
	if err != nil {
		return nil, err
	}
	parameters, err := registry.GetProviderParameterization(pkg, state.Inputs)
	if err != nil {
		return nil, err
	}
	provider, err := r.session.Provider(workspace.PluginDescriptor{
		Kind: apitype.ResourcePlugin, Name: string(name), Version: version, PluginDownloadURL: source,
	}, env.Global())
	if err != nil {
		return nil, err
	}
	if parameters != nil {
		if _, err := provider.Parameterize(ctx, plugin.ParameterizeRequest{Parameters: &plugin.ParameterizeValue{
			Name: parameters.Name, Version: parameters.Version, Value: parameters.Value,
		}}); err != nil {
			return nil, err
		}
	}
	urn, logical, typ := state.URN, state.URN.Name(), state.Type
	_, err = provider.Configure(ctx, plugin.ConfigureRequest{
		URN: &urn, Name: &logical, Type: &typ, ID: &state.ID, Inputs: registry.FilterProviderConfig(state.Inputs),
	})
	return provider, err
}

// readBack asks a provider for the object that id names; nil when there is none.
func readBack(ctx context.Context, provider plugin.Provider, state *resource.State, id string) (*resource.State, error) {
	answer, err := provider.Read(ctx, plugin.ReadRequest{
		URN: state.URN, Name: state.URN.Name(), Type: state.Type, ID: resource.ID(id), Inputs: state.Inputs,
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	if answer.ID == "" {
		return nil, nil
	}
	recovered := state.Copy()
	recovered.ID = answer.ID
	recovered.Outputs = answer.Outputs
	return recovered, nil
}

// traces are what inputs say of how to find an object in its cloud: names and tags.
func traces(inputs resource.PropertyMap) string {
	var found []string
	for _, key := range inputs.StableKeys() {
		name := strings.ToLower(string(key))
		if strings.HasSuffix(name, "name") || strings.HasSuffix(name, "identifier") || name == "tags" || name == "metadata" {
			found = append(found, fmt.Sprintf("%s %s", key, render(inputs[key])))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return " with " + strings.Join(found, ", ")
}
