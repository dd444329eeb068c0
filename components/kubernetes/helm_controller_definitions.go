package kubernetes

import "maps"

// The definitions of the Helm controller v0.16.10, whose schemas refuse what it does
// not know (docs/reference/aws-workload-apps.md 7.9).

// schema is a part of an OpenAPI schema.
type schema = map[string]any

var helmChartDefinition = helmDefinition{
	plural: "helmcharts", singular: "helmchart", kind: "HelmChart", status: true,
	columns: [][2]string{
		{"Job", ".status.jobName"}, {"Chart", ".spec.chart"}, {"TargetNamespace", ".spec.targetNamespace"},
		{"Version", ".spec.version"}, {"Repo", ".spec.repo"}, {"HelmVersion", ".spec.helmVersion"}, {"Bootstrap", ".spec.bootstrap"},
	},
	schema: schema{"type": "object", "properties": schema{
		"spec":   objectSchema(helmChartSpec()),
		"status": objectSchema(schema{"jobName": optional("string"), "conditions": listSchema(objectSchema(several(optional("string"), "message", "reason", "status", "type")))}),
	}},
}

var helmChartConfigDefinition = helmDefinition{
	plural: "helmchartconfigs", singular: "helmchartconfig", kind: "HelmChartConfig",
	schema: schema{"type": "object", "properties": schema{
		"spec": objectSchema(schema{
			"failurePolicy": optional("string"), "valuesContent": optional("string"), "valuesSecrets": valuesSecrets(),
		}),
	}},
}

func helmChartSpec() schema {
	names := objectSchema(schema{"name": optional("string")})
	spec := several(schema{"type": "boolean"}, "authPassCredentials", "bootstrap", "createNamespace", "insecureSkipTLSVerify", "plainHTTP")
	maps.Copy(spec, several(optional("string"), "chart", "chartContent", "failurePolicy", "helmVersion", "jobImage", "repo", "repoCA",
		"targetNamespace", "timeout", "valuesContent", "version"))
	maps.Copy(spec, several(names, "authSecret", "dockerRegistrySecret", "repoCAConfigMap"))
	spec["backOffLimit"], spec["valuesSecrets"] = optional("integer"), valuesSecrets()
	spec["set"] = schema{"type": "object", "nullable": true, "additionalProperties": schema{"x-kubernetes-int-or-string": true, "nullable": true}}
	spec["podSecurityContext"], spec["securityContext"] = objectSchema(podSecurityContext()), objectSchema(securityContext())
	return spec
}

// valuesSecrets names Secrets with values.
func valuesSecrets() schema {
	return listSchema(objectSchema(schema{
		"name": optional("string"), "keys": listSchema(optional("string")), "ignoreUpdates": schema{"type": "boolean"},
	}))
}

func podSecurityContext() schema {
	context := userContext()
	context["fsGroup"] = optional("integer")
	context["fsGroupChangePolicy"] = optional("string")
	context["supplementalGroups"] = listSchema(schema{"type": "integer"})
	context["sysctls"] = listSchema(objectSchema(several(optional("string"), "name", "value")))
	return context
}

func securityContext() schema {
	context := userContext()
	maps.Copy(context, several(optional("boolean"), "allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem"))
	context["capabilities"] = objectSchema(several(listSchema(optional("string")), "add", "drop"))
	context["procMount"] = optional("string")
	return context
}

// userContext is what both security contexts have.
func userContext() schema {
	windows := several(optional("string"), "gmsaCredentialSpec", "gmsaCredentialSpecName", "runAsUserName")
	windows["hostProcess"] = optional("boolean")
	return schema{
		"runAsGroup": optional("integer"), "runAsNonRoot": optional("boolean"), "runAsUser": optional("integer"),
		"seLinuxOptions": objectSchema(several(optional("string"), "level", "role", "type", "user")),
		"seccompProfile": objectSchema(several(optional("string"), "localhostProfile", "type")),
		"windowsOptions": objectSchema(windows),
	}
}

// optional is a value that may be null.
func optional(typ string) schema { return schema{"type": typ, "nullable": true} }

func objectSchema(properties schema) schema {
	return schema{"type": "object", "nullable": true, "properties": properties}
}

func listSchema(items schema) schema {
	return schema{"type": "array", "nullable": true, "items": items}
}

// several are properties of the same form.
func several(form schema, names ...string) schema {
	properties := schema{}
	for _, name := range names {
		properties[name] = maps.Clone(form)
	}
	return properties
}
