package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

func makeCalico(args *CalicoArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewCalico(ctx, "demo01-staging-1-tigera-operator", args)
		return err
	}
}

func TestCalico(t *testing.T) {
	t.Parallel()
	const name = "demo01-staging-1-tigera-operator"
	r := componenttest.Run(t, makeCalico(&CalicoArgs{
		Installation: Installation{Version: "3.31.4"}, PodCIDR: "172.16.0.0/16", NamespaceName: "demo01-staging-1-tigera-ns",
	}))
	r.Golden(t, "calico")
	bounded := func(containers ...any) map[string]any {
		return map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": containers}}}}
	}
	container := func(name, cpu, memory string) map[string]any {
		return map[string]any{"name": name, "resources": map[string]any{
			"requests": map[string]any{"cpu": cpu, "memory": memory}, "limits": map[string]any{"memory": memory},
		}}
	}
	r.Find(t, "kubernetes:helm.sh/v3:Release", name).Want(t, map[string]any{
		"name": "tigera-operator", "namespace": "tigera-operator", "chart": "tigera-operator", "version": "3.31.4",
		"repositoryOpts": map[string]any{"repo": "https://docs.tigera.io/calico/charts"},
		"values": map[string]any{
			"installation": map[string]any{
				"enabled": true, "registry": "quay.io",
				"calicoNetwork": map[string]any{
					"bgp": "Enabled", "hostPorts": "Enabled", "linuxDataplane": "Iptables", "multiInterfaceMode": "None",
					"ipPools": []any{map[string]any{
						"blockSize": 26.0, "cidr": "172.16.0.0/16", "encapsulation": "VXLAN", "natOutgoing": "Enabled", "nodeSelector": "all()",
					}},
					"nodeAddressAutodetectionV4": map[string]any{"firstFound": true},
				},
				"cni":                             map[string]any{"type": "Calico", "ipam": map[string]any{"type": "Calico"}},
				"calicoNodeDaemonSet":             bounded(container("calico-node", "250m", "512Mi")),
				"typhaDeployment":                 bounded(container("calico-typha", "100m", "256Mi")),
				"calicoKubeControllersDeployment": bounded(container("calico-kube-controllers", "50m", "192Mi")),
			},
			"goldmane": map[string]any{"enabled": false}, "whisker": map[string]any{"enabled": false},
			"defaultFelixConfiguration": map[string]any{"enabled": true},
			"apiServer":                 map[string]any{"apiServerDeployment": bounded(container("calico-apiserver", "100m", "256Mi"))},
			"resources":                 container("", "250m", "384Mi")["resources"],
		},
	})
}

func TestCalicoOptions(t *testing.T) {
	t.Parallel()
	args := &CalicoArgs{
		Installation: Installation{Version: "3.31.4", Overrides: map[string]any{"goldmane": nil}},
		PodCIDR:      "10.244.0.0/16", WithoutUsageReports: true, TakeOverFrom: "patch",
	}
	r := componenttest.Run(t, makeCalico(args))
	r.Golden(t, "calico-taken-over")
	values := r.Find(t, "kubernetes:helm.sh/v3:Release", "demo01-staging-1-tigera-operator").Args()["values"].(map[string]any)
	assert.Equal(t, map[string]any{"enabled": true, "usageReportingEnabled": false}, values["defaultFelixConfiguration"])
	if values["goldmane"] != nil {
		t.Errorf("goldmane is %v", values["goldmane"])
	}
	r.Find(t, "kubernetes:operator.tigera.io/v1:InstallationPatch", "patch").Exactly(t, map[string]any{
		"apiVersion": "operator.tigera.io/v1", "kind": "Installation", "metadata": map[string]any{"name": "default", "annotations": map[string]any{"pulumi.com/patchForce": "true"}},
		"spec": map[string]any{"cni": map[string]any{"type": "Calico", "ipam": map[string]any{"type": "Calico"}}},
	})
	const required = "a version and a block for pods are required, and no controller"
	for _, args := range []*CalicoArgs{
		nil, {PodCIDR: "172.16.0.0/16"}, {Installation: Installation{Version: "3.31.4"}},
		{Installation: Installation{Version: "3.31.4", Controller: &ChartController{}}, PodCIDR: "172.16.0.0/16"},
	} {
		componenttest.Fails(t, makeCalico(args), required)
	}
	componenttest.SamePreview(t, makeCalico(args))
}

// What others made is marked as the chart's before it comes, unless the chart leaves it alone.
func TestCalicoMarks(t *testing.T) {
	t.Parallel()
	args := &CalicoArgs{
		Installation: Installation{Version: "3.31.4", Overrides: map[string]any{"apiServer": map[string]any{"enabled": false}}},
		PodCIDR:      "172.16.0.0/16", Marked: []string{"FelixConfiguration", "APIServer"}, MarksName: "demo01-staging-1",
	}
	r := componenttest.Run(t, makeCalico(args))
	const felix = "kubernetes:crd.projectcalico.org/v1:FelixConfigurationPatch"
	mark := r.Find(t, felix, "demo01-staging-1-felix-helm-adopt")
	mark.Exactly(t, map[string]any{
		"apiVersion": "crd.projectcalico.org/v1", "kind": "FelixConfiguration", "metadata": map[string]any{
			"name": "default", "labels": map[string]any{"app.kubernetes.io/managed-by": "Helm"},
			"annotations": map[string]any{
				"meta.helm.sh/release-name": "tigera-operator", "meta.helm.sh/release-namespace": "tigera-operator", "pulumi.com/patchForce": "true",
			},
		},
	})
	assert.True(t, mark.Retain, "the mark outlives its patch")
	assert.True(t, r.Find(t, "kubernetes:crd.projectcalico.org/v1:FelixConfiguration", "demo01-staging-1-felix-helm-adopt-object").Read)
	assert.Contains(t, r.Find(t, "ptd:kubernetes:Chart", "demo01-staging-1-tigera-operator").DependsOn, felix+" demo01-staging-1-felix-helm-adopt")
	assert.Empty(t, r.All("kubernetes:operator.tigera.io/v1:APIServerPatch"), "the chart does not make it")
	assert.Empty(t, r.All("kubernetes:operator.tigera.io/v1:InstallationPatch"))
}

func TestPatchErrors(t *testing.T) {
	t.Parallel()
	for _, fields := range []pulumi.Map{nil, {"data": pulumi.Map{}}} {
		componenttest.Fails(t, func(ctx *pulumi.Context) error {
			_, err := NewPatch(ctx, "p", "v1", "ConfigMap", fields)
			return err
		}, "patch p: an apiVersion, a kind and metadata are required")
	}
	for fields, want := range map[*pulumi.Map]string{
		{"metadata": pulumi.StringMap{}}:                                      "metadata is a pulumi.StringMap",
		{"metadata": pulumi.Map{"name": pulumi.String("a").ToStringOutput()}}: "the name of the object, and its namespace, are to be plain texts",
		{"metadata": pulumi.Map{"annotations": pulumi.Map{}.ToMapOutput()}}:   "annotations are a pulumi.MapOutput",
	} {
		componenttest.Fails(t, func(ctx *pulumi.Context) error {
			_, err := NewPatch(ctx, "p", "v1", "ConfigMap", *fields)
			return err
		}, "patch p: "+want)
	}
}

func ExampleNewCalico() {
	program := func(ctx *pulumi.Context) error {
		calico, err := NewCalico(ctx, "calico", &CalicoArgs{
			Installation: Installation{Version: "3.31.4"},
			PodCIDR:      "172.16.0.0/16",
		})
		if err != nil {
			return err
		}
		ctx.Export("calico_namespace", calico.Namespace)
		return nil
	}
	// In a program of your own: pulumi.Run(program), with a Kubernetes provider as an option.
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All("kubernetes:helm.sh/v3:Release") {
		fmt.Println(release.Args()["chart"], release.Args()["version"])
	}
	// Output: tigera-operator 3.31.4
}

func TestCalicoAPI(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewCalicoAPI(ctx, "demo-calico-api")
		return err
	})
	r.Find(t, "kubernetes:operator.tigera.io/v1:APIServerPatch", "demo-calico-api").Exactly(t, map[string]any{
		"apiVersion": "operator.tigera.io/v1", "kind": "APIServer", "metadata": map[string]any{
			"name": "default",
			"annotations": map[string]any{
				"pulumi.com/waitFor": "jsonpath={.status.state}=Ready", "pulumi.com/timeoutSeconds": "900",
				"pulumi.com/patchForce": "true",
			},
		},
	})
}
