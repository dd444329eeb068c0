package kubernetes

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// TestStrictObjects makes wrong objects: each is refused, with a message that says what is
// wrong.
func TestStrictObjects(t *testing.T) {
	t.Parallel()
	const deploymentType, bindingType = "kubernetes:apps/v1:Deployment", "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
	containers := []any{fields{"name": "app", "image": "example.com/app:1"}}
	deployment := func(selector, label string, containers []any, more fields) fields {
		all := fields{"spec": fields{
			"selector": fields{"matchLabels": fields{"app": selector}},
			"template": fields{"metadata": fields{"labels": fields{"app": label}}, "spec": fields{"containers": containers}},
		}}
		maps.Copy(all, more)
		return all
	}
	c := openCluster(t)
	provider := sandboxtest.New(t, New(c.cloud), fields{"kubeconfig": testKubeconfig})
	for name, test := range map[string]struct {
		token, where string
		inputs       fields
		want         string
	}{
		"namespace":   {configMapType, "absent/main", nil, `metadata.namespace: namespaces "absent" not found`},
		"field":       {deploymentType, "default/app", deployment("app", "app", containers, fields{"replica": 2.0}), `strict decoding error: unknown field "replica"`},
		"field below": {deploymentType, "default/app", deployment("app", "app", []any{fields{"name": "app", "image": "example.com/app:1", "imagePullpolicy": "Always"}}, nil), `strict decoding error: unknown field "spec.template.spec.containers[0].imagePullpolicy"`},
		"type":        {configMapType, "default/main", fields{"data": fields{"a": 1.0}}, "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"},
		"selector":    {deploymentType, "default/app", deployment("app", "other", containers, nil), "spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"other\"}: `selector` does not match template `labels`"},
		"containers":  {deploymentType, "default/app", deployment("app", "app", []any{}, nil), "spec.template.spec.containers: Required value"},
		"name":        {configMapType, "default/Main", nil, `metadata.name: Invalid value: "Main": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`},
		"label":       {namespaceType, "main", fields{"metadata": fields{"name": "main", "labels": fields{"a b": "c"}}}, `metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`},
		"binding":     {bindingType, "default/main", fields{"roleRef": fields{"apiGroup": "rbac.authorization.k8s.io", "kind": "role", "name": "main"}}, `roleRef.kind: Unsupported value: "role": supported values: "ClusterRole", "Role"`},
		"definition":  {"kubernetes:core.posit.team/v1beta1:Site", "default/main", fields{"spec": fields{}}, `no matches for kind "Site" in version "core.posit.team/v1beta1": its CustomResourceDefinition is not in the cluster`},
	} {
		_, inputs := object(test.token, test.where, test.inputs)
		_, err := provider.Create(test.token, "main", sandbox.PlainMap(inputs))
		assert.EqualError(t, err, test.want, name)
	}
}

// TestStrictCustomResources makes custom resources against the schema of their definition.
func TestStrictCustomResources(t *testing.T) {
	t.Parallel()
	const siteType = "kubernetes:core.posit.team/v1beta1:Site"
	c := openCluster(t)
	c.mustCreate(definitionType, "sites.core.posit.team", fields{"spec": fields{
		"group": "core.posit.team", "scope": "Namespaced",
		"names": fields{"kind": "Site", "plural": "sites", "singular": "site", "listKind": "SiteList"},
		"versions": []any{fields{
			"name": "v1beta1", "served": true, "storage": true,
			"schema": fields{"openAPIV3Schema": fields{"type": "object", "properties": fields{
				"spec": fields{"type": "object", "required": []any{"domain"}, "properties": fields{
					"domain": fields{"type": "string"}, "replicas": fields{"type": "integer", "maximum": 5.0},
				}},
			}}},
		}},
	}})
	for want, spec := range map[string]fields{
		"spec.domain in body must be of type string: \"number\"":  {"domain": 7.0},
		"spec.domain in body is required":                         {"replicas": 3.0},
		"spec.replicas in body should be less than or equal to 5": {"domain": "example.com", "replicas": 6.0},
		`unknown field "spec.replica"`:                            {"domain": "example.com", "replica": 2.0},
	} {
		_, err := c.create(siteType, "default/main", fields{"spec": spec})
		assert.EqualError(t, err, `Site.core.posit.team "main" is invalid: `+want)
	}
	_, err := c.create(siteType, "default/main", fields{"spec": fields{"domain": "example.com", "replicas": 5.0}})
	require.NoError(t, err)
}
