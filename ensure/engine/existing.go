package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Found is an object that is there although a plan creates its resource.
type Found struct {
	Change Change
	// ID is the object's, Outputs what the provider reads of it.
	ID      string
	Outputs resource.PropertyMap
}

// Existing looks for the objects that a plan's creates of some types would find. What does
// not say yet by which provider, or under which id, cannot be there. Where looking fails,
// the error says of which resources, and what was found comes with it.
func (s *Stack) Existing(ctx context.Context, operation Operation, plan *Plan, of func(typ string) bool) ([]Found, error) {
	plugins := operation.Host.plugins
	if plugins.Identify == nil {
		return nil, nil
	}
	type asked struct {
		change Change
		id     string
	}
	wanted := map[string][]asked{} // by the URN of the provider
	for _, change := range plan.Changes {
		inputs, known := plan.providers[change.provider]
		if change.Kind != Create || !of(change.Type) || !known {
			continue
		}
		if id, ok := plugins.Identify(change.Type, change.Inputs, inputs); ok && id != "" {
			wanted[change.provider] = append(wanted[change.provider], asked{change, id})
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	// What a plugin says beside its answers is no news: the errors are in them.
	session, err := operation.Host.newSession(ctx, Operation{}, nil, nil, func(diag.Severity, resource.URN, string) {})
	if err != nil {
		return nil, fmt.Errorf("look for what the plan of stack %s would create: %w", s.Name(), err)
	}
	defer session.program.finish()
	defer session.Close()
	r := recovery{Plugins: plugins, session: session}
	var found []Found
	var failures []error
	for urn, list := range wanted {
		state := &resource.State{
			URN: resource.URN(urn), Type: resource.URN(urn).Type(), Custom: true, ID: "looking", Inputs: plan.providers[urn],
		}
		provider, err := r.start(ctx, state)
		for _, asked := range list {
			var answer plugin.ReadResponse
			if err == nil { // without inputs: all of the object, and no waiting
				answer, err = provider.Read(ctx, plugin.ReadRequest{
					URN: resource.URN(asked.change.URN), Name: asked.change.Name, Type: resource.URN(asked.change.URN).Type(), ID: resource.ID(asked.id),
				})
			}
			if err != nil {
				failures = append(failures, fmt.Errorf("look whether %s %s is there already: %w", asked.change.Type, asked.id, err))
				break // the provider's others would say the same
			}
			if answer.ID != "" {
				found = append(found, Found{Change: asked.change, ID: asked.id, Outputs: answer.Outputs})
			}
		}
	}
	return found, errors.Join(failures...)
}

// providerURN is the URN in a reference to a provider, "" when there is none.
func providerURN(reference string) string {
	if parsed, err := providers.ParseReference(reference); err == nil {
		return string(parsed.URN())
	}
	urn, _, _ := strings.Cut(reference, "::"+plugin.UnknownStringValue)
	return urn
}
