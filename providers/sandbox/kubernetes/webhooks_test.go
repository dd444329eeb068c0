package kubernetes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The Helm controller has installed a chart when its objects are there. The webhooks of the
// AWS Load Balancer Controller then refuse what they look at, until its pods answer.
func TestWebhooksOfTheLoadBalancerController(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.helmController()
	ingress := fields{"spec": fields{"ingressClassName": "alb", "defaultBackend": fields{"service": fields{"name": "a", "port": fields{"number": 80.0}}}}}
	c.mustCreate(namespaceType, "traefik", nil)
	c.mustCreate(helmChartType, "helm-controller/aws-load-balancer-controller", helmChartFields("aws-load-balancer-controller", "kube-system", "clusterName: main\n"))

	const refused = `no endpoints available for service "aws-load-balancer-webhook-service": Deployment kube-system/aws-load-balancer-controller is not available yet`
	_, err := c.create(ingressType, "traefik/early", ingress)
	assert.EqualError(t, err, `Internal error occurred: failed calling webhook "vingress.elbv2.k8s.aws": `+refused)
	_, err = c.create("kubernetes:core/v1:Service", "traefik/early", fields{"spec": fields{"ports": []any{fields{"port": 80.0}}}})
	assert.EqualError(t, err, `Internal error occurred: failed calling webhook "mservice.elbv2.k8s.aws": `+refused)
	_, problem := c.install(releaseInputs("external-dns", "kube-system", nil))
	assert.Contains(t, problem, refused)

	wait := func() error {
		_, err := c.patch(deploymentType, "kube-system/aws-load-balancer-controller", fields{
			"metadata": fields{
				"name": "aws-load-balancer-controller", "namespace": "kube-system",
				"annotations": fields{waitFor: "condition=Available", patchForce: "true"},
			},
		})
		return err
	}
	require.NoError(t, wait())
	c.mustCreate(ingressType, "traefik/late", ingress)
	c.mustInstall(releaseInputs("external-dns", "kube-system", nil))
}

// The provider's own Helm waits.
func TestAwaitedLoadBalancerController(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustInstall(releaseInputs("aws-load-balancer-controller", "kube-system", fields{"values": fields{"clusterName": "main"}}))
	c.mustInstall(releaseInputs("external-dns", "kube-system", nil))
}

func TestFixedValuesOfAStatefulSet(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.helmController()
	c.mustCreate(namespaceType, "loki", nil)
	c.mustCreate(helmChartType, "helm-controller/loki", helmChartFields("loki", "loki", "write: {replicas: 2, persistence: {size: 10Gi}}\n"))
	c.change(helmChartType, "helm-controller/loki", helmChartFields("loki", "loki", "write: {replicas: 3, persistence: {size: 10Gi}}\n"))
	assert.Empty(t, c.status("loki").Message)
	c.change(helmChartType, "helm-controller/loki", helmChartFields("loki", "loki", "write: {replicas: 3, persistence: {size: 20Gi}}\n"))
	assert.Contains(t, c.status("loki").Message, `StatefulSet.apps "loki-write" is invalid: spec: Forbidden`)
}

func TestMetricLabels(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	labels := func(of string) string {
		_, problem := c.install(releaseInputs("kube-state-metrics", "kube-system", fields{"values": fields{"metricLabelsAllowlist": []any{of}}}))
		return problem
	}
	assert.Contains(t, labels("pods=[launcher-instance-id,user-group-*]"), `"user-group-*" in "pods=[launcher-instance-id,user-group-*]" is the name of no label`)
	assert.Empty(t, labels("pods=[*]"))
}

func TestVersionsThatBeginWithV(t *testing.T) {
	t.Parallel()
	_, err := findChart("oci://ghcr.io/posit-dev/charts/team-operator", "", "1.29.0")
	assert.EqualError(t, err, "ghcr.io/posit-dev/charts/team-operator:1.29.0: not found: its versions begin with v")
	_, err = findChart("oci://ghcr.io/posit-dev/charts/team-operator", "", "v1.29.0")
	assert.NoError(t, err)
}
