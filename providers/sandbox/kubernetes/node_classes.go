package kubernetes

import (
	"fmt"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const nodeClassType = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"

// doubtNodeClass tells of disks that the images of a node class do not use for images and
// containers, which then have what the image brings. (Karpenter's own defaults, by family.)
func doubtNodeClass(in sandbox.Inputs) []string {
	holds := ""
	for _, listed := range in.Map("spec").List("amiSelectorTerms") {
		term, _ := listed.(map[string]any)
		alias, _ := term["alias"].(string)
		switch family, _, _ := strings.Cut(alias, "@"); {
		case family == "bottlerocket":
			holds = "/dev/xvdb"
		case strings.HasPrefix(family, "windows"):
			holds = "/dev/sda1"
		}
	}
	mappings := in.Map("spec").List("blockDeviceMappings")
	for _, listed := range mappings {
		if mapping, _ := listed.(map[string]any); holds == "" || mapping["deviceName"] == holds {
			return nil
		}
	}
	if holds == "" || len(mappings) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("EC2NodeClass %s maps no %s, which has the images and containers of its nodes", physical(in), holds)}
}
