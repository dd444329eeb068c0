package kubernetes

import (
	"slices"
	"strconv"
	"strings"
)

// older tells whether a version, which may begin with v, is before major.minor. One that is
// no version is the newest.
func older(version string, major, minor int) bool {
	var parts []int
	for part := range strings.SplitSeq(strings.TrimPrefix(version, "v"), ".") {
		number, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		parts = append(parts, number)
	}
	return len(parts) > 1 && slices.Compare(parts[:2], []int{major, minor}) < 0
}

// sessionToleration lets a pod run on the nodes that are kept for sessions, too.
// (docs/reference/aws-workload-apps.md 8.2)
func sessionToleration() object {
	return object{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"}
}
