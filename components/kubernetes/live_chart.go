package kubernetes

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// LiveChart is what was asked of the Helm controller when a chart was installed last.
type LiveChart struct {
	Version string
	// Values is the text of its values.
	Values string
	// FailurePolicy is "" for the controller's default.
	FailurePolicy string
}

// values are those of a live chart, nil of none.
func (l *LiveChart) values() (object, error) {
	if l == nil {
		return nil, nil
	}
	values := object{}
	if err := yaml.Unmarshal([]byte(l.Values), &values); err != nil {
		return nil, fmt.Errorf("the values that the chart is installed with are no YAML map") // which may hold secrets
	}
	return values, nil
}

// valueAt is the value at a path of keys, nil when there is none.
func valueAt(values object, path ...string) any {
	var value any = values
	for _, key := range path {
		below, _ := value.(map[string]any)
		value = below[key]
	}
	return value
}

// failurePolicyOfUpgrades leaves a failed upgrade to people. By its default the controller
// uninstalls what it could not upgrade, with all that others use of it (the Service and the
// class of Traefik, the volumes of Mimir), and installs it anew. A first installation that
// fails has nothing to lose: the default tries it again. How often stays as the controller
// has it, 1000 times: a job that gave up never runs again before its HelmChart changes.
const failurePolicyOfUpgrades = "abort"

// requested is the spec of a HelmChart beside what is live: an upgrade does not take away what
// is there, and what does not change stays as it is written.
func (args *ChartArgs) requested(ctx *pulumi.Context, release string, spec pulumi.Map) pulumi.Input {
	live := args.Live
	if live == nil {
		return spec
	}
	return apply.To(spec.ToMapOutput(), func(spec map[string]any) (map[string]any, error) {
		text, _ := spec["valuesContent"].(string)
		spec = maps.Clone(spec)
		if live.FailurePolicy != "" {
			spec["failurePolicy"] = live.FailurePolicy
		}
		if text == live.Values && args.Version == live.Version {
			return spec, nil
		}
		spec["failurePolicy"] = failurePolicyOfUpgrades
		if args.Stateful == nil {
			return spec, nil
		}
		before, err := live.values()
		if err != nil {
			return nil, fmt.Errorf("chart %s: %w", release, err)
		}
		after, err := (&LiveChart{Values: text}).values()
		if err != nil {
			return nil, fmt.Errorf("chart %s: %w", release, err)
		}
		// A log that fails means that the engine is gone, as every registration will say.
		_ = ctx.Log.Warn(args.Stateful.announce(release, live.Version, args.Version, changedValues("", before, after)), nil)
		return spec, nil
	}).(pulumi.MapOutput)
}

// Stateful says what is special about a chart whose pods keep data.
type Stateful struct {
	// Fixed are paths of values, with * for any one key, that a StatefulSet cannot change in
	// place.
	Fixed []string
}

// announce says what changes of a chart whose pods keep data.
func (s *Stateful) announce(release, from, to string, changed []string) string {
	var parts []string
	if from != to {
		parts = append(parts, fmt.Sprintf("goes from version %s to %s", from, to))
	}
	if len(changed) > 0 {
		parts = append(parts, "changes "+strings.Join(changed, ", "))
	}
	said := fmt.Sprintf("chart %s, whose pods keep data, %s: the pods that this is about are replaced one after another", release, strings.Join(parts, " and "))
	fixed := slices.DeleteFunc(slices.Clone(changed), func(path string) bool { return !s.fixes(path) })
	if len(fixed) > 0 {
		said += fmt.Sprintf("; a StatefulSet cannot change %s in place: the upgrade fails unless it is deleted before, without its pods "+
			"(kubectl delete statefulset --cascade=orphan)", strings.Join(fixed, ", "))
	}
	return said
}

func (s *Stateful) fixes(path string) bool {
	keys := strings.Split(path, ".")
	if len(keys) < 2 { // a whole component that comes or goes
		return false
	}
	return slices.ContainsFunc(s.Fixed, func(fixed string) bool {
		for i, key := range strings.Split(fixed, ".") {
			if i < len(keys) && key != "*" && key != keys[i] {
				return false
			}
		}
		return true
	})
}

// changedValues are the paths of values that differ, sorted.
func changedValues(path string, before, after map[string]any) []string {
	var changed []string
	keys := map[string]any{}
	maps.Copy(keys, before)
	maps.Copy(keys, after)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		at := strings.TrimPrefix(path+"."+key, ".")
		old, oldIsMap := before[key].(map[string]any)
		updated, isMap := after[key].(map[string]any)
		switch {
		case oldIsMap && isMap, oldIsMap && after[key] == nil, isMap && before[key] == nil:
			changed = append(changed, changedValues(at, old, updated)...)
		case !reflect.DeepEqual(before[key], after[key]):
			changed = append(changed, at)
		}
	}
	return changed
}
