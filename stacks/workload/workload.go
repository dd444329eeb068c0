// Package workload has what a workload is on any cloud. What differs between clouds comes
// as arguments; the packages below have its charts, databases, secrets and sites.
package workload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/stacks/config"
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
