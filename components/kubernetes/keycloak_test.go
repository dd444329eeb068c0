package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

func TestKeycloakOperator(t *testing.T) {
	program := func(ctx *pulumi.Context) error {
		_, err := NewKeycloakOperator(ctx, "demo", &KeycloakOperatorArgs{Labels: map[string]string{"owner": "demo"}})
		return err
	}
	r := componenttest.Run(t, program)
	r.Golden(t, "keycloak-operator")
	componenttest.SamePreview(t, program)
	for _, made := range r.All("") {
		if !made.Custom {
			continue
		}
		if owner := made.Args()["metadata"].(map[string]any)["labels"].(map[string]any)["owner"]; owner != "demo" {
			t.Errorf("%s %s has the label owner=%v", made.Type, made.Name, owner)
		}
	}

	anything := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	definition := func(plural string, names, subresources map[string]any) {
		names["plural"] = plural
		r.Find(t, "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "demo-"+plural+".k8s.keycloak.org").Want(t, map[string]any{
			"spec": map[string]any{
				"group": "k8s.keycloak.org", "scope": "Namespaced", "names": names,
				"versions": []any{map[string]any{
					"name": "v2alpha1", "served": true, "storage": true, "subresources": subresources,
					"schema": map[string]any{"openAPIV3Schema": map[string]any{
						"type": "object", "properties": map[string]any{"spec": anything, "status": anything},
					}},
				}},
			},
		})
	}
	definition("keycloaks", map[string]any{"kind": "Keycloak", "singular": "keycloak", "shortNames": []any{"kc"}}, map[string]any{
		"status": map[string]any{},
		"scale": map[string]any{
			"specReplicasPath": ".spec.instances", "statusReplicasPath": ".status.instances", "labelSelectorPath": ".status.selector",
		},
	})
	definition("keycloakrealmimports", map[string]any{"kind": "KeycloakRealmImport", "singular": "keycloakrealmimport"},
		map[string]any{"status": map[string]any{}})

	labels := map[string]any{"owner": "demo", "app.kubernetes.io/name": "keycloak-operator"}
	metadata := func(namespace, name string) map[string]any {
		return map[string]any{"namespace": namespace, "name": name, "labels": labels}
	}
	r.Find(t, "kubernetes:core/v1:ServiceAccount", "demo-posit-team-system/keycloak-operator").Exactly(t, map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("posit-team-system", "keycloak-operator"),
	})
	look, manage := []any{"get", "list", "watch"}, []any{"get", "list", "watch", "create", "delete", "patch", "update"}
	rule := func(group string, verbs []any, resources ...any) map[string]any {
		return map[string]any{"apiGroups": []any{group}, "resources": resources, "verbs": verbs}
	}
	own := []any{"get", "list", "watch", "patch", "update", "create", "delete"}
	r.Find(t, "kubernetes:rbac.authorization.k8s.io/v1:Role", "demo-posit-team/keycloak-operator-role").Exactly(t, map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata("posit-team", "keycloak-operator-role"),
		"rules": []any{
			rule("apps", manage, "statefulsets"), rule("", look, "configmaps"), rule("", manage, "secrets", "services"),
			rule("", []any{"list"}, "pods"), rule("batch", manage, "jobs"),
			rule("networking.k8s.io", manage, "ingresses"), rule("networking.k8s.io", manage, "networkpolicies"),
			rule("k8s.keycloak.org", own, "keycloaks", "keycloaks/status", "keycloaks/finalizers"),
			rule("k8s.keycloak.org", own, "keycloakrealmimports", "keycloakrealmimports/status", "keycloakrealmimports/finalizers"),
		},
	})
	r.Find(t, "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "demo-posit-team/keycloak-operator-role-binding").Exactly(t, map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata("posit-team", "keycloak-operator-role-binding"),
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "keycloak-operator-role"},
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": "keycloak-operator", "namespace": "posit-team-system"}},
	})
	selector := map[string]any{"app.kubernetes.io/name": "keycloak-operator"}
	r.Find(t, "kubernetes:core/v1:Service", "demo-posit-team-system/keycloak-operator").Want(t, map[string]any{"spec": map[string]any{
		"type": "ClusterIP", "selector": selector,
		"ports": []any{map[string]any{"name": "http", "port": 80.0, "protocol": "TCP", "targetPort": 8080.0}},
	}})
	probe := func(path string) map[string]any {
		return map[string]any{
			"httpGet":             map[string]any{"path": "/q/health/" + path, "port": 8080.0, "scheme": "HTTP"},
			"initialDelaySeconds": 5.0, "periodSeconds": 10.0, "timeoutSeconds": 10.0, "failureThreshold": 3.0, "successThreshold": 1.0,
		}
	}
	r.Find(t, "kubernetes:apps/v1:Deployment", "demo-posit-team-system/keycloak-operator").Exactly(t, map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("posit-team-system", "keycloak-operator"),
		"spec": map[string]any{
			"replicas": 1.0, "selector": map[string]any{"matchLabels": selector},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec": map[string]any{"serviceAccountName": "keycloak-operator", "containers": []any{map[string]any{
					"name": "keycloak-operator", "image": "quay.io/keycloak/keycloak-operator:26.3.2", "imagePullPolicy": "IfNotPresent",
					"env": []any{
						map[string]any{"name": "KUBERNETES_NAMESPACE", "value": "posit-team"},
						map[string]any{"name": "RELATED_IMAGE_KEYCLOAK", "value": "quay.io/keycloak/keycloak:26.3.2"},
					},
					"ports":         []any{map[string]any{"name": "http", "containerPort": 8080.0, "protocol": "TCP"}},
					"livenessProbe": probe("live"), "readinessProbe": probe("ready"), "startupProbe": probe("started"),
					"resources": map[string]any{
						"limits": map[string]any{"cpu": "700m", "memory": "450Mi"}, "requests": map[string]any{"cpu": "300m", "memory": "450Mi"},
					},
				}}},
			},
		},
	})
}

func TestKeycloakOperatorWithARole(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewKeycloakOperator(ctx, "demo", &KeycloakOperatorArgs{RoleARN: pulumi.String(exampleRole)})
		return err
	})
	metadata := r.Find(t, "kubernetes:core/v1:ServiceAccount", "demo-posit-team-system/keycloak-operator").Args()["metadata"].(map[string]any)
	assert.Equal(t, map[string]any{"eks.amazonaws.com/role-arn": exampleRole}, metadata["annotations"], "annotations")
}

func ExampleNewKeycloakOperator() {
	program := func(ctx *pulumi.Context) error {
		operator, err := NewKeycloakOperator(ctx, "demo01-staging-20250115", &KeycloakOperatorArgs{
			Labels: map[string]string{"app.kubernetes.io/part-of": "demo"},
		})
		if err != nil {
			return err
		}
		ctx.Export("keycloak", operator.Version)
		return nil
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
	// keycloakrealmimports.k8s.keycloak.org
	// keycloaks.k8s.keycloak.org
}
