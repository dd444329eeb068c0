package step

import (
	"context"
	"fmt"
	"time"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/kubernetes"
)

// How long a chart may take to be installed, and how often to look.
const (
	chartTimeout  = 15 * time.Minute
	chartInterval = 3 * time.Second
)

// AwaitChart waits until the Helm controller of a cluster has installed a chart (the
// HelmChart object of this namespace and name), at most 15 minutes. It is an error if the
// controller could not, and ErrInterrupted when the user does not want to wait. A chart that
// somebody has uninstalled is installed again, which again tells.
func AwaitChart(ctx context.Context, clusters kubernetes.Clusters, identifier, namespace, name string) (again bool, err error) {
	cluster, err := clusters.Cluster(ctx, identifier)
	if err != nil {
		return false, fmt.Errorf("reach the cluster %s: %w", identifier, err)
	}
	deadline, interrupts := time.After(chartTimeout), engine.InterruptsOf(ctx)
	for {
		status, err := cluster.Chart(ctx, namespace, name)
		switch {
		case err != nil:
			return again, fmt.Errorf("look at chart %s/%s: %w", namespace, name, err)
		case status.State == kubernetes.ChartInstalled:
			return again, nil
		case status.State == kubernetes.ChartFailed:
			return again, fmt.Errorf("the Helm controller could not install it: %s", status.Message)
		case status.State == kubernetes.ChartUninstalled && !again:
			if err := cluster.Reinstall(ctx, namespace, name); err != nil {
				return false, fmt.Errorf("install it again, which somebody has uninstalled (%s): %w", status.Message, err)
			}
			again = true
			continue
		}
		select {
		case <-time.After(chartInterval):
		case <-deadline:
			return again, fmt.Errorf("it was not installed after %v: %s", chartTimeout, status.Message)
		case <-interrupts.Cancel:
			return again, ErrInterrupted
		case <-ctx.Done():
			return again, ctx.Err()
		}
	}
}
