package ensure

import (
	"maps"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/postgresql"
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

// plugins are the resource providers of an operation, with what every environment sets.
func (e *Environment) plugins() engine.Plugins {
	plugins := e.providers()
	environment := maps.Clone(plugins.Environment)
	if environment == nil {
		environment = map[string]map[string]string{}
	}
	settings := maps.Clone(kubernetesSettings)
	maps.Copy(settings, environment["kubernetes"])
	environment["kubernetes"] = settings
	plugins.Environment, plugins.Programs, plugins.Identify = environment, e.programs.directory, identify
	return plugins
}

// identify tells the id by which a provider reads back what it makes from inputs; see
// engine.Plugins.
func identify(typ string, inputs, provider resource.PropertyMap) (id string, ok bool) {
	name, _, _ := strings.Cut(typ, ":")
	switch name {
	case "aws":
		return aws.Identifier(typ, inputs, provider)
	case "kubernetes":
		return kubernetes.Identifier(typ, inputs)
	case "postgresql":
		return postgresql.Identifier(typ, inputs)
	case "random", "tls": // what they make is in the state alone
		return "", true
	}
	return "", false
}
