package awsworkload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/stacks/workload"
)

// makeCustomResources makes the target's own objects of kinds that are there before
// charts, after everything that the step itself makes in the cluster: they may live in
// its namespaces and be of its kinds, or of Calico's.
// (docs/reference/aws-workload-apps.md 7.12)
func (s *clusterSetup) makeCustomResources() error {
	manifests, _, err := workload.CustomManifests(s.release, s.cluster.CustomK8sResources, s.cluster.CalicoEnabled, s.in.CustomResources)
	if err != nil {
		return err
	}
	after := append([]pulumi.Resource{s.namespaces}, s.controller.Definitions...)
	after = append(after, s.calicoAPI...)
	return workload.MakeCustomManifests(s.ctx, s.release, manifests, s.child, pulumi.DependsOn(after))
}
