package kubernetes

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OpenZFSDriverArgs says as whom the driver works. All are required.
type OpenZFSDriverArgs struct {
	Installation
	// RoleARN is the role of the service accounts controller.… and
	// nodes.aws-fsx-openzfs-csi-driver.posit.team in kube-system.
	RoleARN pulumi.StringInput
}

// NewOpenZFSDriver installs the CSI driver of FSx for OpenZFS in kube-system. Its part on the
// nodes tolerates every taint, as the chart has it by default.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewOpenZFSDriver(ctx *pulumi.Context, name string, args *OpenZFSDriverArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.RoleARN == nil {
		return nil, errors.New("FSx OpenZFS driver " + name + ": a role is required")
	}
	evicted := object{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "aws-fsx-openzfs-csi", Chart: "aws-fsx-openzfs-csi-driver",
		Repository: "https://kubernetes-sigs.github.io/aws-fsx-openzfs-csi-driver", Namespace: systemNamespace,
		Installation: args.Installation,
		Values: values(object{
			"controller": object{
				"serviceAccount": IAMRole(args.RoleARN).serviceAccount("controller.aws-fsx-openzfs-csi-driver.posit.team"),
				"tolerations": []any{
					object{"key": "CriticalAddonsOnly", "operator": "Exists"}, evicted, sessionToleration(),
				},
			},
			"node": object{
				"serviceAccount": IAMRole(args.RoleARN).serviceAccount("nodes.aws-fsx-openzfs-csi-driver.posit.team"),
			},
		}),
	}, opts...)
}

// NewSecretsStoreDriver installs the Secrets Store CSI driver in kube-system. It also
// keeps Kubernetes Secrets in step, and looks for rotated secrets every 2 minutes, which
// is the driver's own default: oftener costs a request a pod and secret each time.
//
// (docs/reference/aws-workload-apps.md 8.1, 8.2, 15 point 18)
func NewSecretsStoreDriver(ctx *pulumi.Context, name string, args *Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		args = &Installation{}
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "secret-store-csi", Chart: "secrets-store-csi-driver",
		Repository: "https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts", Namespace: systemNamespace,
		Installation: *args,
		Values: values(object{
			"enableSecretRotation": true, "rotationPollInterval": "2m",
			"syncSecret": object{"enabled": true},
		}),
	}, opts...)
}

// NewSecretsStoreAWSProvider installs what reads AWS Secrets Manager for the Secrets Store
// CSI driver, on the nodes that are kept for sessions too.
//
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewSecretsStoreAWSProvider(ctx *pulumi.Context, name string, args *Installation, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		args = &Installation{}
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "secrets-store-csi-driver-provider-aws", Chart: "secrets-store-csi-driver-provider-aws",
		Repository: "https://aws.github.io/secrets-store-csi-driver-provider-aws", Namespace: systemNamespace,
		Installation: *args,
		Values:       values(object{"tolerations": []any{sessionToleration()}}),
	}, opts...)
}
