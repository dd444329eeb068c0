package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Identity is who the pods of a service account are in their cloud: an IAMRole or a
// WorkloadIdentity.
type Identity struct {
	annotation string             // of the service account
	id         pulumi.StringInput // its value
	labels     map[string]string  // of the service account and its pods
}

// roleAnnotation ties a service account to the IAM role that its pods assume.
const roleAnnotation = "eks.amazonaws.com/role-arn"

// IAMRole is a role of AWS, by its ARN, that trusts the service account.
func IAMRole(arn pulumi.StringInput) Identity { return Identity{annotation: roleAnnotation, id: arn} }

// WorkloadIdentity is a managed identity of Azure, by its client ID, with a federated
// credential of the service account.
func WorkloadIdentity(clientID pulumi.StringInput) Identity {
	return Identity{"azure.workload.identity/client-id", clientID, map[string]string{"azure.workload.identity/use": "true"}}
}

// serviceAccount is the service account that a chart makes.
func (i Identity) serviceAccount(name string) object {
	made := object{"create": true, "name": name, "annotations": object{i.annotation: i.id}}
	if i.labels != nil {
		made["labels"] = i.labels
	}
	return made
}

// labelPods labels the pods whose values these are.
func (i Identity) labelPods(of object) {
	if i.labels != nil {
		of["podLabels"] = i.labels
	}
}
