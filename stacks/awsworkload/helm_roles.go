package awsworkload

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// roleARN is the service-account role that the persistent stack made for something
// ("loki", "external-dns", ...).
func (r *helmRelease) roleARN(name string) pulumi.StringOutput {
	role := r.in.Persistent.RoleARNs.ApplyT(func(arns map[string]string) string { return arns[name] }).(pulumi.StringOutput)
	return madeBy(r.ctx, "persistent", role, "role of "+name)
}

// madeBy is an output of a step that older state may lack, or that is "" before the step
// has made what it names: it is then unknown in a preview, and an error in a run.
func madeBy(ctx *pulumi.Context, step string, output pulumi.StringOutput, what string) pulumi.StringOutput {
	return output.ApplyT(func(value string) (pulumi.StringOutput, error) {
		switch {
		case value != "":
			return pulumi.String(value).ToStringOutput(), nil
		case ctx.DryRun():
			return pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) string { return "" }).(pulumi.StringOutput), nil
		default:
			return pulumi.StringOutput{}, errors.New("step " + step + " has not made the " + what + " yet: run it first")
		}
	}).(pulumi.StringOutput)
}
