package sandbox

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Check implements plugin.Provider.
func (p *Provider) Check(_ context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	typ, err := p.typeOf(r.URN.Type())
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	if p.unknown {
		return plugin.CheckResponse{Properties: r.News}, nil
	}
	inputs := r.News.Copy()
	for key, value := range inputs {
		if value.IsNull() {
			delete(inputs, key)
		}
	}
	for path, value := range typ.Defaults {
		head, _, below := strings.Cut(path, ".")
		above, given := inputs[resource.PropertyKey(head)]
		if !given && !below || below && above.IsObject() && lookup(inputs, path) == nil {
			inputs = with(inputs, path, property(value))
		}
	}
	if typ.Checked != nil {
		inputs = typ.Checked(inputs)
	}
	if inputs, err = p.autoName(typ, r, inputs); err != nil {
		return plugin.CheckResponse{}, err
	}
	var failures []plugin.CheckFailure
	if typ.Args != nil {
		failures = checkShape(inputs, typ.Args, "")
	}
	if typ.Check != nil && len(failures) == 0 {
		for _, problem := range typ.Check(PlainMap(inputs)) {
			failures = append(failures, failure(problem.Path, "%s", problem.Text))
		}
	}
	if typ.Doubt != nil && p.log != nil && len(failures) == 0 {
		for _, doubt := range typ.Doubt(PlainMap(inputs)) {
			p.log(diag.Warning, r.URN, doubt)
		}
	}
	return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
}
