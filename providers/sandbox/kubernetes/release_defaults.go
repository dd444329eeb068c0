package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// releaseDefaults are what the provider's Check makes of inputs of a release that are not
// given: it decodes them into its own Release, and what that has goes into the state, also what
// is empty. Of repositoryOpts this holds where they are given
// (provider/pkg/provider/helm_release.go, Check and setDefaults).
func releaseDefaults() map[string]any {
	defaults := map[string]any{"namespace": "default", "timeout": 300.0, "values": map[string]any{}}
	for _, flag := range []string{
		"allowNullValues", "atomic", "cleanupOnFail", "createNamespace", "dependencyUpdate", "devel", "disableCRDHooks",
		"disableOpenapiValidation", "disableWebhooks", "forceUpdate", "lint", "recreatePods", "renderSubchartNotes", "replace",
		"resetValues", "reuseValues", "skipAwait", "skipCrds", "verify", "waitForJobs",
	} {
		defaults[flag] = false
	}
	for _, text := range []string{
		"description", "keyring", "postrender", "version",
		"repositoryOpts.caFile", "repositoryOpts.certFile", "repositoryOpts.keyFile", "repositoryOpts.password",
		"repositoryOpts.repo", "repositoryOpts.username",
	} {
		defaults[text] = ""
	}
	return defaults
}

// checkedRelease is what is left of the inputs of a release: its Release has no compat, which
// the SDK gives, and of values those that are null, not known, or empty lists are lost on the
// way, unless allowNullValues is set (excludeNulls, annotateComputed). So an empty list takes
// none of a chart's own values away.
func checkedRelease(inputs resource.PropertyMap) resource.PropertyMap {
	inputs = inputs.Copy()
	delete(inputs, "compat")
	delete(inputs, "resourceNames")
	if nulls := inputs["allowNullValues"]; nulls.IsBool() && nulls.BoolValue() {
		return inputs
	}
	if values, kept := knownValues(inputs["values"]); kept {
		inputs["values"] = values
	}
	return inputs
}

// knownValues are values of a chart without those that the provider loses: null, not known, a
// list in which nothing is. kept tells whether anything is left; a value that is not known as
// a whole is no part of this.
func knownValues(value resource.PropertyValue) (known resource.PropertyValue, kept bool) {
	switch {
	case value.IsNull(), value.IsComputed(), value.IsOutput():
		return value, false
	case value.IsSecret():
		known, kept = knownValues(value.SecretValue().Element)
		return resource.MakeSecret(known), kept
	case value.IsObject():
		fields := resource.PropertyMap{}
		for key, element := range value.ObjectValue() {
			if known, kept := knownValues(element); kept {
				fields[key] = known
			}
		}
		return resource.NewObjectProperty(fields), true
	case value.IsArray():
		var elements []resource.PropertyValue
		for _, element := range value.ArrayValue() {
			if known, kept := knownValues(element); kept {
				elements = append(elements, known)
			}
		}
		return resource.NewArrayProperty(elements), len(elements) > 0
	}
	return value, true
}
