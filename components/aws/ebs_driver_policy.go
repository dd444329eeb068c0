package aws

// EBSDriverPolicyARN is the ARN of the AWS managed policy of the EBS driver that has this
// name: the first one is a service role's, those after it are not.
// (docs/reference/aws-workload-eks.md 6.8)
func EBSDriverPolicyARN(name string) string {
	if name == "AmazonEBSCSIDriverPolicy" {
		return "arn:aws:iam::aws:policy/service-role/" + name
	}
	return "arn:aws:iam::aws:policy/" + name
}
