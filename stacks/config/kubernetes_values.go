package config

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// isLabel tells whether Kubernetes takes key and value as a label.
func isLabel(key, value string) bool {
	return len(validation.IsQualifiedName(key)) == 0 && len(validation.IsValidLabelValue(value)) == 0
}

// checkLabelKey is about the key of a label, taint or requirement.
func checkLabelKey(text string) (string, string) {
	if len(validation.IsQualifiedName(text)) > 0 {
		return "is no key that Kubernetes takes: up to 63 letters, digits, -, _ and dots, after a domain and a slash or without", ""
	}
	return "", ""
}

// checkLabelValue is about the value of a label, taint or requirement that is not empty.
func checkLabelValue(text string) (string, string) {
	if text == "" || len(validation.IsValidLabelValue(text)) > 0 {
		return "is no value that Kubernetes takes: up to 63 letters, digits, -, _ and dots, with a letter or digit at both ends", ""
	}
	return "", ""
}

func checkQuantity(text string) (string, string) {
	if quantity, err := resource.ParseQuantity(text); err != nil || quantity.Sign() < 0 {
		return "must be a Kubernetes quantity such as 500m or 100Gi", ""
	}
	return "", ""
}

func checkNodeTaint(text string) (string, string) {
	key, rest, _ := strings.Cut(text, "=")
	value, effect, _ := strings.Cut(rest, ":")
	switch effect {
	case "NoSchedule", "NoExecute", "PreferNoSchedule":
		if key != "" && isLabel(key, value) {
			return "", ""
		}
	}
	return "must be key=value:Effect, the effect NoSchedule, NoExecute or PreferNoSchedule", ""
}

// maxVolume are the largest volumes that an EC2NodeClass takes, by unit.
// (karpenter.k8s.aws_ec2nodeclasses.yaml, blockDeviceMappings.ebs.volumeSize)
var maxVolume = map[string]int64{"Gi": 59_000, "G": 64_000, "Ti": 58, "T": 64}

var volumeForm = pattern(`^([1-9]\d{0,5})(Gi|G|Ti|T)$`)

func checkVolumeSize(text string) (string, string) {
	parts := volumeForm().FindStringSubmatch(text)
	if parts == nil {
		return "must be the size of a volume in whole G, Gi, T or Ti, such as 100Gi", ""
	}
	size, _ := resource.ParseQuantity(parts[1]) // digits
	if most := maxVolume[parts[2]]; size.Value() > most {
		return fmt.Sprintf("is more than a volume can have: %d%s", most, parts[2]), ""
	}
	return "", ""
}

// maxTaints is how many taints EKS takes of a node group. (docs/reference/aws-workload-eks.md 2.3)
const maxTaints = 50

// validateTaints checks that no taint is there twice.
func (d *decoder) validateTaints(path string, taints [][2]string) {
	if len(taints) > maxTaints {
		d.reject(path, "%d taints are more than the %d that nodes take", len(taints), maxTaints)
	}
	seen := map[[2]string]bool{}
	for i, taint := range taints {
		if seen[taint] && taint[0] != "" && taint[1] != "" {
			d.reject(path+index(i), "the taint %s:%s is given twice", taint[0], taint[1])
		}
		seen[taint] = true
	}
}

// validateTolerations checks that operator and value fit: Exists takes no value.
func (d *decoder) validateTolerations(path string, tolerations []Toleration) {
	for i, toleration := range tolerations {
		if toleration.Operator == "Exists" && toleration.Value != "" {
			d.reject(path+index(i)+".value", "operator Exists takes no value: use Equal, or leave it out")
		}
	}
}
