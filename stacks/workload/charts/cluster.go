// Package charts installs the charts of a workload's clusters.
package charts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// Cluster installs charts into the cluster of a release. All but Existing and Await are
// required.
type Cluster struct {
	Ctx *pulumi.Context
	// Name is the cluster's, and begins logical names; Release the workload's name for it.
	Name, Release string
	Workload      *config.WorkloadCommon
	Sites         []workload.Site // sorted by name
	Settings      config.ReleaseCommon
	Components    config.ComponentVersions
	// Gives tells whether the configuration of the cluster has a value for a key
	// ("components.loki_version"), so that it is not just the default.
	Gives func(key string) bool
	// Values win over those of ptd, by chart.
	Values map[string]map[string]any
	// Labels are those of the objects that come with charts.
	Labels map[string]string
	// Existing is what state has. A chart whose version the configuration does not give
	// stays at its version.
	Existing Existing
	// Await waits until the Helm controller of the cluster has installed a chart (the
	// HelmChart object of this namespace and name), or says why it did not. nil waits for
	// nothing.
	Await func(ctx context.Context, namespace, name string) error

	versions pulumi.StringMap   // by chart
	objects  pulumi.StringArray // HelmChart objects
}

// Outputs tells which charts a cluster has.
type Outputs struct {
	// Versions are those of the charts that are installed, by chart.
	Versions pulumi.StringMapOutput `pulumi:"*_chart_versions"`
	// Charts names the HelmChart objects, {namespace}/{name}, sorted: what the Helm
	// controller is to install.
	Charts pulumi.StringArrayOutput `pulumi:"*_charts"`
}

// Outputs tells which charts were installed so far.
func (c *Cluster) Outputs() Outputs {
	return Outputs{Versions: c.versions.ToStringMapOutput(), Charts: apply.To(c.objects.ToStringArrayOutput(), func(of []string) []string {
		return slices.Sorted(slices.Values(of))
	}).(pulumi.StringArrayOutput)}
}

// mainDomain is the domain of the site called main.
func (c *Cluster) mainDomain() string {
	for _, site := range c.Sites {
		if site.Name == config.MainSite {
			return site.Domain
		}
	}
	return ""
}

// helmControllerNamespace is where the Helm controller looks for HelmChart objects.
const helmControllerNamespace = "helm-controller"

// Controlled says how the Helm controller installs the chart called name. key is the key
// of its version below the cluster's spec ("components.loki_version"), version what the
// configuration has there, be it given or the default.
// (docs/reference/aws-workload-apps.md 8.1)
func (c *Cluster) Controlled(name, key, version string) kubernetes.Installation {
	return c.ControlledAt(name, c.Version(name, key, version))
}

// Direct says how the run itself installs the chart called name (see Controlled).
func (c *Cluster) Direct(name, key, version string) kubernetes.Installation {
	return c.directAt(name, c.Version(name, key, version))
}

// ControlledAt is Controlled at this very version.
func (c *Cluster) ControlledAt(name, version string) kubernetes.Installation {
	installation := c.directAt(name, version)
	installation.Live = c.Existing.Live[name]
	installation.Controller = &kubernetes.ChartController{Namespace: helmControllerNamespace, Labels: c.Labels}
	if c.Await != nil {
		installation.Controller.Await = func(ctx context.Context) error {
			return c.Await(ctx, helmControllerNamespace, name)
		}
	}
	c.objects = append(c.objects, pulumi.String(helmControllerNamespace+"/"+name))
	return installation
}

func (c *Cluster) directAt(name, version string) kubernetes.Installation {
	if c.versions == nil {
		c.versions = pulumi.StringMap{}
	}
	c.versions[name] = pulumi.String(version)
	return kubernetes.Installation{Version: version, Overrides: c.Values[name]}
}

// Version is the one that the configuration gives, else the one that the chart was
// installed with, else the default (see workload.Kept). It warns, too, when nobody knows
// with which the chart was installed.
func (c *Cluster) Version(chart, key, configured string) string {
	live, exists := c.Existing.Versions[chart]
	if exists && live == "" && !c.Gives(key) {
		_ = c.Ctx.Log.Warn(fmt.Sprintf("chart %s of release %s was installed without a version, so that the one that is there is unknown; "+
			"it becomes %s, the default: set %s to choose", chart, c.Release, configured, c.path(key)), nil)
	}
	return workload.Kept[string]{
		What: "chart " + chart + " of release " + c.Release, Key: c.path(key), Configured: configured, Given: c.Gives(key), Live: live,
	}.Settle(c.Ctx.Log)
}

// Replicas is Version for how many pods something has; live is 0 when it is not there.
func (c *Cluster) Replicas(what, key string, configured, live int) int {
	return workload.Kept[int]{
		What: what + " of release " + c.Release, Key: c.path(key), Configured: configured, Given: c.Gives(key), Live: live,
		Form: "%v replicas",
	}.Settle(c.Ctx.Log)
}

// path is where a key of the cluster is in ptd.yaml.
func (c *Cluster) path(key string) string { return "clusters." + c.Release + ".spec." + key }

// WarnOfOldDefinitions warns when the version of a chart goes up whose definitions Helm
// installs once and never again: new kinds and fields are missing until somebody applies
// them. charts are the releases of such charts. (docs/reference/charts.md)
func (c *Cluster) WarnOfOldDefinitions(charts ...string) {
	for _, chart := range charts {
		version, installs := c.versions[chart].(pulumi.String)
		if from := c.Existing.Versions[chart]; installs && from != "" && from != string(version) {
			_ = c.Ctx.Log.Warn(fmt.Sprintf("chart %s of release %s goes from version %s to %s: Helm leaves its definitions as they are; "+
				"apply those of %s before (kubectl apply --server-side --force-conflicts -f, the folder crds of the chart)",
				chart, c.Release, from, string(version), string(version)), nil)
		}
	}
}

// WarnOfUnusedValues warns of values for charts that the cluster does not have: a name
// that is spelt otherwise, or something that is switched off.
func (c *Cluster) WarnOfUnusedValues() {
	for _, chart := range slices.Sorted(maps.Keys(c.Values)) {
		if c.versions[chart] != nil || chart == kubernetes.TigeraOperator { // the latter comes with the cluster
			continue
		}
		_ = c.Ctx.Log.Warn(fmt.Sprintf("clusters.%s.spec.chart_values.%s has no effect: the cluster has no such chart, but %s",
			c.Release, chart, strings.Join(slices.Sorted(maps.Keys(c.versions)), ", ")), nil)
	}
}
