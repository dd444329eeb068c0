package workload

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// CustomManifests are the objects of the folders that a release lists: those of kinds
// that its cluster, with ptd's Calico or without, knows before charts are installed, for
// step clusters, and those of other kinds, which charts may bring, for step sites. An
// object has the same logical name in both.
func CustomManifests(
	release string, listed []string, calico bool, folders map[string][]config.CustomResourceFile,
) (early, late []kubernetes.Manifest, err error) {
	var manifests []kubernetes.Manifest
	for _, folder := range listed {
		files, ok := folders[folder]
		if !ok {
			return nil, nil, fmt.Errorf("folder %s was not read", folder)
		}
		for _, file := range files {
			for _, object := range file.Objects {
				manifests = append(manifests, kubernetes.Manifest{Name: customName(release, file, object), Object: object.Object})
			}
		}
	}
	early, late = kubernetes.DefinedBeforeCharts(manifests, calico)
	return early, late, nil
}

// MakeCustomManifests makes the objects, if there are any. Their label is that of step
// clusters in every step: users find all of them by it.
func MakeCustomManifests(ctx *pulumi.Context, release string, manifests []kubernetes.Manifest, opts ...pulumi.ResourceOption) error {
	if len(manifests) == 0 {
		return nil
	}
	_, err := kubernetes.NewManifests(ctx, release+"-custom", &kubernetes.ManifestsArgs{
		Manifests: manifests, Labels: map[string]string{config.TagManagedBy: "ptd-clusters"},
	}, opts...)
	return err
}

// customName is the logical name of an object. Its parts cannot have a slash, so that
// no two objects have the same.
func customName(release string, file config.CustomResourceFile, object config.CustomResource) string {
	parts := []string{release + "-custom-" + file.Folder, file.Stem, object.Name}
	if object.Namespace != "" {
		parts = []string{parts[0], parts[1], object.Namespace, object.Name}
	}
	return strings.Join(parts, "/")
}
