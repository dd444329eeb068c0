package kubernetes

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	openapi "k8s.io/kube-openapi/pkg/validation/validate"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// admitCustom checks a custom resource against its definition. In a preview the
// definition may still be made.
func (c *cluster) admitCustom(kind schema.GroupVersionKind, in sandbox.Inputs, preview bool) error {
	definition, err := c.definition(kind)
	if err != nil {
		return err
	}
	if definition == nil && preview {
		return nil
	}
	if definition == nil {
		return fmt.Errorf("no matches for kind %q in version %q: its CustomResourceDefinition is not in the cluster", kind.Kind, kind.GroupVersion())
	}
	at := slices.IndexFunc(definition.Spec.Versions, func(version apiextensions.CustomResourceDefinitionVersion) bool {
		return version.Name == kind.Version && version.Served
	})
	if at < 0 {
		return fmt.Errorf("no matches for kind %q in version %q: %s does not serve that version", kind.Kind, kind.GroupVersion(), definition.Name)
	}
	if namespace, ok := in.Map("metadata")["namespace"]; ok && definition.Spec.Scope == apiextensions.ClusterScoped {
		return fmt.Errorf("%s is invalid: metadata.namespace: Forbidden: %v: not allowed on this type", kind.GroupKind(), namespace)
	}
	problems, err := againstSchema(definition.Spec.Versions[at].Schema.OpenAPIV3Schema, in)
	if err != nil {
		return fmt.Errorf("check %s against the schema of %s: %w", physical(in), definition.Name, err)
	}
	if kind.Group == "projectcalico.org" {
		problems = append(problems, checkPolicy(in)...)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s %q is invalid: %s", kind.GroupKind(), physical(in), strings.Join(problems, "; "))
	}
	return nil
}

// againstSchema lists what is wrong with a custom resource. Missing values are no
// problem while some are not known.
func againstSchema(declared *apiextensions.JSONSchemaProps, in sandbox.Inputs) ([]string, error) {
	content, err := json.Marshal(declared)
	if err != nil {
		return nil, err
	}
	var schema spec.Schema
	if err := json.Unmarshal(content, &schema); err != nil {
		return nil, err
	}
	known, all := without(map[string]any(in))
	problems := unknownFields(declared, known, "")
	if all {
		for _, problem := range openapi.NewSchemaValidator(&schema, nil, "", strfmt.Default).Validate(known).Errors {
			problems = append(problems, problem.Error())
		}
	}
	return problems, nil
}

// unknownFields lists the fields that a schema does not have: a server-side apply, which is how
// the provider writes, fails over them ("field not declared in schema").
func unknownFields(declared *apiextensions.JSONSchemaProps, plain any, path string) []string {
	if declared == nil || declared.XPreserveUnknownFields != nil && *declared.XPreserveUnknownFields || declared.XEmbeddedResource {
		return nil
	}
	var problems []string
	switch plain := plain.(type) {
	case map[string]any:
		if len(declared.Properties) == 0 && (declared.AdditionalProperties != nil || declared.Type != "object") {
			for key, value := range plain {
				if additional := declared.AdditionalProperties; additional != nil {
					problems = append(problems, unknownFields(additional.Schema, value, path+"."+key)...)
				}
			}
			break
		}
		for key, value := range plain {
			child, ok := declared.Properties[key]
			switch {
			case path == "" && slices.Contains([]string{"apiVersion", "kind", "metadata"}, key):
			case ok:
				problems = append(problems, unknownFields(&child, value, path+"."+key)...)
			default:
				problems = append(problems, fmt.Sprintf("unknown field %q", strings.TrimPrefix(path+"."+key, ".")))
			}
		}
	case []any:
		if declared.Items != nil {
			for i, element := range plain {
				problems = append(problems, unknownFields(declared.Items.Schema, element, fmt.Sprintf("%s[%d]", path, i))...)
			}
		}
	}
	slices.Sort(problems)
	return problems
}
