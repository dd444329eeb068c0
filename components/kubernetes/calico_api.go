package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NewCalicoAPI waits until the API server that Calico's operator makes answers, which
// serves projectcalico.org/v3. The operator makes it when its release is long installed,
// and it runs on ready nodes only: whatever is of that group depends on what this makes.
// It gives up after 15 minutes.
//
// It sets nothing but annotations of Pulumi's provider, on the object that the operator
// tells the state of its API server in.
func NewCalicoAPI(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*Object, error) {
	described := metadata("", "default", nil)
	described["annotations"] = pulumi.StringMap{
		"pulumi.com/waitFor":        pulumi.String("jsonpath={.status.state}=Ready"),
		"pulumi.com/timeoutSeconds": pulumi.String("900"),
	}
	return NewPatch(ctx, name, "operator.tigera.io/v1", "APIServer", pulumi.Map{"metadata": described}, opts...)
}
