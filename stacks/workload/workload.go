// Package workload has what a workload is on any cloud. What differs between clouds comes
// as arguments; the packages below have its charts, databases, secrets and sites.
package workload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// Site is a site of a workload. File is its site.yaml, nil when it has none.
type Site struct {
	Name, Domain string
	File         *config.SiteFile
}

// Settings is the site.yaml, an empty one when there is none.
func (s Site) Settings() *config.SiteFile {
	if s.File != nil {
		return s.File
	}
	return &config.SiteFile{Site: s.Name}
}

// StateResource is a resource as a stack's state has it.
type StateResource struct {
	Name            string // logical
	Provider        string // its logical name; "" if that was not asked for
	Inputs, Outputs resource.PropertyMap
}

// TextAt is the text at a path of properties, also a secret one; "" when there is none.
func TextAt(properties resource.PropertyMap, path ...string) string {
	plain, _, _ := output.Plain(resource.NewProperty(properties))
	for _, key := range path {
		above, _ := plain.(map[string]any)
		plain = above[key]
	}
	text, _ := plain.(string)
	return text
}
