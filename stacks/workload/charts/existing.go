package charts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload"
)

// Existing is what the state of the helm stack tells of the charts of a release.
type Existing struct {
	// Versions are those of the charts, by Helm's name of the release; "" when the chart
	// was installed without one, so that nobody knows which is there.
	Versions map[string]string
	// KarpenterDefinitions says that the definitions of Karpenter came without a chart of
	// their own, or did and are marked.
	KarpenterDefinitions bool
	// TraefikReplicas is 1 when Traefik was installed without a number of replicas, as older
	// programs did, which is that of its chart; else 0.
	TraefikReplicas int
	// Live are the charts that the Helm controller installed, by Helm's name of the release.
	// One whose installation never went well is not among them.
	Live map[string]*kubernetes.LiveChart
	// BlockDevices are those of the node pools of Karpenter, by pool: the size by the device.
	BlockDevices map[string]map[string]string
}

// The types that FindExisting reads.
const (
	stateRelease         = "kubernetes:helm.sh/v3:Release"
	stateHelmChart       = "kubernetes:helm.cattle.io/v1:HelmChart"
	stateDefinitionPatch = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinitionPatch"
	stateNodeClass       = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
	stateChart           = "ptd:kubernetes:Chart"
)

// FindExisting finds the charts of a workload's clusters, by release, in the state of its
// helm stack; resources lists what state has of a type. It reads what was asked for, not
// what ptd put out: older programs put out nothing. The provider of a cluster is called
// {cluster}{suffix}.
func FindExisting(
	compoundName string, clusters map[string]string, suffix string, resources func(typ string) ([]workload.StateResource, error),
) (map[string]Existing, error) {
	state := map[string][]workload.StateResource{}
	for _, typ := range []string{stateHelmChart, stateRelease, stateDefinitionPatch, stateNodeClass, stateChart} {
		found, err := resources(typ)
		if err != nil {
			return nil, fmt.Errorf("read the charts of %s from state: %w", compoundName, err)
		}
		state[typ] = found
	}
	existing := map[string]Existing{}
	for release, cluster := range clusters {
		inCluster := func(typ string) []workload.StateResource { return inCluster(cluster, suffix, state[typ]) }
		found := Existing{Versions: map[string]string{}, Live: map[string]*kubernetes.LiveChart{}, BlockDevices: map[string]map[string]string{}}
		for _, chart := range inCluster(stateHelmChart) {
			name := workload.TextAt(chart.Inputs, "metadata", "name")
			if name == "" {
				continue
			}
			if name == "traefik" {
				given, err := givesReplicas(chart)
				if err != nil {
					return nil, err
				}
				if !given {
					found.TraefikReplicas = 1
				}
			}
			found.Versions[name] = workload.TextAt(chart.Inputs, "spec", "version")
			if installed(chart.Name, state[stateChart]) {
				found.Live[name] = &kubernetes.LiveChart{
					Version:       found.Versions[name],
					Values:        workload.TextAt(chart.Inputs, "spec", "valuesContent"),
					FailurePolicy: workload.TextAt(chart.Inputs, "spec", "failurePolicy"),
				}
			}
		}
		for _, class := range inCluster(stateNodeClass) {
			found.BlockDevices[workload.TextAt(class.Inputs, "metadata", "name")] = blockDevices(class.Inputs)
		}
		for _, chart := range inCluster(stateRelease) {
			name := workload.TextAt(chart.Inputs, "name")
			if name == "" { // Helm's name is then the logical one
				name = strings.TrimPrefix(chart.Name, cluster+"-")
			}
			found.Versions[name] = workload.TextAt(chart.Inputs, "version")
		}
		_, karpenter := found.Versions["karpenter"]
		_, definitions := found.Versions["karpenter-crd"]
		// The patches stay: to take them out again would be a change of every adopted cluster.
		found.KarpenterDefinitions = karpenter && !definitions || len(inCluster(stateDefinitionPatch)) > 0
		existing[release] = found
	}
	return existing, nil
}

// givesReplicas tells whether the values of a chart's Deployment have a number of replicas.
func givesReplicas(chart workload.StateResource) (bool, error) {
	var values struct {
		Deployment struct{ Replicas any }
	}
	// The parser's message would quote values, which may be secret.
	if yaml.Unmarshal([]byte(workload.TextAt(chart.Inputs, "spec", "valuesContent")), &values) != nil {
		return false, fmt.Errorf("the values of chart %s in state are no YAML", chart.Name)
	}
	return values.Deployment.Replicas != nil, nil
}

// installed tells whether the chart with a logical name was installed: its component knows its
// version then. Older programs had no such components.
func installed(name string, components []workload.StateResource) bool {
	at := slices.IndexFunc(components, func(component workload.StateResource) bool { return component.Name == name })
	return at < 0 || workload.TextAt(components[at].Outputs, "version") != ""
}

// blockDevices are those of an EC2NodeClass: the size by the device.
func blockDevices(class resource.PropertyMap) map[string]string {
	devices := map[string]string{}
	plain, _, _ := output.Plain(resource.NewProperty(class))
	fields, _ := plain.(map[string]any)
	spec, _ := fields["spec"].(map[string]any)
	mappings, _ := spec["blockDeviceMappings"].([]any)
	for _, listed := range mappings {
		mapping, _ := listed.(map[string]any)
		device, _ := mapping["deviceName"].(string)
		ebs, _ := mapping["ebs"].(map[string]any)
		size, _ := ebs["volumeSize"].(string)
		devices[device] = size
	}
	return devices
}

// inCluster are the resources in a cluster: those of its provider, and those of its name
// where another provider made them.
func inCluster(cluster, suffix string, resources []workload.StateResource) []workload.StateResource {
	return slices.DeleteFunc(slices.Clone(resources), func(r workload.StateResource) bool {
		if r.Provider != "" && strings.HasSuffix(r.Provider, suffix) {
			return r.Provider != cluster+suffix
		}
		return !strings.HasPrefix(r.Name, cluster+"-")
	})
}
