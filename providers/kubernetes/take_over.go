package kubernetes

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// TakesOver tells of which types a create is an apply: the plugin takes over an object that
// is there, and says nothing of it. Patches are made for that, and Helm refuses.
// (docs/reference/real-plugins.md 2, row 3)
func TakesOver(typ string) bool {
	return strings.HasPrefix(typ, "kubernetes:") && !IsPatch(typ) && !strings.HasPrefix(typ, "kubernetes:helm.sh/")
}

// IsPatch tells whether a type is that of a patch, which the plugin ends by taking away what
// nobody else has set. (docs/reference/real-plugins.md 2, row 1)
func IsPatch(typ string) bool {
	return strings.HasPrefix(typ, "kubernetes:") && strings.HasSuffix(typ, "Patch")
}

// Force are the inputs of an object with the annotation by which the plugin takes what others
// have set in it.
func Force(inputs resource.PropertyMap) resource.PropertyMap {
	metadata := fieldsOf(inputs, "metadata").Copy()
	annotations := fieldsOf(metadata, "annotations").Copy()
	annotations["pulumi.com/patchForce"] = resource.NewStringProperty("true")
	metadata["annotations"] = resource.NewObjectProperty(annotations)
	forced := inputs.Copy()
	forced["metadata"] = resource.NewObjectProperty(metadata)
	return forced
}

// MadeBy tells who made an object that was read: by the marks of Helm, and by those whose
// fields it has. pulumi is true when Pulumi's programs have a part in it.
func MadeBy(object resource.PropertyMap) (who string, pulumi bool) {
	metadata := fieldsOf(object, "metadata")
	label := textOf(fieldsOf(metadata, "labels"), "app.kubernetes.io/managed-by")
	if release := textOf(fieldsOf(metadata, "annotations"), "meta.helm.sh/release-name"); label == "Helm" && release != "" {
		return "the Helm release " + release, false
	}
	var managers []string
	if listed := metadata["managedFields"]; listed.IsArray() {
		for _, entry := range listed.ArrayValue() {
			if !entry.IsObject() {
				continue
			}
			manager := textOf(entry.ObjectValue(), "manager")
			if strings.HasPrefix(manager, "pulumi-") || manager == "pulumi" {
				return "a Pulumi program (" + manager + ")", true
			}
			if manager != "" && !slices.Contains(managers, manager) {
				managers = append(managers, manager)
			}
		}
	}
	switch {
	case label == "pulumi":
		return "a Pulumi program", true
	case len(managers) > 0:
		return strings.Join(managers, ", "), false
	}
	return "somebody", false
}

func fieldsOf(object resource.PropertyMap, name resource.PropertyKey) resource.PropertyMap {
	value := object[name]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsObject() {
		return nil
	}
	return value.ObjectValue()
}

func textOf(object resource.PropertyMap, name resource.PropertyKey) string {
	if value := object[name]; value.IsString() {
		return value.StringValue()
	}
	return ""
}
