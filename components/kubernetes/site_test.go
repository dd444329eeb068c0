package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/componenttest"
)

const siteType = "kubernetes:core.posit.team/v1beta1:Site"

func makeSite(args *SiteArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := NewSite(ctx, "demo01-staging-20250115-main", args)
		return err
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	program := func(ctx *pulumi.Context) error {
		site, err := NewSite(ctx, "demo01-staging-20250115-main", &SiteArgs{
			ObjectName: "main",
			Labels:     map[string]string{"posit.team/environment": "staging", "app.kubernetes.io/managed-by": "ptd"},
			Spec: pulumi.Map{
				"domain": pulumi.String("demo.example.com"), "debug": pulumi.Bool(false),
				"connect": pulumi.Map{"replicas": pulumi.Int(0)}, "imagePullSecrets": pulumi.Array{},
			},
		})
		if err != nil {
			return err
		}
		if ctx.DryRun() {
			return nil
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"name": "main", "namespace": "posit-team"},
			map[string]pulumi.Output{"name": site.ObjectName, "namespace": site.Namespace})
		return nil
	}
	r := componenttest.Run(t, program)
	r.Golden(t, "site")
	r.Find(t, siteType, "demo01-staging-20250115-main").Exactly(t, map[string]any{
		"apiVersion": "core.posit.team/v1beta1", "kind": "Site",
		"metadata": map[string]any{"name": "main", "namespace": "posit-team", "labels": map[string]any{
			"app.kubernetes.io/name": "site", "app.kubernetes.io/instance": "main", "app.kubernetes.io/part-of": "team-operator",
			"app.kubernetes.io/managed-by": "ptd", "app.kubernetes.io/created-by": "team-operator",
			"posit.team/site-name": "main", "posit.team/environment": "staging",
		}},
		"spec": map[string]any{
			"domain": "demo.example.com", "debug": false, "connect": map[string]any{"replicas": 0.0}, "imagePullSecrets": []any{},
		},
	})
	componenttest.SamePreview(t, program)
}

func TestSiteInAnotherNamespace(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeSite(&SiteArgs{ObjectName: "main", Namespace: "team", Spec: pulumi.Map{"domain": pulumi.String("x")}}))
	metadata := r.Find(t, siteType, "demo01-staging-20250115-main").Args()["metadata"].(map[string]any)
	if metadata["namespace"] != "team" {
		t.Errorf("metadata %v", metadata)
	}
}

func TestSiteErrors(t *testing.T) {
	t.Parallel()
	for _, args := range []*SiteArgs{nil, {ObjectName: "main"}, {Spec: pulumi.Map{"domain": pulumi.String("x")}}} {
		componenttest.Fails(t, makeSite(args), "an object name and a spec with a domain are required")
	}
}

// A site, and what it is reached by.
func ExampleNewSite() {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		site, err := NewSite(ctx, "main", &SiteArgs{
			ObjectName: "main",
			Spec: pulumi.Map{
				"domain":    pulumi.String("team.example.com"),
				"connect":   pulumi.Map{"replicas": pulumi.Int(2), "domainPrefix": pulumi.String("pub")},
				"workbench": pulumi.Map{"replicas": pulumi.Int(1)},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("site", site.ObjectName)
		return nil
	}, pulumi.WithMocks("project", "stack", componenttest.New()))
	fmt.Println(err)
	// Output: <nil>
}
