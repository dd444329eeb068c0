package config

import (
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
	Spec map[string]any
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

// products have the keys of a site's spec that ptd itself reads.
var products = []string{"workbench", "connect", "packageManager"}

func emptySiteFile(site string) *SiteFile {
	return &SiteFile{Site: site, Version: siteVersion, Spec: map[string]any{}}
}

// parseSiteFile decodes a site.yaml; what is wrong is in the decoder.
func parseSiteFile(site, file string, data []byte) (*SiteFile, *decoder) {
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
	s.Spec = e.Spec
	spec, _ := root.lookup("spec")
	d.siteSpec(spec.value)
	return s, d
}

// siteSpec checks the keys that ptd reads; it leaves the others to the operator.
func (d *decoder) siteSpec(spec *node) {
	expect := func(n *node, path, key string, kind nodeKind) {
		e, ok := n.lookup(key)
		if !ok || e.value.kind == nullNode || e.value.kind == kind {
			return
		}
		d.problem(e.value.position, path+"."+key, "", "must be %s, not %s", kind.phrase(), e.value.kind.phrase())
	}
	expect(spec, "spec", "enableFqdnHealthChecks", boolNode)
	for _, product := range products {
		expect(spec, "spec", product, mapNode)
		e, ok := spec.lookup(product)
		if !ok || e.value.kind != mapNode {
			continue
		}
		path := "spec." + product
		expect(e.value, path, "domainPrefix", stringNode)
		expect(e.value, path, "replicas", intNode)
		if r, ok := e.value.lookup("replicas"); ok && r.value.kind == intNode && strings.HasPrefix(r.value.text, "-") {
			d.problem(r.value.position, path+".replicas", "", "%s must be at least 0", r.value.text)
		}
	}
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
