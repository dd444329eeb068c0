package aws

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/kubernetes"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

type fields = sandboxtest.Fields

const (
	testAccount = "123456789012"
	testARN     = "arn:aws:eks:us-east-2:" + testAccount + ":cluster/main"
	adminARN    = "arn:aws:iam::" + testAccount + ":role/admin.posit.team"
	endpoint    = "https://0123.gr7.us-east-2.eks.amazonaws.com"

	admin          = "AmazonEKSClusterAdminPolicy"
	releaseType    = "kubernetes:helm.sh/v3:Release"
	ingressType    = "kubernetes:networking.k8s.io/v1:Ingress"
	albController  = "aws-load-balancer-controller"
	unreadyIngress = "timed out waiting to be Ready"
)

// kubeconfig is one as ptd writes it.
func kubeconfig(command string, arguments ...string) string {
	list := `"` + strings.Join(arguments, `", "`) + `"`
	return `{
		"current-context": "main",
		"contexts": [{"name": "main", "context": {"cluster": "main", "user": "ptd"}}],
		"clusters": [{"name": "main", "cluster": {"server": "` + endpoint + `"}}],
		"users": [{"name": "ptd", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "` + command + `", "args": [` + list + `]}}}]
	}`
}

// inCluster is an EKS cluster with a provider that works in it.
type inCluster struct {
	*sandboxtest.Provider
	t     *testing.T
	cloud *sandbox.Cloud
}

// newEKS is an EKS cluster of an authentication mode, which lets nobody in yet.
func newEKS(t *testing.T, mode string, configuration fields) *inCluster {
	t.Helper()
	cloud := sandboxtest.Open(t, Package())
	all := fields{"kubeconfig": kubeconfig("ptd", "token", "demo01-staging", "main"), "clusterIdentifier": testARN}
	maps.Copy(all, configuration)
	c := &inCluster{sandboxtest.New(t, kubernetes.New(cloud), all), t, cloud}
	c.declare(controlPlaneType, "main", fields{"name": "main"}, fields{
		"endpoint": endpoint, "arn": testARN, "identities": []any{fields{"oidcs": []any{fields{"issuer": "https://oidc.eks.us-east-2.amazonaws.com/id/MAIN"}}}},
		"accessConfig": fields{"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": false},
	})
	return c
}

func (c *inCluster) declare(typ, id string, inputs, outputs fields) {
	c.t.Helper()
	require.NoError(c.t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: "aws", Type: typ, ID: id, Account: testAccount, Region: "us-east-2", Inputs: inputs, Outputs: outputs,
	}))
}

// admit lets a role into the cluster.
func (c *inCluster) admit(principal, policy string, scope fields) {
	c.t.Helper()
	c.declare(accessEntryType, "main:"+principal, fields{"clusterName": "main", "principalArn": principal}, nil)
	c.declare(accessAssociationType, "main#"+principal, fields{
		"clusterName": "main", "principalArn": principal, "policyArn": accessPolicyPrefix + policy, "accessScope": scope,
	}, nil)
}

// awsAuth writes aws-auth as if it had always been there.
func (c *inCluster) awsAuth(role, group string) {
	c.t.Helper()
	require.NoError(c.t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: "kubernetes", Type: configMapType, ID: awsAuth, Account: testARN,
		Inputs: fields{"data": fields{"mapRoles": "- rolearn: " + role + "\n  username: admin\n  groups:\n  - " + group + "\n"}},
	}))
}

// object completes the fields of an object; its name is the last part of where.
func object(token, where string, more fields) fields {
	namespace, name, _ := strings.Cut(where, "/")
	parts := strings.Split(token, ":")
	all := fields{
		"apiVersion": strings.TrimPrefix(parts[1], "core/"), "kind": strings.TrimSuffix(parts[2], "Patch"),
		"metadata": fields{"name": name, "namespace": namespace},
	}
	maps.Copy(all, more)
	return all
}

// make makes an object in the cluster.
func (c *inCluster) make(token, where string, more fields) (*sandboxtest.Resource, error) {
	c.t.Helper()
	return c.Create(token, where, object(token, where, more))
}

// install installs the AWS Load Balancer Controller.
func (c *inCluster) install(values fields) {
	c.t.Helper()
	all := fields{"clusterName": "main"}
	maps.Copy(all, values)
	c.MustCreate(releaseType, albController, fields{
		"name": albController, "chart": albController, "version": "1.2.3", "namespace": "kube-system",
		"repositoryOpts": fields{"repo": "https://aws.github.io/eks-charts"}, "values": all,
	})
}

// live is a field of an object as the cluster has it.
func (c *inCluster) live(token, id, field string) any {
	c.t.Helper()
	var value any
	require.NoError(c.t, c.cloud.Do(func() error {
		value = c.cloud.Object(sandbox.Key(token, testARN, "", id)).Get(field)
		return nil
	}))
	return value
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	const refused = "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: the server has asked for the client to provide credentials (Unauthorized): " +
		adminARN + " has no access entry with AmazonEKSClusterAdminPolicy for the whole of cluster main"
	whole := fields{"type": "cluster"}
	const custom = "arn:aws:iam::" + testAccount + ":role/custom"
	for name, test := range map[string]struct {
		mode    string
		prepare func(c *inCluster)
		want    string
	}{
		"admin":  {"API", func(c *inCluster) { c.admit(adminARN, admin, whole) }, ""},
		"nobody": {"API", func(*inCluster) {}, refused},
		"entry alone": {"API", func(c *inCluster) {
			c.declare(accessEntryType, "a", fields{"clusterName": "main", "principalArn": adminARN}, nil)
		}, refused},
		"weaker policy": {"API", func(c *inCluster) { c.admit(adminARN, "AmazonEKSViewPolicy", whole) }, refused},
		"narrower scope": {"API", func(c *inCluster) {
			c.admit(adminARN, admin, fields{"type": "namespace", "namespaces": []any{"default"}})
		}, refused},
		"somebody else": {"API", func(c *inCluster) { c.admit("arn:aws:iam::"+testAccount+":role/other", admin, whole) }, refused},
		"other cluster": {"API", func(c *inCluster) {
			c.declare(accessEntryType, "a", fields{"clusterName": "second", "principalArn": adminARN}, nil)
			c.declare(accessAssociationType, "a", fields{"clusterName": "second", "principalArn": adminARN, "policyArn": clusterAdminPolicy, "accessScope": whole}, nil)
		}, refused},
		"custom role": {"API", func(c *inCluster) {
			c.declare(roleType, "custom", fields{"arn": custom}, nil)
			c.admit(custom, admin, whole)
		}, ""},
		"entry where entries do not count": {"CONFIG_MAP", func(c *inCluster) { c.admit(adminARN, admin, whole) }, refused},
		"aws-auth":                         {"CONFIG_MAP", func(c *inCluster) { c.awsAuth(adminARN, "system:masters") }, ""},
		"aws-auth beside entries":          {"API_AND_CONFIG_MAP", func(c *inCluster) { c.awsAuth(adminARN, "system:masters") }, ""},
		"aws-auth of a node":               {"CONFIG_MAP", func(c *inCluster) { c.awsAuth(adminARN, "system:nodes") }, refused},
		"aws-auth without effect":          {"API", func(c *inCluster) { c.awsAuth(adminARN, "system:masters") }, refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newEKS(t, test.mode, nil)
			test.prepare(c)
			made, err := c.make(configMapType, "default/main", nil)
			if test.want == "" {
				require.NoError(t, err)
				inputs, _, err := made.Read()
				assert.NoError(t, err)
				assert.NotNil(t, inputs)
				return
			}
			assert.EqualError(t, err, test.want)
			_, _, err = c.Known(configMapType, "main", "default/main").Read()
			assert.ErrorContains(t, err, "failed to read resource state due to unreachable cluster", "reading needs it, too")
		})
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		configuration fields
		want          string
	}{
		"command":    {fields{"kubeconfig": kubeconfig("aws", "eks", "get-token")}, "getting credentials: exec: executable aws not found: only ptd itself is on the machine"},
		"arguments":  {fields{"kubeconfig": kubeconfig("ptd", "token", "main")}, "getting credentials: exec: executable ptd failed: `ptd token main` is not `ptd token <target> <cluster>`"},
		"cluster":    {fields{"kubeconfig": kubeconfig("ptd", "token", "demo01-staging", "other")}, "the server has asked for the client to provide credentials (Unauthorized): ptd got those of cluster other for cluster main"},
		"identifier": {fields{"clusterIdentifier": testARN + "2"}, "the kubeconfig leads to the cluster " + testARN + ", and clusterIdentifier is " + testARN + "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newEKS(t, "API", test.configuration)
			c.admit(adminARN, admin, fields{"type": "cluster"})
			_, err := c.make(configMapType, "default/main", nil)
			assert.EqualError(t, err, "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: "+test.want)
		})
	}
}

func TestAWSAuth(t *testing.T) {
	t.Parallel()
	const node = "arn:aws:iam::" + testAccount + ":role/node"
	for mode, group := range map[string]bool{"API": true, "API_AND_CONFIG_MAP": true} {
		c := newEKS(t, mode, nil)
		c.admit(adminARN, admin, fields{"type": "cluster"})
		if group {
			c.declare(nodeGroupType, "main:nodes", fields{"clusterName": "main", "nodeRoleArn": node}, nil)
		}
		roles := "- rolearn: " + adminARN + "\n  groups: [system:masters]\n"
		take := fields{"name": "aws-auth", "namespace": "kube-system", "annotations": fields{"pulumi.com/patchForce": "true"}}
		_, err := c.make(configMapType+"Patch", awsAuth, fields{"data": fields{"mapRoles": roles}, "metadata": take})
		if mode == "API" { // EKS makes none: the patch does, and nobody reads it
			require.NoError(t, err)
			assert.Equal(t, fields{"mapRoles": roles}, c.live(configMapType, awsAuth, "data"))
			continue
		}
		refused := "the sandbox refuses this change of ConfigMap \"kube-system/aws-auth\": the nodes of " + node +
			" would be shut out of the cluster, as neither it nor an access entry lets them in"
		assert.EqualError(t, err, refused)
		nodes := "- rolearn: " + node + "\n  groups: [system:bootstrappers, system:nodes]\n"
		patch, err := c.make(configMapType+"Patch", awsAuth, fields{"data": fields{"mapRoles": roles + nodes}, "metadata": take})
		require.NoError(t, err)
		assert.Equal(t, fields{"mapRoles": roles + nodes}, c.live(configMapType, awsAuth, "data"))

		// What was taken by force is nobody's when the patch goes, and is deleted: nodes whose role
		// has an access entry do not mind.
		assert.EqualError(t, patch.Delete(), refused)
		c.declare(accessEntryType, "main:"+node, fields{"clusterName": "main", "principalArn": node, "type": "EC2_LINUX"}, nil)
		patch.MustDelete()
		assert.Nil(t, c.live(configMapType, awsAuth, "data"))
	}
}

// Nodes are those of node groups and of Karpenter, and are let in by an access entry or by
// aws-auth, as the authentication mode says.
func TestNodesStayInTheCluster(t *testing.T) {
	t.Parallel()
	const node, started = "arn:aws:iam::" + testAccount + ":role/node", "arn:aws:iam::" + testAccount + ":role/started"
	c := newEKS(t, "API_AND_CONFIG_MAP", nil)
	c.declare(nodeGroupType, "main:nodes", fields{"clusterName": "main", "nodeRoleArn": node}, nil)
	c.declare(instanceProfileType, "started", fields{"name": "profile", "role": "started"}, nil)
	require.NoError(t, c.cloud.DeclareExternal(sandbox.Object{
		Provider: "kubernetes", Type: nodeClassType, ID: "default", Account: testARN, Inputs: fields{"spec": fields{"instanceProfile": "profile"}},
	}))
	enter := func(role string) {
		c.declare(accessEntryType, "main:"+role, fields{"clusterName": "main", "principalArn": role, "type": "EC2_LINUX"}, nil)
	}
	lost := func(mode, mapRoles string) (roles []string) {
		require.NoError(t, c.cloud.Do(func() error {
			live := &eksCluster{c.cloud, c.cloud.Object(sandbox.Key(controlPlaneType, testAccount, "us-east-2", "main"))}
			roles = live.shutOut(mode, live.parts(accessEntryType), mapRoles)
			return nil
		}))
		return roles
	}
	assert.Equal(t, []string{node}, lost("API", ""), "aws-auth, which EKS has made, lets in the node group; nothing lets in Karpenter's")
	enter(started)
	assert.Equal(t, []string{node}, lost("API", ""))
	assert.Equal(t, []string{node}, lost("API_AND_CONFIG_MAP", "[]"))
	assert.Equal(t, []string{started}, lost("CONFIG_MAP", "- rolearn: "+node+"\n  groups: [system:nodes]\n"))
	enter(node)
	assert.Empty(t, lost("API", ""))
}

func TestAddonBringsDefinitions(t *testing.T) {
	t.Parallel()
	const class = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
	c := newEKS(t, "API", nil)
	c.admit(adminARN, admin, fields{"type": "cluster"})
	_, err := c.make(class, "default/main", nil)
	assert.ErrorContains(t, err, `no matches for kind "SecretProviderClass"`)
	c.declare(addonType, "main:secrets", fields{"clusterName": "main", "addonName": "aws-secrets-store-csi-driver-provider"}, nil)
	_, err = c.make(class, "default/main", fields{"spec": fields{"provider": "aws"}})
	require.NoError(t, err)
	_, err = c.make(class, "default/second", fields{"spec": fields{"providr": "aws"}})
	assert.EqualError(t, err, `SecretProviderClass.secrets-store.csi.x-k8s.io "second" is invalid: unknown field "spec.providr"`)
}

func ingress(name string, annotations fields) fields {
	return fields{
		"metadata": fields{"name": name, "namespace": "default", "annotations": annotations},
		"spec": fields{"ingressClassName": "alb", "rules": []any{fields{"http": fields{"paths": []any{fields{
			"path": "/*", "pathType": "ImplementationSpecific", "backend": fields{"service": fields{"name": "traefik", "port": fields{"number": 80.0}}},
		}}}}}},
	}
}

func TestLoadBalancerOfAnIngress(t *testing.T) {
	t.Parallel()
	c := newEKS(t, "API", nil)
	c.admit(adminARN, admin, fields{"type": "cluster"})
	c.install(nil)
	c.declare(certificateType, "known", nil, fields{"arn": "arn:known"})
	c.declare(subnetType, "subnet-1", fields{"tags": fields{"Name": "private"}}, nil)
	for name, test := range map[string]struct{ annotation, value, want string }{
		"scheme":      {"scheme", "public", "Failed build model due to unknown scheme: public"},
		"certificate": {"certificate-arn", "arn:known, arn:unknown", "Failed deploy model due to CertificateNotFound: Certificate 'arn:unknown' not found"},
		"subnet":      {"subnets", "private,subnet-1,subnet-2", "Failed build model due to couldn't find all subnets, want: [subnet-2]"},
		"right":       {"subnets", "private,subnet-1", ""},
	} {
		made, err := c.make(ingressType, "default/"+name, ingress(name, fields{"alb.ingress.kubernetes.io/" + test.annotation: test.value}))
		if test.want == "" {
			require.NoError(t, err)
			balancers := made.State["status"].(fields)["loadBalancer"].(fields)["ingress"].([]any)
			assert.Regexp(t, `^k8s-[0-9a-f]{10}\.elb\.amazonaws\.com$`, balancers[0].(fields)["hostname"])
			continue
		}
		assert.ErrorContains(t, err, unreadyIngress)
		assert.ErrorContains(t, err, test.want)
	}
}

func TestClustersOfEKS(t *testing.T) {
	t.Parallel()
	c := newEKS(t, "API", nil)
	clusters := kubernetes.Clusters(c.cloud, kubernetes.Options{})
	_, err := clusters.Cluster(context.Background(), testARN+"2")
	assert.EqualError(t, err, "reach cluster "+testARN+"2: not found")
	for _, identifier := range []string{testARN, endpoint, "main"} {
		_, err := clusters.Cluster(context.Background(), identifier)
		assert.NoError(t, err, identifier)
	}
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
			c.admit(adminARN, admin, fields{"type": "cluster"})
			c.declare(roleType, "lbc", fields{"assumeRolePolicy": test.trust}, fields{"arn": arn})
			c.install(fields{"serviceAccount": fields{"create": true, "name": "lbc.posit.team", "annotations": fields{roleAnnotation: arn}}})
			_, err := c.make(ingressType, "default/main", ingress("main", nil))
			if test.right {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity on "+arn+" as "+subject)
		})
	}
}
