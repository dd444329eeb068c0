package config

import (
	"fmt"
	"reflect"
	"strings"
)

// SiteFile is a site.yaml: what it overrides in the Site custom resource.
// (facts: config-and-cli 1.11)
type SiteFile struct {
	// Site is the site's name; File is "" when there is no file.
	Site, File string
	// Version is the text after the last "/" of apiVersion.
	Version string
	// Spec passes through to the operator: maps, lists, strings, bools, ints and floats.
	// Keys without a value are left out.
	Spec map[string]any

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

// products have the replicas that ptd itself reads.
var products = []string{"workbench", "connect", "packageManager"}

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
	if e.Spec == nil {
		return s, d
	}
	spec, _ := root.lookup("spec")
	s.decoder, s.spec = d, spec.value
	d.problems = append(d.problems, s.check(e.Spec, true, allowUnknown)...)
	s.Spec = withoutNulls(siteSpecSchema(), e.Spec).(map[string]any)
	return s, d
}

// Check compares the spec of a Site, merged from ptd's values and this file (see Merge),
// with the definition. Problems of what comes from the file have their place in it, the
// others only their path. (facts: site-spec)
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
	for _, product := range products {
		entries, _ := spec[product].(map[string]any)
		if replicas, ok := entries["replicas"].(int); ok && replicas < 0 {
			var n *node
			if above, ok := s.spec.lookup(product); ok {
				below, _ := above.value.lookup("replicas")
				n = below.value
			}
			check.report(n, join("spec."+product, "replicas"), "", fmt.Sprintf("%d must be at least 0", replicas))
		}
	}
	return problems
}

// Replicas of workbench, connect or packageManager: 1 unless the file says otherwise.
// 0 skips the product's health checks.
func (s *SiteFile) Replicas(product string) int {
	if n, ok := s.product(product)["replicas"].(int); ok {
		return n
	}
	return 1
}

// DomainPrefix of workbench, connect or packageManager: the product's name in lower case
// unless the file says otherwise.
func (s *SiteFile) DomainPrefix(product string) string {
	if prefix, ok := s.product(product)["domainPrefix"].(string); ok && prefix != "" {
		return prefix
	}
	return strings.ToLower(product)
}

// FQDNHealthChecks says that the site's hosts are probed, which is the default.
func (s *SiteFile) FQDNHealthChecks() bool {
	enabled, ok := s.Spec["enableFqdnHealthChecks"].(bool)
	return enabled || !ok
}

func (s *SiteFile) product(name string) map[string]any {
	product, _ := s.Spec[name].(map[string]any)
	return product
}

// Merge puts later values over earlier ones into a new map: maps recurse, lists append,
// anything else and conflicts of type take the later value. (facts: config-and-cli 1.2)
func Merge(layers ...map[string]any) map[string]any {
	merged := map[string]any{}
	for _, layer := range layers {
		for key, later := range layer {
			earlier := merged[key]
			switch later := later.(type) {
			case map[string]any:
				below, _ := earlier.(map[string]any)
				merged[key] = Merge(below, later)
			case []any:
				below, _ := earlier.([]any)
				merged[key] = append(append([]any{}, below...), later...)
			default:
				merged[key] = later
			}
		}
	}
	return merged
}
