package kubernetes

import (
	"errors"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// LoadBalancerControllerArgs says which cluster the AWS Load Balancer Controller works
// for. ClusterName, RoleARN and Version are required.
type LoadBalancerControllerArgs struct {
	Installation
	ClusterName string
	// RoleARN is the role of the service account
	// aws-load-balancer-controller.posit.team in kube-system.
	RoleARN pulumi.StringInput
	// Unawaited leaves out the wait for its pods.
	Unawaited bool
}

// NewLoadBalancerController installs the AWS Load Balancer Controller in kube-system. Its
// webhooks look at every Service and Ingress that is made from then on, and refuse all of them
// while none of its pods answers: make those after Chart.Installed, which comes when one does.
// It gives up after 15 minutes.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewLoadBalancerController(ctx *pulumi.Context, name string, args *LoadBalancerControllerArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.ClusterName == "" || args.RoleARN == nil {
		return nil, errors.New("load balancer controller " + name + ": cluster name and role are required")
	}
	const controller = "aws-load-balancer-controller"
	chart, err := NewChart(ctx, name, &ChartArgs{
		ReleaseName: controller, Chart: controller,
		Repository: "https://aws.github.io/eks-charts", Namespace: systemNamespace,
		Installation: args.Installation,
		Values: values(object{
			"clusterName":    args.ClusterName,
			"serviceAccount": IAMRole(args.RoleARN).serviceAccount("aws-load-balancer-controller.posit.team"),
			"hostNetwork":    true,
			"enableWaf":      false, "enableWafv2": false, "enableShield": false,
		}),
	}, opts...)
	if err != nil || args.Unawaited {
		return chart, err
	}
	// The Helm controller's job ends when the Deployment is made, not when it runs.
	described := metadata(systemNamespace, controller, nil)
	described["annotations"] = pulumi.StringMap{
		"pulumi.com/waitFor":        pulumi.String("condition=Available"),
		"pulumi.com/timeoutSeconds": pulumi.String("900"),
	}
	ready, err := NewPatch(ctx, name+"-ready", "apps/v1", "Deployment", pulumi.Map{"metadata": described},
		pulumi.Composite(opts...), pulumi.DependsOnInputs(chart.Installed))
	if err != nil {
		return nil, err
	}
	chart.Installed = apply.To(chart.Installed, func(installed []pulumi.Resource) []pulumi.Resource {
		return append(slices.Clone(installed), ready)
	}).(pulumi.ResourceArrayOutput)
	return chart, nil
}

// systemNamespace is where what a cluster itself needs runs.
const systemNamespace = "kube-system"
