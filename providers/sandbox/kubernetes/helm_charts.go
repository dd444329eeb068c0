package kubernetes

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	helmChartType  = "kubernetes:helm.cattle.io/v1:HelmChart"
	deploymentType = "kubernetes:apps/v1:Deployment"
)

// What the conditions of a HelmChart say.
const (
	jobCreated = "JobCreated"
	jobFailed  = "Failed"
)

// watches tells which namespace a Deployment watches as Helm controller, "" for all of
// them; ok is false for any other Deployment.
func watches(deployment sandbox.Inputs) (namespace string, ok bool) {
	spec := deployment.Map("spec")
	if replicas, given := spec.Number("replicas"); given && replicas == 0 {
		return "", false
	}
	for _, listed := range spec.Map("template").Map("spec").List("containers") {
		container, _ := listed.(map[string]any)
		if image, _ := sandbox.Inputs(container).Text("image"); !strings.Contains(image, "helm-controller") {
			continue
		}
		arguments := append(append([]any{}, sandbox.Inputs(container).List("command")...), sandbox.Inputs(container).List("args")...)
		for i, argument := range arguments {
			text, _ := argument.(string)
			if value, found := strings.CutPrefix(text, "--namespace="); found {
				return value, true
			}
			if text == "--namespace" && i+1 < len(arguments) {
				namespace, _ = arguments[i+1].(string)
				return namespace, true
			}
		}
		return "", true
	}
	return "", false
}

// watched tells whether a Helm controller runs for a namespace.
func (c *cluster) watched(namespace string) bool {
	for _, object := range c.cloud.OfType(deploymentType) {
		if object.Account != c.account {
			continue
		}
		if watched, ok := watches(object.Inputs); ok && (watched == "" || watched == namespace) {
			return true
		}
	}
	return false
}

// runHelmCharts installs what waits for the controller that a Deployment starts.
func (c *cluster) runHelmCharts(deployment sandbox.Inputs) error {
	namespace, ok := watches(deployment)
	if !ok {
		return nil
	}
	waiting := c.objects(func(object *sandbox.Object) bool {
		return object.Type == helmChartType && (namespace == "" || namespaceOfObject(object) == namespace) && condition(object, jobCreated) == nil
	})
	for _, object := range waiting {
		if err := c.setStatus(object, c.runHelmChart(object.ID, object.Inputs)); err != nil {
			return err
		}
	}
	return nil
}

// setStatus keeps a status on a HelmChart.
func (c *cluster) setStatus(object *sandbox.Object, status map[string]any) error {
	changed := *object
	changed.Outputs = maps.Clone(object.Outputs)
	if changed.Outputs == nil {
		changed.Outputs = map[string]any{}
	}
	changed.Outputs["status"] = status
	return c.cloud.Put(&changed)
}

// runHelmChart does what the controller and its job do with a HelmChart, and returns the
// status that tells how it went.
func (c *cluster) runHelmChart(id string, object sandbox.Inputs) map[string]any {
	failed, reason, message := "False", "", ""
	if err := c.installHelmChart(id, object); err != nil {
		failed, reason, message = "True", "Job failed", err.Error()
	}
	return map[string]any{"jobName": "helm-install-" + physical(object), "conditions": []any{
		map[string]any{"type": jobCreated, "status": "True", "reason": "Job created", "message": "Applying HelmChart using Job " + strings.Replace(id, "/", "/helm-install-", 1)},
		map[string]any{"type": jobFailed, "status": failed, "reason": reason, "message": message},
	}}
}

// installHelmChart does what the job of a HelmChart does: it installs what is not there,
// upgrades what is, and takes away a release that failed before, to install it anew, unless
// the HelmChart's failurePolicy leaves that to people. (The script of klipper-helm v0.9.5,
// and the defaults of helm-controller v0.16.10.)
func (c *cluster) installHelmChart(id string, object sandbox.Inputs) error {
	r, err := helmChartRelease(object)
	if err != nil {
		return err
	}
	r.by, r.awaited = sandbox.Key(helmChartType, "", "", id), c.options.PodsRun
	old, err := c.record(r.namespace, r.name)
	if err != nil {
		return err
	}
	own := old != nil && old.By == r.by
	if own && old.Failed {
		if policy, _ := object.Map("spec").Text("failurePolicy"); policy != "" && policy != "reinstall" {
			//lint:ignore ST1005 the words of klipper-helm
			return fmt.Errorf("Release status is 'failed' and failure policy is '%s', not 'reinstall'; waiting for operator intervention", policy)
		}
		if err := c.uninstall(r.namespace, r.name); err != nil {
			return err
		}
		old, own = nil, false
	}
	_, err = c.install(r, own)
	if failed := (applyError{}); errors.As(err, &failed) && (old == nil || own) {
		if !own {
			old = &record{Name: r.name, Namespace: r.namespace, Chart: r.chart.name, Version: r.version, By: r.by}
		}
		old.Revision, old.Failed = old.Revision+1, true
		err = errors.Join(err, c.keep(old))
	}
	return err
}

// helmChartRelease is the release that a HelmChart asks for.
func helmChartRelease(object sandbox.Inputs) (*release, error) {
	spec := object.Map("spec")
	for _, field := range []string{"chartContent", "bootstrap", "authSecret", "repoCA", "valuesSecrets"} {
		if _, given := spec[field]; given {
			return nil, fmt.Errorf("the sandbox does not simulate %s of a HelmChart", field)
		}
	}
	text := func(field string) string { value, _ := spec.Text(field); return value }
	chart, err := findChart(text("chart"), text("repo"), text("version"))
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(text("valuesContent")), &values); err != nil {
		return nil, errors.New("failed to parse valuesContent: error converting YAML to JSON: it is no YAML map")
	}
	maps.Copy(values, spec.Map("set"))
	r := &release{
		chart: chart, name: physical(object), namespace: text("targetNamespace"), version: text("version"), values: plain(values),
		createNamespace: spec.Flag("createNamespace"),
	}
	if r.namespace == "" {
		r.namespace = namespaceOf(object)
	}
	return r, nil
}

// valuesOfHelmChart checks the values of a HelmChart as far as they are known. What else is
// wrong with it its job says.
func valuesOfHelmChart(object sandbox.Inputs) (doubts []string, err error) {
	spec := object.Map("spec")
	for _, field := range []string{"chart", "repo", "version", "valuesContent"} {
		if spec[field] == sandbox.Unknown {
			return nil, nil
		}
	}
	r, err := helmChartRelease(object)
	if err != nil {
		return nil, nil
	}
	return r.chart.checkValues(r.version, r.values)
}

// condition finds a condition in the status of a HelmChart.
func condition(object *sandbox.Object, typ string) sandbox.Inputs {
	status, _ := object.Outputs["status"].(map[string]any)
	for _, listed := range sandbox.Inputs(status).List("conditions") {
		if found, _ := listed.(map[string]any); found["type"] == typ {
			return found
		}
	}
	return nil
}

// cleanHelmChart uninstalls what a HelmChart installed, which only its controller can.
func (c *cluster) cleanHelmChart(object *sandbox.Object) error {
	if condition(object, jobCreated) == nil {
		return nil
	}
	if !c.watched(namespaceOfObject(object)) {
		return fmt.Errorf("HelmChart %q cannot be deleted: timed out waiting for its finalizer wrangler.cattle.io/on-helm-chart-remove: "+
			"no Helm controller runs that would uninstall the chart", object.ID)
	}
	namespace, _ := sandbox.Inputs(object.Inputs).Map("spec").Text("targetNamespace")
	if namespace == "" {
		namespace = namespaceOfObject(object)
	}
	kept, err := c.record(namespace, physical(object.Inputs))
	if err != nil || kept == nil || kept.By != sandbox.Key(helmChartType, "", "", object.ID) {
		return err
	}
	return c.uninstall(namespace, kept.Name)
}

// helmChart makes a type run the controller when one runs.
func (s *simulation) helmChart(typ sandbox.Type) sandbox.Type {
	reconcile := func(o *sandbox.Operation) {
		c := s.cluster(o)
		if !c.watched(namespaceOf(o.Inputs)) {
			return
		}
		o.Outputs["status"] = c.runHelmChart(o.ID, o.Inputs)
	}
	createObject, updateObject := typ.Create, typ.Update
	typ.Create = func(o *sandbox.Operation) error {
		if err := createObject(o); err != nil {
			return err
		}
		reconcile(o)
		return nil
	}
	typ.Update = func(o *sandbox.Operation) error {
		if err := updateObject(o); err != nil {
			return err
		}
		reconcile(o)
		return nil
	}
	typ.Changing = func(_, _ sandbox.Inputs) []string { return []string{"status"} }
	checkObject := typ.Check
	typ.Check = func(in sandbox.Inputs) []sandbox.Problem {
		problems := checkObject(in)
		if _, err := valuesOfHelmChart(in); err != nil {
			problems = append(problems, sandbox.Problem{Path: "spec.valuesContent", Text: err.Error()})
		}
		return problems
	}
	typ.Doubt = func(in sandbox.Inputs) []string {
		doubts, _ := valuesOfHelmChart(in) // what is refused was told before
		return doubts
	}
	return typ
}
