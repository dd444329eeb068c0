package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// sessionToleration lets a pod run on the nodes that are kept for sessions, too.
// (facts: aws-workload-apps 8.2)
func sessionToleration() pulumi.Map {
	return pulumi.Map{
		"key": pulumi.String("workload-type"), "operator": pulumi.String("Equal"),
		"value": pulumi.String("session"), "effect": pulumi.String("NoSchedule"),
	}
}

// roleServiceAccount is the service account that a chart makes, which assumes an IAM role.
func roleServiceAccount(name string, roleARN pulumi.StringInput) pulumi.Map {
	return pulumi.Map{
		"create": pulumi.Bool(true), "name": pulumi.String(name),
		"annotations": pulumi.Map{"eks.amazonaws.com/role-arn": roleARN},
	}
}
