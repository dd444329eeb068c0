package kubernetes

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/sandbox"
)

func ingress(class string) fields {
	return fields{"spec": fields{"ingressClassName": class, "rules": []any{fields{"http": fields{"paths": []any{fields{
		"path": "/*", "pathType": "ImplementationSpecific", "backend": fields{"service": fields{"name": "traefik", "port": fields{"number": 80.0}}},
	}}}}}}}
}

func TestIngressNeedsItsController(t *testing.T) {
	t.Parallel()
	const timeout = "resource default/main was not successfully created by the Kubernetes API server: timed out waiting to be Ready: Ingress .status.loadBalancer field was not updated with a hostname/IP address: "
	c := openCluster(t)
	_, err := c.create(ingressType, "default/main", ingress("alb"))
	assert.EqualError(t, err, timeout+`there is no IngressClass "alb" in the cluster`)
	_, err = c.create(ingressType, "default/main", ingress("traefik"))
	assert.EqualError(t, err, timeout+`there is no IngressClass "traefik" in the cluster`)
	early := ingress("alb")
	early["metadata"] = fields{"name": "early", "annotations": fields{skipAwait: "true"}}
	assert.False(t, c.mustCreate(ingressType, "default/early", early).Properties.HasValue("status"), "the API takes any class")
	c.mustCreate(ingressClassType, "alb", fields{"spec": fields{"controller": "ingress.k8s.aws/alb"}})
	_, err = c.create(ingressType, "default/main", ingress("alb"))
	assert.EqualError(t, err, timeout+"the AWS Load Balancer Controller is not installed")
	patient := ingress("alb")
	patient["metadata"] = fields{"name": "skipped", "annotations": fields{skipAwait: "true"}}
	assert.False(t, c.mustCreate(ingressType, "default/skipped", patient).Properties.HasValue("status"))
	c.delete(ingressClassType, "alb")

	c.mustInstall(releaseInputs(albController, "kube-system", fields{"values": fields{"clusterName": "main"}}))
	created := c.mustCreate(ingressType, "default/main", ingress("alb"))
	assert.Contains(t, sandbox.Plain(created.Properties["status"]), "loadBalancer")
	c.uninstall("kube-system/" + albController)
	assert.EqualError(t, c.remove(ingressType, "default/main"),
		`the Ingress "default/main" cannot be deleted: timed out waiting for its finalizer ingress.k8s.aws/resources: the AWS Load Balancer Controller, which deletes its load balancer, is not installed`)
	assert.NoError(t, c.remove(ingressType, "default/skipped"))
	c.mustInstall(releaseInputs(albController, "kube-system", fields{"values": fields{"clusterName": "main"}}))
	assert.NoError(t, c.remove(ingressType, "default/main"))
}

// What the cluster's cloud says decides whether there is a load balancer, and its address.
func TestLoadBalancerOfTheCloud(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustInstall(releaseInputs(albController, "kube-system", fields{"values": fields{
		"clusterName": "main", "serviceAccount": fields{"create": true, "name": "balancer", "annotations": fields{"example.com/identity": "wrong"}},
	}}))
	annotated := func(name string, annotations fields) fields {
		inputs := ingress("alb")
		inputs["metadata"] = fields{"name": name, "annotations": annotations}
		return inputs
	}
	_, err := c.create(ingressType, "default/identity", annotated("identity", nil))
	assert.ErrorContains(t, err, "timed out waiting to be Ready: Ingress .status.loadBalancer field was not updated with a hostname/IP address: "+
		"Failed deploy model due to system:serviceaccount:kube-system:balancer is not wrong")

	c = openCluster(t)
	c.mustInstall(releaseInputs(albController, "kube-system", fields{"values": fields{"clusterName": "main"}}))
	_, err = c.create(ingressType, "default/scheme", annotated("scheme", fields{"alb.ingress.kubernetes.io/scheme": "public"}))
	assert.ErrorContains(t, err, "Failed build model due to unknown scheme: public")
	_, err = c.create(ingressType, "default/size", annotated("size", fields{"example.com/size": "huge"}))
	assert.ErrorContains(t, err, "there is no load balancer of size huge")
	assert.Equal(t, fields{"loadBalancer": fields{"ingress": []any{fields{"ip": "192.0.2.1"}}}},
		sandbox.Plain(c.mustCreate(ingressType, "default/main", annotated("main", nil)).Properties["status"]))
}
