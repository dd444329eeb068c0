package kubernetes

import (
	"fmt"

	sdk "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// NewPatch sets some fields of an object that somebody else made, and leaves the others.
// Deleting it gives them back, it does not delete the object. Arguments are those of
// NewObject.
func NewPatch(
	ctx *pulumi.Context, name, apiVersion, kind string, fields pulumi.Map, opts ...pulumi.ResourceOption,
) (*Object, error) {
	if apiVersion == "" || kind == "" || fields["metadata"] == nil {
		return nil, fmt.Errorf("patch %s: an apiVersion, a kind and metadata are required", name)
	}
	inputs := sdk.UntypedArgs{"apiVersion": apiVersion, "kind": kind}
	for field, value := range fields {
		inputs[field] = value
	}
	made := &Object{}
	if err := ctx.RegisterResource(token(apiVersion, kind)+"Patch", name, inputs, made, opts...); err != nil {
		return nil, fmt.Errorf("register patch of %s %s %q: %w", apiVersion, kind, name, err)
	}
	return made, nil
}
