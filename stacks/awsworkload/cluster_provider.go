package awsworkload

import (
	"fmt"

	pulumikubernetes "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// clusterProvider makes the Kubernetes provider of a release's cluster, one a stack and
// release, named {cluster}-k8s. It is identified by the cluster's ARN, which the names
// give, so that it is known before the cluster is. (docs/reference/aws-workload-eks.md 9)
func clusterProvider(
	ctx *pulumi.Context, workload *config.AWSWorkload, targetName, release string, cluster ClusterOutputs, opts ...pulumi.ResourceOption,
) (*pulumikubernetes.Provider, error) {
	name := workload.ClusterName(release)
	args := kubernetes.Args{
		Target:               targetName,
		Cluster:              name,
		Identifier:           workload.ClusterARN(release),
		Endpoint:             cluster.Endpoint,
		CertificateAuthority: cluster.CertificateAuthority,
	}
	if !workload.TailscaleEnabled {
		args.ProxyURL = kubernetes.ProxyURL
	}
	provider, err := kubernetes.NewProvider(ctx, name+"-k8s", args, opts...)
	if err != nil {
		return nil, fmt.Errorf("release %s: %w", release, err)
	}
	return provider, nil
}
