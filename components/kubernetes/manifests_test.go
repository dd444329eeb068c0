package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

// handwritten is an object of the kind.
func handwritten(apiVersion, kind, namespace, name string, spec map[string]any) Manifest {
	metadata := map[string]any{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	object := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}
	if spec != nil {
		object["spec"] = spec
	}
	return Manifest{Name: kind + "/" + name, Object: object}
}

func makeManifests(args *ManifestsArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewManifests(ctx, "demo", args)
		return err
	}
}

func TestManifests(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	secret := handwritten("v1", "Secret", "team", "keys", nil)
	secret.Object["stringData"] = object{"key": "hidden"}
	secret.Object["metadata"].(object)["labels"] = object{"posit.team/managed-by": "me", "tier": "1"}
	// In the worst order.
	args := &ManifestsArgs{
		Labels: map[string]string{"posit.team/managed-by": "ptd-clusters"},
		Manifests: []Manifest{
			handwritten("example.com/v1", "Widget", "team", "w", object{"size": nil, "parts": []any{object{"n": 1, "on": true}}}),
			handwritten("batch/v1", "CronJob", "team", "nightly", object{
				"jobTemplate": object{"spec": object{"template": object{"spec": object{"serviceAccountName": "runner"}}}},
			}),
			secret,
			handwritten("v1", "ServiceAccount", "team", "runner", nil),
			handwritten("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets.example.com", object{
				"group": "example.com", "names": object{"kind": "Widget"},
			}),
			handwritten("v1", "Namespace", "", "team", nil),
			handwritten("scheduling.k8s.io/v1", "PriorityClass", "", "low", nil),
		},
	}
	program := makeManifests(args)
	r := componenttest.Run(t, program)
	r.Golden(t, "manifests")
	componenttest.SamePreview(t, program)

	const namespace = "kubernetes:core/v1:Namespace Namespace/team"
	for _, pair := range [][2]string{
		{"kubernetes:example.com/v1:Widget Widget/w", definitionType + " CustomResourceDefinition/widgets.example.com"},
		{"kubernetes:example.com/v1:Widget Widget/w", namespace},
		{"kubernetes:batch/v1:CronJob CronJob/nightly", "kubernetes:core/v1:ServiceAccount ServiceAccount/runner"},
		{"kubernetes:core/v1:ServiceAccount ServiceAccount/runner", namespace},
		{"kubernetes:core/v1:Secret Secret/keys", namespace},
	} {
		wantDependency(t, r, pair[0], pair[1])
	}
	labels := object{"posit.team/managed-by": "ptd-clusters"}
	widget := r.Find(t, "kubernetes:example.com/v1:Widget", "Widget/w")
	widget.Want(t, object{
		"apiVersion": "example.com/v1", "kind": "Widget",
		"metadata": object{"name": "w", "namespace": "team", "labels": labels},
	})
	if got := fmt.Sprint(widget.Args()["spec"].(object)["parts"]); got != "[map[n:1 on:true]]" {
		t.Errorf("parts are %s", got)
	}
	made := r.Find(t, "kubernetes:core/v1:Secret", "Secret/keys")
	made.Want(t, object{
		"stringData": object{"key": "hidden"},
		"metadata":   object{"name": "keys", "namespace": "team", "labels": object{"posit.team/managed-by": "ptd-clusters", "tier": "1"}},
	})
	if got := fmt.Sprint(made.Secrets); got != "[data stringData]" {
		t.Errorf("secret are %s", got)
	}
	if got := secret.Object["metadata"].(object)["labels"].(object)["posit.team/managed-by"]; got != "me" {
		t.Errorf("the argument was changed: %v", got)
	}
}

func TestManifestErrors(t *testing.T) {
	t.Parallel()
	const required = "manifest x: a logical name, an apiVersion, a kind and a name in metadata are required"
	for _, object := range []map[string]any{
		nil,
		{"apiVersion": "v1", "kind": "ConfigMap"},
		{"apiVersion": "v1", "metadata": map[string]any{"name": "n"}},
		{"kind": "ConfigMap", "metadata": map[string]any{"name": "n"}},
	} {
		componenttest.Fails(t, makeManifests(&ManifestsArgs{Manifests: []Manifest{{Name: "x", Object: object}}}), required)
	}
	first := handwritten("autoscaling/v1", "HorizontalPodAutoscaler", "team", "a", nil)
	second := handwritten("autoscaling/v2", "HorizontalPodAutoscaler", "team", "a", nil)
	second.Name = "again"
	componenttest.Fails(t, makeManifests(&ManifestsArgs{Manifests: []Manifest{first, second}}),
		"manifest again: it is the same object as HorizontalPodAutoscaler/a")
	componenttest.Run(t, makeManifests(nil))
}

func ExampleNewManifests() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewManifests(ctx, "demo", &ManifestsArgs{
			Manifests: []Manifest{{Name: "demo-quota", Object: map[string]any{
				"apiVersion": "v1", "kind": "ResourceQuota",
				"metadata": map[string]any{"name": "quota", "namespace": "posit-team"},
				"spec":     map[string]any{"hard": map[string]any{"pods": "500"}},
			}}},
			Labels: map[string]string{"example.com/owner": "platform"},
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, quota := range mocks.All("kubernetes:core/v1:ResourceQuota") {
		fmt.Println(quota.Physical(), quota.Args()["metadata"].(map[string]any)["labels"])
	}
	// Output: posit-team/quota map[example.com/owner:platform]
}
