package engine

import (
	"fmt"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// installedVersion is a plugin in the version that serves it: the one that is asked for
// where it is installed, else the newest that is. A plugin of which none is installed stays
// what it is, to be fetched.
func installedVersion(wanted workspace.PluginDescriptor) (workspace.PluginDescriptor, error) {
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
	if newest != nil {
		wanted.Version = newest
	}
	return wanted, nil
}
