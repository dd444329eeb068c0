package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// SiteField is a field of a Site, and since which version, major.minor, the Team Operator
// has it.
type SiteField struct{ Path, Since string }

// in says that an operator of a version has the field; so does one of an unknown version, "".
func (f SiteField) in(version string) bool {
	major, minor, _ := strings.Cut(f.Since, ".")
	first, _ := strconv.Atoi(major)
	second, _ := strconv.Atoi(minor) // a test reads every version
	return !OlderThan(version, first, second)
}

// laterSiteFields are the fields that not every operator has, in the order of their paths.
func laterSiteFields() []SiteField {
	var fields []SiteField
	for since, paths := range siteDefinitionSchema().Since {
		for _, path := range paths {
			fields = append(fields, SiteField{Path: path, Since: since})
		}
	}
	slices.SortFunc(fields, func(a, b SiteField) int { return strings.Compare(a.Path, b.Path) })
	return fields
}

// UnknownTo are the fields that the file sets and an operator of a version ("v1.22.0") does
// not have; a cluster refuses a Site with them. "" is a version that nobody knows, which has
// all of them.
func (s *SiteFile) UnknownTo(version string) []SiteField {
	if s == nil {
		return nil
	}
	return slices.DeleteFunc(laterSiteFields(), func(field SiteField) bool {
		return field.in(version) || s.at(field.Path) == nil
	})
}

// at is the value of a path of the spec, nil for none.
func (s *SiteFile) at(path string) any {
	var value any = s.Spec
	for _, key := range strings.Split(path, ".") {
		below, _ := value.(map[string]any)
		value = below[key]
	}
	return value
}

// withoutLater takes the fields out of a definition that an operator of a version does not
// have.
func withoutLater(definition map[string]any, version string) {
	for _, field := range laterSiteFields() {
		if field.in(version) {
			continue
		}
		schema := definition
		keys := append([]string{"spec"}, strings.Split(field.Path, ".")...)
		for _, key := range keys[:len(keys)-1] {
			properties, _ := schema["properties"].(map[string]any)
			schema, _ = properties[key].(map[string]any)
		}
		properties, _ := schema["properties"].(map[string]any)
		properties = maps.Clone(properties) // an alias of the file is one value in many places
		delete(properties, keys[len(keys)-1])
		schema["properties"] = properties
	}
}

// SiteVersion is the version of the operator that decides which fields a Site has, given the
// version of the chart: the chart's, that of a newer image, which brings its own definitions
// since 1.19, or "" where nobody knows it, because the image has no version or others bring
// the definitions.
func (r ReleaseCommon) SiteVersion(chart string) string {
	image := r.OperatorImage()
	if r.TeamOperatorSkipCRDs {
		return ""
	}
	if image == "" {
		return chart
	}
	tag := image[strings.LastIndexAny(image, ":/")+1:]
	number, _, _ := strings.Cut(strings.TrimPrefix(tag, "v"), "-")
	parts := strings.Split(number, ".")
	if len(parts) != 3 {
		return ""
	}
	major, errMajor := strconv.Atoi(parts[0])
	minor, errMinor := strconv.Atoi(parts[1])
	switch {
	case errMajor != nil || errMinor != nil:
		return ""
	case OlderThan(tag, 1, 19) || !OlderThan(chart, major, minor):
		return chart
	default:
		return tag
	}
}

// siteVersions holds the site files against the operators whose version ptd.yaml gives.
func (l *loader) siteVersions() {
	if l.target.allowsUnknownSiteFields() {
		return
	}
	for _, site := range l.target.SiteNames() {
		file := l.target.SiteFiles[site]
		for _, release := range l.target.releases() {
			key := "spec.clusters." + release.name
			if !l.decoder.attempted(key+".spec.team_operator_chart_version") && !l.decoder.attempted(key+".team_operator_chart_version") {
				continue // what is live keeps its version, which the run knows
			}
			version := release.SiteVersion(release.TeamOperatorChartVersion)
			for _, field := range file.UnknownTo(version) {
				l.problems = append(l.problems, file.about(field.Path, "the Team Operator has this field since v%s.0, and release %s runs %s "+
					"(team_operator_chart_version in ptd.yaml), whose cluster refuses the site: take a later version, or the field away", field.Since, release.name, version))
			}
		}
	}
}
