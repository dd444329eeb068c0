package config

import (
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
