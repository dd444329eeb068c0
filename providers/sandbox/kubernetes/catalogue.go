package kubernetes

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"github.com/blang/semver"
	"github.com/goccy/go-yaml"
)

// The files in chartvalues say which values charts read. They were made from the templates of
// each version of a chart (what "with", "range", "include" and "tpl" do to a value was
// followed), not from its values.yaml, which has values that nothing reads.
//
// A mapping is a part of the values of which only what is named is read. A text names, between
// spaces, the values of a mapping below which anything goes: "." those of the mapping itself.
// "*" is a name of any kind, and an element of a list. What versions from one on, or before
// one, read says so: "globalArguments<36.0.0".
//
//go:embed chartvalues/*.yaml
var catalogue embed.FS

// chartValues are the values that a chart reads.
type chartValues struct {
	// from and to are the first and the last version whose templates were read.
	from, to semver.Version
	*readValue
}

// readValue is a value that a chart reads.
type readValue struct {
	// since and before are the versions that read it: since the first or before that one,
	// nil for all.
	since, before *semver.Version
	// below are the values below it that are read, nil where anything goes.
	below map[string]*readValue
}

// in tells whether a version reads the value.
func (v *readValue) in(version semver.Version) bool {
	return (v.since == nil || version.GTE(*v.since)) && (v.before == nil || version.LT(*v.before))
}

// valuesOfCharts reads the catalogue.
var valuesOfCharts = sync.OnceValues(func() (map[string]*chartValues, error) {
	read := map[string]*chartValues{}
	for _, chart := range charts {
		values, err := readChartValues(chart.name)
		if err != nil {
			return nil, fmt.Errorf("read which values chart %s reads: %w", chart.name, err)
		}
		read[chart.name] = values
	}
	return read, nil
})

func readChartValues(chart string) (*chartValues, error) {
	text, err := catalogue.ReadFile("chartvalues/" + chart + ".yaml")
	if err != nil {
		return nil, err
	}
	var file struct {
		Versions [2]string
		Values   map[string]any
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		return nil, err
	}
	read := &chartValues{}
	if read.from, err = semver.Parse(file.Versions[0]); err != nil {
		return nil, err
	}
	if read.to, err = semver.Parse(file.Versions[1]); err != nil {
		return nil, err
	}
	read.readValue, err = readBelow(file.Values)
	return read, err
}

// readBelow reads a mapping of a file.
func readBelow(mapping map[string]any) (*readValue, error) {
	read := &readValue{below: map[string]*readValue{}}
	add := func(key string, value *readValue) (err error) {
		name := key
		if at := strings.IndexAny(key, "<>"); at > 0 {
			name = key[:at]
			since, before, _ := strings.Cut(key[at:], "<")
			if value.since, err = bound(strings.TrimPrefix(since, ">=")); err == nil {
				value.before, err = bound(before)
			}
		}
		if read.below[name] != nil {
			err = fmt.Errorf("it is there twice")
		}
		read.below[name] = value
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	}
	for key, value := range mapping {
		var below *readValue
		var err error
		switch value := value.(type) {
		case map[string]any:
			below, err = readBelow(value)
		case string:
			named := map[string]any{}
			for name := range strings.FieldsSeq(value) {
				named[name] = nil
			}
			below, err = readBelow(named)
		case nil:
			below = &readValue{}
		default:
			err = fmt.Errorf("a %T says nothing about values", value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if key != "." {
			if err := add(key, below); err != nil {
				return nil, err
			}
			continue
		}
		for name, value := range below.below {
			if read.below[name] != nil {
				return nil, fmt.Errorf("%s: it is there twice", name)
			}
			read.below[name] = value
		}
	}
	return read, nil
}

// bound reads a version, nil of "".
func bound(text string) (*semver.Version, error) {
	if text == "" {
		return nil, nil
	}
	version, err := semver.Parse(text)
	return &version, err
}
