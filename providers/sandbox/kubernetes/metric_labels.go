package kubernetes

import (
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// checkMetricLabels refuses names of labels that kube-state-metrics finds nowhere: it compares
// them as they are, and knows * for all labels only. (docs/reference/charts.md)
func checkMetricLabels(values sandbox.Inputs) error {
	for _, list := range []string{"metricLabelsAllowlist", "metricAnnotationsAllowList"} {
		for _, entry := range values.List(list) {
			text, _ := entry.(string)
			_, labels, _ := strings.Cut(strings.TrimSuffix(text, "]"), "=[")
			for label := range strings.SplitSeq(labels, ",") {
				if label != "*" && strings.Contains(label, "*") {
					return fmt.Errorf("%s: %q in %q is the name of no label: kube-state-metrics takes names as they are, and * for all of them", list, label, text)
				}
			}
		}
	}
	return nil
}
