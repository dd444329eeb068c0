package kubernetes

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const (
	testAccount = "123456789012"
	testARN     = "arn:aws:eks:us-east-2:" + testAccount + ":cluster/main"
	adminARN    = "arn:aws:iam::" + testAccount + ":role/admin.posit.team"
)

// ptdKubeconfig is one as ptd writes it.
func ptdKubeconfig(command string, arguments ...string) string {
	list := `"` + strings.Join(arguments, `", "`) + `"`
	return strings.Replace(testKubeconfig, `{"name": "ptd"}`,
		`{"name": "ptd", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "`+command+`", "args": [`+list+`]}}}`, 1)
}

// newEKS is an EKS cluster of an authentication mode, which lets nobody in yet.
func newEKS(t *testing.T, mode string, configuration fields) *fixture {
	t.Helper()
	cloud, err := sandbox.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cloud.Close()) })
	c := &fixture{t, cloud, New(cloud)}
	c.declare(eksClusterType, "main", fields{"name": "main"}, fields{
		"endpoint": endpoint, "arn": testARN, "identities": []any{fields{"oidcs": []any{fields{"issuer": "https://oidc.eks.us-east-2.amazonaws.com/id/MAIN"}}}},
		"accessConfig": fields{"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": false},
	})
	all := fields{"kubeconfig": ptdKubeconfig("ptd", "token", "demo01-staging", "main"), "clusterIdentifier": testARN}
	for option, value := range configuration {
		all[option] = value
	}
	_, err = c.provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: sandbox.Properties(all)})
	require.NoError(t, err)
	return c
}

func (c *fixture) declare(typ, id string, inputs, outputs fields) {
	c.t.Helper()
	require.NoError(c.t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: "aws", Type: typ, ID: id, Account: testAccount, Region: "us-east-2", Inputs: inputs, Outputs: outputs,
	}))
}

// admit lets a role into the cluster.
func (c *fixture) admit(principal, policy string, scope fields) {
	c.t.Helper()
	c.declare(accessEntryType, "main:"+principal, fields{"clusterName": "main", "principalArn": principal}, nil)
	c.declare(policyAssociationType, "main#"+principal, fields{
		"clusterName": "main", "principalArn": principal, "policyArn": "arn:aws:eks::aws:cluster-access-policy/" + policy, "accessScope": scope,
	}, nil)
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	const refused = "connect to the Kubernetes cluster: the server has asked for the client to provide credentials (Unauthorized): " +
		adminARN + " has no access entry with AmazonEKSClusterAdminPolicy for the whole of cluster main"
	whole := fields{"type": "cluster"}
	const custom = "arn:aws:iam::" + testAccount + ":role/custom"
	for name, test := range map[string]struct {
		mode    string
		prepare func(c *fixture)
		want    string
	}{
		"admin":  {"API", func(c *fixture) { c.admit(adminARN, clusterAdmin, whole) }, ""},
		"nobody": {"API", func(*fixture) {}, refused},
		"entry alone": {"API", func(c *fixture) {
			c.declare(accessEntryType, "a", fields{"clusterName": "main", "principalArn": adminARN}, nil)
		}, refused},
		"weaker policy": {"API", func(c *fixture) { c.admit(adminARN, "AmazonEKSViewPolicy", whole) }, refused},
		"narrower scope": {"API", func(c *fixture) {
			c.admit(adminARN, clusterAdmin, fields{"type": "namespace", "namespaces": []any{"default"}})
		}, refused},
		"somebody else": {"API", func(c *fixture) { c.admit("arn:aws:iam::"+testAccount+":role/other", clusterAdmin, whole) }, refused},
		"other cluster": {"API", func(c *fixture) {
			c.declare(accessEntryType, "a", fields{"clusterName": "second", "principalArn": adminARN}, nil)
			c.declare(policyAssociationType, "a", fields{"clusterName": "second", "principalArn": adminARN, "policyArn": "arn:aws:eks::aws:cluster-access-policy/" + clusterAdmin, "accessScope": whole}, nil)
		}, refused},
		"custom role": {"API", func(c *fixture) {
			c.declare(roleType, "custom", fields{"arn": custom}, nil)
			c.admit(custom, clusterAdmin, whole)
		}, ""},
		"entry where entries do not count": {"CONFIG_MAP", func(c *fixture) { c.admit(adminARN, clusterAdmin, whole) }, refused},
		"aws-auth":                         {"CONFIG_MAP", func(c *fixture) { c.awsAuth(adminARN, "system:masters") }, ""},
		"aws-auth beside entries":          {"API_AND_CONFIG_MAP", func(c *fixture) { c.awsAuth(adminARN, "system:masters") }, ""},
		"aws-auth of a node":               {"CONFIG_MAP", func(c *fixture) { c.awsAuth(adminARN, "system:nodes") }, refused},
		"aws-auth without effect":          {"API", func(c *fixture) { c.awsAuth(adminARN, "system:masters") }, refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newEKS(t, test.mode, nil)
			test.prepare(c)
			_, err := c.create(configMapType, "default/main", nil)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, test.want)
			_, err = c.provider.Read(context.Background(), plugin.ReadRequest{URN: resource.NewURN("s", "p", "", configMapType, "main"), ID: "default/main"})
			assert.EqualError(t, err, test.want, "reading needs it, too")
		})
	}
}

// awsAuth writes aws-auth as if it had always been there.
func (c *fixture) awsAuth(role, group string) {
	c.t.Helper()
	require.NoError(c.t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: name, Type: configMapType, ID: awsAuth, Account: testARN,
		Inputs: fields{"data": fields{"mapRoles": "- rolearn: " + role + "\n  username: admin\n  groups:\n  - " + group + "\n"}},
	}))
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		configuration fields
		want          string
	}{
		"command":    {fields{"kubeconfig": ptdKubeconfig("aws", "eks", "get-token")}, "getting credentials: exec: executable aws not found: only ptd itself is on the machine"},
		"arguments":  {fields{"kubeconfig": ptdKubeconfig("ptd", "token", "main")}, "getting credentials: exec: executable ptd failed: `ptd token main` is not `ptd token <target> <cluster>`"},
		"cluster":    {fields{"kubeconfig": ptdKubeconfig("ptd", "token", "demo01-staging", "other")}, "the server has asked for the client to provide credentials (Unauthorized): ptd got those of cluster other for cluster main"},
		"identifier": {fields{"clusterIdentifier": testARN + "2"}, "the kubeconfig leads to the cluster " + testARN + ", and clusterIdentifier is " + testARN + "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newEKS(t, "API", test.configuration)
			c.admit(adminARN, clusterAdmin, fields{"type": "cluster"})
			_, err := c.create(configMapType, "default/main", nil)
			assert.EqualError(t, err, "connect to the Kubernetes cluster: "+test.want)
		})
	}
}

func TestMutableData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		token, option string
		old           fields
		replaced      bool
	}{
		{configMapType, "enableConfigMapMutable", fields{}, false},
		{secretType, "enableSecretMutable", fields{}, false},
		{configMapType, "enableSecretMutable", fields{}, true},
		{configMapType, "enableConfigMapMutable", fields{"immutable": true}, true},
	} {
		c := newCluster(t, fields{"kubeconfig": testKubeconfig, test.option: true})
		test.old["data"] = fields{"a": "b"}
		urn, old := object(test.token, "default/main", test.old)
		_, next := object(test.token, "default/main", fields{"data": fields{"a": "c"}})
		answer, err := c.provider.Diff(context.Background(), plugin.DiffRequest{URN: urn, OldInputs: old, NewInputs: next})
		require.NoError(t, err)
		assert.Equal(t, test.replaced, len(answer.ReplaceKeys) > 0, "%v", test)
	}
}

// patch applies a patch of a kind.
func (c *fixture) patch(target, where string, patch fields) (plugin.CreateResponse, error) {
	c.t.Helper()
	kind, _ := kindOf(target)
	all := fields{"kind": kind.Kind}
	for name, value := range patch {
		all[name] = value
	}
	urn, inputs := object(target+"Patch", where, all)
	checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: inputs})
	require.NoError(c.t, err)
	if len(checked.Failures) > 0 {
		return plugin.CreateResponse{}, assert.AnError
	}
	return c.provider.Create(context.Background(), plugin.CreateRequest{URN: urn, Properties: checked.Properties})
}

// live is a field of an object as the cluster has it.
func (c *fixture) live(token, id, field string) any {
	c.t.Helper()
	list, err := c.cloud.List()
	require.NoError(c.t, err)
	for _, object := range list {
		if object.Type == token && object.ID == id {
			return object.Get(field)
		}
	}
	return nil
}

func TestPatch(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const class = "kubernetes:storage.k8s.io/v1:StorageClass"
	_, err := c.patch(class, "fast", fields{})
	assert.EqualError(t, err, `storageclasses.storage.k8s.io "fast" not found: a patch needs the object that it changes`)
	_, err = c.patch("kubernetes:operator.tigera.io/v1:Installation", "default", fields{})
	assert.EqualError(t, err, `no matches for kind "Installation" in version "operator.tigera.io/v1": its CustomResourceDefinition is not in the cluster`)

	require.NoError(t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: name, Type: class, ID: "fast", Account: endpoint, Inputs: fields{
			"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "ebs.csi.aws.com",
			"metadata": fields{"name": "fast", "annotations": fields{"storageclass.kubernetes.io/is-default-class": "true", "kept": "yes"}},
		},
	}))
	annotations := func() fields {
		return c.live(class, "fast", "metadata").(fields)["annotations"].(fields)
	}
	off := fields{"metadata": fields{"name": "fast", "annotations": fields{"storageclass.kubernetes.io/is-default-class": "false"}}}
	_, err = c.patch(class, "fast", off)
	require.NoError(t, err)
	assert.Equal(t, fields{"storageclass.kubernetes.io/is-default-class": "false", "kept": "yes"}, annotations())
	require.NoError(t, c.remove(class+"Patch", "fast"))
	assert.Equal(t, fields{"storageclass.kubernetes.io/is-default-class": "true", "kept": "yes"}, annotations())

	_, err = c.patch(class, "fast", fields{"unknown": "field"})
	assert.Equal(t, assert.AnError, err, "patches decode strictly, too")
	_, err = c.patch(class, "fast", off)
	require.NoError(t, err)
	c.delete(class, "fast")
	assert.Empty(t, c.objects(), "a patch goes with its object")
	require.NoError(t, c.remove(class+"Patch", "fast"))
}

func TestPatchIsUpdated(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.mustCreate(configMapType, "default/main", fields{"data": fields{"own": "a"}})
	_, err := c.patch(configMapType, "default/main", fields{"data": fields{"first": "b"}})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "a", "first": "b"}, c.live(configMapType, "default/main", "data"))
	urn, inputs := object(configMapType+"Patch", "default/main", fields{"kind": "ConfigMap", "data": fields{"second": "c"}})
	_, err = c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "default/main", NewInputs: inputs})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "a", "second": "c"}, c.live(configMapType, "default/main", "data"))

	urn, inputs = object(configMapType, "default/main", fields{"data": fields{"own": "d"}})
	_, err = c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "default/main", NewInputs: inputs})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "d", "second": "c"}, c.live(configMapType, "default/main", "data"), "its owner's update leaves the patch")

	c.delete(configMapType+"Patch", "default/main")
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"own": "e"}})
	assert.EqualError(t, err, `server-side apply field conflict: apply failed with 1 conflict: conflict with "pulumi-kubernetes" using v1: .data.own; the annotation pulumi.com/patchForce lets the patch take the field`)
	_, err = c.patch(configMapType, "default/main", fields{"data": fields{"own": "e"}, "metadata": fields{
		"name": "main", "namespace": "default", "annotations": fields{patchForce: "true"}}})
	require.NoError(t, err)
	assert.Equal(t, fields{"own": "e"}, c.live(configMapType, "default/main", "data"))
}

func TestPatchOfCalico(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const installation = "kubernetes:operator.tigera.io/v1:Installation"
	calico := fields{"spec": fields{"cni": fields{"type": "Calico", "ipam": fields{"type": "Calico"}}}}
	c.mustInstall(releaseInputs("tigera-operator", "default", fields{"values": fields{"installation": fields{"registry": "quay.io"}}}))
	_, err := c.patch(installation, "default", calico)
	require.NoError(t, err)
	assert.Equal(t, fields{"registry": "quay.io", "cni": fields{"type": "Calico", "ipam": fields{"type": "Calico"}}}, c.live(installation, "default", "spec"))
	c.delete(installation+"Patch", "default")
	_, err = c.patch(installation, "default", fields{"spec": fields{"registry": "docker.io"}})
	assert.ErrorContains(t, err, `conflict with "helm" using operator.tigera.io/v1: .spec.registry`)
	_, err = c.patch(installation, "default", fields{"spec": fields{"cni": fields{"type": "None"}}})
	assert.EqualError(t, err, `Installation.operator.tigera.io "default" is invalid: spec.cni.type in body should be one of [Calico GKE AmazonVPC AzureVNET]`)
}

// A patch waits for what a controller tells, as the provider does.
func TestPatchWaits(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const server = "kubernetes:operator.tigera.io/v1:APIServer"
	wait := func(what string) error {
		_, err := c.patch(server, "default", fields{"metadata": fields{"name": "default", "annotations": fields{waitFor: what}}})
		return err
	}
	assert.ErrorContains(t, wait("jsonpath={.status.state}=Ready"), `no matches for kind "APIServer"`)
	c.mustInstall(releaseInputs("tigera-operator", "default", nil))
	require.NoError(t, wait("jsonpath={.status.state}=Ready"))
	c.delete(server+"Patch", "default")
	assert.EqualError(t, wait("jsonpath={.status.state}=Degraded"), "timed out waiting for APIServer default: .status.state is Ready, want Degraded")
	assert.EqualError(t, wait("condition=Ready"), "the sandbox does not simulate the annotation pulumi.com/waitFor: condition=Ready")
}

// Calico's operator makes a FelixConfiguration itself, which its chart takes over only
// when it bears Helm's marks. (facts: aws-workload-eks 6.11)
func TestFelixConfigurationIsAdopted(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	const felix = "kubernetes:crd.projectcalico.org/v1:FelixConfiguration"
	inputs := releaseInputs("tigera-operator", "default", nil)
	c.mustInstall(inputs)
	urn := resource.NewURN("stack", "project", "", releaseType, "tigera-operator")
	inputs["values"] = fields{"defaultFelixConfiguration": fields{"enabled": true}}
	upgrade := func() error {
		_, err := c.provider.Update(context.Background(), plugin.UpdateRequest{URN: urn, ID: "default/tigera-operator", NewInputs: sandbox.Properties(inputs)})
		return err
	}
	assert.ErrorContains(t, upgrade(), `FelixConfiguration "default" in namespace "" exists and cannot be imported into the current release`)
	_, err := c.patch(felix, "default", fields{"metadata": fields{
		"name": "default", "labels": fields{managedBy: "Helm"},
		"annotations": fields{releaseName: "tigera-operator", releaseNamespace: "default"},
	}})
	require.NoError(t, err)
	assert.NoError(t, upgrade())
}

func TestAWSAuth(t *testing.T) {
	t.Parallel()
	const node = "arn:aws:iam::" + testAccount + ":role/node"
	for mode, group := range map[string]bool{"API": true, "API_AND_CONFIG_MAP": true, "CONFIG_MAP": false} {
		c := newEKS(t, mode, nil)
		c.admit(adminARN, clusterAdmin, fields{"type": "cluster"})
		if mode == "CONFIG_MAP" {
			continue // nobody is let in before there is a node group
		}
		if group {
			c.declare(nodeGroupType, "main:nodes", fields{"clusterName": "main", "nodeRoleArn": node}, nil)
		}
		roles := "- rolearn: " + adminARN + "\n  groups: [system:masters]\n"
		_, err := c.patch(configMapType, awsAuth, fields{"data": fields{"mapRoles": roles}})
		if mode == "API" {
			assert.EqualError(t, err, `configmaps "aws-auth" not found: a patch needs the object that it changes`)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, fields{"mapRoles": roles}, c.live(configMapType, awsAuth, "data"))
		require.NoError(t, c.remove(configMapType+"Patch", awsAuth))
		assert.Contains(t, c.live(configMapType, awsAuth, "data").(fields)["mapRoles"], node)
	}
}

func TestAddonBringsDefinitions(t *testing.T) {
	t.Parallel()
	const class = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
	c := newEKS(t, "API", nil)
	c.admit(adminARN, clusterAdmin, fields{"type": "cluster"})
	_, err := c.create(class, "default/main", nil)
	assert.ErrorContains(t, err, `no matches for kind "SecretProviderClass"`)
	c.declare(addonType, "main:secrets", fields{"clusterName": "main", "addonName": "aws-secrets-store-csi-driver-provider"}, nil)
	c.mustCreate(class, "default/main", fields{"spec": fields{"provider": "aws"}})
	_, err = c.create(class, "default/second", fields{"spec": fields{"providr": "aws"}})
	assert.EqualError(t, err, `SecretProviderClass.secrets-store.csi.x-k8s.io "second" is invalid: unknown field "spec.providr"`)
}

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

func TestLoadBalancerOfAnIngress(t *testing.T) {
	t.Parallel()
	c := newEKS(t, "API", nil)
	c.admit(adminARN, clusterAdmin, fields{"type": "cluster"})
	c.mustInstall(releaseInputs(albController, "kube-system", fields{"values": fields{"clusterName": "main"}}))
	c.declare(certificateType, "known", nil, fields{"arn": "arn:known"})
	c.declare(subnetType, "subnet-1", fields{"tags": fields{"Name": "private"}}, nil)
	for name, test := range map[string]struct{ annotation, value, want string }{
		"scheme":      {"scheme", "public", "Failed build model due to unknown scheme: public"},
		"certificate": {"certificate-arn", "arn:known, arn:unknown", "Failed deploy model due to CertificateNotFound: Certificate 'arn:unknown' not found"},
		"subnet":      {"subnets", "private,subnet-1,subnet-2", "Failed build model due to couldn't find all subnets, want: [subnet-2]"},
		"right":       {"subnets", "private,subnet-1", ""},
	} {
		inputs := ingress("alb")
		inputs["metadata"] = fields{"name": name, "annotations": fields{"alb.ingress.kubernetes.io/" + test.annotation: test.value}}
		_, err := c.create(ingressType, "default/"+name, inputs)
		if test.want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, "timed out waiting to be Ready")
		assert.ErrorContains(t, err, test.want)
	}
}

func TestClustersOfTheSandbox(t *testing.T) {
	t.Parallel()
	c := newEKS(t, "API", nil)
	clusters := Clusters(c.cloud, Options{})
	_, err := clusters.Cluster(context.Background(), testARN+"2")
	assert.EqualError(t, err, "reach cluster "+testARN+"2: not found")
	cluster, err := clusters.Cluster(context.Background(), testARN)
	require.NoError(t, err)
	_, err = cluster.Chart(context.Background(), "helm-controller", "loki")
	assert.EqualError(t, err, "chart helm-controller/loki: not found")
}

// The controller makes load balancers as its role, which must trust the cluster.
func TestLoadBalancerNeedsATrustedController(t *testing.T) {
	t.Parallel()
	const arn, tail = "arn:aws:iam::111122223333:role/lbc", "oidc.eks.us-east-2.amazonaws.com/id/MAIN"
	trust := func(issuer, subject string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRoleWithWebIdentity"],` +
			`"Principal":{"Federated":["arn:aws:iam::111122223333:oidc-provider/` + issuer + `"]},` +
			`"Condition":{"StringEquals":{"` + issuer + `:sub":["` + subject + `"]}}}]}`
	}
	const subject = "system:serviceaccount:kube-system:lbc.posit.team"
	for name, test := range map[string]struct {
		trust string
		right bool
	}{
		"trusted":       {trust(tail, subject), true},
		"other cluster": {trust("oidc.eks.us-east-2.amazonaws.com/id/OTHER", subject), false},
		"other account": {trust(tail, "system:serviceaccount:kube-system:default"), false},
		"nobody":        {`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["sts:AssumeRole"],"Principal":{"AWS":["*"]}}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newEKS(t, "API", nil)
			c.admit(adminARN, clusterAdmin, fields{"type": "cluster"})
			c.declare(roleType, "lbc", fields{"assumeRolePolicy": test.trust}, fields{"arn": arn})
			c.mustInstall(releaseInputs(albController, "kube-system", fields{"values": fields{
				"clusterName": "main", "serviceAccount": fields{"create": true, "name": "lbc.posit.team", "annotations": fields{roleAnnotation: arn}},
			}}))
			_, err := c.create(ingressType, "default/main", ingress("alb"))
			if test.right {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity on "+arn+" as "+subject)
		})
	}
}
