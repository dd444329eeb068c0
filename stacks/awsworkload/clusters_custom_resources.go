package awsworkload

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// makeCustomResources makes the target's own objects, after everything that the step
// itself makes in the cluster: they may live in its namespaces and be of its kinds.
// Kinds that a chart of the helm step defines are not there on the first run (facts:
// aws-workload-apps 7.12).
func (s *clusterSetup) makeCustomResources() error {
	var manifests []kubernetes.Manifest
	for _, folder := range s.cluster.CustomK8sResources {
		files, ok := s.in.CustomResources[folder]
		if !ok {
			return fmt.Errorf("folder %s was not read", folder)
		}
		for _, file := range files {
			for _, object := range file.Objects {
				manifests = append(manifests, kubernetes.Manifest{Name: s.customName(file, object), Object: object.Object})
			}
		}
	}
	if len(manifests) == 0 {
		return nil
	}
	after := []pulumi.Resource{s.namespaces}
	after = append(after, s.controller.Definitions...)
	_, err := kubernetes.NewManifests(s.ctx, s.release+"-custom", &kubernetes.ManifestsArgs{
		Manifests: manifests, Labels: map[string]string{config.TagManagedBy: "ptd-clusters"},
	}, s.child, pulumi.DependsOn(after))
	return err
}

// customName is the logical name of an object. Its parts cannot have a slash, so that
// no two objects have the same.
func (s *clusterSetup) customName(file config.CustomResourceFile, object config.CustomResource) string {
	parts := []string{s.release + "-custom-" + file.Folder, file.Stem, object.Name}
	if object.Namespace != "" {
		parts = []string{parts[0], parts[1], object.Namespace, object.Name}
	}
	return strings.Join(parts, "/")
}
