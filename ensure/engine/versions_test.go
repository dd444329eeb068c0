package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/blang/semver"
	sdkenv "github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Requests for several versions of a package are served by one plugin, the newest, while the
// major version is the same; that is said once.
func TestOnePluginForSeveralVersions(t *testing.T) {
	w := newPlugged(t)
	w.host.plugins.Versions = map[string]semver.Version{"test": {Major: 1, Minor: 5}}
	program := func(versions ...string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			for i, version := range versions {
				var provider pulumi.ProviderResourceState
				err := ctx.RegisterResource("pulumi:providers:test", fmt.Sprintf("explicit-%d", i), pulumi.Map{}, &provider, pulumi.Version(version))
				if err != nil {
					return err
				}
				name := pulumi.String("thing-" + version)
				if _, err := newThing(ctx, string(name), pulumi.Map{"name": name}, pulumi.Provider(&provider), pulumi.Version(version)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	require.NoError(t, w.applyTo(w.stack(), program("1.2.0", "1.5.0", "1.4.0")))
	require.Len(t, w.processes(), 1, "%v", w.wrote())
	var notes []string
	for _, event := range w.events {
		// The plugin manager complains besides that the stand-in is of a version of its own.
		if told, ok := event.(Diagnostic); ok && strings.HasPrefix(told.Message, "provider ") {
			notes = append(notes, told.Message)
		}
	}
	slices.Sort(notes)
	assert.Equal(t, []string{
		"provider test 1.5.0 serves what asks for 1.2.0", "provider test 1.5.0 serves what asks for 1.4.0",
	}, notes)
	require.NoError(t, w.applyTo(w.other(), program("2.0.0", "1.2.0")))
	assert.Len(t, w.processes(), 2, "another major version is another plugin: %v", w.wrote())
	newer := descriptor("test")
	newer.Version = &semver.Version{Major: 1, Minor: 6}
	assert.Equal(t, newer, w.host.serving(newer), "an older one serves no newer request")
	w.ends()
}

// A version that would serve, but is not there and cannot be installed, is no obstacle for the
// one that was asked for.
func TestVersionThatCannotBeInstalled(t *testing.T) {
	t.Setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
	w := newPlugged(t)
	w.host.plugins.Versions = map[string]semver.Version{"absent": {Major: 1, Minor: 5}}
	session, err := w.host.newSession(t.Context(), Operation{}, nil, nil, unheard)
	require.NoError(t, err)
	defer session.Close()
	asked := descriptor("absent")
	asked.Version = &semver.Version{Major: 1, Minor: 2}
	_, err = session.Provider(asked, sdkenv.Global())
	var missing *workspace.MissingError
	require.ErrorAs(t, err, &missing)
	assert.Contains(t, err.Error(), "1.2.0")
}

// In a sandbox one package can be real: its plugin runs in the version that is installed,
// whichever is asked for, behind what stands between it and the engine.
func TestRealPartOfASandbox(t *testing.T) {
	w := newPlugged(t)
	home := t.TempDir()
	t.Setenv("PULUMI_HOME", home)
	t.Setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")
	binary, err := os.Executable()
	require.NoError(t, err)
	for _, version := range []string{"1.2.0", "1.10.0"} {
		directory := filepath.Join(home, "plugins", "resource-test-v"+version)
		require.NoError(t, os.MkdirAll(directory, 0o700))
		require.NoError(t, os.Symlink(binary, filepath.Join(directory, "pulumi-resource-test")))
	}
	for wanted, want := range map[string]string{"1.2.0": "1.2.0", "1.5.0": "1.10.0", "2.0.0": "1.10.0"} {
		version := semver.MustParse(wanted)
		asked := descriptor("test")
		asked.Version = &version
		found, err := RealPlugin{}.installed(asked)
		require.NoError(t, err)
		assert.Equal(t, want, found.Version.String(), wanted)
	}
	asked := descriptor("absent")
	found, err := RealPlugin{}.installed(asked)
	require.NoError(t, err)
	assert.Equal(t, asked, found, "it is to be fetched")
	pinned := semver.MustParse("4.25.0")
	found, err = RealPlugin{Version: &pinned}.installed(asked)
	require.NoError(t, err)
	assert.Equal(t, "4.25.0", found.Version.String(), "it is to be fetched in one version")

	var between int
	plugins := w.host.plugins
	plugins.OnlySimulated = true
	plugins.Real = map[string]RealPlugin{"test": {Between: func(provider plugin.Provider) plugin.Provider {
		between++
		return provider
	}}}
	w.host = NewHost(plugins)
	t.Cleanup(func() { require.NoError(t, w.host.Close()) })
	program := func(ctx *pulumi.Context) error {
		for name, version := range map[string]string{"first": "1.5.0", "second": "2.0.0"} {
			var provider pulumi.ProviderResourceState
			err := ctx.RegisterResource("pulumi:providers:test", name, pulumi.Map{"password": pulumi.ToSecret(pulumi.String("a"))},
				&provider, pulumi.Version(version))
			if err != nil {
				return err
			}
			if _, err = newThing(ctx, name+"-thing", nil, pulumi.Provider(&provider)); err != nil {
				return err
			}
		}
		return nil
	}
	require.NoError(t, w.applyTo(w.stack(), program))
	require.NoError(t, w.applyTo(w.stack(), program))
	require.Len(t, w.wrote(), 1, "two versions that are asked for are one process")
	assert.Equal(t, 2, strings.Count(w.wrote()[0], "create "))
	assert.Positive(t, between)
	_, err = w.stack().Preview(t.Context(), w.operation(func(ctx *pulumi.Context) error {
		return ctx.RegisterResource("pulumi:providers:other", "other", nil, &pulumi.ProviderResourceState{})
	}))
	require.ErrorContains(t, err, `provider "other" is not simulated in the sandbox`)
	w.ends()
}
