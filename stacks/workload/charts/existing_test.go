package charts

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/workload"
)

// State as older programs wrote it: no outputs, charts without a version, Karpenter without
// its release in the logical name and without a chart of its definitions.
func TestFindExisting(t *testing.T) {
	t.Parallel()
	const old, young = "demo01-staging-20250115", "demo01-staging-20250401"
	clusters := map[string]string{"20250115": old, "20250401": young}
	chart := func(logical, provider, name string, version any) workload.StateResource {
		return workload.StateResource{Name: logical, Provider: provider, Inputs: resource.NewPropertyMapFromMap(map[string]any{
			"metadata": map[string]any{"name": name}, "spec": map[string]any{"version": version},
		})}
	}
	secret := chart(young+"-traefik-helm-release", young+"-k8s", "traefik", nil)
	secret.Inputs["spec"] = resource.MakeSecret(resource.NewObjectProperty(resource.PropertyMap{
		"version": resource.MakeSecret(resource.NewStringProperty("37.1.2")),
	}))
	state := map[string][]workload.StateResource{
		stateHelmChart: {
			chart(old+"-loki-helm-release", old+"-k8s", "loki", "5.41.0"),
			chart(old+"-mimir-helm-release", "", "mimir", nil), // by its name
			chart("demo01-staging-karpenter-helm-release", old+"-k8s", "karpenter", "0.37.0"),
			chart(young+"-loki-helm-release", young+"-k8s", "loki", "5.42.0"),
			chart(young+"-karpenter-helm-release", young+"-k8s", "karpenter", "1.6.0"),
			chart(young+"-karpenter-crd-helm-release", young+"-k8s", "karpenter-crd", "1.6.0"),
			chart("demo01-staging-20240101-loki-helm-release", "demo01-staging-20240101-k8s", "loki", "1.0.0"), // no longer configured
			secret,
		},
		stateRelease: {
			{Name: old + "-external-dns", Inputs: resource.NewPropertyMapFromMap(map[string]any{"name": "external-dns", "version": "1.14.4"})},
			{Name: old + "-team-operator", Inputs: resource.NewPropertyMapFromMap(map[string]any{"version": "v1.15.0"})},
		},
	}
	find := func() map[string]Existing {
		found, err := FindExisting("demo01-staging", clusters, "-k8s", func(typ string) ([]workload.StateResource, error) { return state[typ], nil })
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	live := func(versions ...string) map[string]*kubernetes.LiveChart {
		charts := map[string]*kubernetes.LiveChart{}
		for _, chart := range versions {
			name, version, _ := strings.Cut(chart, " ")
			charts[name] = &kubernetes.LiveChart{Version: version}
		}
		return charts
	}
	none := map[string]map[string]string{}
	want := map[string]Existing{
		"20250115": {KarpenterDefinitions: true, Live: live("loki 5.41.0", "mimir", "karpenter 0.37.0"), BlockDevices: none, Versions: map[string]string{
			"loki": "5.41.0", "mimir": "", "karpenter": "0.37.0", "external-dns": "1.14.4", "team-operator": "v1.15.0",
		}},
		"20250401": {Live: live("loki 5.42.0", "karpenter 1.6.0", "karpenter-crd 1.6.0", "traefik 37.1.2"), BlockDevices: none, TraefikReplicas: 1, Versions: map[string]string{"loki": "5.42.0", "karpenter": "1.6.0", "karpenter-crd": "1.6.0", "traefik": "37.1.2"}},
	}
	assert.Equal(t, want, find(), "charts")

	// After the first run, the chart of the definitions is there, and the marks stay.
	state[stateHelmChart] = append(state[stateHelmChart], chart(old+"-karpenter-crd-helm-release", old+"-k8s", "karpenter-crd", "1.6.0"))
	state[stateDefinitionPatch] = []workload.StateResource{{Name: old + "-karpenter-crd-nodepools.karpenter.sh", Provider: old + "-k8s"}}
	if found := find(); !found["20250115"].KarpenterDefinitions || found["20250401"].KarpenterDefinitions {
		t.Errorf("definitions that are marked: %v", found)
	}

	_, err := FindExisting("demo01-staging", clusters, "-k8s", func(string) ([]workload.StateResource, error) { return nil, errors.New("no state") })
	if err == nil || !strings.Contains(err.Error(), "read the charts of demo01-staging from state: no state") {
		t.Errorf("got error %v", err)
	}
}

// Where a cluster's provider is called as the cluster, that tells its charts, too.
func TestFindExistingWithoutSuffix(t *testing.T) {
	t.Parallel()
	chart := func(provider, version string) workload.StateResource {
		return workload.StateResource{Name: "alloy", Provider: provider, Inputs: resource.NewPropertyMapFromMap(map[string]any{
			"metadata": map[string]any{"name": "alloy"}, "spec": map[string]any{"version": version},
		})}
	}
	found, err := FindExisting("demo", map[string]string{"1": "demo-1", "2": "demo-2"}, "", func(typ string) ([]workload.StateResource, error) {
		if typ != stateHelmChart {
			return nil, nil
		}
		return []workload.StateResource{chart("demo-1", "0.1.0"), chart("demo-2", "0.2.0"), chart("demo-3", "0.3.0")}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	alloy := func(version string) Existing {
		return Existing{
			Versions: map[string]string{"alloy": version}, Live: map[string]*kubernetes.LiveChart{"alloy": {Version: version}},
			BlockDevices: map[string]map[string]string{},
		}
	}
	want := map[string]Existing{"1": alloy("0.1.0"), "2": alloy("0.2.0")}
	assert.Equal(t, want, found, "charts")
}

// Traefik has one replica where older programs gave no number, which is its chart's.
func TestFindExistingReplicas(t *testing.T) {
	t.Parallel()
	find := func(values string) (Existing, error) {
		found, err := FindExisting("w", map[string]string{"1": "w-1"}, "-k8s", func(typ string) ([]workload.StateResource, error) {
			if typ != stateHelmChart {
				return nil, nil
			}
			return []workload.StateResource{{Name: "w-1-traefik-helm-release", Inputs: resource.NewPropertyMapFromMap(map[string]any{
				"metadata": map[string]any{"name": "traefik"}, "spec": map[string]any{"valuesContent": values},
			})}}, nil
		})
		return found["1"], err
	}
	for values, want := range map[string]int{
		"": 1, "deployment: {kind: Deployment}\n": 1, "deployment:\n  replicas: 3\n": 0, "deployment: {replicas: 1}": 0,
	} {
		found, err := find(values)
		if err != nil || found.TraefikReplicas != want {
			t.Errorf("%q: %d replicas, %v", values, found.TraefikReplicas, err)
		}
	}
	if _, err := find("a: [secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("wrong values: %v", err)
	}
}

// What was asked for and never was installed well is no live chart: the next try may
// begin anew. What the component of a chart knows tells it.
func TestFindLiveCharts(t *testing.T) {
	t.Parallel()
	chart := func(name string, spec map[string]any) workload.StateResource {
		return workload.StateResource{Name: "demo-1-" + name, Provider: "demo-1-k8s", Inputs: resource.NewPropertyMapFromMap(map[string]any{
			"metadata": map[string]any{"name": name}, "spec": spec,
		})}
	}
	component := func(name string, outputs map[string]any) workload.StateResource {
		return workload.StateResource{Name: "demo-1-" + name, Outputs: resource.NewPropertyMapFromMap(outputs)}
	}
	state := map[string][]workload.StateResource{
		stateHelmChart: {
			chart("loki", map[string]any{"version": "5.42.0", "valuesContent": "write:\n  replicas: 2\n", "failurePolicy": "abort"}),
			chart("mimir", map[string]any{"version": "5.2.1", "valuesContent": "{}"}),
			chart("alloy", map[string]any{"version": "0.12.6", "valuesContent": "{}"}),
		},
		stateChart: {component("loki", map[string]any{"version": "5.42.0"}), component("mimir", map[string]any{"releaseName": "mimir"})},
		stateNodeClass: {chart("sessions", map[string]any{"blockDeviceMappings": []any{
			map[string]any{"deviceName": "/dev/xvda", "ebs": map[string]any{"volumeSize": "220Gi"}},
		}})},
	}
	found, err := FindExisting("demo", map[string]string{"1": "demo-1"}, "-k8s", func(typ string) ([]workload.StateResource, error) { return state[typ], nil })
	assert.NoError(t, err)
	assert.Equal(t, map[string]*kubernetes.LiveChart{
		"loki":  {Version: "5.42.0", Values: "write:\n  replicas: 2\n", FailurePolicy: "abort"},
		"alloy": {Version: "0.12.6", Values: "{}"}, // an older program made it, without a component
	}, found["1"].Live)
	assert.Equal(t, map[string]map[string]string{"sessions": {"/dev/xvda": "220Gi"}}, found["1"].BlockDevices)
}
