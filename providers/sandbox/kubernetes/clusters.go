package kubernetes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	layer "github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/sandbox"
)

// Clusters reaches the clusters of a sandbox.
func Clusters(cloud *sandbox.Cloud, options Options) layer.Clusters {
	return &simulatedClusters{cloud, options}
}

type simulatedClusters struct {
	cloud   *sandbox.Cloud
	options Options
}

// Cluster implements providers/kubernetes.Clusters.
func (s *simulatedClusters) Cluster(_ context.Context, identifier string) (layer.Cluster, error) {
	err := s.cloud.Do(func() error {
		if s.cloud.Cluster(func(cluster sandbox.Cluster) bool { return cluster.Is(identifier) }) == nil {
			return fmt.Errorf("reach cluster %s: %w", identifier, layer.ErrNotFound)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &simulatedCluster{cluster{cloud: s.cloud, account: identifier, options: s.options}}, nil
}

type simulatedCluster struct{ cluster }

// Chart implements providers/kubernetes.Cluster. The job of a failed installation is tried
// again after each time that its failure was told: so a cause that is gone is found by the
// next run, as in a real cluster, where the job never gives up.
func (s *simulatedCluster) Chart(_ context.Context, namespace, name string) (layer.ChartStatus, error) {
	var status layer.ChartStatus
	err := s.cloud.Do(func() error {
		id := namespace + "/" + name
		object := s.cloud.Object(sandbox.Key(helmChartType, s.account, "", id))
		if object == nil {
			return fmt.Errorf("chart %s: %w", id, layer.ErrNotFound)
		}
		failed, _ := condition(object, jobFailed).Text("status")
		message, _ := condition(object, jobFailed).Text("message")
		switch {
		case condition(object, jobCreated) == nil:
			status = layer.ChartStatus{State: layer.ChartPending, Message: fmt.Sprintf("no Helm controller runs for namespace %s", namespace)}
		case failed == "True":
			status = layer.ChartStatus{State: layer.ChartFailed, Message: strings.TrimSpace(message)}
			return s.setStatus(object, s.runHelmChart(id, object.Inputs))
		default:
			release, err := helmChartRelease(object.Inputs)
			if err != nil {
				return err
			}
			kept, err := s.record(release.namespace, release.name)
			if err != nil {
				return err
			}
			status = layer.ChartStatus{State: layer.ChartInstalled}
			if kept == nil {
				status = layer.ChartStatus{State: layer.ChartUninstalled, Message: fmt.Sprintf("Helm has no release %s in namespace %s", release.name, release.namespace)}
			}
		}
		return nil
	})
	return status, err
}

// Reinstall implements providers/kubernetes.Cluster: the controller's job runs once more.
func (s *simulatedCluster) Reinstall(_ context.Context, namespace, name string) error {
	return s.cloud.Do(func() error {
		id := namespace + "/" + name
		object := s.cloud.Object(sandbox.Key(helmChartType, s.account, "", id))
		if object == nil {
			return fmt.Errorf("chart %s: %w", id, layer.ErrNotFound)
		}
		if !s.watched(namespace) {
			return nil
		}
		return s.setStatus(object, s.runHelmChart(id, object.Inputs))
	})
}

// Object implements providers/kubernetes.Cluster.
func (s *simulatedCluster) Object(_ context.Context, apiVersion, kind, namespace, name string) (layer.Marks, error) {
	var marks layer.Marks
	err := s.cloud.Do(func() error {
		id := strings.TrimPrefix(namespace+"/"+name, "/")
		object, err := s.get(tokenOf(sandbox.Inputs{"apiVersion": apiVersion, "kind": kind}), id)
		if err != nil {
			return err
		}
		if object == nil {
			return fmt.Errorf("%s %s: %w", kind, id, layer.ErrNotFound)
		}
		metadata := sandbox.Inputs(object.Inputs).Map("metadata")
		marks = layer.Marks{Labels: texts(metadata.Map("labels")), Annotations: texts(metadata.Map("annotations"))}
		return nil
	})
	return marks, err
}

// texts are the fields that are texts.
func texts(fields sandbox.Inputs) map[string]string {
	found := map[string]string{}
	for name := range fields {
		if text, ok := fields.Text(name); ok {
			found[name] = text
		}
	}
	return found
}

// Made lists what the cloud itself has put into the cluster of an identifier, as an add-on
// does: objects, and definitions. The cloud is locked.
func Made(cloud *sandbox.Cloud, identifier string) (objects []map[string]any) {
	for _, object := range cloud.InAccount(identifier) {
		if object.Provider == name && object.URN == "" && !object.External {
			objects = append(objects, object.Inputs)
		}
	}
	owner := cloud.Cluster(func(owner sandbox.Cluster) bool { return owner.Is(identifier) })
	for _, declared := range slices.Sorted(maps.Keys(definitions())) {
		if owner == nil || !owner.Defines(declared) {
			continue
		}
		for _, kind := range definitions()[declared].all() {
			objects = append(objects, definitions()[declared].definition(kind))
		}
	}
	return objects
}
