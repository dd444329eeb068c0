package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

func TestTeamOperator(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewTeamOperator(ctx, "demo", &TeamOperatorArgs{
			Installation: Installation{Version: "v1.16.2"}, RoleARN: pulumi.String(exampleRole), Region: "us-east-2", Image: "V1.20.0",
			Tolerations: []Toleration{
				{Key: "CriticalAddonsOnly", Operator: "Exists", Effect: "NoSchedule"},
				{Key: "team", Operator: "Equal", Value: "a", Effect: "NoExecute"},
			},
			SkipCRDs: true,
		})
		if err != nil {
			return err
		}
		_, err = NewTeamOperator(ctx, "least", &TeamOperatorArgs{Installation: Installation{Version: "v1.29.1"}})
		return err
	})
	wantChart(t, r.Find(t, releaseType, "demo"), map[string]any{
		"name": "team-operator", "chart": "oci://ghcr.io/posit-dev/charts/team-operator", "version": "v1.16.2",
		"namespace": "posit-team-system", "createNamespace": true, "skipCrds": true, "compat": "true",
	}, map[string]any{
		"controllerManager": map[string]any{
			"replicas": 1.0,
			"container": map[string]any{
				"env":   map[string]any{"WATCH_NAMESPACES": "posit-team", "AWS_REGION": "us-east-2"},
				"image": map[string]any{"repository": "docker.io/posit/ptd-team-operator", "tag": "V1.20.0"},
			},
			"serviceAccount": map[string]any{"annotations": map[string]any{"eks.amazonaws.com/role-arn": exampleRole}},
			"tolerations": []any{
				map[string]any{"key": "CriticalAddonsOnly", "operator": "Exists", "effect": "NoSchedule"},
				map[string]any{"key": "team", "operator": "Equal", "value": "a", "effect": "NoExecute"},
			},
		},
		"crd": map[string]any{"enable": false, "keep": true},
	})
	wantChart(t, r.Find(t, releaseType, "least"), map[string]any{
		"name": "team-operator", "chart": "oci://ghcr.io/posit-dev/charts/team-operator", "version": "v1.29.1",
		"namespace": "posit-team-system", "createNamespace": true, "compat": "true",
	}, map[string]any{
		"controllerManager": map[string]any{
			"replicas": 1.0, "container": map[string]any{"env": map[string]any{"WATCH_NAMESPACES": "posit-team"}}, "tolerations": []any{},
		},
		"crd": map[string]any{"enable": true, "keep": true},
	})
}

func TestSplitImage(t *testing.T) {
	for image, want := range map[string][2]string{
		"v1.20.0":                           {"docker.io/posit/ptd-team-operator", "v1.20.0"},
		"PR-17":                             {"docker.io/posit/ptd-team-operator", "PR-17"},
		"ghcr.io/posit-dev/operator:v1":     {"ghcr.io/posit-dev/operator", "v1"},
		"localhost:5000/operator":           {"localhost:5000/operator", "latest"},
		"localhost:5000/operator:v2":        {"localhost:5000/operator", "v2"},
		"ghcr.io/posit/operator@sha256:abc": {"ghcr.io/posit/operator", "@sha256:abc"},
	} {
		repository, tag := splitImage(image)
		assert.Equal(t, want, [2]string{repository, tag}, "image %s", image)
	}
}

func ExampleNewTeamOperator() {
	program := func(ctx *pulumi.Context) error {
		operator, err := NewTeamOperator(ctx, "demo01-staging-20250115-team-operator", &TeamOperatorArgs{
			Installation: Installation{Version: "v1.29.1"},
			RoleARN:      pulumi.String("arn:aws:iam::123456789012:role/team-operator.20250115.demo01-staging.posit.team"),
			Region:       "us-east-2",
			Image:        "v1.30.0-rc1",
		})
		if err != nil {
			return err
		}
		ctx.Export("operator", operator.Version)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["name"], release.Args()["version"], "in", release.Args()["namespace"])
	}
	// Output: team-operator v1.29.1 in posit-team-system
}
