package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// sessionToleration lets a pod run on the nodes that are kept for sessions, too.
// (facts: aws-workload-apps 8.2)
func sessionToleration() object {
	return object{"key": "workload-type", "operator": "Equal", "value": "session", "effect": "NoSchedule"}
}

// roleServiceAccount is the service account that a chart makes, which assumes an IAM role.
func roleServiceAccount(name string, roleARN pulumi.StringInput) object {
	return object{"create": true, "name": name, "annotations": object{"eks.amazonaws.com/role-arn": roleARN}}
}
