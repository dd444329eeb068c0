package kubernetes

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Identifier is the id by which the plugin reads back what it makes from the inputs of a
// type: namespace/name, or the name alone without a namespace, of objects by their
// metadata (the plugin's documentation, Import of any type) and of Helm releases (Import of
// kubernetes.helm.v3.Release). ok is false where the name is not known; id is "" for
// patches, which are applied again without harm.
func Identifier(typ string, inputs resource.PropertyMap) (id string, ok bool) {
	if strings.HasSuffix(typ, "Patch") {
		return "", true
	}
	named := inputs
	if !strings.HasPrefix(typ, "kubernetes:helm.sh/") {
		metadata := inputs["metadata"]
		if metadata.IsSecret() {
			metadata = metadata.SecretValue().Element
		}
		if !metadata.IsObject() {
			return "", false
		}
		named = metadata.ObjectValue()
	}
	name := named["name"]
	if !name.IsString() || name.StringValue() == "" {
		return "", false
	}
	if namespace := named["namespace"]; namespace.IsString() && namespace.StringValue() != "" {
		return namespace.StringValue() + "/" + name.StringValue(), true
	} else if !namespace.IsNull() && !namespace.IsString() {
		return "", false // it is not known
	}
	return name.StringValue(), true
}
