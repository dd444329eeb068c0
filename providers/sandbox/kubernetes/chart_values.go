package kubernetes

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// release is an installation, as somebody asks for it.
type release struct {
	chart                    *chart
	name, namespace, version string
	values                   sandbox.Inputs
	createNamespace          bool
	skipDefinitions          bool
	// by is who asks: a release is upgraded by nobody else.
	by string
}

// at returns a value of the release by its path.
func (r *release) at(path string) any { return r.values.At(path) }

// flag is a switch in the values; paths that are joined by "|" all switch it on.
func (r *release) flag(paths string, otherwise bool) bool {
	on, given := false, false
	for path := range strings.SplitSeq(paths, "|") {
		if flag, ok := r.at(path).(bool); ok {
			on, given = on || flag, true
		}
	}
	if !given {
		return otherwise
	}
	return on
}

func (r *release) text(path, otherwise string) string {
	if text, ok := r.at(path).(string); ok && text != "" {
		return text
	}
	return otherwise
}

// fullname is what charts call their objects.
func (r *release) fullname() string {
	full := r.name
	if base := r.text("nameOverride", r.chart.name); !strings.Contains(r.name, base) {
		full = r.name + "-" + base
	}
	return r.text("fullnameOverride", full)
}

// versionPlace stands for the version in the address of a chart.
const versionPlace = "{version}"

var versionPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
})

// findChart finds a chart by what is given as chart and repository, in Helm's words when
// there is none.
func findChart(chartName, repository, version string) (*chart, error) {
	if version != "" && !versionPattern().MatchString(version) {
		return nil, fmt.Errorf("improper constraint: %q is no version of chart %q", version, chartName)
	}
	address := strings.Contains(chartName, "://")
	for _, chart := range charts {
		for _, known := range chart.repositories {
			inside := strings.HasPrefix(known, "oci://") || strings.Contains(known, versionPlace)
			switch {
			case address && repository == "" && inside && chartName == strings.ReplaceAll(known, versionPlace, version),
				!address && !inside && chartName == chart.name && strings.TrimSuffix(repository, "/") == known:
				return chart, nil
			}
		}
	}
	switch {
	case address && repository != "":
		return nil, fmt.Errorf("chart %q is an address already, and cannot be in repository %s", chartName, repository)
	case strings.HasPrefix(chartName, "oci://"):
		return nil, fmt.Errorf("%s:%s: not found: the sandbox knows no such chart", strings.TrimPrefix(chartName, "oci://"), version)
	case address:
		return nil, fmt.Errorf("failed to fetch %s : 404 Not Found: the sandbox knows no such chart", chartName)
	case repository == "":
		return nil, fmt.Errorf("failed to download %q: no repository is given", chartName)
	default:
		return nil, fmt.Errorf("chart %q version %q not found in %s repository: the sandbox knows no such chart there", chartName, version, repository)
	}
}

// checkValues refuses values that the chart does not have.
func (c *chart) checkValues(values sandbox.Inputs) error {
	var problems []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if c.knows(key) {
			continue
		}
		hint := ""
		if near := sandbox.Nearest(key, slices.Values(strings.Fields(c.values))); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		if c.schema {
			problems = append(problems, fmt.Sprintf("- (root): Additional property %s is not allowed%s", key, hint))
		} else {
			problems = append(problems, fmt.Sprintf("- chart %s has no value %q%s; Helm would ignore it without a word", c.name, key, hint))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("values don't meet the specifications of the schema(s) in the following chart(s):\n%s:\n%s", c.name, strings.Join(problems, "\n"))
}
