package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// NewCertManager installs cert-manager with its definitions in the namespace
// cert-manager, which it makes. Removing it keeps the definitions, and with them the
// certificates. Issuers are left to the user.
func NewCertManager(ctx *pulumi.Context, name string, args *Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		args = &Installation{}
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "cert-manager", Chart: "cert-manager", Repository: "https://charts.jetstack.io",
		Namespace: "cert-manager", CreateNamespace: true, Atomic: true,
		Installation: *args,
		Values:       values(object{"crds": object{"enabled": true, "keep": true}}),
	}, opts...)
}
