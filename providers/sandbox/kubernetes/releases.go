package kubernetes

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const releaseType = "kubernetes:helm.sh/v3:Release"

// releases describes the provider's own Helm.
func (s *simulation) releases() sandbox.Type {
	return sandbox.Type{
		Args:     reflect.TypeFor[releaseArgs](),
		AutoName: "name",
		Replace:  []string{"name", "namespace"},
		Defaults: releaseDefaults(),
		Checked:  checkedRelease,
		Outputs:  []string{"status", "resourceNames"},
		Changing: func(_, _ sandbox.Inputs) []string { return []string{"status", "resourceNames"} },
		Check:    checkRelease,
		Doubt:    doubtRelease,
		Create: func(o *sandbox.Operation) error {
			r, err := releaseOf(o.Inputs)
			if err != nil {
				return err
			}
			o.ID = r.namespace + "/" + r.name
			return s.run(o, r, false)
		},
		Update: func(o *sandbox.Operation) error {
			r, err := releaseOf(o.Inputs)
			if err != nil {
				return err
			}
			return s.run(o, r, true)
		},
		Delete: func(o *sandbox.Operation) error {
			namespace, name, _ := strings.Cut(o.ID, "/")
			kept, err := s.cluster(o).record(namespace, name)
			if err != nil {
				return err
			}
			if kept == nil {
				return notInstalled(o)
			}
			return s.cluster(o).uninstall(namespace, name)
		},
		Missing: notInstalled,
		Find: func(o *sandbox.Operation, id string, known sandbox.Inputs) (*sandbox.Object, error) {
			return s.cluster(o).readRelease(o.Type, id, known)
		},
	}
}

// notInstalled is Helm's answer when a release that is to be uninstalled is not there
// (helm.sh/helm/v3/pkg/action/uninstall.go): the provider fails with it
// (provider/pkg/provider/helm_release.go, Delete).
func notInstalled(o *sandbox.Operation) error {
	_, name, _ := strings.Cut(o.ID, "/")
	return fmt.Errorf("uninstall: Release not loaded: %s: release: not found", name)
}

// readRelease answers what the provider reads of a release: what Helm's own record says is what
// there is, and without one nothing is (provider/pkg/provider/helm_release.go, Read). What the
// release was made from state knows.
func (c *cluster) readRelease(token, id string, known sandbox.Inputs) (*sandbox.Object, error) {
	namespace, name, _ := strings.Cut(id, "/")
	kept, err := c.record(namespace, name)
	if err != nil || kept == nil || kept.By != releaseType+" "+id {
		return nil, err
	}
	if object := c.cloud.Object(sandbox.Key(token, c.account, "", id)); object != nil {
		return object, nil
	}
	return &sandbox.Object{Provider: "kubernetes", Type: token, ID: id, Account: c.account, Inputs: known}, nil
}

// checkRelease finds what is wrong with a release without asking the cluster. What is
// not known yet is checked when it is.
func checkRelease(in sandbox.Inputs) []sandbox.Problem {
	if _, given := in["valueYamlFiles"]; given {
		return rule.One("valueYamlFiles", "is not simulated by the sandbox")
	}
	options := in.Map("repositoryOpts")
	for _, value := range []any{in["chart"], in["version"], in["repositoryOpts"], options["repo"]} {
		if value == sandbox.Unknown {
			return nil
		}
	}
	r, err := releaseOf(in)
	if err != nil {
		return rule.One("chart", "%v; check the chart name and repository configuration.", err)
	}
	if _, err := r.checkKnownValues(); err != nil {
		return rule.One("chart", "%v; check the chart name and repository configuration.", err)
	}
	return nil
}

// checkKnownValues checks the values of a release that are known yet.
func (r *release) checkKnownValues() (doubts []string, err error) {
	known, _ := without(map[string]any(r.values))
	values, _ := known.(map[string]any)
	return r.chart.checkValues(r.version, values)
}

// doubtRelease tells of values that maybe nobody reads.
func doubtRelease(in sandbox.Inputs) []string {
	r, err := releaseOf(in)
	if err != nil {
		return nil // as Check says
	}
	doubts, _ := r.checkKnownValues()
	return doubts
}

// releaseOf reads the inputs of a release.
func releaseOf(in sandbox.Inputs) (*release, error) {
	text := func(in sandbox.Inputs, field string) string { value, _ := in.Text(field); return value }
	chart, err := findChart(text(in, "chart"), text(in.Map("repositoryOpts"), "repo"), text(in, "version"))
	if err != nil {
		return nil, err
	}
	r := &release{
		chart: chart, name: text(in, "name"), namespace: text(in, "namespace"), version: text(in, "version"), values: in.Map("values"),
		createNamespace: in.Flag("createNamespace"), skipDefinitions: in.Flag("skipCrds"), awaited: true,
	}
	r.by = releaseType + " " + r.namespace + "/" + r.name
	return r, nil
}

// run installs or upgrades a release and fills in what the provider then knows.
func (s *simulation) run(o *sandbox.Operation, r *release, upgrade bool) error {
	c := s.cluster(o)
	kept, err := c.record(r.namespace, r.name)
	if err != nil {
		return err
	}
	// A run that died right after the installation left no resource behind: it is this one's.
	stray := kept != nil && kept.By == r.by && c.cloud.Object(sandbox.Key(releaseType, c.account, "", o.ID)) == nil
	if r.chart.name != loadBalancerControllerName { // which is what it waits for itself
		err = c.answers("mservice") // charts have Services
	}
	var made *record
	if err == nil {
		made, err = c.install(r, upgrade || stray)
	}
	if err != nil {
		return fmt.Errorf("install chart %s as %s in namespace %s: %w", r.chart.name, r.name, r.namespace, err)
	}
	o.Outputs["status"] = map[string]any{
		"status": "deployed", "name": made.Name, "namespace": made.Namespace, "revision": float64(made.Revision),
		"chart": made.Chart, "version": made.Version,
	}
	names := map[string][]string{}
	for _, key := range made.Objects {
		token, rest, _ := strings.Cut(key, " ")
		kind, _ := kindOf(token)
		group := kind.Kind + "/" + kind.GroupVersion().String()
		names[group] = append(names[group], rest[strings.LastIndexByte(rest, ' ')+1:])
	}
	resourceNames := map[string]any{}
	for _, group := range slices.Sorted(maps.Keys(names)) {
		var list []any
		for _, name := range slices.Sorted(slices.Values(names[group])) {
			list = append(list, name)
		}
		resourceNames[group] = list
	}
	o.Outputs["resourceNames"] = resourceNames
	return nil
}
