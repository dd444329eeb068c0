package charts

import (
	"fmt"

	"github.com/goccy/go-yaml"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// Where the values of Loki and Mimir say how many pods have each piece of data.
var (
	lokiFactor  = []string{"loki", "commonConfig", "replication_factor"}
	mimirFactor = []string{"mimir", "structuredConfig", "ingester", "ring", "replication_factor"}
)

// ring is how many pods a chart has that keep data, and how many of them each piece of it
// (see kubernetes.LokiArgs). What is live stays until the configuration names another number:
// replicas is where the live values have it, factor where the other is. It warns of a ring
// that cannot do without any of its pods.
func (c *Cluster) ring(chart, key string, configured int, replicas, factor []string) (pods, copies int) {
	live := c.liveValues(chart)
	had, known := whole(at(live, replicas))
	overridden := at(c.Values[chart], replicas) != nil || at(c.Values[chart], factor) != nil
	if live == nil || !known || overridden || c.Gives(key) && had != configured {
		return configured, 0
	}
	copies, given := whole(at(live, factor))
	if !given && had == 1 { // it never took anything, so that nothing is lost
		return had, 0
	}
	if !given {
		copies = kubernetes.FactorOfChart
	}
	if had < 3 && copies != 1 {
		_ = c.Ctx.Log.Warn(fmt.Sprintf("chart %s of release %s stays at %d replicas, of which 2 must be there for anything to be taken: "+
			"set clusters.%s.spec.%s to 3 or more, for which there must be as many nodes", chart, c.Release, had, c.Release, key), nil)
	} else if had != configured {
		_ = c.Ctx.Log.Warn(fmt.Sprintf("chart %s of release %s stays at %d replicas, with which it was installed; the default is %d: "+
			"set clusters.%s.spec.%s to keep the one or to move to the other", chart, c.Release, had, configured, c.Release, key), nil)
	}
	return had, copies
}

// warnOfMimir warns of pods that have no room: each of those that keep samples is on a node of
// its own, which Karpenter does not take away, and asks for what it may need.
func (c *Cluster) warnOfMimir(replicas, nodes int) {
	live := c.liveValues("mimir")
	if live != nil && (at(live, []string{"ingester", "resources"}) == nil || !kubernetes.MimirKeepsApart(live, "ingester")) {
		_ = c.Ctx.Log.Warn(fmt.Sprintf("chart mimir of release %s stays without memory of its own for ingesters, or with several on a node: "+
			"set ingester.resources and ingester.affinity in clusters.%s.spec.chart_values.mimir when there are nodes for it", c.Release, c.Release), nil)
		return
	}
	if nodes < replicas {
		_ = c.Ctx.Log.Warn(fmt.Sprintf("Mimir of release %s has %d pods that keep samples, each on a node of its own that is not Karpenter's, "+
			"of which there are %d at least: raise clusters.%s.spec.mp_min_size, or some of them wait", c.Release, replicas, nodes, c.Release), nil)
	}
}

// liveValues are those that a chart is installed with, nil when it is not there or nobody can
// tell.
func (c *Cluster) liveValues(chart string) map[string]any {
	live := c.Existing.Live[chart]
	if live == nil {
		return nil
	}
	values := map[string]any{}
	if yaml.Unmarshal([]byte(live.Values), &values) != nil {
		return nil // as the chart says when it is made
	}
	return values
}

// at is the value at a path of keys, nil when there is none.
func at(values map[string]any, path []string) any {
	var value any = values
	for _, key := range path {
		below, _ := value.(map[string]any)
		value = below[key]
	}
	return value
}

// whole is a whole number of YAML; ok is false of anything else.
func whole(value any) (number int, ok bool) {
	switch value := value.(type) {
	case uint64:
		return int(value), true
	case int64:
		return int(value), true
	case int:
		return value, true
	default:
		return 0, false
	}
}
