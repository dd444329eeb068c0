package kubernetes

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// release is an installation, as somebody asks for it.
type release struct {
	chart                    *chart
	name, namespace, version string
	values                   sandbox.Inputs
	createNamespace          bool
	skipDefinitions          bool
	// by is who asks: a release is upgraded by nobody else.
	by string
}

// at returns a value of the release by its path.
func (r *release) at(path string) any { return at(r.values, path) }

// flag is a switch in the values; paths that are joined by "|" all switch it on.
func (r *release) flag(paths string, otherwise bool) bool {
	on, given := false, false
	for path := range strings.SplitSeq(paths, "|") {
		if flag, ok := r.at(path).(bool); ok {
			on, given = on || flag, true
		}
	}
	if !given {
		return otherwise
	}
	return on
}

func (r *release) text(path, otherwise string) string {
	if text, ok := r.at(path).(string); ok && text != "" {
		return text
	}
	return otherwise
}

// fullname is what charts call their objects.
func (r *release) fullname() string {
	full := r.name
	if base := r.text("nameOverride", r.chart.name); !strings.Contains(r.name, base) {
		full = r.name + "-" + base
	}
	return r.text("fullnameOverride", full)
}

// findChart finds a chart by what is given as chart and repository, in Helm's words when
// there is none.
func findChart(chartName, repository, version string) (*chart, error) {
	if version != "" && !versionPattern.MatchString(version) {
		return nil, fmt.Errorf("improper constraint: %q is no version of chart %q", version, chartName)
	}
	address := strings.Contains(chartName, "://")
	for _, chart := range charts {
		for _, known := range chart.repositories {
			inside := strings.HasPrefix(known, "oci://") || strings.Contains(known, versionPlace)
			switch {
			case address && repository == "" && inside && chartName == strings.ReplaceAll(known, versionPlace, version),
				!address && !inside && chartName == chart.name && strings.TrimSuffix(repository, "/") == known:
				return chart, nil
			}
		}
	}
	switch {
	case address && repository != "":
		return nil, fmt.Errorf("chart %q is an address already, and cannot be in repository %s", chartName, repository)
	case strings.HasPrefix(chartName, "oci://"):
		return nil, fmt.Errorf("%s:%s: not found: the sandbox knows no such chart", strings.TrimPrefix(chartName, "oci://"), version)
	case address:
		return nil, fmt.Errorf("failed to fetch %s : 404 Not Found: the sandbox knows no such chart", chartName)
	case repository == "":
		return nil, fmt.Errorf("failed to download %q: no repository is given", chartName)
	default:
		return nil, fmt.Errorf("chart %q version %q not found in %s repository: the sandbox knows no such chart there", chartName, version, repository)
	}
}

// versionPlace stands for the version in the address of a chart.
const versionPlace = "{version}"

var versionPattern = regexp.MustCompile(`^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// checkValues refuses values that the chart does not have.
func (c *chart) checkValues(values sandbox.Inputs) error {
	var problems []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if c.knows(key) {
			continue
		}
		hint := ""
		if near := sandbox.Nearest(key, slices.Values(strings.Fields(c.values))); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		if c.schema {
			problems = append(problems, fmt.Sprintf("- (root): Additional property %s is not allowed%s", key, hint))
		} else {
			problems = append(problems, fmt.Sprintf("- chart %s has no value %q%s; Helm would ignore it without a word", c.name, key, hint))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("values don't meet the specifications of the schema(s) in the following chart(s):\n%s:\n%s", c.name, strings.Join(problems, "\n"))
}

// install installs or upgrades a release, all of it or nothing.
func (c *cluster) install(r *release, upgrade bool) (*record, error) {
	after, err := c.cloud.FaultOfChart(r.chart.name, r.name)
	if err != nil {
		return nil, err
	}
	defer after()
	if err := r.chart.checkValues(r.values); err != nil {
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
	made := &record{Name: r.name, Namespace: r.namespace, Chart: r.chart.name, Version: r.version, Revision: 1, By: r.by}
	if old != nil {
		made.Revision = old.Revision + 1
	}
	rollback := c.snapshot()
	if err := c.apply(r, made, old); err != nil {
		return nil, errors.Join(err, rollback())
	}
	return made, c.keep(made)
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
		object := c.options.define(group, kind)
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
