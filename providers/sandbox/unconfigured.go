package sandbox

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// A plugin whose configuration is not known, as in a preview in which the cluster of a
// kubernetes provider is not there, is not asked: inputs stay as they are given, without
// defaults and names, nothing is known of what is made, and nothing is found out. So says
// the engine's side of each plugin (sdk/go/common/resource/plugin/provider_plugin.go, "known").

// unconfigured tells whether an input of the provider is not known.
func unconfigured(inputs resource.PropertyMap) bool {
	for key, value := range inputs {
		if key != "version" && value.ContainsUnknowns() {
			return true
		}
	}
	return false
}

// errUnavailable is the answer when the difference cannot be told: the engine takes the
// resource for one that changes, and warns.
func errUnavailable() error {
	return plugin.DiffUnavailable("The provider for this resource has inputs that are not known during preview.\n" +
		"This preview may not correctly represent the changes that will be applied during an update.")
}
