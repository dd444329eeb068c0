package kubernetes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// applyError is what goes wrong once Helm has begun to change the cluster: its record of the
// release then says that it failed.
type applyError struct{ error }

func (e applyError) Unwrap() error { return e.error }

// install installs or upgrades a release, all of it or nothing.
func (c *cluster) install(r *release, upgrade bool) (*record, error) {
	after, err := c.cloud.FaultOfChart(r.chart.name, r.name)
	if err != nil {
		return nil, applyError{err}
	}
	defer after()
	if _, err := r.chart.checkValues(r.version, r.values); err != nil {
		return nil, err
	}
	for _, value := range slices.Sorted(maps.Keys(r.chart.required)) {
		if r.text(value, "") == "" {
			return nil, fmt.Errorf("execution error at (%s/templates/deployment.yaml): %s", r.chart.name, r.chart.required[value])
		}
	}
	old, err := c.record(r.namespace, r.name)
	switch {
	case err != nil:
		return nil, err
	case old == nil && upgrade:
		return nil, fmt.Errorf("%q has no deployed releases", r.name)
	case old != nil && old.By != r.by:
		return nil, errors.New("cannot re-use a name that is still in use")
	case old != nil && !upgrade:
		return nil, errors.New("cannot re-use a name that is still in use")
	}
	if !c.hasNamespace(r.namespace) {
		if !r.createNamespace {
			return nil, fmt.Errorf("create: failed to create: namespaces %q not found", r.namespace)
		}
		if _, err := c.put(map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": r.namespace}}); err != nil {
			return nil, err
		}
	}
	made := &record{Name: r.name, Namespace: r.namespace, Chart: r.chart.name, Version: r.version, Revision: 1, By: r.by, Fixed: r.fixed()}
	if old != nil {
		made.Revision = old.Revision + 1
		for _, path := range slices.Sorted(maps.Keys(made.Fixed)) {
			if before, after := old.Fixed[path], made.Fixed[path]; old.Fixed != nil && before != after {
				component, _, _ := strings.Cut(path, ".")
				return nil, applyError{fmt.Errorf("cannot patch %q with kind StatefulSet: StatefulSet.apps %q is invalid: spec: Forbidden: "+
					"updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "+
					"'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden (%s: %s -> %s)",
					r.name+"-"+component, r.name+"-"+component, path, before, after)}
			}
		}
	}
	rollback := c.snapshot()
	if err := c.apply(r, made, old); err != nil {
		return nil, applyError{errors.Join(err, rollback())}
	}
	return made, c.keep(made)
}

// fixed are the values of the release that the API never changes, by path.
func (r *release) fixed() map[string]string {
	fixed := map[string]string{}
	for component, values := range r.values {
		if _, isMap := values.(map[string]any); !isMap {
			continue
		}
		for _, path := range r.chart.fixed {
			fixed[component+"."+path] = fmt.Sprint(r.at(component + "." + path))
		}
	}
	return fixed
}

// snapshot returns a function that takes the cluster back to what it is now.
func (c *cluster) snapshot() (rollback func() error) {
	everything := func(*sandbox.Object) bool { return true }
	before := map[string]*sandbox.Object{}
	for _, object := range c.objects(everything) {
		before[object.Key()] = object
	}
	return func() error {
		for _, object := range c.objects(everything) {
			if before[object.Key()] == nil {
				if err := c.cloud.Remove(object.Key()); err != nil {
					return err
				}
			}
		}
		for key, object := range before {
			if c.cloud.Object(key) != object {
				if err := c.cloud.Put(object); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// apply makes the objects of a release, and takes away what an older revision had.
func (c *cluster) apply(r *release, made, old *record) error {
	if !r.skipDefinitions && old == nil {
		for _, bundle := range r.chart.crds {
			if err := c.define(r, bundle, func(object map[string]any) error {
				if c.cloud.Object(sandbox.Key(definitionType, c.account, "", physical(object))) != nil {
					return nil
				}
				_, err := c.put(object)
				return err
			}); err != nil {
				return err
			}
		}
	}
	own := func(object map[string]any) error {
		key, err := c.putOwned(r, object)
		made.Objects = append(made.Objects, key)
		return err
	}
	for _, bundle := range r.chart.templates {
		if err := c.define(r, bundle, own); err != nil {
			return err
		}
	}
	objects, err := r.objects(c)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := own(object); err != nil {
			return err
		}
	}
	if old != nil {
		for _, key := range old.Objects {
			if slices.Contains(made.Objects, key) {
				continue
			}
			if err := c.removeOwned(key); err != nil {
				return err
			}
		}
	}
	if r.chart.grown == nil {
		return nil
	}
	for _, object := range r.chart.grown(r) {
		id, err := c.idOf(tokenOf(object), object)
		if err != nil {
			return err
		}
		if c.cloud.Object(sandbox.Key(tokenOf(object), c.account, "", id)) != nil {
			continue
		}
		if _, err := c.put(object); err != nil {
			return err
		}
	}
	return nil
}

// definitionsOf is the version whose definitions a release brings: the chart's, unless its
// program is of another one, which since 1.19 applies definitions of its own
// (docs/reference/site-spec.md).
func (r *release) definitionsOf() string {
	if r.text("controllerManager.container.image.tag", "") != "" {
		return ""
	}
	return r.version
}

// define visits the definitions of a bundle, if the values want them.
func (c *cluster) define(r *release, bundle bundle, visit func(map[string]any) error) error {
	if bundle.when != "" && !r.flag(bundle.when, bundle.absent) {
		return nil
	}
	group := definitions()[bundle.group]
	kinds := bundle.kinds
	if kinds == nil {
		kinds = group.all()
	}
	for _, kind := range kinds {
		object := c.options.define(group, kind, r.definitionsOf())
		metadata, _ := object["metadata"].(map[string]any)
		annotations := map[string]any{}
		if bundle.keep != "" && r.flag(bundle.keep, true) {
			annotations[resourcePolicy] = "keep"
		}
		maps.Copy(annotations, r.values.Map("additionalAnnotations"))
		if len(annotations) > 0 {
			metadata["annotations"] = annotations
		}
		if err := visit(object); err != nil {
			return err
		}
	}
	return nil
}
