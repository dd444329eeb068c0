package kubernetes

import (
	"fmt"
	"strings"

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

// admitIngress refuses an Ingress whose class is not there, as far as somebody waits for
// its address: the API takes any class. In a preview the class may still come.
func (c *cluster) admitIngress(in sandbox.Inputs, preview bool) error {
	class, there := c.ingressClass(in)
	if there || preview || !awaits(in) {
		return nil
	}
	return c.unaddressed(in, fmt.Sprintf("there is no IngressClass %q in the cluster", class))
}

// ingressClass is the class that an Ingress names, and whether it is there; none is.
func (c *cluster) ingressClass(in sandbox.Inputs) (class string, there bool) {
	class, named := in.Map("spec").Text("ingressClassName")
	return class, !named || c.cloud.Object(sandbox.Key(ingressClassType, c.account, "", class)) != nil
}

// address is what an Ingress gets from its controller.
func (c *cluster) address(token, id string, in sandbox.Inputs) (map[string]any, error) {
	kind, _ := kindOf(token)
	switch {
	case token == ingressType:
		class, there := c.ingressClass(in)
		if !there {
			return nil, nil // nobody feels addressed
		}
		if class == "alb" {
			switch there, err := c.installed(albController); {
			case err != nil:
				return nil, err
			case !there && awaits(in):
				return nil, c.unaddressed(in, "the AWS Load Balancer Controller is not installed")
			case !there:
				return nil, nil
			}
			if problem := c.albProblem(in.Map("metadata").Map("annotations")); problem != "" {
				if awaits(in) {
					return nil, c.unaddressed(in, problem)
				}
				return nil, nil
			}
		}
	case kind.Group == "" && kind.Kind == "Service" && in.Map("spec")["type"] == "LoadBalancer":
	default:
		return nil, nil
	}
	owner := c.owner()
	if owner == nil {
		return nil, nil
	}
	return map[string]any{"loadBalancer": map[string]any{"ingress": []any{owner.Address(sandbox.Digest(10, c.account, token, id))}}}, nil
}

// albProblem is why the AWS Load Balancer Controller can make no load balancer of an
// Ingress, "" when it can.
func (c *cluster) albProblem(annotations sandbox.Inputs) string {
	const prefix = "alb.ingress.kubernetes.io/"
	if scheme, ok := annotations.Text(prefix + "scheme"); ok && scheme != "internal" && scheme != "internet-facing" {
		return fmt.Sprintf("Failed build model due to unknown scheme: %s", scheme)
	}
	owner := c.owner()
	if owner == nil {
		return ""
	}
	if problem := c.identityProblem(owner, albController); problem != "" {
		return "Failed deploy model due to " + problem
	}
	return owner.Balance(annotations)
}

// identityProblem is why the pods of a release cannot have the identity that their service
// account names, "" when they can, or when none is named.
func (c *cluster) identityProblem(owner sandbox.Cluster, release string) string {
	for _, account := range c.objects(func(object *sandbox.Object) bool { return object.Type == serviceAccountType }) {
		annotations := sandbox.Inputs(account.Inputs).Map("metadata").Map("annotations")
		if of, _ := annotations.Text(releaseName); of != release {
			continue
		}
		if problem := owner.Assume(annotations, "system:serviceaccount:"+strings.Replace(account.ID, "/", ":", 1)); problem != "" {
			return problem
		}
	}
	return ""
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
		err = fmt.Errorf("the Ingress %q cannot be deleted: timed out waiting for its finalizer ingress.k8s.aws/resources: "+
			"the AWS Load Balancer Controller, which deletes its load balancer, is not installed", object.ID)
	}
	return err
}
