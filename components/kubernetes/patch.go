package kubernetes

import (
	"fmt"
	"maps"

	sdk "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// patchForce is the annotation that lets a patch take a field from whoever set it.
const patchForce = "pulumi.com/patchForce"

// NewPatch sets some fields of an object that somebody else made, and leaves the others.
// It takes the fields from whoever set them. Deleting it gives them back, it does not
// delete the object. Arguments are those of NewObject; metadata is a pulumi.Map.
func NewPatch(
	ctx *pulumi.Context, name, apiVersion, kind string, fields pulumi.Map, opts ...pulumi.ResourceOption,
) (*Object, error) {
	if apiVersion == "" || kind == "" || fields["metadata"] == nil {
		return nil, fmt.Errorf("patch %s: an apiVersion, a kind and metadata are required", name)
	}
	forced, err := force(fields["metadata"])
	if err != nil {
		return nil, fmt.Errorf("patch %s: %w", name, err)
	}
	inputs := sdk.UntypedArgs{"apiVersion": apiVersion, "kind": kind}
	for field, value := range fields {
		inputs[field] = value
	}
	inputs["metadata"] = forced
	made := &Object{}
	if err := ctx.RegisterResource(token(apiVersion, kind)+"Patch", name, inputs, made, opts...); err != nil {
		return nil, fmt.Errorf("register patch of %s %s %q: %w", apiVersion, kind, name, err)
	}
	return made, nil
}

// force adds the annotation patchForce to metadata.
func force(metadata pulumi.Input) (pulumi.Map, error) {
	fields, ok := metadata.(pulumi.Map)
	if !ok {
		return nil, fmt.Errorf("metadata is a %T, not a pulumi.Map", metadata)
	}
	annotations := pulumi.Map{}
	switch given := fields["annotations"].(type) {
	case nil:
	case pulumi.Map:
		maps.Copy(annotations, given)
	case pulumi.StringMap:
		for key, value := range given {
			annotations[key] = value
		}
	default:
		return nil, fmt.Errorf("annotations are a %T, neither a pulumi.Map nor a pulumi.StringMap", given)
	}
	annotations[patchForce] = pulumi.String("true")
	forced := maps.Clone(fields)
	forced["annotations"] = annotations
	return forced, nil
}
