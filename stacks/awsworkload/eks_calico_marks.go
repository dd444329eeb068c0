package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"slices"

	components "github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// FindCalicoMarks finds, in clusters that are there, the objects of Calico's chart that others
// made, such as its operator: the chart can have them only when they are marked as its own
// first (docs/reference/aws-workload-eks.md 6.11). It adds them to existing.
func FindCalicoMarks(ctx context.Context, w *config.AWSWorkload, clusters kubernetes.Clusters, existing map[string]ExistingCluster) error {
	for release, found := range existing {
		if !found.Calico {
			continue
		}
		cluster, err := clusters.Cluster(ctx, w.ClusterARN(release))
		if errors.Is(err, kubernetes.ErrNotFound) {
			continue // it is made anew
		}
		if err != nil {
			return fmt.Errorf("reach the cluster of release %s: %w", release, err)
		}
		for _, object := range components.CalicoObjects() {
			marks, err := cluster.Object(ctx, object.APIVersion, object.Kind, "", object.Name)
			switch {
			case errors.Is(err, kubernetes.ErrNotFound):
			case err != nil:
				return fmt.Errorf("look for %s %s in the cluster of release %s: %w", object.Kind, object.Name, release, err)
			case !marks.OwnedBy(components.TigeraOperator, components.TigeraOperator) && !slices.Contains(found.CalicoMarks, object.Kind):
				found.CalicoMarks = append(found.CalicoMarks, object.Kind)
			}
		}
		existing[release] = found
	}
	return nil
}
