package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// What Helm marks its objects with.
const (
	resourcePolicy   = "helm.sh/resource-policy"
	managedBy        = "app.kubernetes.io/managed-by"
	releaseName      = "meta.helm.sh/release-name"
	releaseNamespace = "meta.helm.sh/release-namespace"
)

// objects are a release's own, besides definitions.
func (r *release) objects(c *cluster) ([]map[string]any, error) {
	if class := r.text("priorityClassName", ""); !c.hasPriority(class) {
		return nil, fmt.Errorf("pods of release %q are forbidden: no PriorityClass with name %s was found", r.name, class)
	}
	var objects []map[string]any
	for _, account := range r.chart.accounts {
		name := account.name
		if name == "" {
			name = r.fullname()
		}
		given := r.text(account.path+".name", "")
		create := r.flag(account.path+".create", true) && !(account.nameOnly && given != "")
		if account.path == "" {
			given, create = "", true
		}
		if given != "" {
			name = given
		}
		if !create {
			id := r.namespace + "/" + name
			if c.cloud.Object(sandbox.Key(serviceAccountType, c.account, "", id)) == nil && given != "" {
				return nil, fmt.Errorf("pods of release %q are forbidden: error looking up service account %s: serviceaccount %q not found", r.name, id, name)
			}
			continue
		}
		metadata := map[string]any{"name": name, "namespace": r.namespace}
		if annotations, ok := r.at(account.path + ".annotations").(map[string]any); ok && account.path != "" {
			metadata["annotations"] = maps.Clone(annotations)
		}
		objects = append(objects, map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
	}
	if r.chart.objects != nil {
		objects = append(objects, r.chart.objects(r)...)
	}
	for i, extra := range r.values.List("extraObjects") {
		object, ok := extra.(map[string]any)
		if text, isText := extra.(string); isText {
			ok = yaml.Unmarshal([]byte(text), &object) == nil && object != nil
		}
		if !ok {
			return nil, fmt.Errorf("unable to build kubernetes objects from release manifest: extraObjects[%d] is no object", i)
		}
		objects = append(objects, plain(object))
	}
	return objects, nil
}

// putOwned makes an object that belongs to a release, unless it belongs to somebody else.
func (c *cluster) putOwned(r *release, object map[string]any) (string, error) {
	token := tokenOf(object)
	metadata := maps.Clone(map[string]any(sandbox.Inputs(object).Map("metadata")))
	labels, annotations := maps.Clone(map[string]any(sandbox.Inputs(metadata).Map("labels"))), maps.Clone(map[string]any(sandbox.Inputs(metadata).Map("annotations")))
	if labels == nil {
		labels = map[string]any{}
	}
	if annotations == nil {
		annotations = map[string]any{}
	}
	labels[managedBy] = "Helm"
	annotations[releaseName], annotations[releaseNamespace] = r.name, r.namespace
	metadata["labels"], metadata["annotations"] = labels, annotations
	object = maps.Clone(object)
	object["metadata"] = metadata
	if namespaced, err := c.namespaced(token); err != nil {
		return "", err
	} else if namespaced && metadata["namespace"] == nil {
		metadata["namespace"] = r.namespace
	}
	id, err := c.idOf(token, object)
	if err != nil {
		return "", err
	}
	kind, _ := kindOf(token)
	existing, err := c.get(token, id)
	if err != nil {
		return "", err
	}
	if existing != nil {
		if missing := notOwned(existing, r); missing != "" {
			return "", fmt.Errorf("unable to continue with install: %s %q in namespace %q exists and cannot be imported into the current release: invalid ownership metadata; %s",
				kind.Kind, physical(object), namespaceOfObject(existing), missing)
		}
	}
	if _, err := c.put(object); err != nil {
		return "", fmt.Errorf("unable to build kubernetes objects from release manifest: %w", err)
	}
	return sandbox.Key(token, c.account, "", id), nil
}

// notOwned says what an object lacks to belong to a release.
func notOwned(object *sandbox.Object, r *release) string {
	live, _ := object.Get("metadata").(map[string]any)
	metadata := sandbox.Inputs(live)
	var missing []string
	for _, want := range []struct {
		what, key, value string
		of               sandbox.Inputs
	}{
		{"label", managedBy, "Helm", metadata.Map("labels")},
		{"annotation", releaseName, r.name, metadata.Map("annotations")},
		{"annotation", releaseNamespace, r.namespace, metadata.Map("annotations")},
	} {
		switch value, ok := want.of.Text(want.key); {
		case !ok:
			missing = append(missing, fmt.Sprintf("%s validation error: missing key %q: must be set to %q", want.what, want.key, want.value))
		case value != want.value:
			missing = append(missing, fmt.Sprintf("%s validation error: key %q must equal %q: current value is %q", want.what, want.key, want.value, value))
		}
	}
	return strings.Join(missing, "; ")
}

// removeOwned deletes an object of a release, unless it is to stay.
func (c *cluster) removeOwned(key string) error {
	object := c.cloud.Object(key)
	if object == nil {
		return nil
	}
	live, _ := object.Get("metadata").(map[string]any)
	if policy, _ := sandbox.Inputs(live).Map("annotations").Text(resourcePolicy); policy == "keep" {
		return nil
	}
	return c.remove(object)
}

// uninstall takes a release away. One that is not there is no error.
func (c *cluster) uninstall(namespace, name string) error {
	kept, err := c.record(namespace, name)
	if err != nil || kept == nil {
		return err
	}
	for _, key := range slices.Backward(kept.Objects) {
		if err := c.removeOwned(key); err != nil {
			return err
		}
	}
	return c.cloud.Remove(recordKey(c.account, namespace, name))
}
