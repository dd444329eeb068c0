package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// A cluster or a server that somebody deleted does not answer, as one does not that is out of
// reach: for the plugin both are the same, and its own switch for it (deleteUnreachable of
// kubernetes) throws state away also when a credential has expired. So the cloud is asked
// (Plugins.Gone), and only what it does not have is gone, with all that was in it: that is read
// as not there, and its deletion is done. Nothing else is asked of the plugin, which is treated
// as one whose configuration is not known.

// Configure implements plugin.Provider.
func (o *overlay) Configure(ctx context.Context, request plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	o.gone, o.doubt = o.session.lost(ctx, o.name, request.Inputs)
	if o.gone != "" {
		o.session.once(diag.Warning, o.gone+": what was in it is gone with it")
		if request.URN != nil {
			o.session.mutex.Lock()
			defer o.session.mutex.Unlock()
			if o.session.deleted == nil {
				o.session.deleted = map[string]bool{}
			}
			o.session.deleted[string(*request.URN)] = true
		}
		return plugin.ConfigureResponse{}, nil
	}
	return o.Provider.Configure(ctx, request)
}

// lost asks once a run whether what a provider works on is there; as long as it is not, each
// time, because the run may make it anew.
func (s *session) lost(ctx context.Context, pkg string, inputs resource.PropertyMap) (reason string, err error) {
	ask := s.host.plugins.Gone
	if _, real := s.host.plugins.Real[pkg]; ask == nil || real || inputs.ContainsUnknowns() {
		return "", nil
	}
	content, err := json.Marshal(inputs) // with keys in order
	if err != nil {
		return "", fmt.Errorf("tell providers of %s apart: %w", pkg, err)
	}
	key := pkg + " " + digest(content)
	s.host.mutex.Lock()
	there := s.host.there[key]
	s.host.mutex.Unlock()
	if there {
		return "", nil
	}
	if reason, err = ask(ctx, pkg, inputs); reason != "" || err != nil {
		return reason, err
	}
	s.host.mutex.Lock()
	defer s.host.mutex.Unlock()
	if s.host.there == nil {
		s.host.there = map[string]bool{}
	}
	s.host.there[key] = true
	return "", nil
}

// mark marks the changes of what was in something that is gone.
func (s *session) mark(changes []Change) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i := range changes {
		changes[i].GoneWith = s.deleted[changes[i].provider]
	}
}

// impossible is the error of a create or an update in what is gone. In a preview nothing is
// known of what comes of it.
func (o *overlay) impossible(preview bool) error {
	if preview {
		return nil
	}
	return errors.New(o.gone + "; --refresh takes what is gone out of the state, and then it is made anew")
}

// Each resource in a cluster that cannot be reached is an error of the kubernetes plugin that
// names no reason, behind a warning that does (provider/pkg/provider/provider.go, Read and
// Delete), and recommends the switch that ptd never sets.
const (
	unreachableReason = "configured Kubernetes cluster is unreachable: "
	unreachableAdvice = "PULUMI_K8S_DELETE_UNREACHABLE"
)

// withoutReasons keeps why a cluster cannot be reached for the error that follows.
func (s *session) withoutReasons(log sink) sink {
	return func(severity diag.Severity, urn resource.URN, message string) {
		reason, found := strings.CutPrefix(strings.TrimSpace(message), unreachableReason)
		if !found || severity != diag.Warning {
			log(severity, urn, message)
			return
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		if s.reasons == nil {
			s.reasons = map[resource.URN]string{}
		}
		s.reasons[urn] = reason
	}
}

// explained adds to an error why the cluster cannot be reached, and whether the cloud could be
// asked for it.
func (o *overlay) explained(urn resource.URN, err error) error {
	if err == nil {
		return nil
	}
	if o.name == "kubernetes" && strings.Contains(err.Error(), unreachableAdvice) {
		o.session.mutex.Lock()
		reason := o.session.reasons[urn]
		o.session.mutex.Unlock()
		if reason == "" {
			reason = "the plugin does not say why"
		}
		err = fmt.Errorf("the Kubernetes cluster cannot be reached, which does not mean that it is gone: nothing is taken out of the state: %s", reason)
	}
	if _, partial := err.(*plugin.InitError); o.doubt != nil && !partial { //nolint:errorlint // the engine looks for it so, too
		return fmt.Errorf("%w (whether what provider %s works on is still there could not be found out: %w)", err, o.name, o.doubt)
	}
	return err
}

// uninstalled tells whether Helm refused to delete a release because there is none
// (helm.sh/helm/v3/pkg/action/uninstall.go; the plugin does not set IgnoreNotFound).
func uninstalled(message string) bool {
	return strings.Contains(message, "uninstall: Release not loaded:") && strings.Contains(message, "release: not found")
}
