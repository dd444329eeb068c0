package kubernetes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// The images of the Helm controller and of the jobs that it installs charts with. Later
// jobs run Helm 4, with which they no longer tell an upgrade from an installation.
const (
	DefaultHelmControllerImage    = "ghcr.io/k3s-io/helm-controller:v0.16.10"
	DefaultHelmControllerJobImage = "ghcr.io/k3s-io/klipper-helm:v0.9.5-build20250306"
)

// HelmControllerArgs says which Helm controller runs. Nothing is required.
type HelmControllerArgs struct {
	// Namespace is made for the controller, and is the only one it watches; helm-controller
	// if "".
	Namespace string
	// Image and JobImage are the defaults above if "".
	Image, JobImage string
}

// HelmController is the controller that installs the charts which HelmChart objects
// name.
type HelmController struct {
	pulumi.ResourceState

	// Namespace is where HelmChart objects must be.
	Namespace pulumi.StringOutput `pulumi:"namespace"`
	// Definitions are those of HelmChart and HelmChartConfig, for objects of the same
	// program to depend on.
	Definitions []pulumi.Resource
}

// NewHelmController makes a HelmController: its namespace, its two definitions and its
// Deployment, which runs as a service account of its own. That account may do
// everything, as the jobs that install charts must. Logical names begin with name.
//
// (docs/reference/aws-workload-apps.md 7.9, 15 point 5)
func NewHelmController(ctx *pulumi.Context, name string, args *HelmControllerArgs, opts ...pulumi.ResourceOption) (*HelmController, error) {
	if args == nil {
		args = &HelmControllerArgs{}
	}
	const controller = "helm-controller"
	namespace := cmp.Or(args.Namespace, controller)
	made := &HelmController{}
	err := components.Register(ctx, "ptd:kubernetes:HelmController", name+"-"+controller, made, func(child pulumi.ResourceOption) error {
		// The controller applies definitions of its own over these when it starts: from then on
		// they are its.
		keep := pulumi.IgnoreChanges([]string{"spec"})
		object := func(logical, apiVersion, kind string, fields pulumi.Map, after ...pulumi.Resource) (*Object, error) {
			return NewObject(ctx, name+"-"+logical, apiVersion, kind, fields, child, pulumi.DependsOn(after))
		}
		home, err := object("helm-controller-namespace", "v1", "Namespace", pulumi.Map{"metadata": metadata("", namespace, nil)})
		if err != nil {
			return err
		}
		for _, definition := range []struct {
			logical string
			helmDefinition
		}{{"helmcharts-crd", helmChartDefinition}, {"helmchartconfigs", helmChartConfigDefinition}} {
			crd, err := NewObject(ctx, name+"-"+definition.logical, "apiextensions.k8s.io/v1", "CustomResourceDefinition", definition.fields(), child, keep)
			if err != nil {
				return err
			}
			made.Definitions = append(made.Definitions, crd)
		}
		account, err := object("helm-controller-service-account", "v1", "ServiceAccount", pulumi.Map{
			"metadata": metadata(namespace, controller, nil),
		}, home)
		if err != nil {
			return err
		}
		const rbac = "rbac.authorization.k8s.io"
		role, err := object("helm-controller-cluster-role", rbac+"/v1", "ClusterRole", pulumi.Map{
			"metadata": metadata("", controller, nil),
			"rules":    pulumi.Array{pulumi.Map{"apiGroups": texts("*"), "resources": texts("*"), "verbs": texts("*")}},
		})
		if err != nil {
			return err
		}
		binding, err := object("helm-controller-cluster-role-binding", rbac+"/v1", "ClusterRoleBinding", pulumi.Map{
			"metadata": metadata("", controller, nil),
			"roleRef": pulumi.StringMap{
				"apiGroup": pulumi.String(rbac), "kind": pulumi.String("ClusterRole"), "name": pulumi.String(controller),
			},
			"subjects": pulumi.Array{pulumi.StringMap{
				"kind": pulumi.String("ServiceAccount"), "name": pulumi.String(controller), "namespace": pulumi.String(namespace),
			}},
		}, role, account)
		if err != nil {
			return err
		}
		// The definitions first: the controller watches what they define from its start.
		_, err = object("helm-controller-deployment", "apps/v1", "Deployment",
			args.deployment(namespace, controller), slices.Concat(made.Definitions, []pulumi.Resource{account, binding})...)
		made.Namespace = pulumi.String(namespace).ToStringOutput()
		return err
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// deployment is the one of the controller. Its selector can never change.
func (args *HelmControllerArgs) deployment(namespace, controller string) pulumi.Map {
	selected := map[string]string{"app": controller}
	return pulumi.Map{
		"metadata": metadata(namespace, controller, selected),
		"spec": pulumi.Map{
			"replicas": pulumi.Int(1),
			"selector": pulumi.Map{"matchLabels": pulumi.ToStringMap(selected)},
			"template": pulumi.Map{
				"metadata": pulumi.Map{"labels": pulumi.ToStringMap(selected)},
				"spec": pulumi.Map{
					"serviceAccountName": pulumi.String(controller),
					"containers": pulumi.Array{pulumi.Map{
						"name":    pulumi.String(controller),
						"image":   pulumi.String(cmp.Or(args.Image, DefaultHelmControllerImage)),
						"command": texts(controller),
						"args": texts("--namespace", namespace,
							"--default-job-image", cmp.Or(args.JobImage, DefaultHelmControllerJobImage)),
						"securityContext": pulumi.Map{
							"allowPrivilegeEscalation": pulumi.Bool(false),
							"capabilities":             pulumi.Map{"drop": texts("ALL")},
						},
					}},
				},
			},
		},
	}
}

// helmDefinition is one of the controller's CustomResourceDefinitions.
type helmDefinition struct {
	plural, singular, kind string
	columns                [][2]string // name, path; all of them text
	schema                 map[string]any
	status                 bool // has a status of its own
}

// fields are those of the CustomResourceDefinition.
func (d helmDefinition) fields() pulumi.Map {
	const group = "helm.cattle.io"
	version := pulumi.Map{
		"name": pulumi.String("v1"), "served": pulumi.Bool(true), "storage": pulumi.Bool(true),
		"schema": pulumi.Map{"openAPIV3Schema": pulumi.ToMap(d.schema)},
	}
	if d.status {
		version["subresources"] = pulumi.Map{"status": pulumi.Map{}}
	}
	var columns pulumi.Array
	for _, column := range d.columns {
		columns = append(columns, pulumi.StringMap{
			"name": pulumi.String(column[0]), "type": pulumi.String("string"), "jsonPath": pulumi.String(column[1]),
		})
	}
	if len(columns) > 0 {
		version["additionalPrinterColumns"] = columns
	}
	return pulumi.Map{
		"metadata": metadata("", fmt.Sprintf("%s.%s", d.plural, group), nil),
		"spec": pulumi.Map{
			"group": pulumi.String(group), "scope": pulumi.String("Namespaced"), "preserveUnknownFields": pulumi.Bool(false),
			"names": pulumi.StringMap{
				"kind": pulumi.String(d.kind), "plural": pulumi.String(d.plural), "singular": pulumi.String(d.singular),
			},
			"versions": pulumi.Array{version},
		},
	}
}
