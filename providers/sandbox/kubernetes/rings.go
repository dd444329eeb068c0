package kubernetes

import (
	"fmt"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// checkLokiRing and checkMimirRing refuse a ring that never takes anything: most of as many
// pods as have each piece of data must be there, and both charts say 3 where nobody does
// (docs/reference/charts.md). Such a chart is installed all right; it just refuses all pushes.
func checkLokiRing(values sandbox.Inputs) error {
	return checkRing(values, "write.replicas", "loki.commonConfig.replication_factor")
}

func checkMimirRing(values sandbox.Inputs) error {
	return checkRing(values, "ingester.replicas", "mimir.structuredConfig.ingester.ring.replication_factor")
}

func checkRing(values sandbox.Inputs, pods, copies string) error {
	count, given := values.At(pods).(float64)
	factor, set := values.At(copies).(float64)
	if !set {
		factor = 3
	}
	if needed := float64(int(factor)/2 + 1); given && count < needed {
		return fmt.Errorf("at least %v live replicas required, could only find %v: %s is %v, and %s %v", needed, count, pods, count, copies, factor)
	}
	return nil
}
