package kubernetes

import (
	"fmt"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	ingressType      = "kubernetes:networking.k8s.io/v1:Ingress"
	ingressClassType = "kubernetes:networking.k8s.io/v1:IngressClass"
)

// skipAwait is the annotation that makes the provider wait for nothing.
const skipAwait = "pulumi.com/skipAwait"

// albController is the chart without which a class alb does nothing.
const albController = "aws-load-balancer-controller"

// admitIngress refuses an Ingress whose class is not there. In a preview the class may
// still come.
func (c *cluster) admitIngress(in sandbox.Inputs, preview bool) error {
	class, ok := in.Map("spec").Text("ingressClassName")
	if !ok || preview || c.cloud.Object(sandbox.Key(ingressClassType, c.account, "", class)) != nil {
		return nil
	}
	return c.unaddressed(in, fmt.Sprintf("there is no IngressClass %q in the cluster", class))
}

// address is what an Ingress gets from its controller.
func (c *cluster) address(token, id string, in sandbox.Inputs) (map[string]any, error) {
	kind, _ := kindOf(token)
	switch {
	case token == ingressType:
		if class, _ := in.Map("spec").Text("ingressClassName"); class == "alb" {
			switch there, err := c.installed(albController); {
			case err != nil:
				return nil, err
			case !there && awaits(in):
				return nil, c.unaddressed(in, "the AWS Load Balancer Controller is not installed")
			case !there:
				return nil, nil
			}
		}
	case kind.Group == "" && kind.Kind == "Service" && in.Map("spec")["type"] == "LoadBalancer":
	default:
		return nil, nil
	}
	hostname := "k8s-" + sandbox.Digest(10, c.account, token, id) + ".elb.amazonaws.com"
	return map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"hostname": hostname}}}}, nil
}

func awaits(in sandbox.Inputs) bool {
	skipped, _ := in.Map("metadata").Map("annotations").Text(skipAwait)
	return skipped != "true"
}

// unaddressed is the provider's error when its wait for an address ends.
func (c *cluster) unaddressed(in sandbox.Inputs, why string) error {
	return fmt.Errorf("resource %s/%s was not successfully created by the Kubernetes API server: timed out waiting to be Ready: "+
		"Ingress .status.loadBalancer field was not updated with a hostname/IP address: %s", namespaceOf(in), physical(in), why)
}

// cleanIngress takes the load balancer of an Ingress away, which only its controller can.
func (c *cluster) cleanIngress(object *sandbox.Object) error {
	status, _ := object.Outputs["status"].(map[string]any)
	if class, _ := sandbox.Inputs(object.Inputs).Map("spec").Text("ingressClassName"); class != "alb" || status["loadBalancer"] == nil {
		return nil
	}
	there, err := c.installed(albController)
	if err == nil && !there {
		err = fmt.Errorf("Ingress %q cannot be deleted: timed out waiting for its finalizer ingress.k8s.aws/resources: the AWS Load Balancer Controller, which deletes its load balancer, is not installed", object.ID)
	}
	return err
}
