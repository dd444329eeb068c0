package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

func makeHelmController(args *HelmControllerArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewHelmController(ctx, "demo01-staging-20250115", args)
		return err
	}
}

func TestHelmController(t *testing.T) {
	t.Parallel()
	const prefix = "demo01-staging-20250115-"
	r := componenttest.Run(t, makeHelmController(nil))
	r.Golden(t, "helm-controller")
	componenttest.SamePreview(t, makeHelmController(nil))

	r.Find(t, "kubernetes:apps/v1:Deployment", prefix+"helm-controller-deployment").Exactly(t, map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{
			"name": "helm-controller", "namespace": "helm-controller", "labels": map[string]any{"app": "helm-controller"},
		},
		"spec": map[string]any{
			"replicas": 1.0, "selector": map[string]any{"matchLabels": map[string]any{"app": "helm-controller"}},
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"app": "helm-controller"}},
				"spec": map[string]any{
					"serviceAccountName": "helm-controller",
					"containers": []any{map[string]any{
						"name": "helm-controller", "image": "ghcr.io/k3s-io/helm-controller:v0.16.10", "command": []any{"helm-controller"},
						"args": []any{"--namespace", "helm-controller", "--default-job-image", "ghcr.io/k3s-io/klipper-helm:v0.9.5-build20250306"},
						"securityContext": map[string]any{
							"allowPrivilegeEscalation": false, "capabilities": map[string]any{"drop": []any{"ALL"}},
						},
					}},
				},
			},
		},
	})
	r.Find(t, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", prefix+"helm-controller-cluster-role-binding").Want(t, map[string]any{
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": "helm-controller", "namespace": "helm-controller"}},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "helm-controller"},
	})
	r.Find(t, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", prefix+"helm-controller-cluster-role").Want(t, map[string]any{
		"rules": []any{map[string]any{"apiGroups": []any{"*"}, "resources": []any{"*"}, "verbs": []any{"*"}}},
	})
	for typ, needs := range map[string]string{
		"kubernetes:core/v1:ServiceAccount " + prefix + "helm-controller-service-account": "kubernetes:core/v1:Namespace " + prefix + "helm-controller-namespace",
		"kubernetes:apps/v1:Deployment " + prefix + "helm-controller-deployment":          "kubernetes:core/v1:ServiceAccount " + prefix + "helm-controller-service-account",
	} {
		wantDependency(t, r, typ, needs)
	}
	wantDependency(t, r, "kubernetes:apps/v1:Deployment "+prefix+"helm-controller-deployment", definitionType+" "+prefix+"helmcharts-crd")
}

const definitionType = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"

// wantDependency checks that one resource ("type name") waits for another.
func wantDependency(t *testing.T, r *componenttest.Recorder, of, on string) {
	t.Helper()
	for _, made := range r.All("") {
		if made.Type+" "+made.Name != of {
			continue
		}
		for _, dependency := range made.DependsOn {
			if dependency == on {
				return
			}
		}
		t.Errorf("%s depends on %v, want %s among them", of, made.DependsOn, on)
		return
	}
	t.Errorf("there is no %s", of)
}

func TestHelmControllerOptions(t *testing.T) {
	t.Parallel()
	args := &HelmControllerArgs{Namespace: "charts", Image: "mirror/controller:1", JobImage: "mirror/job:1"}
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		made, err := NewHelmController(ctx, "x", args)
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"namespace": "charts"}, map[string]pulumi.Output{"namespace": made.Namespace})
		if len(made.Definitions) != 2 {
			t.Errorf("%d definitions, want 2", len(made.Definitions))
		}
		return nil
	})
	deployment := r.Find(t, "kubernetes:apps/v1:Deployment", "x-helm-controller-deployment")
	if got := deployment.Physical(); got != "charts/helm-controller" {
		t.Errorf("deployment is %s", got)
	}
	pod := deployment.Args()["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	container := pod["containers"].([]any)[0].(map[string]any)
	if got := fmt.Sprint(container["image"], container["args"]); got != "mirror/controller:1[--namespace charts --default-job-image mirror/job:1]" {
		t.Errorf("container runs %s", got)
	}
}

// properties are those of a part of a definition's schema.
func properties(t *testing.T, of any, path ...string) map[string]any {
	t.Helper()
	fields := of.(map[string]any)["properties"].(map[string]any)
	for _, key := range path {
		fields = fields[key].(map[string]any)["properties"].(map[string]any)
	}
	return fields
}

func TestHelmControllerDefinitions(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeHelmController(nil))
	version := func(name string) (spec, version map[string]any) {
		spec = r.Find(t, definitionType, "demo01-staging-20250115-"+name).Args()["spec"].(map[string]any)
		return spec, spec["versions"].([]any)[0].(map[string]any)
	}
	spec, charts := version("helmcharts-crd")
	for key, want := range map[string]string{
		"group": "helm.cattle.io", "scope": "Namespaced", "preserveUnknownFields": "false",
		"names": "map[kind:HelmChart plural:helmcharts singular:helmchart]",
	} {
		if got := fmt.Sprint(spec[key]); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if got := fmt.Sprint(charts["name"], charts["served"], charts["storage"], charts["subresources"]); got != "v1true true map[status:map[]]" {
		t.Errorf("version is %s", got)
	}
	if got := len(charts["additionalPrinterColumns"].([]any)); got != 7 {
		t.Errorf("%d columns, want 7", got)
	}
	schema := charts["schema"].(map[string]any)["openAPIV3Schema"]
	if got := len(properties(t, schema, "spec")); got != 24 {
		t.Errorf("a HelmChart's spec has %d fields, want 24", got)
	}
	for field, want := range map[string]string{
		"bootstrap": "map[type:boolean]", "backOffLimit": "map[nullable:true type:integer]", "repo": "map[nullable:true type:string]",
		"authSecret": "map[nullable:true properties:map[name:map[nullable:true type:string]] type:object]",
		"valuesSecrets": "map[items:map[nullable:true properties:map[ignoreUpdates:map[type:boolean] keys:map[items:map[nullable:true type:string] " +
			"nullable:true type:array] name:map[nullable:true type:string]] type:object] nullable:true type:array]",
		"set": "map[additionalProperties:map[nullable:true x-kubernetes-int-or-string:true] nullable:true type:object]",
	} {
		if got := fmt.Sprint(properties(t, schema, "spec")[field]); got != want {
			t.Errorf("field %s is %s, want %s", field, got, want)
		}
	}
	for part, want := range map[string]int{"podSecurityContext": 10, "securityContext": 11} {
		if got := len(properties(t, schema, "spec", part)); got != want {
			t.Errorf("%s has %d fields, want %d", part, got, want)
		}
	}
	if got := fmt.Sprint(properties(t, schema, "spec", "podSecurityContext")["supplementalGroups"]); got != "map[items:map[type:integer] nullable:true type:array]" {
		t.Errorf("supplementalGroups is %s", got)
	}
	_, configs := version("helmchartconfigs")
	schema = configs["schema"].(map[string]any)["openAPIV3Schema"]
	if got := len(properties(t, schema, "spec")); got != 3 || configs["subresources"] != nil || configs["additionalPrinterColumns"] != nil {
		t.Errorf("version of HelmChartConfig is %v", configs)
	}
}

func ExampleNewHelmController() {
	program := func(ctx *pulumi.Context) error {
		controller, err := NewHelmController(ctx, "demo", nil)
		if err != nil {
			return err
		}
		_, err = NewObject(ctx, "metrics-server", "helm.cattle.io/v1", "HelmChart", pulumi.Map{
			"metadata": pulumi.Map{"name": pulumi.String("metrics-server"), "namespace": controller.Namespace},
			"spec": pulumi.Map{
				"chart": pulumi.String("metrics-server"), "repo": pulumi.String("https://kubernetes-sigs.github.io/metrics-server/"),
				"version": pulumi.String("3.11.0"), "targetNamespace": pulumi.String("kube-system"),
			},
		}, pulumi.DependsOn(controller.Definitions))
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, definition := range mocks.All("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition") {
		fmt.Println(definition.Physical())
	}
	// Output:
	// helmchartconfigs.helm.cattle.io
	// helmcharts.helm.cattle.io
}
