// Package kubernetes is the edge to Kubernetes clusters: the explicit Pulumi provider
// that the stacks use, and the narrow interface behind the check that charts are
// installed.
package kubernetes

import (
	"context"
	"errors"
)

// ErrNotFound says that there is no such chart in the cluster.
var ErrNotFound = errors.New("not found")

// Clusters reaches clusters by their identifier (an EKS cluster's ARN).
type Clusters interface {
	Cluster(ctx context.Context, identifier string) (Cluster, error)
}

// Cluster is one cluster.
type Cluster interface {
	// Chart tells how far the Helm controller is with a HelmChart object; ErrNotFound
	// when there is none.
	Chart(ctx context.Context, namespace, name string) (ChartStatus, error)
	// Reinstall makes the Helm controller install a chart once more that it has installed, and
	// somebody else has uninstalled: it does nothing by itself as long as the HelmChart object
	// stays as it is. ErrNotFound when there is no such object.
	Reinstall(ctx context.Context, namespace, name string) error
	// Object reads what an object is marked with; namespace is "" for what is in none. It is
	// ErrNotFound when there is no such object, or no such kind.
	Object(ctx context.Context, apiVersion, kind, namespace, name string) (Marks, error)
}

// Marks are what an object is marked with.
type Marks struct{ Labels, Annotations map[string]string }

// OwnedBy tells whether Helm takes the object for one of a release.
func (m Marks) OwnedBy(release, namespace string) bool {
	return m.Labels["app.kubernetes.io/managed-by"] == "Helm" &&
		m.Annotations["meta.helm.sh/release-name"] == release && m.Annotations["meta.helm.sh/release-namespace"] == namespace
}

// ChartStatus is how far an installation, or the newest change of it, is.
type ChartStatus struct {
	State ChartState
	// Message says what failed, or what is waited for.
	Message string
}

// ChartState is the state of an installation.
type ChartState string

// The states of an installation. Failed is final until the chart is changed. Uninstalled is one
// that was installed, and that Helm knows nothing of any more.
const (
	ChartPending     ChartState = "pending"
	ChartInstalled   ChartState = "installed"
	ChartFailed      ChartState = "failed"
	ChartUninstalled ChartState = "uninstalled"
)
