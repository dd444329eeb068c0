package ensure

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/stacks/config"
)

// RealParts are the providers of a sandbox that are Pulumi's own plugins, while everything
// else is simulated. The zero value has none.
type RealParts struct {
	// EKS is the component provider; the AWS resources that it makes stay simulated.
	EKS bool
	// Kubernetes leads to the cluster that stands for the target's, nil for simulated ones.
	Kubernetes *kubernetes.Kubeconfig
	// PostgreSQL is the server that stands for the target's, nil for a simulated one.
	PostgreSQL *postgresql.Server
	// Unawaited says that the cluster has no controllers: what they would do, nobody waits
	// for. What is deleted is waited for all the same.
	Unawaited bool
}

// realPartNames are the parts as they are named, for messages.
const realPartNames = "eks, kubernetes=KUBECONFIG and postgresql=URL"

// ParseRealParts reads parts as a command line names them: eks, kubernetes=KUBECONFIG with
// the path of a file, relative to directory, postgresql=URL. password is for a URL that has
// none. Unknown names, a part that is named twice or has no value, files that cannot be read
// and URLs that are none are errors; none of them quotes a URL.
func ParseRealParts(named []string, directory, password string) (parts RealParts, err error) {
	seen := map[string]bool{}
	for _, text := range named {
		name, value, given := strings.Cut(text, "=")
		if seen[name] {
			return RealParts{}, fmt.Errorf("%s is named twice", name)
		}
		seen[name] = true
		switch {
		case name == "eks" && given:
			return RealParts{}, errors.New("eks takes no value")
		case name == "eks":
			parts.EKS = true
		case name != "kubernetes" && name != "postgresql":
			if given { // the value may be a secret
				text = name + "=..."
			}
			return RealParts{}, fmt.Errorf("%q is none of %s", text, realPartNames)
		case value == "":
			return RealParts{}, fmt.Errorf("%s has no value: want one of %s", name, realPartNames)
		case name == "kubernetes":
			if !filepath.IsAbs(value) {
				value = filepath.Join(directory, value)
			}
			if parts.Kubernetes, err = kubernetes.ReadKubeconfig(value); err != nil {
				return RealParts{}, err
			}
		default:
			if parts.PostgreSQL, err = postgresql.ParseServer(value, password); err != nil {
				return RealParts{}, fmt.Errorf("postgresql: %w", err)
			}
		}
	}
	return parts, nil
}

// HideRealPart is a part as it was named, without a password.
func HideRealPart(named string) string {
	name, value, given := strings.Cut(named, "=")
	if !given || name == "kubernetes" {
		return named
	}
	parsed, err := url.Parse(value)
	if err != nil || parsed.Host == "" {
		return name + "=[secret]"
	}
	return name + "=" + parsed.Redacted()
}

// serve makes the plugins of the real parts run among those of a sandbox.
func (r RealParts) serve(cloud *sandbox.Cloud, target *config.Target, plugins engine.Plugins) engine.Plugins {
	plugins.Real = map[string]engine.RealPlugin{}
	if r.EKS {
		plugins.Real["eks"] = engine.RealPlugin{Between: func(provider plugin.Provider) plugin.Provider { return provider }}
	}
	if r.Kubernetes != nil {
		pinned, seeds := semver.MustParse(kubernetes.PluginVersion), &seeds{}
		plugins.Real["kubernetes"] = engine.RealPlugin{Version: &pinned, Between: func(provider plugin.Provider) plugin.Provider {
			return &kubernetesPlugin{Provider: provider, cloud: cloud, target: target, parts: r, seeds: seeds}
		}}
	}
	if r.PostgreSQL != nil {
		plugins.Real["postgresql"] = engine.RealPlugin{Between: func(provider plugin.Provider) plugin.Provider {
			return &postgresqlPlugin{Provider: provider, server: r.PostgreSQL}
		}}
	}
	for name := range plugins.Real {
		delete(plugins.Simulated, name)
	}
	return plugins
}
