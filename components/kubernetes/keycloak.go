package kubernetes

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// KeycloakOperatorVersion is that of the operator and of the Keycloak that it runs.
const KeycloakOperatorVersion = "26.3.2"

// KeycloakOperatorArgs says how the Keycloak operator runs. All may be left out.
type KeycloakOperatorArgs struct {
	// RoleARN is an IAM role that trusts the service account keycloak-operator in
	// posit-team-system; nil for none: the operator itself calls nothing in AWS.
	RoleARN pulumi.StringInput
	// Labels are those of every object.
	Labels map[string]string
}

// KeycloakOperator runs the Keycloak that a Site asks for.
type KeycloakOperator struct {
	pulumi.ResourceState

	Version pulumi.StringOutput `pulumi:"version"`
	// Definitions are the definitions of Keycloak and KeycloakRealmImport, which objects of
	// those kinds depend on.
	Definitions []pulumi.Resource
}

const keycloakOperator = "keycloak-operator"

// NewKeycloakOperator makes a KeycloakOperator with the logical name name: the operator in
// posit-team-system, which works in posit-team and may do nothing elsewhere. Both
// namespaces must be there.
//
// (docs/reference/aws-workload-apps.md 7.6, 15 point 20)
func NewKeycloakOperator(ctx *pulumi.Context, name string, args *KeycloakOperatorArgs, opts ...pulumi.ResourceOption) (*KeycloakOperator, error) {
	if args == nil {
		args = &KeycloakOperatorArgs{}
	}
	made := &KeycloakOperator{}
	err := components.Register(ctx, "ptd:kubernetes:KeycloakOperator", name, made, func(child pulumi.ResourceOption) error {
		for _, definition := range []keycloakDefinition{
			{kind: "Keycloak", plural: "keycloaks", shortNames: []string{"kc"}, scaled: true},
			{kind: "KeycloakRealmImport", plural: "keycloakrealmimports"},
		} {
			object, err := NewObject(ctx, name+"-"+definition.name(), "apiextensions.k8s.io/v1", "CustomResourceDefinition",
				definition.fields(args.Labels), child)
			if err != nil {
				return err
			}
			made.Definitions = append(made.Definitions, object)
		}
		after := pulumi.DependsOn(made.Definitions)
		for _, part := range args.objects() {
			object, err := NewObject(ctx, name+"-"+part.logical, part.apiVersion, part.kind, values(part.fields), child, after)
			if err != nil {
				return fmt.Errorf("%s: %w", part.kind, err)
			}
			after = pulumi.DependsOn(append([]pulumi.Resource{object}, made.Definitions...))
		}
		made.Version = pulumi.String(KeycloakOperatorVersion).ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// keycloakObject is an object of the operator; each depends on the one before.
type keycloakObject struct {
	logical, apiVersion, kind string
	fields                    object
}

func (args *KeycloakOperatorArgs) objects() []keycloakObject {
	const own, watched, rbac, role = "posit-team-system", "posit-team", "rbac.authorization.k8s.io", keycloakOperator + "-role"
	account := metadata(own, keycloakOperator, args.labels())
	if args.RoleARN != nil {
		account["annotations"] = pulumi.StringMap{roleAnnotation: args.RoleARN}
	}
	selector := object{"app.kubernetes.io/name": keycloakOperator}
	return []keycloakObject{
		{own + "/" + keycloakOperator, "v1", "ServiceAccount", object{"metadata": account}},
		{watched + "/" + role, rbac + "/v1", "Role", object{
			"metadata": metadata(watched, role, args.labels()), "rules": keycloakRules(),
		}},
		{watched + "/" + role + "-binding", rbac + "/v1", "RoleBinding", object{
			"metadata": metadata(watched, role+"-binding", args.labels()),
			"roleRef":  object{"apiGroup": rbac, "kind": "Role", "name": role},
			"subjects": []object{{"kind": "ServiceAccount", "name": keycloakOperator, "namespace": own}},
		}},
		{own + "/" + keycloakOperator, "v1", "Service", object{
			"metadata": metadata(own, keycloakOperator, args.labels()),
			"spec": object{
				"type": "ClusterIP", "selector": selector,
				"ports": []object{{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}},
			},
		}},
		{own + "/" + keycloakOperator, "apps/v1", "Deployment", object{
			"metadata": metadata(own, keycloakOperator, args.labels()),
			"spec": object{
				"replicas": 1, "selector": object{"matchLabels": selector},
				"template": object{
					"metadata": object{"labels": args.labels()},
					"spec": object{
						"serviceAccountName": keycloakOperator,
						"containers":         []object{keycloakContainer(watched)},
					},
				},
			},
		}},
	}
}

// labels are the given ones and the operator's own, which the selectors need.
func (args *KeycloakOperatorArgs) labels() map[string]string {
	labels := maps.Clone(args.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels["app.kubernetes.io/name"] = keycloakOperator
	return labels
}

func keycloakContainer(namespace string) object {
	probe := func(path string) object {
		return object{
			"httpGet":             object{"path": "/q/health/" + path, "port": 8080, "scheme": "HTTP"},
			"initialDelaySeconds": 5, "periodSeconds": 10, "timeoutSeconds": 10, "failureThreshold": 3, "successThreshold": 1,
		}
	}
	return object{
		"name": keycloakOperator, "image": "quay.io/keycloak/keycloak-operator:" + KeycloakOperatorVersion, "imagePullPolicy": "IfNotPresent",
		"env": []object{
			{"name": "KUBERNETES_NAMESPACE", "value": namespace},
			{"name": "RELATED_IMAGE_KEYCLOAK", "value": "quay.io/keycloak/keycloak:" + KeycloakOperatorVersion},
		},
		"ports":         []object{{"name": "http", "containerPort": 8080, "protocol": "TCP"}},
		"livenessProbe": probe("live"), "readinessProbe": probe("ready"), "startupProbe": probe("started"),
		"resources": object{
			"limits": object{"cpu": "700m", "memory": "450Mi"}, "requests": object{"cpu": "300m", "memory": "450Mi"},
		},
	}
}

// keycloakRules are what the operator may do in the namespace that it works in.
func keycloakRules() []object {
	look := []string{"get", "list", "watch"}
	manage := append(look[:len(look):len(look)], "create", "delete", "patch", "update")
	rule := func(group string, verbs []string, resources ...string) object {
		return object{"apiGroups": []string{group}, "resources": resources, "verbs": verbs}
	}
	own := func(plural string) object {
		return rule("k8s.keycloak.org", []string{"get", "list", "watch", "patch", "update", "create", "delete"},
			plural, plural+"/status", plural+"/finalizers")
	}
	return []object{
		rule("apps", manage, "statefulsets"),
		rule("", look, "configmaps"),
		rule("", manage, "secrets", "services"),
		rule("", []string{"list"}, "pods"),
		rule("batch", manage, "jobs"),
		rule("networking.k8s.io", manage, "ingresses"),
		rule("networking.k8s.io", manage, "networkpolicies"),
		own("keycloaks"),
		own("keycloakrealmimports"),
	}
}

// keycloakDefinition defines a kind of the operator's.
type keycloakDefinition struct {
	kind, plural string
	shortNames   []string
	scaled       bool
}

func (d keycloakDefinition) name() string { return d.plural + ".k8s.keycloak.org" }

// fields are those of the definition. What stands in spec and status is left to the
// operator.
func (d keycloakDefinition) fields(labels map[string]string) pulumi.Map {
	names := object{"kind": d.kind, "plural": d.plural, "singular": d.plural[:len(d.plural)-1]}
	if len(d.shortNames) > 0 {
		names["shortNames"] = d.shortNames
	}
	subresources := object{"status": object{}}
	if d.scaled {
		subresources["scale"] = object{
			"specReplicasPath": ".spec.instances", "statusReplicasPath": ".status.instances", "labelSelectorPath": ".status.selector",
		}
	}
	anything := object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	return values(object{
		"metadata": metadata("", d.name(), labels),
		"spec": object{
			"group": "k8s.keycloak.org", "names": names, "scope": "Namespaced",
			"versions": []object{{
				"name": "v2alpha1", "served": true, "storage": true, "subresources": subresources,
				"schema": object{"openAPIV3Schema": object{
					"type": "object", "properties": object{"spec": anything, "status": anything},
				}},
			}},
		},
	})
}
