package awsworkload

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// helmControllerNamespace is where the Helm controller looks for HelmChart objects.
const helmControllerNamespace = "helm-controller"

// controlled says how the Helm controller installs the chart called name. key is the key
// of its version below the cluster's spec ("components.loki_version"), version what the
// configuration has there, be it given or the default. (facts: aws-workload-apps 8.1)
func (r *helmRelease) controlled(name, key, version string) kubernetes.Installation {
	return r.controlledAt(name, r.version(name, key, version))
}

// direct says how the run itself installs the chart called name (see controlled).
func (r *helmRelease) direct(name, key, version string) kubernetes.Installation {
	return r.directAt(name, r.version(name, key, version))
}

// controlledAt is controlled at this very version.
func (r *helmRelease) controlledAt(name, version string) kubernetes.Installation {
	installation := r.directAt(name, version)
	installation.Controller = &kubernetes.ChartController{Namespace: helmControllerNamespace, Labels: r.labels}
	if await := r.in.AwaitChart; await != nil {
		identifier := r.config.ClusterARN(r.release)
		installation.Controller.Await = func(ctx context.Context) error {
			return await(ctx, identifier, helmControllerNamespace, name)
		}
	}
	r.objects = append(r.objects, pulumi.String(helmControllerNamespace+"/"+name))
	return installation
}

func (r *helmRelease) directAt(name, version string) kubernetes.Installation {
	r.versions[name] = pulumi.String(version)
	return kubernetes.Installation{Version: version, Overrides: r.cluster.ChartValues[name]}
}

// version is the one that the configuration gives, else the one that the chart was
// installed with, else the default. It warns when that is not the default, and when nobody
// knows with which the chart was installed.
func (r *helmRelease) version(chart, key, configured string) string {
	adopted, exists := r.in.Existing[r.release].Versions[chart]
	if !exists || adopted == configured || r.cluster.Gives(key) {
		return configured
	}
	if adopted == "" {
		_ = r.ctx.Log.Warn(fmt.Sprintf("chart %s of release %s was installed without a version, so that the one that is there is unknown; "+
			"it becomes %s, the default: set clusters.%s.spec.%s to choose", chart, r.release, configured, r.release, key), nil)
		return configured
	}
	message := fmt.Sprintf("chart %s of release %s stays at version %s, with which it was installed; the default is %s: "+
		"set clusters.%s.spec.%s to keep the one or to move to the other", chart, r.release, adopted, configured, r.release, key)
	// A log that fails means that the engine is gone, as every registration will say.
	_ = r.ctx.Log.Warn(message, nil)
	return adopted
}

// warnOfUnusedValues warns of values for charts that the cluster does not have: a name
// that is spelt otherwise, or something that is switched off.
func (r *helmRelease) warnOfUnusedValues() {
	for _, chart := range slices.Sorted(maps.Keys(r.cluster.ChartValues)) {
		if r.versions[chart] != nil || chart == kubernetes.TigeraOperator { // the latter is the eks step's
			continue
		}
		_ = r.ctx.Log.Warn(fmt.Sprintf("clusters.%s.spec.chart_values.%s has no effect: the cluster has no such chart, but %s",
			r.release, chart, strings.Join(slices.Sorted(maps.Keys(r.versions)), ", ")), nil)
	}
}
