package engine

import (
	"fmt"
	"os/exec"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	registry "github.com/pulumi/pulumi/pkg/v3/resource/deploy/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// installed are the plugins that the engine need not look for: those that are simulated, in a
// sandbox, which asks no network, those that the state names, and those of whose version
// nothing runs, since another serves (see serving). The engine fetches each plugin that the
// state names before an operation begins.
func (h *Host) installed(before *deploy.Snapshot) (list []workspace.ProjectPlugin, err error) {
	type named struct{ name, version string }
	found := map[named]*semver.Version{}
	for name := range h.plugins.Simulated {
		found[named{name, ""}] = nil
	}
	if before == nil {
		before = &deploy.Snapshot{}
	}
	for _, state := range before.Resources {
		if !providers.IsProviderType(state.Type) {
			continue
		}
		asked := workspace.PluginDescriptor{Name: string(providers.GetProviderPackage(state.Type)), Kind: apitype.ResourcePlugin}
		if asked.Version, err = registry.GetProviderVersion(state.Inputs); err != nil {
			return nil, fmt.Errorf("read the state of %s: %w", state.URN, err)
		}
		if asked.PluginDownloadURL, err = registry.GetProviderDownloadURL(state.Inputs); err != nil {
			return nil, fmt.Errorf("read the state of %s: %w", state.URN, err)
		}
		part, real := h.plugins.Real[asked.Name]
		switch {
		case real:
			serving, err := part.installed(asked)
			if err != nil {
				return nil, err
			}
			if serving.Version != asked.Version && serving.Version != nil {
				found[named{asked.Name, fmt.Sprint(asked.Version)}] = asked.Version
			}
		case h.plugins.OnlySimulated:
			found[named{asked.Name, ""}] = nil
		case h.outdated(asked):
			found[named{asked.Name, asked.Version.String()}] = asked.Version
		}
	}
	for plugin, version := range found {
		list = append(list, workspace.ProjectPlugin{Name: plugin.name, Kind: apitype.ResourcePlugin, Version: version, Path: "served"})
	}
	return list, nil
}

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
