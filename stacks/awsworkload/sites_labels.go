package awsworkload

import (
	"regexp"
	"strings"

	"github.com/ptd-go/ptd/stacks/config"
)

// The forms of labels in Kubernetes, without the prefix of the key.
var (
	labelName  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`)
	labelHost  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// siteLabels are the workload's tags as far as they can be labels, and what made the
// object (facts: config-and-cli 2.8).
func siteLabels(workload *config.AWSWorkload) map[string]string {
	labels := map[string]string{}
	for key, value := range workload.RequiredTags("ptd.pulumi_resources.team_site") {
		name, fits := key, true
		if host, rest, prefixed := strings.Cut(key, "/"); prefixed {
			name, fits = rest, labelHost.MatchString(host) && len(host) <= 253
		}
		if fits && labelName.MatchString(name) && labelValue.MatchString(value) {
			labels[key] = value
		}
	}
	return labels
}
