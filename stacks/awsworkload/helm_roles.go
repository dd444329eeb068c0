package awsworkload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/stacks/output"
)

// roleARN is the service-account role that the persistent stack made for something
// ("loki", "external-dns", ...).
func (r *helmRelease) roleARN(name string) pulumi.StringOutput {
	role := apply.To(r.in.Persistent.RoleARNs, func(arns map[string]string) string { return arns[name] }).(pulumi.StringOutput)
	return output.MadeBy(r.ctx, "persistent", "role of "+name, role)
}
