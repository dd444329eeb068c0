package ensure

import (
	"errors"
	"maps"
	"strings"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
)

// kubernetesSettings are the defaults of the kubernetes plugin, also for providers that do
// not set them: objects are applied on the server's side, but nothing takes fields from others
// that does not say so itself, as patches do, and a cluster that does not answer is an
// error, not an empty one (but see engine.Plugins.Gone).
// (docs/reference/aws-workload-eks.md 1; docs/reference/config-and-cli.md 4.3)
var kubernetesSettings = map[string]string{
	"PULUMI_K8S_ENABLE_PATCH_FORCE":       "false",
	"PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY": "true",
	"PULUMI_K8S_DELETE_UNREACHABLE":       "false",
}

// versions are those of the providers that ptd's programs are written for: what a component
// plugin asks for in an older one of the same major version is served by them. They are those
// of go.mod.
var versions = map[string]semver.Version{
	"aws":        {Major: 6, Minor: 83, Patch: 2},
	"kubernetes": {Major: 4, Minor: 21, Patch: 1},
}

// hosts are plugin hosts by target, each of which runs the plugins of all its stacks.
type hosts struct {
	plugins  func(target *config.Target) engine.Plugins
	programs programs

	mutex  sync.Mutex
	opened map[string]*engine.Host
}

func (h *hosts) of(target *config.Target) *engine.Host {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.opened == nil {
		h.opened = map[string]*engine.Host{}
	}
	if h.opened[target.Name] == nil {
		h.opened[target.Name] = engine.NewHost(h.programs.serve(h.plugins(target)))
	}
	return h.opened[target.Name]
}

// close ends the plugins, and then removes what they ran.
func (h *hosts) close() error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	var failures []error
	for _, host := range h.opened {
		failures = append(failures, host.Close())
	}
	return errors.Join(append(failures, h.programs.close())...)
}

// serve gives provider plugins what every environment does: their settings, the programs
// that they run, and how to read back what they made.
func (p *programs) serve(plugins engine.Plugins) engine.Plugins {
	environment := maps.Clone(plugins.Environment)
	if environment == nil {
		environment = map[string]map[string]string{}
	}
	settings := maps.Clone(kubernetesSettings)
	maps.Copy(settings, environment["kubernetes"])
	environment["kubernetes"] = settings
	plugins.Environment, plugins.Programs, plugins.Identify, plugins.Versions = environment, p.directory, identify, versions
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
