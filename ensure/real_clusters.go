package ensure

import (
	"context"
	"fmt"
	"os"

	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// realClusters are the clusters that a kubeconfig leads to, which stand for those of a
// target that the sandbox simulates.
type realClusters struct {
	simulated kubernetes.Clusters
	parts     RealParts
	target    *config.Target
}

// Cluster implements providers/kubernetes.Clusters: the cloud must have the cluster, too.
func (r *realClusters) Cluster(ctx context.Context, identifier string) (kubernetes.Cluster, error) {
	if _, err := r.simulated.Cluster(ctx, identifier); err != nil {
		return nil, err
	}
	workload := r.target.AWSWorkload
	for release := range workload.Clusters {
		if workload.ClusterARN(release) == identifier {
			cluster, err := r.parts.cluster(r.target, workload.ClusterName(release))
			if err == nil && r.parts.Unawaited {
				return unawaitedCluster{cluster}, nil
			}
			return cluster, err
		}
	}
	return nil, fmt.Errorf("reach cluster %s: %w: the target has no such cluster", identifier, kubernetes.ErrNotFound)
}

// cluster reaches the cluster that stands for one of a target's.
func (r RealParts) cluster(target *config.Target, name string) (*kubernetes.APICluster, error) {
	contexts, err := r.Kubernetes.Context(clusterNames(target)...)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the path of ptd, which the kubeconfig may run: %w", err)
	}
	return r.Kubernetes.Cluster(contexts[name], program)
}

// unawaitedCluster is one in which no Helm controller runs: a chart need only be there.
type unawaitedCluster struct{ kubernetes.Cluster }

// Chart implements providers/kubernetes.Cluster.
func (u unawaitedCluster) Chart(ctx context.Context, namespace, name string) (kubernetes.ChartStatus, error) {
	if _, err := u.Cluster.Chart(ctx, namespace, name); err != nil {
		return kubernetes.ChartStatus{}, err
	}
	return kubernetes.ChartStatus{State: kubernetes.ChartInstalled}, nil
}
