package awsworkload

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ClustersOutputs is what the clusters stack gives to later steps, of each release.
type ClustersOutputs struct {
	// Namespaces are those that charts and products live in, sorted.
	Namespaces map[string]pulumi.StringArrayOutput `pulumi:"*_namespaces"`
	// RoleARNs are the products' roles by what they are for (see aws.ProductRoles).
	RoleARNs map[string]pulumi.StringMapOutput `pulumi:"*_role_arns"`
	// TeamOperatorRoleARNs and KeycloakRoleARNs are of them; "" without Keycloak.
	TeamOperatorRoleARNs map[string]pulumi.StringOutput `pulumi:"*_team_operator_role_arn"`
	KeycloakRoleARNs     map[string]pulumi.StringOutput `pulumi:"*_keycloak_role_arn"`
	// What Karpenter's chart and pools refer to: role and profile of the nodes, and the
	// queue, by name. All are "" without autoscaling.
	KarpenterControllerRoleARNs map[string]pulumi.StringOutput `pulumi:"*_karpenter_controller_role_arn"`
	KarpenterNodeRoleNames      map[string]pulumi.StringOutput `pulumi:"*_karpenter_node_role_name"`
	KarpenterInstanceProfiles   map[string]pulumi.StringOutput `pulumi:"*_karpenter_instance_profile"`
	KarpenterQueues             map[string]pulumi.StringOutput `pulumi:"*_karpenter_queue"`
}

// ClusterSetupOutputs is what the clusters stack gives of one release.
type ClusterSetupOutputs struct {
	Namespaces                               pulumi.StringArrayOutput
	RoleARNs                                 pulumi.StringMapOutput
	TeamOperatorRoleARN, KeycloakRoleARN     pulumi.StringOutput
	KarpenterControllerRoleARN               pulumi.StringOutput
	KarpenterNodeRoleName                    pulumi.StringOutput
	KarpenterInstanceProfile, KarpenterQueue pulumi.StringOutput
}

// Add takes the outputs of a release in.
func (o *ClustersOutputs) Add(release string, setup ClusterSetupOutputs) {
	if o.Namespaces == nil {
		o.Namespaces, o.RoleARNs = map[string]pulumi.StringArrayOutput{}, map[string]pulumi.StringMapOutput{}
	}
	o.Namespaces[release], o.RoleARNs[release] = setup.Namespaces, setup.RoleARNs
	for _, field := range o.fields(&setup) {
		if *field.all == nil {
			*field.all = map[string]pulumi.StringOutput{}
		}
		(*field.all)[release] = *field.one
	}
}

// Cluster returns the outputs of a release. A release that the clusters step has not
// set up yet is unknown in a preview, and an error in a run.
func (o *ClustersOutputs) Cluster(ctx *pulumi.Context, release string) (ClusterSetupOutputs, error) {
	var setup ClusterSetupOutputs
	unknown := pulumi.UnsafeUnknownOutput(nil)
	missing := false
	for _, field := range o.fields(&setup) {
		output, ok := (*field.all)[release]
		if missing = missing || !ok; !ok {
			output = unknown.ApplyT(func(any) string { return "" }).(pulumi.StringOutput)
		}
		*field.one = output
	}
	var ok bool
	if setup.Namespaces, ok = o.Namespaces[release]; !ok {
		missing = true
		setup.Namespaces = unknown.ApplyT(func(any) []string { return nil }).(pulumi.StringArrayOutput)
	}
	if setup.RoleARNs, ok = o.RoleARNs[release]; !ok {
		missing = true
		setup.RoleARNs = unknown.ApplyT(func(any) map[string]string { return nil }).(pulumi.StringMapOutput)
	}
	if missing && !ctx.DryRun() {
		return setup, fmt.Errorf("step clusters has not set up the cluster of release %s yet: run it first", release)
	}
	return setup, nil
}

func (o *ClustersOutputs) fields(s *ClusterSetupOutputs) []eksField[pulumi.StringOutput] {
	return []eksField[pulumi.StringOutput]{
		{&o.TeamOperatorRoleARNs, &s.TeamOperatorRoleARN}, {&o.KeycloakRoleARNs, &s.KeycloakRoleARN},
		{&o.KarpenterControllerRoleARNs, &s.KarpenterControllerRoleARN},
		{&o.KarpenterNodeRoleNames, &s.KarpenterNodeRoleName},
		{&o.KarpenterInstanceProfiles, &s.KarpenterInstanceProfile}, {&o.KarpenterQueues, &s.KarpenterQueue},
	}
}
