package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const configMapType = "kubernetes:core/v1:ConfigMap"

// awsAuth is the ConfigMap that EKS makes with the first managed node group of a cluster
// that reads it. (docs/reference/aws-workload-eks.md 6.7)
const awsAuth = "kube-system/aws-auth"

// eksCluster is a cluster of EKS as those see it who work in it.
type eksCluster struct {
	cloud  *sandbox.Cloud
	object *sandbox.Object
}

func serveCluster(cloud *sandbox.Cloud, object *sandbox.Object) sandbox.Cluster {
	return &eksCluster{cloud, object}
}

func (c *eksCluster) name() string {
	if name := c.object.String("name"); name != "" {
		return name
	}
	return c.object.ID
}

// parts lists the objects of a type that belong to the cluster.
func (c *eksCluster) parts(typ string) []*sandbox.Object {
	return partsIn(c.cloud, c.object.Account, c.object.Region, typ, c.name())
}

// Endpoint implements sandbox.Cluster.
func (c *eksCluster) Endpoint() string { return c.object.String("endpoint") }

// Is implements sandbox.Cluster: by ARN, address or name.
func (c *eksCluster) Is(identifier string) bool {
	return slices.Contains([]string{c.object.String("arn"), c.object.String("endpoint"), c.object.ID}, identifier)
}

// Provides implements sandbox.Cluster: aws-auth is there with the first node group.
func (c *eksCluster) Provides(typ, id string) map[string]any {
	if typ != configMapType || id != awsAuth || !strings.Contains(c.authenticationMode(), "CONFIG_MAP") || len(c.parts(nodeGroupType)) == 0 {
		return nil
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "aws-auth", "namespace": "kube-system"},
		"data": map[string]any{"mapRoles": c.nodeRoles()},
	}
}

// nodeRoles are the entries that EKS writes for its node groups.
// (docs/reference/aws-workload-eks.md 11.4)
func (c *eksCluster) nodeRoles() string {
	var roles []string
	for _, group := range c.parts(nodeGroupType) {
		if arn := group.String("nodeRoleArn"); !slices.Contains(roles, arn) {
			roles = append(roles, arn)
		}
	}
	var text strings.Builder
	for _, role := range roles {
		fmt.Fprintf(&text, "- groups:\n  - system:bootstrappers\n  - system:nodes\n  rolearn: %s\n  username: system:node:{{EC2PrivateDNSName}}\n", role)
	}
	return text.String()
}

// Defines implements sandbox.Cluster: an add-on brings definitions that are no objects.
func (c *eksCluster) Defines(group string) bool {
	return group == "secrets-store.csi.x-k8s.io" && slices.ContainsFunc(c.parts(addonType), func(addon *sandbox.Object) bool {
		return addon.String("addonName") == "aws-secrets-store-csi-driver-provider"
	})
}

// Address implements sandbox.Cluster.
func (c *eksCluster) Address(name string) map[string]any {
	return map[string]any{"hostname": "k8s-" + name + ".elb.amazonaws.com"}
}

// Balance implements sandbox.Cluster: certificates and subnets must be there.
func (c *eksCluster) Balance(annotations sandbox.Inputs) string {
	const prefix = "alb.ingress.kubernetes.io/"
	for _, arn := range elements(annotations, prefix+"certificate-arn") {
		if !slices.ContainsFunc(c.cloud.OfType(certificateType), func(object *sandbox.Object) bool { return object.String("arn") == arn }) {
			return fmt.Sprintf("Failed deploy model due to CertificateNotFound: Certificate '%s' not found", arn)
		}
	}
	for _, subnet := range elements(annotations, prefix+"subnets") {
		if !slices.ContainsFunc(c.cloud.OfType(subnetType), func(object *sandbox.Object) bool {
			tags, _ := object.Get("tags").(map[string]any)
			return object.Account == c.object.Account && object.Region == c.object.Region && (object.ID == subnet || tags["Name"] == subnet)
		}) {
			return fmt.Sprintf("Failed build model due to couldn't find all subnets, want: [%s]", subnet)
		}
	}
	return ""
}

// elements are those of a list in an annotation.
func elements(annotations sandbox.Inputs, name string) []string {
	text, _ := annotations.Text(name)
	var list []string
	for element := range strings.SplitSeq(text, ",") {
		if element = strings.TrimSpace(element); element != "" {
			list = append(list, element)
		}
	}
	return list
}
