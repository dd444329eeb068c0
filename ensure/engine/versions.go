package engine

import (
	"errors"
	"fmt"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	pkgworkspace "github.com/pulumi/pulumi/pkg/v3/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	sdkenv "github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// serving is the plugin that serves a request for one: of the versions of a package that the
// run needs anyway, the newest, when it is of the same major version and not older. Each
// plugin is hundreds of megabytes, and what a component plugin asks for for its children is
// seldom what ptd itself uses. Where the major version differs, both run.
// (docs/reference/real-plugins.md 2, row 8)
func (h *Host) serving(asked workspace.PluginDescriptor) workspace.PluginDescriptor {
	if !exchangeable(asked) {
		return asked
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	family := fmt.Sprintf("%s %d", asked.Name, asked.Version.Major)
	newest, known := h.newest[family]
	if own, ok := h.plugins.Versions[asked.Name]; ok && own.Major == asked.Version.Major && (!known || own.GT(newest)) {
		newest, known = own, true
	}
	if !known || asked.Version.GT(newest) {
		newest = *asked.Version
	}
	if h.newest == nil {
		h.newest = map[string]semver.Version{}
	}
	h.newest[family] = newest
	if newest.EQ(*asked.Version) {
		return asked
	}
	serving := asked
	serving.Version, serving.Checksums = &newest, nil // which are those of the version that was asked for
	return serving
}

// exchangeable tells whether another version may serve a request.
func exchangeable(asked workspace.PluginDescriptor) bool {
	return asked.Version != nil && asked.Version.Major > 0 && asked.PluginDownloadURL == ""
}

// outdated tells that what the run's own programs use serves a request, whatever else is
// asked for.
func (h *Host) outdated(asked workspace.PluginDescriptor) bool {
	own, ok := h.plugins.Versions[asked.Name]
	return ok && exchangeable(asked) && own.Major == asked.Version.Major && own.GT(*asked.Version)
}

// served tells once that another version serves than the one that was asked for.
func (s *session) served(asked, by workspace.PluginDescriptor) {
	s.once(diag.Info, fmt.Sprintf("provider %s %s serves what asks for %s", by.Name, by.Version, asked.Version))
}

// once tells something to one operation of the host to which somebody listens.
func (s *session) once(severity diag.Severity, text string) {
	if !s.heard {
		return
	}
	s.host.mutex.Lock()
	said := s.host.said[text]
	if s.host.said == nil {
		s.host.said = map[string]bool{}
	}
	s.host.said[text] = true
	s.host.mutex.Unlock()
	if !said {
		s.log(severity, "", text)
	}
}

// lend lends the plugin that serves the request. One that is missing is installed; where that
// fails, the version that was asked for has to do.
func (s *session) lend(asked workspace.PluginDescriptor, environment env.MapStore) (*lease, error) {
	serving := s.host.serving(asked)
	lent, err := s.lendExactly(serving, environment)
	if serving.Version == asked.Version {
		return lent, err // the engine installs it
	}
	var missing *workspace.MissingError
	if errors.As(err, &missing) && !sdkenv.DisableAutomaticPluginAcquisition.Value() {
		log := func(severity diag.Severity, message string) { s.log(severity, "", message) }
		if _, err = pkgworkspace.InstallPlugin(s.context.Request(), serving, log, schema.NewLoaderServerFromHost); err == nil {
			lent, err = s.lendExactly(serving, environment)
		}
	}
	if err != nil {
		return s.lendExactly(asked, environment)
	}
	s.served(asked, serving)
	return lent, nil
}

func (s *session) lendExactly(descriptor workspace.PluginDescriptor, environment env.MapStore) (*lease, error) {
	wanted, err := newOrigin(descriptor, environment, nil)
	if err != nil {
		return nil, err
	}
	lent := &lease{session: s, origin: wanted}
	_, err = lent.any() // the engine wants to know now if there is no such plugin
	return lent, err
}
