package engine

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// creating is a provider that is asked to create with what Operation.CreateWith says.
func (s *session) creating(provider plugin.Provider) plugin.Provider {
	if s.creates == nil {
		return provider
	}
	return &creator{provider, s.creates}
}

type creator struct {
	plugin.Provider
	with func(urn string, inputs resource.PropertyMap) resource.PropertyMap
}

// Create implements plugin.Provider.
func (c *creator) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	if !r.Preview {
		r.Properties = c.with(string(r.URN), r.Properties)
	}
	return c.Provider.Create(ctx, r)
}
