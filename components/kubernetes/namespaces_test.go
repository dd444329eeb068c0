package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

func TestNamespaces(t *testing.T) {
	t.Parallel()
	program := func(ctx *pulumi.Context) error {
		made, err := NewNamespaces(ctx, "demo", &NamespacesArgs{Namespaces: []NamespaceArgs{
			{Name: "posit-team", Retain: true},
			{Name: "traefik", LogicalName: "demo-traefik-ns", Labels: map[string]string{"a": "b"}},
		}})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"names": []string{"posit-team", "traefik"}},
			map[string]pulumi.Output{"names": made.Names})
		if len(made.ByName) != 2 || made.ByName["traefik"] == nil {
			t.Errorf("resources are %v", made.ByName)
		}
		return nil
	}
	r := componenttest.Run(t, program)
	r.Golden(t, "namespaces")
	componenttest.SamePreview(t, program)
	r.Find(t, "kubernetes:core/v1:Namespace", "demo-traefik-ns").Exactly(t, map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "traefik", "labels": map[string]any{"a": "b"}},
	})
	if !r.Find(t, "kubernetes:core/v1:Namespace", "demo-posit-team").Retain {
		t.Error("posit-team is not retained")
	}
}

func TestNamespaceErrors(t *testing.T) {
	t.Parallel()
	for want, args := range map[string]*NamespacesArgs{
		"namespaces demo: at least one is required":           {},
		`namespace "": names are required, and each once`:     {Namespaces: []NamespaceArgs{{}}},
		`namespace "loki": names are required, and each once`: {Namespaces: []NamespaceArgs{{Name: "loki"}, {Name: "loki"}}},
	} {
		componenttest.Fails(t, func(ctx *pulumi.Context) error {
			_, err := NewNamespaces(ctx, "demo", args)
			return err
		}, want)
	}
}

func TestObjectErrors(t *testing.T) {
	t.Parallel()
	for _, test := range [][2]string{{"", "Pod"}, {"v1", ""}, {"v1", "Pod"}} {
		componenttest.Fails(t, func(ctx *pulumi.Context) error {
			_, err := NewObject(ctx, "demo", test[0], test[1], pulumi.Map{})
			return err
		}, "object demo: an apiVersion, a kind and metadata are required")
	}
}

func ExampleNewNamespaces() {
	program := func(ctx *pulumi.Context) error {
		namespaces, err := NewNamespaces(ctx, "demo", &NamespacesArgs{Namespaces: []NamespaceArgs{{Name: "loki"}, {Name: "mimir"}}})
		if err != nil {
			return err
		}
		_, err = NewObject(ctx, "demo-loki-settings", "v1", "ConfigMap", pulumi.Map{
			"metadata": pulumi.StringMap{"name": pulumi.String("settings"), "namespace": pulumi.String("loki")},
		}, pulumi.DependsOn([]pulumi.Resource{namespaces.ByName["loki"]}))
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, namespace := range mocks.All("kubernetes:core/v1:Namespace") {
		fmt.Println(namespace.Name, namespace.Physical())
	}
	// Output:
	// demo-loki loki
	// demo-mimir mimir
}
