package kubernetes

import (
	"fmt"
	"maps"
	"strings"

	sdk "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Object is an object in a cluster.
type Object struct {
	pulumi.CustomResourceState

	// Status is what the cluster says of it, nil while it says nothing.
	Status pulumi.AnyOutput `pulumi:"status"`
}

// NewObject makes an object of any kind, of Kubernetes' own or defined in the cluster,
// with the logical name name. fields are all but apiVersion and kind, under the names
// that the API gives them; metadata is required. Its type token is the one that the
// SDK's type for the kind has, so that either can take over from the other. What a
// Secret holds is secret.
func NewObject(
	ctx *pulumi.Context, name, apiVersion, kind string, fields pulumi.Map, opts ...pulumi.ResourceOption,
) (*Object, error) {
	if apiVersion == "" || kind == "" || fields["metadata"] == nil {
		return nil, fmt.Errorf("object %s: an apiVersion, a kind and metadata are required", name)
	}
	inputs := map[string]any{}
	for field, value := range fields {
		inputs[field] = value
	}
	return register(ctx, name, apiVersion, kind, inputs, opts...)
}

// register makes an object whose fields may be plain values too.
func register(
	ctx *pulumi.Context, name, apiVersion, kind string, fields map[string]any, opts ...pulumi.ResourceOption,
) (*Object, error) {
	inputs := sdk.UntypedArgs(maps.Clone(fields))
	inputs["apiVersion"], inputs["kind"] = apiVersion, kind
	if apiVersion == "v1" && kind == "Secret" {
		secret := []string{"data", "stringData"}
		for _, field := range secret {
			if value, ok := inputs[field]; ok {
				inputs[field] = pulumi.ToSecret(value)
			}
		}
		opts = append(opts, pulumi.AdditionalSecretOutputs(secret))
	}
	made := &Object{}
	if err := ctx.RegisterResource(token(apiVersion, kind), name, inputs, made, opts...); err != nil {
		return nil, fmt.Errorf("register %s %s %q: %w", apiVersion, kind, name, err)
	}
	return made, nil
}

// registerRelease makes a Helm release, which the Kubernetes provider installs itself.
// The SDK's own type for it is in a package that brings every version of every API of
// Kubernetes along.
func registerRelease(ctx *pulumi.Context, name string, inputs map[string]any, opts ...pulumi.ResourceOption) (*Object, error) {
	release := sdk.UntypedArgs(maps.Clone(inputs))
	release["compat"] = "true" // as the SDK sets it: state has it
	made := &Object{}
	if err := ctx.RegisterResource("kubernetes:helm.sh/v3:Release", name, release, made, opts...); err != nil {
		return nil, fmt.Errorf("register Helm release %q: %w", name, err)
	}
	return made, nil
}

// token is the type token of a kind: "kubernetes:apps/v1:Deployment". The group without
// a name is core.
func token(apiVersion, kind string) string {
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	return "kubernetes:" + apiVersion + ":" + kind
}

// metadata is the metadata of an object; namespace is "" for one that is in none.
func metadata(namespace, name string, labels map[string]string) pulumi.Map {
	made := pulumi.Map{"name": pulumi.String(name)}
	if namespace != "" {
		made["namespace"] = pulumi.String(namespace)
	}
	if len(labels) > 0 {
		made["labels"] = pulumi.ToStringMap(maps.Clone(labels))
	}
	return made
}

// texts is a list of texts as an input.
func texts(of ...string) pulumi.StringArray { return pulumi.ToStringArray(of) }
