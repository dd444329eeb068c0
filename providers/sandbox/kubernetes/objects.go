package kubernetes

import (
	"maps"
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
		Replace:  slices.Concat(identity, replacing[kind.Kind]),
		Outputs:  []string{"status"},
		References: []sandbox.Reference{{
			Path: "metadata.namespace", Types: []string{namespaceType}, Message: "namespaces %q not found", Weak: true,
			Skip: func(_ *sandbox.Operation, name string) bool { return slices.Contains(preexisting, name) },
		}},
		DeleteBeforeReplace: true,

		Create: s.create,
		Update: s.update,
		Delete: func(o *sandbox.Operation) error {
			c := s.cluster(o)
			if err := c.keepsNodes(o.Type, o.ID, nil); err != nil {
				return err
			}
			if err := c.clean(o.Old); err != nil {
				return err
			}
			return c.linger(o.Old)
		},
		Find: func(o *sandbox.Operation, id string, known sandbox.Inputs) (*sandbox.Object, error) {
			return s.cluster(o).read(o.Type, id, known)
		},
	}
	if !known {
		if scheme().IsGroupRegistered(kind.Group) || !strings.Contains(kind.Group, ".") {
			return sandbox.Type{}, false
		}
		typ.Replace = identity
		typ.Check = func(in sandbox.Inputs) []sandbox.Problem { return checkIdentity(kind, in) }
		typ.Admit = func(o *sandbox.Operation, preview bool) error {
			if err := s.cluster(o).admitCustom(kind, o.Inputs, preview); err != nil || !preview {
				return err
			}
			return s.dryRun(o)
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
	typ.Admit = func(o *sandbox.Operation, preview bool) error {
		if err := s.admit(o, preview); err != nil || !preview {
			return err
		}
		return s.dryRun(o)
	}
	switch kind.Kind {
	case "Secret":
		typ.Secret = []string{"data", "stringData"}
	case "Pod":
		typ.ReplaceIf = replacingContainers
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

// create names the object and gives it what a cluster adds. To create is to apply: an
// object that is there is taken over, without a word where nobody has set a field to
// something else (provider/pkg/await/await.go, Creation, of version 4.25;
// docs/reference/real-plugins.md 2, row 3).
func (s *simulation) create(o *sandbox.Operation) (err error) {
	c := s.cluster(o)
	if o.ID, err = c.idOf(o.Type, o.Inputs); err != nil {
		return err
	}
	if err := c.meets(o.Type, o.ID); err != nil {
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
		m := managedOf(existing)
		if err := m.apply(fieldManager(o.URN), o.Inputs, forced(o.Inputs), kind.GroupVersion().String()); err != nil {
			return err
		}
		if err := unchanged(kind, o.ID, existing.Inputs, m.fields); err != nil {
			return err
		}
		taken := &sandbox.Object{URN: o.URN}
		m.keep(taken)
		o.Old, o.Inputs, o.Managers, o.Outputs = existing, taken.Inputs, taken.Managers, maps.Clone(existing.Outputs)
		if o.Outputs == nil {
			o.Outputs = map[string]any{}
		}
	}
	if err := c.keepsNodes(o.Type, o.ID, o.Inputs); err != nil {
		return err
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

// update applies the object, and refuses what the API refuses to change.
func (s *simulation) update(o *sandbox.Operation) error {
	c := s.cluster(o)
	m, err := c.changed(o, o.Old)
	if err != nil {
		return err
	}
	if err := c.keepsNodes(o.Type, o.ID, m.fields); err != nil {
		return err
	}
	o.Inputs, o.Managers = m.fields, m.kept(o.Old)
	o.Outputs["metadata"] = c.metadata(o.Type, o.ID, o.Inputs)
	if o.Type == deploymentType {
		return c.runHelmCharts(o.Inputs)
	}
	return nil
}

// changed is what an object is after an update. A definition is put as a whole, so that
// what others have set in it goes (provider/pkg/await/await.go, updateResource); what was
// set by nobody known the provider takes over first (fixCSAFieldManagers).
func (c *cluster) changed(o *sandbox.Operation, existing *sandbox.Object) (*managed, error) {
	kind, _ := kindOf(o.Type)
	m, manager := managedOf(existing), fieldManager(o.URN)
	if existing.URN != "" {
		manager = fieldManager(existing.URN) // the state keeps the name of the manager
	}
	if o.Type == definitionType {
		m.fields = copied(o.Inputs)
		m.managers = map[string][]string{manager: slices.Sorted(maps.Keys(leaves(o.Inputs)))}
	} else {
		m.rename(noManager, manager)
		if err := m.apply(manager, o.Inputs, forced(o.Inputs), kind.GroupVersion().String()); err != nil {
			return nil, err
		}
	}
	return m, unchanged(kind, o.ID, existing.Inputs, m.fields)
}
