package awsworkload

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// makeCustomResources makes the target's own objects of kinds that are there before
// charts, after everything that the step itself makes in the cluster: they may live in
// its namespaces and be of its kinds, or of Calico's. (facts: aws-workload-apps 7.12)
func (s *clusterSetup) makeCustomResources() error {
	manifests, _, err := customManifests(s.release, s.cluster, s.in.CustomResources)
	if err != nil {
		return err
	}
	after := append([]pulumi.Resource{s.namespaces}, s.controller.Definitions...)
	after = append(after, s.calicoAPI...)
	return makeCustomManifests(s.ctx, s.release, manifests, s.child, pulumi.DependsOn(after))
}
