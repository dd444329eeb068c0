package kubernetes

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// NamespacesArgs lists namespaces. There must be one at least.
type NamespacesArgs struct {
	Namespaces []NamespaceArgs
}

// NamespaceArgs is one namespace. Name is required.
type NamespaceArgs struct {
	Name string
	// LogicalName is that of the resource; {component}-{Name} if "".
	LogicalName string
	Labels      map[string]string
	// Retain leaves the namespace, and with it all that is in it, in the cluster when
	// the resource is deleted.
	Retain bool
}

// Namespaces are the namespaces that later parts of a cluster's setup live in.
type Namespaces struct {
	pulumi.ResourceState

	// Names are the namespaces, in their order.
	Names pulumi.StringArrayOutput `pulumi:"names"`
	// ByName are the resources, for what lives in one to depend on.
	ByName map[string]pulumi.Resource
}

// NewNamespaces makes namespaces.
//
// It is an error if there is none, one has no name, or two have the same.
// (docs/reference/aws-workload-apps.md 7.5, 7.8, 7.9, 8.1)
func NewNamespaces(ctx *pulumi.Context, name string, args *NamespacesArgs, opts ...pulumi.ResourceOption) (*Namespaces, error) {
	if args == nil || len(args.Namespaces) == 0 {
		return nil, fmt.Errorf("namespaces %s: at least one is required", name)
	}
	made := &Namespaces{ByName: map[string]pulumi.Resource{}}
	err := components.Register(ctx, "ptd:kubernetes:Namespaces", name, made, func(child pulumi.ResourceOption) error {
		var names []string
		for _, namespace := range args.Namespaces {
			if namespace.Name == "" || made.ByName[namespace.Name] != nil {
				return fmt.Errorf("namespace %q: names are required, and each once", namespace.Name)
			}
			logical := namespace.LogicalName
			if logical == "" {
				logical = name + "-" + namespace.Name
			}
			object, err := NewObject(ctx, logical, "v1", "Namespace", pulumi.Map{
				"metadata": metadata("", namespace.Name, namespace.Labels),
			}, child, pulumi.RetainOnDelete(namespace.Retain))
			if err != nil {
				return err
			}
			made.ByName[namespace.Name] = object
			names = append(names, namespace.Name)
		}
		made.Names = texts(names...).ToStringArrayOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}
