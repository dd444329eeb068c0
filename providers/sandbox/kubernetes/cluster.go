package kubernetes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// cluster is one simulated cluster: the objects that have its identifier as account. The
// cloud is locked.
type cluster struct {
	cloud   *sandbox.Cloud
	account string
	options Options
}

// tokenOf is the type token of an object's kind.
func tokenOf(object sandbox.Inputs) string {
	version, _ := object.Text("apiVersion")
	kind, _ := object.Text("kind")
	if !strings.Contains(version, "/") {
		version = "core/" + version
	}
	return name + ":" + version + ":" + kind
}

// owner is the cluster as its cloud has it, nil when there is none.
func (c *cluster) owner() sandbox.Cluster {
	return c.cloud.Cluster(func(owner sandbox.Cluster) bool { return owner.Is(c.account) })
}

// get finds an object by its type and id, also one that the cloud makes in the cluster, which
// nothing has stored yet; nil when there is none.
func (c *cluster) get(token, id string) (*sandbox.Object, error) {
	if object := c.cloud.Object(sandbox.Key(token, c.account, "", id)); object != nil {
		return object, nil
	}
	if owner := c.owner(); owner != nil {
		if object := owner.Provides(token, id); object != nil {
			made := &sandbox.Object{Provider: name, Type: token, ID: id, Account: c.account, Inputs: object}
			made.Managers = map[string][]string{eksManager: slices.Sorted(maps.Keys(leaves(object)))}
			made.Outputs = map[string]any{"metadata": c.metadata(token, id, object)}
			return made, nil
		}
	}
	return nil, nil
}

// keepsNodes refuses to make an object what it would be, or to delete it when fields is nil,
// when nodes of the cluster could not enter it any more: a real cluster lets that happen, and
// its nodes are lost without a word.
func (c *cluster) keepsNodes(token, id string, fields map[string]any) error {
	owner := c.owner()
	if owner == nil {
		return nil
	}
	if lost := owner.ShutsOut(token, id, fields); len(lost) > 0 {
		kind, _ := kindOf(token)
		return fmt.Errorf("the sandbox refuses this change of %s %q: the nodes of %s would be shut out of the cluster, as neither it nor an access entry lets them in",
			kind.Kind, id, strings.Join(lost, ", "))
	}
	return nil
}

// idOf is the id of an object in its cluster: its name, behind its namespace if it has one.
func (c *cluster) idOf(token string, object sandbox.Inputs) (string, error) {
	namespaced, err := c.namespaced(token)
	if err != nil || !namespaced {
		return physical(object), err
	}
	return namespaceOf(object) + "/" + physical(object), nil
}

// namespaced tells whether objects of a type belong to a namespace.
func (c *cluster) namespaced(token string) (bool, error) {
	kind, _ := kindOf(token)
	if scheme().Recognizes(kind) {
		return !clusterScoped[kind.Kind], nil
	}
	if kind.Group == "apiregistration.k8s.io" {
		return false, nil
	}
	definition, err := c.definition(kind)
	return definition == nil || definition.Spec.Scope == apiextensions.NamespaceScoped, err
}

// definition finds the definition of a custom kind: an object, or what an add-on or an API
// server beside Kubernetes' own serves; nil when there is none.
func (c *cluster) definition(kind schema.GroupVersionKind) (*apiextensions.CustomResourceDefinition, error) {
	for _, object := range c.cloud.OfType(definitionType) {
		declared := sandbox.Inputs(object.Inputs).Map("spec")
		if object.Account == c.account && declared["group"] == kind.Group && declared.Map("names")["kind"] == kind.Kind {
			return decodeDefinition(object.Inputs)
		}
	}
	if !c.serves(kind) {
		return nil, nil
	}
	if object := definitions()[kind.Group].definition(kind.Kind); object != nil {
		return decodeDefinition(object)
	}
	return nil, nil
}

// serves tells whether a group is there without definitions as objects.
func (c *cluster) serves(kind schema.GroupVersionKind) bool {
	registered := sandbox.Key(apiServiceType, c.account, "", kind.Version+"."+kind.Group)
	if c.cloud.Object(registered) != nil {
		return true
	}
	owner := c.owner()
	return owner != nil && owner.Defines(kind.Group)
}

func decodeDefinition(object map[string]any) (*apiextensions.CustomResourceDefinition, error) {
	decoded, err := decode(object)
	if err != nil {
		return nil, fmt.Errorf("read the definition %s: %w", physical(object), err)
	}
	return decoded.(*apiextensions.CustomResourceDefinition), nil
}

// check finds what the API would refuse in a whole object.
func (c *cluster) check(token string, object sandbox.Inputs) error {
	kind, _ := kindOf(token)
	if kind.Group == "apiregistration.k8s.io" {
		return nil
	}
	if !scheme().Recognizes(kind) {
		return c.admitCustom(kind, object, false)
	}
	for _, problem := range checkObject(object) {
		return fmt.Errorf("%s %q is invalid: %s", kind.GroupKind(), physical(object), strings.TrimPrefix(problem.Path+": "+problem.Text, ": "))
	}
	return nil
}

// put makes an object, or changes the one that is there, as a controller does, or Helm.
func (c *cluster) put(object map[string]any) (*sandbox.Object, error) {
	token := tokenOf(object)
	if err := c.check(token, object); err != nil {
		return nil, err
	}
	id, err := c.idOf(token, object)
	if err != nil {
		return nil, err
	}
	if namespace, _, ok := strings.Cut(id, "/"); ok && !c.hasNamespace(namespace) {
		return nil, fmt.Errorf("namespaces %q not found", namespace)
	}
	made := &sandbox.Object{Provider: name, Type: token, ID: id, Account: c.account, Inputs: object}
	if existing := c.cloud.Object(made.Key()); existing != nil {
		made.URN, made.External, made.References = existing.URN, existing.External, existing.References
		made.Outputs = maps.Clone(existing.Outputs)
		m := managedOf(existing)
		m.update(makerOf(&sandbox.Object{Inputs: object}), object)
		m.keep(made)
		kind, _ := kindOf(token)
		if err := unchanged(kind, id, existing.Inputs, made.Inputs); err != nil {
			return nil, err
		}
	}
	if made.Outputs == nil {
		made.Outputs = map[string]any{}
	}
	made.Outputs["metadata"] = c.metadata(token, id, made.Inputs)
	return made, c.cloud.Put(made)
}

// metadata is that of an object in its cluster.
func (c *cluster) metadata(token, id string, object sandbox.Inputs) map[string]any {
	metadata := maps.Clone(map[string]any(object.Map("metadata")))
	digest := sandbox.Digest(32, c.account, token, id)
	metadata["uid"] = fmt.Sprintf("%s-%s-%s-%s-%s", digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:])
	if namespace, _, ok := strings.Cut(id, "/"); ok {
		metadata["namespace"] = namespace
	}
	return metadata
}

func (c *cluster) hasNamespace(namespace string) bool {
	return slices.Contains(preexisting, namespace) || c.cloud.Object(sandbox.Key(namespaceType, c.account, "", namespace)) != nil
}

// objects lists the cluster's objects that pass a test. What a controller has to clean up
// comes first.
func (c *cluster) objects(pass func(*sandbox.Object) bool) []*sandbox.Object {
	var found []*sandbox.Object
	for _, object := range c.cloud.InAccount(c.account) {
		if object.Provider == name && pass(object) {
			found = append(found, object)
		}
	}
	slices.SortStableFunc(found, func(a, b *sandbox.Object) int { return cmp.Compare(order(a), order(b)) })
	return found
}

func order(object *sandbox.Object) int {
	switch object.Type {
	case helmChartType, releaseType, ingressType:
		return 0
	default:
		return 1
	}
}

// remove deletes an object with all that goes with it.
func (c *cluster) remove(object *sandbox.Object) error {
	if c.cloud.Object(object.Key()) == nil {
		return nil // it went with another
	}
	if err := c.clean(object); err != nil {
		return err
	}
	return c.cloud.Remove(object.Key())
}

// clean deletes what goes with an object, or says what keeps the object from going.
func (c *cluster) clean(object *sandbox.Object) error {
	var goes func(*sandbox.Object) bool
	switch object.Type {
	case namespaceType:
		goes = func(other *sandbox.Object) bool { return namespaceOfObject(other) == object.ID }
	case definitionType:
		group, names := sandbox.Inputs(object.Inputs).Map("spec")["group"], sandbox.Inputs(object.Inputs).Map("spec").Map("names")
		goes = func(other *sandbox.Object) bool {
			kind, _ := kindOf(other.Type)
			return kind.Group == group && kind.Kind == names["kind"]
		}
	case helmChartType:
		return c.cleanHelmChart(object)
	case ingressType:
		return c.cleanIngress(object)
	default:
		return nil
	}
	for _, other := range c.objects(goes) {
		if other.Key() == object.Key() {
			continue
		}
		if err := c.remove(other); err != nil {
			return err
		}
	}
	return nil
}

// namespaceOfObject is the namespace of an object, "" for what belongs to none.
func namespaceOfObject(object *sandbox.Object) string {
	namespace, _, ok := strings.Cut(object.ID, "/")
	if !ok {
		return ""
	}
	return namespace
}
