package engine

import (
	"fmt"
	"os/exec"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// installed is a plugin in the version that serves it: the one on the PATH, which has none;
// the one that is asked for where it is installed, else the newest that is. A plugin of
// which none is installed is to be fetched, in one version for all that ask.
func (r RealPlugin) installed(wanted workspace.PluginDescriptor) (workspace.PluginDescriptor, error) {
	if _, err := exec.LookPath(wanted.File()); err == nil && !env.IgnoreAmbientPlugins.Value() {
		wanted.Version = nil
		return wanted, nil
	}
	plugins, err := workspace.GetPlugins()
	if err != nil {
		return wanted, fmt.Errorf("look for the plugin %s: %w", wanted.Name, err)
	}
	var newest *semver.Version
	for _, found := range plugins {
		if found.Kind != wanted.Kind || found.Name != wanted.Name || found.Version == nil {
			continue
		}
		if wanted.Version != nil && found.Version.EQ(*wanted.Version) {
			return wanted, nil
		}
		if newest == nil || found.Version.GT(*newest) {
			newest = found.Version
		}
	}
	switch {
	case newest != nil:
		wanted.Version = newest
	case r.Version != nil:
		wanted.Version = r.Version
	}
	return wanted, nil
}
