package config

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// APIVersion is the version of every ptd.yaml.
const APIVersion = "posit.team/v1"

// envelope is what stands around a spec.
type envelope struct {
	APIVersion string `yaml:"apiVersion" required:"true" enum:"posit.team/v1"`
	Kind       Kind   `yaml:"kind" required:"true" enum:"AWSControlRoomConfig,AWSWorkloadConfig,AzureWorkloadConfig"`
	Metadata   any    `yaml:"metadata" noeffect:"a target is named by its directory"`
	Spec       *node  `yaml:"spec" required:"true"`
}

// Parse reads one ptd.yaml: data, found in file, of the target name. It looks at nothing
// else, so the target has neither a control room nor site files with anything in them. The
// error is of type Errors and has all the problems; warnings are in the target.
func Parse(name, file string, data []byte) (*Target, error) {
	target, d := parseTarget(name, file, data)
	if target != nil {
		d.validateDomains(target)
		d.validateCertificates(target)
		if w := target.workload(); w != nil {
			d.noteControlRoomRegion(w, nil)
		}
	}
	if len(d.problems) > 0 {
		d.problems.sort()
		return nil, d.problems
	}
	d.warnings.sort()
	target.Warnings = d.warnings
	return target, nil
}

// parseTarget decodes and validates a ptd.yaml, except for the domains, which site files
// may give. What is wrong is in the decoder; the target is nil when not even its kind is
// known.
func parseTarget(name, file string, data []byte) (*Target, *decoder) {
	d, root := newDecoder(file, data)
	if root == nil {
		if len(d.problems) == 0 {
			d.problem(position{1, 1}, "", "", "the file is empty")
		}
		return nil, d
	}
	var e envelope
	d.structure(root, reflect.ValueOf(&e).Elem(), "", root.position)
	if e.Kind == "" || e.Spec == nil {
		return nil, d
	}
	target := &Target{Name: name, Kind: e.Kind, File: file, SiteFiles: map[string]*SiteFile{}, CustomResources: map[string][]CustomResourceFile{}}
	spec := func(v any) {
		d.structure(e.Spec, reflect.ValueOf(v).Elem(), "spec", d.place("spec"))
	}
	switch e.Kind {
	case KindAWSWorkload:
		target.AWSWorkload = &AWSWorkload{}
		spec(target.AWSWorkload)
		target.AWSWorkload.Name = name
		d.validateAWSWorkload(target.AWSWorkload)
	case KindAzureWorkload:
		target.AzureWorkload = &AzureWorkload{}
		spec(target.AzureWorkload)
		target.AzureWorkload.Name = name
		d.validateAzureWorkload(target.AzureWorkload)
	case KindAWSControlRoom:
		target.AWSControlRoom = &AWSControlRoom{}
		spec(target.AWSControlRoom)
		target.AWSControlRoom.Name = name
		d.validateAWSControlRoom(target.AWSControlRoom)
	}
	for _, site := range target.SiteNames() {
		target.SiteFiles[site] = emptySiteFile(site)
	}
	return target, d
}

// sort orders problems by their place; files keep the order they were read in.
func (e Errors) sort() {
	files := map[string]int{}
	for _, p := range e {
		if _, ok := files[p.File]; !ok {
			files[p.File] = len(files)
		}
	}
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(files[a.File], files[b.File]),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			strings.Compare(a.Path, b.Path),
		)
	})
}
