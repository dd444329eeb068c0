package sandbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Invoke implements plugin.Provider.
func (p *Provider) Invoke(_ context.Context, r plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	function, ok := p.pkg.Functions[string(r.Tok)]
	if !ok {
		return plugin.InvokeResponse{}, fmt.Errorf("the sandbox does not simulate the function %s", r.Tok)
	}
	if p.unknown {
		return plugin.InvokeResponse{Properties: resource.PropertyMap{}}, nil
	}
	call := &Call{Cloud: p.cloud, Account: p.account, Region: p.region, Arguments: PlainMap(r.Args)}
	var result map[string]any
	err := p.cloud.Do(func() (err error) {
		result, err = function(call)
		return err
	})
	var absent *NoMatch
	if errors.As(err, &absent) {
		return plugin.InvokeResponse{Failures: []plugin.CheckFailure{{Reason: absent.Error()}}}, nil
	}
	if err != nil {
		return plugin.InvokeResponse{}, err
	}
	return plugin.InvokeResponse{Properties: Properties(result)}, nil
}
