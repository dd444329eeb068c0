package config

import (
	"fmt"
	"strings"
)

// partition is the only one that ptd works in: the ARNs and principals of its policies, the
// accounts of its images and AWS' managed policies are those of this partition, and others lack
// what it builds on, as public zones of Route 53 and Bedrock's models.
// (docs/reference/config-and-cli.md 1.3)
const partition = "aws"

// partitions are the others, by how the names of their regions begin.
var partitions = []struct{ prefix, name string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"}, {"eusc-", "aws-eusc"},
}

// otherPartition says what is wrong with a region of another partition, "" for nothing.
func otherPartition(region string) string {
	for _, other := range partitions {
		if strings.HasPrefix(region, other.prefix) {
			return fmt.Sprintf("is a region of the partition %s, and ptd works in the partition %s only", other.name, partition)
		}
	}
	return ""
}

// arn is a check of ARNs, first of their partition.
func arn(form check) check {
	return func(text string) (problem, suggestion string) {
		parts := strings.SplitN(text, ":", 5)
		if parts[0] != "arn" || len(parts) < 4 {
			return form(text)
		}
		if parts[1] != partition && strings.HasPrefix(parts[1], partition) {
			return fmt.Sprintf("is an ARN of the partition %s, and ptd works in the partition %s only", parts[1], partition), ""
		}
		if problem := otherPartition(parts[3]); problem != "" {
			return "names region " + parts[3] + ", which " + problem, ""
		}
		return form(text)
	}
}
