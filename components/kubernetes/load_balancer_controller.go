package kubernetes

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// LoadBalancerControllerArgs says which cluster the AWS Load Balancer Controller works
// for. ClusterName, RoleARN and Version are required.
type LoadBalancerControllerArgs struct {
	Installation
	ClusterName string
	// RoleARN is the role of the service account
	// aws-load-balancer-controller.posit.team in kube-system.
	RoleARN pulumi.StringInput
}

// NewLoadBalancerController installs the AWS Load Balancer Controller in kube-system. Its
// webhook looks at every Service that is made from then on: make those after
// Chart.Installed.
//
// It is an error if a required argument is missing.
// (docs/reference/aws-workload-apps.md 8.1, 8.2)
func NewLoadBalancerController(ctx *pulumi.Context, name string, args *LoadBalancerControllerArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.ClusterName == "" || args.RoleARN == nil {
		return nil, errors.New("load balancer controller " + name + ": cluster name and role are required")
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "aws-load-balancer-controller", Chart: "aws-load-balancer-controller",
		Repository: "https://aws.github.io/eks-charts", Namespace: systemNamespace,
		Installation: args.Installation,
		Values: values(object{
			"clusterName":    args.ClusterName,
			"serviceAccount": IAMRole(args.RoleARN).serviceAccount("aws-load-balancer-controller.posit.team"),
			"hostNetwork":    true,
			"enableWaf":      false, "enableWafv2": false, "enableShield": false,
		}),
	}, opts...)
}

// systemNamespace is where what a cluster itself needs runs.
const systemNamespace = "kube-system"
