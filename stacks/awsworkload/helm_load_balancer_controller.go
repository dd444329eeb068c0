package awsworkload

import "github.com/ptd-go/ptd/components/kubernetes"

func (r *helmRelease) makeLoadBalancerController() (err error) {
	r.webhook, err = kubernetes.NewLoadBalancerController(r.ctx, r.name+"-aws-lbc-helm-release", &kubernetes.LoadBalancerControllerArgs{
		Installation: r.charts.Controlled("aws-load-balancer-controller", "components.aws_load_balancer_controller_version",
			r.cluster.Components.AWSLoadBalancerControllerVersion),
		ClusterName: r.name, RoleARN: r.roleARN("aws-load-balancer-controller"), Unawaited: r.in.Unawaited,
	}, r.child)
	return err
}
