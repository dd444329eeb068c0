package kubernetes

import (
	"cmp"
	"errors"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// SiteNamespace is where the Team Operator looks for sites.
const SiteNamespace = "posit-team"

// SiteArgs says what a site is. ObjectName and Spec are required.
type SiteArgs struct {
	// ObjectName is the site's name; Namespace is SiteNamespace if "".
	ObjectName, Namespace string
	// Labels are those of the object besides the operator's own.
	Labels map[string]string
	// Spec is as the definition of a Site has it; the field domain is required.
	Spec pulumi.Map
}

// Site is a deployment of Posit Team's products in a cluster with the Team Operator.
type Site struct {
	pulumi.ResourceState

	ObjectName pulumi.StringOutput `pulumi:"objectName"`
	Namespace  pulumi.StringOutput `pulumi:"namespace"`
}

// NewSite makes a Site. The object has the logical name name too. Its namespace and the
// definition, which the Team Operator's chart brings, must be in the cluster.
//
// It is an error if a required argument is missing.
//
// (docs/reference/aws-workload-apps.md 9; docs/reference/site-spec.md)
func NewSite(ctx *pulumi.Context, name string, args *SiteArgs, opts ...pulumi.ResourceOption) (*Site, error) {
	if args == nil || args.ObjectName == "" || args.Spec["domain"] == nil {
		return nil, errors.New("site " + name + ": an object name and a spec with a domain are required")
	}
	made := &Site{}
	err := components.Register(ctx, "ptd:kubernetes:Site", name, made, func(child pulumi.ResourceOption) error {
		labelled := map[string]string{
			"app.kubernetes.io/name":       "site",
			"app.kubernetes.io/instance":   args.ObjectName,
			"app.kubernetes.io/part-of":    "team-operator",
			"app.kubernetes.io/managed-by": "kustomize",
			"app.kubernetes.io/created-by": "team-operator",
			"posit.team/site-name":         args.ObjectName,
		}
		maps.Copy(labelled, args.Labels)
		namespace := cmp.Or(args.Namespace, SiteNamespace)
		object, err := NewObject(ctx, name, "core.posit.team/v1beta1", "Site", pulumi.Map{
			"metadata": metadata(namespace, args.ObjectName, labelled), "spec": args.Spec,
		}, child)
		if err != nil {
			return err
		}
		// They come when the object is there.
		of := func(value string) pulumi.StringOutput {
			return apply.To(object.ID(), func(pulumi.ID) string { return value }).(pulumi.StringOutput)
		}
		made.ObjectName, made.Namespace = of(args.ObjectName), of(namespace)
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}
