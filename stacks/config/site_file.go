package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// SiteFile is a site.yaml: what it overrides in the Site custom resource. nil overrides
// nothing. (docs/reference/config-and-cli.md 1.11)
type SiteFile struct {
	// Site is the site's name; File is "" when there is no file.
	Site, File string
	// Version is the text after the last "/" of apiVersion.
	Version string
	// Spec passes through to the operator: maps, lists, strings, bools, ints and floats.
	// Keys without a value are left out, and so is the domain: it is the site's (see Load).
	Spec map[string]any

	// domain takes the place of the one that ptd.yaml has for the site, which is then
	// replaced; "" for none.
	domain, replaced string
	// decoder and spec tell where in the file a value is.
	decoder *decoder
	spec    *node
}

// siteVersion is the only version of the base that a site.yaml is laid over.
const siteVersion = "v1beta1"

// siteEnvelope is a site.yaml; it is written like the custom resource it overrides.
type siteEnvelope struct {
	APIVersion string         `yaml:"apiVersion" default:"core.posit.team/v1beta1"`
	Kind       any            `yaml:"kind"`
	Metadata   any            `yaml:"metadata"`
	Spec       map[string]any `yaml:"spec"`
}

func emptySiteFile(site string) *SiteFile {
	return &SiteFile{Site: site, Version: siteVersion, Spec: map[string]any{}}
}

// parseSiteFile decodes a site.yaml; what is wrong is in the decoder. Keys that the
// definition of a Site does not have are problems unless unknown keys are allowed.
func parseSiteFile(site, file string, data []byte, allowUnknown bool) (*SiteFile, *decoder) {
	s := emptySiteFile(site)
	s.File = file
	d, root := newDecoder(file, data)
	if root == nil {
		return s, d
	}
	var e siteEnvelope
	d.structure(root, reflect.ValueOf(&e).Elem(), "", root.position)
	s.Version = e.APIVersion[strings.LastIndexByte(e.APIVersion, '/')+1:]
	if s.Version != siteVersion {
		d.reject("apiVersion", "%q is not supported: a site is of version %s", e.APIVersion, siteVersion)
	}
	s.warnEnvelope(d, root, e)
	if e.Spec == nil {
		return s, d
	}
	spec, _ := root.lookup("spec")
	s.decoder, s.spec = d, spec.value
	d.problems = append(d.problems, s.check(e.Spec, true, allowUnknown)...)
	s.Spec = withoutNulls(siteSpecSchema(), e.Spec).(map[string]any)
	if domain, ok := s.Spec["domain"].(string); ok {
		if problem, suggestion := checkDomain(domain); problem != "" {
			d.problem(s.place("domain"), "spec.domain", suggestion, "%q %s", domain, problem)
		} else {
			s.domain = domain
		}
	}
	delete(s.Spec, "domain")
	return s, d
}

// warnEnvelope is about what stands around the spec, of which nothing is read: the object's
// name, namespace and labels are ptd's.
func (s *SiteFile) warnEnvelope(d *decoder, root *node, e siteEnvelope) {
	if e.Kind != nil && e.Kind != "Site" {
		d.warn("kind", "is not read: the file is laid over a Site, not %v", e.Kind)
	}
	metadata, _ := root.lookup("metadata")
	expected := map[string]string{"name": s.Site, "namespace": "posit-team"}
	if fields, ok := e.Metadata.(map[string]any); ok {
		for key, value := range sorted(fields) {
			if value == nil || value == expected[key] {
				continue
			}
			at, _ := metadata.value.lookup(key)
			d.warning(at.position, "metadata."+key, "", "has no effect: of a site.yaml only spec is read")
		}
	}
}

// place is where the value of a path of the spec is in the file.
func (s *SiteFile) place(path string) position {
	at, value := position{1, 1}, s.spec
	for _, key := range strings.Split(path, ".") {
		below, ok := value.lookup(key)
		if !ok {
			break
		}
		at, value = below.value.position, below.value
	}
	return at
}

// Check compares the spec of a Site, merged from ptd's values and this file (see Merge),
// with the definition. Problems of what comes from the file have their place in it, the
// others only their path. (docs/reference/site-spec.md)
func (s *SiteFile) Check(merged map[string]any, allowUnknown bool) error {
	if problems := s.check(merged, false, allowUnknown); len(problems) > 0 {
		problems.sort()
		return problems
	}
	return nil
}

// check compares a spec with the definition; partial is the file's own, which ptd
// completes.
func (s *SiteFile) check(spec map[string]any, partial, allowUnknown bool) Errors {
	var problems Errors
	at := func(n *node, path, suggestion, text string) Problem {
		if n == nil || s.decoder == nil {
			return Problem{File: "site " + s.Site, Path: path, Text: text, Suggestion: suggestion}
		}
		return s.decoder.at(n.position, path, suggestion, text)
	}
	check := &siteCheck{partial: partial, report: func(n *node, path, suggestion, text string) {
		problems = append(problems, at(n, path, suggestion, text))
	}}
	if allowUnknown {
		check.unknown = func(n *node, path, suggestion string) {
			if partial && suggestion != "" {
				s.decoder.warnings = append(s.decoder.warnings, at(n, path, suggestion, "unknown key, passed on to the operator"))
			}
		}
	}
	check.value(siteSpecSchema(), spec, s.spec, "spec")
	// A product may have no replicas, but not fewer.
	for _, product := range ServedProducts() {
		entries, _ := spec[product.Key].(map[string]any)
		if replicas, ok := entries["replicas"].(int); ok && replicas < 0 {
			var n *node
			if above, ok := s.spec.lookup(product.Key); ok {
				below, _ := above.value.lookup("replicas")
				n = below.value
			}
			check.report(n, join("spec."+product.Key, "replicas"), "", fmt.Sprintf("%d must be at least 0", replicas))
		}
	}
	return problems
}

// Hosts are, by key, the hosts of the products that the site runs below its domain: their
// names before it, unless the file has another prefix or base for them. A product has 1
// replica unless the file says otherwise; it does not run with 0, nor when it is not enabled.
func (s *SiteFile) Hosts(domain string) map[string]string {
	hosts := map[string]string{}
	for _, product := range ServedProducts() {
		fields := s.product(product)
		replicas, counted := fields["replicas"].(int)
		if enabled, ok := fields["enabled"].(bool); ok && !enabled || counted && replicas <= 0 {
			continue
		}
		text := func(key, otherwise string) string {
			given, _ := fields[key].(string)
			return cmp.Or(given, otherwise)
		}
		hosts[product.Key] = text("domainPrefix", product.Name) + "." + text("baseDomain", domain)
	}
	return hosts
}

// Schemas are those of the product's database besides public: its own, the first of which
// may have another name, and one that the file adds. (docs/reference/aws-workload-base.md 9;
// docs/reference/site-spec.md)
func (s *SiteFile) Schemas(product Product) []string {
	schemas := slices.Clone(product.Schemas)
	settings, _ := s.product(product)["databaseSettings"].(map[string]any)
	if instrumentation, ok := settings["instrumentationSchema"].(string); ok && instrumentation != "" {
		schemas = []string{instrumentation} // in place of the default
	}
	if schema, ok := settings["schema"].(string); ok && schema != "" && !slices.Contains(schemas, schema) {
		schemas = append(schemas, schema)
	}
	return slices.DeleteFunc(schemas, func(schema string) bool { return schema == "public" }) // is there
}

// SessionLabels says that the site asks for labels of its Workbench sessions.
func (s *SiteFile) SessionLabels() bool {
	workbench, _ := s.Spec["workbench"].(map[string]any)
	return workbench["sessionLabels"] != nil
}

// FQDNHealthChecks says that the site's hosts are probed, which is the default.
func (s *SiteFile) FQDNHealthChecks() bool {
	if s == nil {
		return true
	}
	enabled, ok := s.Spec["enableFqdnHealthChecks"].(bool)
	return enabled || !ok
}

func (s *SiteFile) product(product Product) map[string]any {
	if s == nil {
		return nil
	}
	fields, _ := s.Spec[product.Key].(map[string]any)
	return fields
}

// Lists says what a later list does to an earlier one.
type Lists int

// The later versions of the Python programs replace lists, the earlier appended them.
// (docs/reference/config-and-cli.md 1.2)
const (
	ReplaceLists Lists = iota
	AppendLists
)

// Merge puts later values over earlier ones into a new map: maps recurse, lists are replaced
// or appended, anything else and conflicts of type take the later value.
func (lists Lists) Merge(layers ...map[string]any) map[string]any {
	merged := map[string]any{}
	for _, layer := range layers {
		for key, later := range layer {
			earlier := merged[key]
			switch later := later.(type) {
			case map[string]any:
				below, _ := earlier.(map[string]any)
				merged[key] = lists.Merge(below, later)
			case []any:
				var below []any
				if lists == AppendLists {
					below, _ = earlier.([]any)
				}
				merged[key] = append(append([]any{}, below...), later...)
			default:
				merged[key] = later
			}
		}
	}
	return merged
}
