package kubernetes

import (
	"fmt"
	"maps"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const loadBalancerControllerName = "aws-load-balancer-controller"

// loadBalancerController is the Deployment of the AWS Load Balancer Controller. Its pods take a
// while to answer, which Helm waits for and the Helm controller does not.
func loadBalancerController(r *release) map[string]any {
	labels := map[string]any{"app.kubernetes.io/name": loadBalancerControllerName, "app.kubernetes.io/instance": r.name}
	available := "False"
	if r.awaited {
		available = "True"
	}
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": r.fullname(), "labels": labels},
		"spec": map[string]any{
			"selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{"containers": []any{
				map[string]any{"name": "controller", "image": "public.ecr.aws/eks/aws-load-balancer-controller"},
			}}},
		},
		"status": availability(available),
	}
}

func availability(available string) map[string]any {
	return map[string]any{"conditions": []any{map[string]any{"type": "Available", "status": available}}}
}

// isAvailable tells whether a Deployment has pods that answer.
func isAvailable(deployment *sandbox.Object) bool {
	status, _ := deployment.Get("status").(map[string]any)
	for _, listed := range sandbox.Inputs(status).List("conditions") {
		if found, _ := listed.(map[string]any); found["type"] == "Available" {
			return found["status"] == "True"
		}
	}
	return false
}

// answers refuses what the webhooks of the AWS Load Balancer Controller look at while none of
// its pods is there to look: their failurePolicy is Fail. (docs/reference/charts.md)
func (c *cluster) answers(webhook string) error {
	for _, object := range c.cloud.OfType(deploymentType) {
		labels := sandbox.Inputs(object.Inputs).Map("metadata").Map("labels")
		if object.Account != c.account || labels["app.kubernetes.io/name"] != loadBalancerControllerName || isAvailable(object) {
			continue
		}
		//lint:ignore ST1005 the words of the API server
		return fmt.Errorf("Internal error occurred: failed calling webhook %q: no endpoints available for service %q: "+
			"Deployment %s is not available yet", webhook+".elbv2.k8s.aws", "aws-load-balancer-webhook-service", object.ID)
	}
	return nil
}

// becomeAvailable is what happens to a Deployment while somebody waits for it.
func becomeAvailable(deployment *sandbox.Object) {
	if deployment.Outputs == nil {
		deployment.Outputs = map[string]any{}
	}
	deployment.Outputs = maps.Clone(deployment.Outputs)
	deployment.Outputs["status"] = availability("True")
}

// missedDeployment is the Deployment of a release that a sandbox of before there were any
// recorded without it, nil when it is none of such a release.
func (c *cluster) missedDeployment(id string) (*sandbox.Object, error) {
	namespace, name, _ := strings.Cut(id, "/")
	kept, err := c.record(namespace, name)
	if err != nil || kept == nil || kept.Chart != loadBalancerControllerName {
		return nil, err
	}
	r := &release{name: name, namespace: namespace, awaited: true}
	for _, chart := range charts {
		if chart.name == kept.Chart {
			r.chart = chart
		}
	}
	key, err := c.putOwned(r, loadBalancerController(r))
	if err != nil {
		return nil, err
	}
	kept.Objects = append(kept.Objects, key)
	return c.cloud.Object(key), c.keep(kept)
}
