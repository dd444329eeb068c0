package kubernetes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// ManifestsArgs lists objects that somebody wrote by hand.
type ManifestsArgs struct {
	Manifests []Manifest
	// Labels are set on every object, over labels of its own.
	Labels map[string]string
}

// Manifest is one object.
type Manifest struct {
	// Name is its logical name.
	Name string
	// Object is as in YAML: apiVersion, kind, metadata with a name, and what else the kind
	// has.
	Object map[string]any
}

// Manifests are objects that somebody wrote by hand.
type Manifests struct {
	pulumi.ResourceState

	// Objects are their logical names, sorted.
	Objects pulumi.StringArrayOutput `pulumi:"objects"`
}

// NewManifests makes the objects: a namespace before what lives in it, a definition
// before what it defines, a service account before pods that run as it. Otherwise their
// order does not matter. What else must be there first, pulumi.DependsOn says.
//
// It is an error if one has no apiVersion, kind or name, or two are the same object.
func NewManifests(ctx *pulumi.Context, name string, args *ManifestsArgs, opts ...pulumi.ResourceOption) (*Manifests, error) {
	if args == nil {
		args = &ManifestsArgs{}
	}
	made := &Manifests{}
	err := components.Register(ctx, "ptd:kubernetes:Manifests", name, made, func(child pulumi.ResourceOption) error {
		objects := make([]written, len(args.Manifests))
		for i, manifest := range args.Manifests {
			object, err := read(manifest)
			if err != nil {
				return fmt.Errorf("manifest %s: %w", manifest.Name, err)
			}
			objects[i] = object
		}
		slices.SortStableFunc(objects, func(a, b written) int { return cmp.Compare(a.rank(), b.rank()) })

		resources, names := map[string]pulumi.Resource{}, make([]string, 0, len(objects))
		seen := map[string]string{}
		for _, object := range objects {
			id := identity(object.group, object.kind, object.namespace, object.name)
			if first, twice := seen[id]; twice {
				return fmt.Errorf("manifest %s: it is the same object as %s", object.logical, first)
			}
			var after []pulumi.Resource
			for _, needed := range object.needs() {
				if resource := resources[needed]; resource != nil {
					after = append(after, resource)
				}
			}
			resource, err := register(ctx, object.logical, object.apiVersion, object.kind, object.labelled(args.Labels), child, pulumi.DependsOn(after))
			if err != nil {
				return err
			}
			seen[id], resources[id] = object.logical, resource
			if object.kind == "CustomResourceDefinition" {
				resources[definitionOf(object.defines())] = resource
			}
			names = append(names, object.logical)
		}
		slices.Sort(names)
		made.Objects = texts(names...).ToStringArrayOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// written is a manifest that was read.
type written struct {
	logical                 string
	apiVersion, group, kind string
	namespace, name         string
	object                  map[string]any
}

func read(manifest Manifest) (written, error) {
	text := func(from map[string]any, key string) string {
		value, _ := from[key].(string)
		return value
	}
	metadata, _ := manifest.Object["metadata"].(map[string]any)
	object := written{
		logical: manifest.Name, object: manifest.Object,
		apiVersion: text(manifest.Object, "apiVersion"), kind: text(manifest.Object, "kind"),
		namespace: text(metadata, "namespace"), name: text(metadata, "name"),
	}
	if group, _, ok := strings.Cut(object.apiVersion, "/"); ok {
		object.group = group
	}
	if object.logical == "" || object.apiVersion == "" || object.kind == "" || object.name == "" {
		return written{}, fmt.Errorf("a logical name, an apiVersion, a kind and a name in metadata are required")
	}
	return object, nil
}

// rank puts first what others need.
func (o written) rank() int {
	ranks := []string{"Namespace", "CustomResourceDefinition", "ServiceAccount"}
	if i := slices.Index(ranks, o.kind); i >= 0 {
		return i
	}
	return len(ranks)
}

// needs identifies what must be there before the object.
func (o written) needs() []string {
	needed := []string{definitionOf(o.group, o.kind)}
	if o.namespace != "" {
		needed = append(needed, identity("", "Namespace", "", o.namespace))
	}
	if account := serviceAccountOf(o.object["spec"]); account != "" {
		namespace := cmp.Or(o.namespace, "default")
		needed = append(needed, identity("", "ServiceAccount", namespace, account), identity("", "ServiceAccount", "", account))
	}
	return needed
}

// serviceAccountOf finds what pods run as, in the specification of a pod or of anything
// with a template of them, "" when it does not say.
func serviceAccountOf(spec any) string {
	fields, _ := spec.(map[string]any)
	if account, ok := fields["serviceAccountName"].(string); ok {
		return account
	}
	for _, key := range []string{"template", "jobTemplate"} {
		if template, ok := fields[key].(map[string]any); ok {
			return serviceAccountOf(template["spec"])
		}
	}
	return ""
}

// defines is the kind that a definition defines.
func (o written) defines() (group, kind string) {
	spec, _ := o.object["spec"].(map[string]any)
	names, _ := spec["names"].(map[string]any)
	group, _ = spec["group"].(string)
	kind, _ = names["kind"].(string)
	return group, kind
}

// labelled are the fields of the object, with labels that win over its own.
func (o written) labelled(labels map[string]string) map[string]any {
	fields := maps.Clone(o.object)
	metadata := maps.Clone(fields["metadata"].(map[string]any))
	own, _ := metadata["labels"].(map[string]any)
	all := maps.Clone(own)
	if all == nil {
		all = map[string]any{}
	}
	for key, value := range labels {
		all[key] = value
	}
	if len(all) > 0 {
		metadata["labels"] = all
	}
	fields["metadata"] = metadata
	return fields
}

// identity tells objects of a cluster apart, whatever version of the kind they are
// written in.
func identity(group, kind, namespace, name string) string {
	return strings.Join([]string{group, kind, namespace, name}, "\x00")
}

func definitionOf(group, kind string) string { return "defines\x00" + group + "\x00" + kind }
