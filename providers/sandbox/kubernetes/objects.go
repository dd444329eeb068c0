package kubernetes

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// resolve describes a kind: one of the scheme, a custom one, whose group has a dot, or the
// patch of either.
func (s *simulation) resolve(token string) (sandbox.Type, bool) {
	kind, ok := kindOf(token)
	if !ok || strings.HasSuffix(kind.Kind, "List") || kind.Group == "helm.sh" {
		return sandbox.Type{}, false
	}
	known := scheme().Recognizes(kind)
	if !known && strings.HasSuffix(kind.Kind, "Patch") {
		target := strings.TrimSuffix(token, "Patch")
		if _, ok := s.resolve(target); !ok {
			return sandbox.Type{}, false
		}
		return s.patches(target), true
	}
	typ := sandbox.Type{
		AutoName: "metadata.name",
		Replace:  append([]string{"apiVersion", "kind", "metadata.name", "metadata.namespace"}, replacing[kind.Kind]...),
		Outputs:  []string{"status"},
		References: []sandbox.Reference{{
			Path: "metadata.namespace", Types: []string{namespaceType}, Message: "namespaces %q not found", Weak: true,
			Skip: func(_ *sandbox.Operation, name string) bool { return slices.Contains(preexisting, name) },
		}},
		DeleteBeforeReplace: true,

		Create: s.create,
		Update: s.update,
		Delete: func(o *sandbox.Operation) error { return s.cluster(o).clean(o.Old) },
	}
	if !known {
		if scheme().IsGroupRegistered(kind.Group) || !strings.Contains(kind.Group, ".") {
			return sandbox.Type{}, false
		}
		typ.Replace = typ.Replace[:4]
		typ.Check = func(in sandbox.Inputs) []sandbox.Problem { return checkIdentity(kind, in) }
		typ.Admit = func(o *sandbox.Operation, preview bool) error {
			return s.cluster(o).admitCustom(kind, o.Inputs, preview)
		}
		switch token {
		case helmChartType:
			typ = s.helmChart(typ)
		case nodeClassType:
			typ.Doubt = doubtNodeClass
		}
		return typ, true
	}
	typ.Check = func(in sandbox.Inputs) []sandbox.Problem {
		if problems := checkIdentity(kind, in); len(problems) > 0 {
			return problems
		}
		return checkObject(in)
	}
	typ.Admit = s.admit
	if kind.Kind == "Secret" {
		typ.Secret = []string{"data", "stringData"}
	}
	return typ, true
}

// adapt applies what the provider's own options say of a type: with them, a change of the
// data of a ConfigMap or Secret is an update.
func (s *simulation) adapt(_ *sandbox.Cloud, options sandbox.Inputs, token string, typ sandbox.Type) (sandbox.Type, error) {
	on := func(option string) bool { return options.Flag(option) || options[option] == "true" }
	if token == configMapType && on("enableConfigMapMutable") || token == secretType && on("enableSecretMutable") {
		typ.Replace = slices.DeleteFunc(slices.Clone(typ.Replace), func(path string) bool {
			return path == "data" || path == "binaryData" || path == "stringData"
		})
		typ.ReplaceIf = func(old, _ sandbox.Inputs) []string {
			if old.Flag("immutable") {
				return []string{"data", "binaryData", "stringData"}
			}
			return nil
		}
	}
	return typ, nil
}

// namespaceOf is where an object that says nothing else is.
func namespaceOf(in sandbox.Inputs) string {
	if namespace, ok := in.Map("metadata").Text("namespace"); ok && namespace != "" {
		return namespace
	}
	return "default"
}

// physical is the name that an object has in its cluster.
func physical(in sandbox.Inputs) string {
	name, _ := in.Map("metadata").Text("name")
	return name
}

// lookedAt are the types that webhooks of the AWS Load Balancer Controller look at.
var lookedAt = map[string]string{ingressType: "vingress", "kubernetes:core/v1:Service": "mservice"}

// create names the object and gives it what a cluster adds.
func (s *simulation) create(o *sandbox.Operation) (err error) {
	c := s.cluster(o)
	if o.ID, err = c.idOf(o.Type, o.Inputs); err != nil {
		return err
	}
	existing, err := c.get(o.Type, o.ID)
	if err != nil {
		return err
	}
	if webhook, looks := lookedAt[o.Type]; looks {
		if err := c.answers(webhook); err != nil {
			return err
		}
	}
	if existing != nil {
		kind, _ := kindOf(o.Type)
		return fmt.Errorf("%s %q already exists", kind.GroupKind(), o.ID)
	}
	o.Outputs["metadata"] = c.metadata(o.Type, o.ID, o.Inputs)
	status, err := c.address(o.Type, o.ID, o.Inputs)
	if err != nil {
		return err
	}
	if status != nil {
		o.Outputs["status"] = status
	}
	if o.Type == deploymentType {
		return c.runHelmCharts(o.Inputs)
	}
	return nil
}

// update refuses what the API refuses to change.
func (s *simulation) update(o *sandbox.Operation) error {
	c := s.cluster(o)
	kind, _ := kindOf(o.Type)
	for _, path := range immutable[kind.Kind] {
		if before, after := sandbox.Inputs(o.Old.Inputs).At(path), o.Inputs.At(path); fmt.Sprint(before) != fmt.Sprint(after) {
			return fmt.Errorf("%s %q is invalid: %s: Invalid value: %v: field is immutable", kind.GroupKind(), o.ID, path, after)
		}
	}
	for _, object := range []string{"ConfigMap", "Secret"} {
		if kind.Kind != object || !sandbox.Inputs(o.Old.Inputs).Flag("immutable") {
			continue
		}
		for _, field := range []string{"immutable", "data", "binaryData", "stringData"} {
			if !reflect.DeepEqual(o.Old.Inputs[field], o.Inputs[field]) {
				return fmt.Errorf("%s %q is invalid: %s: Forbidden: field is immutable when `immutable` is set", kind.GroupKind(), o.ID, field)
			}
		}
	}
	o.Outputs["metadata"] = c.metadata(o.Type, o.ID, o.Inputs)
	live := &sandbox.Object{Type: o.Type, ID: o.ID, Account: o.Account, Inputs: o.Inputs, Outputs: o.Outputs}
	c.overlay(live, c.patchesOf(live, ""))
	if o.Type == deploymentType {
		return c.runHelmCharts(o.Inputs)
	}
	return nil
}
