package config

import "slices"

// awsRegions are the regions of AWS in the partition that ptd works in.
// (docs.aws.amazon.com: global-infrastructure/latest/regions/aws-regions.html)
var awsRegions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
	"eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

var (
	regionForm = pattern(`^[a-z]{2}(-[a-z]+)+-\d$`)
	zoneForm   = pattern(`^([a-z]{2}(?:-[a-z]+)+-\d)[a-z]$`)
)

func checkAWSRegion(text string) (string, string) {
	if problem := otherPartition(text); problem != "" {
		return problem, ""
	}
	if slices.Contains(awsRegions, text) {
		return "", ""
	}
	if zone := zoneForm().FindStringSubmatch(text); zone != nil {
		return "must be an AWS region such as us-east-2", zone[1]
	}
	if !regionForm().MatchString(text) {
		return "must be an AWS region such as us-east-2", nearest(text, awsRegions)
	}
	return "is no region of AWS that this version of ptd knows", nearest(text, awsRegions)
}
