package ensure

import (
	"maps"

	"github.com/ptd-go/ptd/ensure/engine"
)

// kubernetesSettings are the defaults of the kubernetes plugin, also for providers that do
// not set them: patches take fields from others, objects are applied on the server's side,
// and a cluster that does not answer is an error, not an empty one. (facts:
// aws-workload-eks 1, config-and-cli 10)
var kubernetesSettings = map[string]string{
	"PULUMI_K8S_ENABLE_PATCH_FORCE":       "true",
	"PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY": "true",
	"PULUMI_K8S_DELETE_UNREACHABLE":       "false",
}

// serve gives provider plugins what every environment does: their settings, and the
// programs that they run.
func (p *programs) serve(plugins engine.Plugins) engine.Plugins {
	environment := maps.Clone(plugins.Environment)
	if environment == nil {
		environment = map[string]map[string]string{}
	}
	settings := maps.Clone(kubernetesSettings)
	maps.Copy(settings, environment["kubernetes"])
	environment["kubernetes"] = settings
	plugins.Environment, plugins.Programs = environment, p.directory
	return plugins
}
