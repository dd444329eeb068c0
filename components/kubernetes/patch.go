package kubernetes

import (
	"fmt"
	"maps"

	sdk "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// patchForce is the annotation that lets a patch take a field from whoever set it.
const patchForce = "pulumi.com/patchForce"

// NewPatch sets some fields of an object that somebody else made, and leaves the others.
// It takes the fields from whoever set them. Arguments are those of NewObject; metadata is
// a pulumi.Map, with a name and, if the object is in one, a namespace that are plain texts.
//
// What a patch has set stays when the patch is deleted: the provider would give the fields
// back, and those that nobody else has set, or that were taken, would be gone. Whoever wants
// another last value sets it before.
//
// It is an error of the run if the object is not there: {name}-object reads it first. The
// provider would make it, with these fields alone. A preview does not look: what makes the
// object may be part of it. (docs/reference/real-plugins.md 2, rows 1 and 2)
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
	read, err := readObject(ctx, name+"-object", apiVersion, kind, forced, opts...)
	if err != nil {
		return nil, fmt.Errorf("patch %s: %w", name, err)
	}
	made := &Object{}
	opts = append(opts, pulumi.DependsOn([]pulumi.Resource{read}), pulumi.RetainOnDelete(true))
	if err := ctx.RegisterResource(token(apiVersion, kind)+"Patch", name, inputs, made, opts...); err != nil {
		return nil, fmt.Errorf("register patch of %s %s %q: %w", apiVersion, kind, name, err)
	}
	return made, nil
}

// markForHelm marks an object that is in no namespace as one of a release: Helm refuses to
// take over what is not marked so ("invalid ownership metadata"). What Helm makes of the
// marks then is its own.
func markForHelm(
	ctx *pulumi.Context, name, apiVersion, kind, object, release, namespace string, opts ...pulumi.ResourceOption,
) (*Object, error) {
	marked := metadata("", object, map[string]string{"app.kubernetes.io/managed-by": "Helm"})
	marked["annotations"] = pulumi.StringMap{
		"meta.helm.sh/release-name": pulumi.String(release), "meta.helm.sh/release-namespace": pulumi.String(namespace),
	}
	return NewPatch(ctx, name, apiVersion, kind, pulumi.Map{"metadata": marked}, append(opts, pulumi.IgnoreChanges([]string{"metadata"}))...)
}

// readObject reads an object that somebody else made; in a preview it is not known.
func readObject(
	ctx *pulumi.Context, name, apiVersion, kind string, metadata pulumi.Map, opts ...pulumi.ResourceOption,
) (*Object, error) {
	id, named := metadata["name"].(pulumi.String)
	namespace, ok := metadata["namespace"].(pulumi.String)
	if !named || !ok && metadata["namespace"] != nil {
		return nil, fmt.Errorf("the name of the object, and its namespace, are to be plain texts")
	}
	if namespace != "" {
		id = namespace + "/" + id
	}
	if ctx.DryRun() {
		id = plugin.UnknownStringValue // the engine asks nobody
	}
	read := &Object{}
	if err := ctx.ReadResource(token(apiVersion, kind), name, pulumi.ID(id), nil, read, opts...); err != nil {
		return nil, fmt.Errorf("read %s %s %q: %w", apiVersion, kind, id, err)
	}
	return read, nil
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
