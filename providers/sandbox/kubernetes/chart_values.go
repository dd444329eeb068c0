package kubernetes

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/blang/semver"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// release is an installation, as somebody asks for it.
type release struct {
	chart                    *chart
	name, namespace, version string
	values                   sandbox.Inputs
	createNamespace          bool
	// awaited says that who installs it waits until its pods are there.
	awaited         bool
	skipDefinitions bool
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
				if chart.versionsWithV && version != "" && !strings.HasPrefix(version, "v") {
					return nil, fmt.Errorf("%s:%s: not found: its versions begin with v", strings.TrimPrefix(chartName, "oci://"), version)
				}
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

// checkValues refuses values that nobody reads, and tells of those of which that is not sure.
// A real chart ignores them without a word, unless its schema is strict: a setting that is
// misspelt, or that a later version of the chart has given up, looks as if it held.
// (docs/reference/charts.md)
func (c *chart) checkValues(version string, values sandbox.Inputs) (doubts []string, err error) {
	catalogue, err := valuesOfCharts()
	if err != nil {
		return nil, err
	}
	read := catalogue[c.name]
	asked, err := semver.ParseTolerant(version)
	if err != nil { // the newest is installed then
		asked = read.to
	}
	if c.check != nil {
		if err := c.check(values); err != nil {
			return nil, fmt.Errorf("chart %s: %w", c.name, err)
		}
	}
	unread, early, known := read.unread(asked, values)
	says := func(value string) string { return fmt.Sprintf("chart %s %s reads no value %s", c.name, version, value) }
	var refused []string
	for _, value := range unread {
		if known {
			refused = append(refused, says(value))
		} else {
			doubts = append(doubts, says(value)+fmt.Sprintf(", as far as is known: the sandbox knows versions %s to %s", read.from, read.to))
		}
	}
	for _, value := range early {
		doubts = append(doubts, says(value))
	}
	if len(refused) > 0 {
		return nil, fmt.Errorf("%s; Helm would ignore it without a word", strings.Join(refused, "; "))
	}
	return doubts, nil
}
