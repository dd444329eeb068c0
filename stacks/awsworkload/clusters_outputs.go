package awsworkload

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/stacks/output"
)

// ClustersOutputs is what the clusters stack gives to later steps.
type ClustersOutputs struct {
	Clusters output.Releases[ClusterSetupOutputs]
}

// ClusterSetupOutputs is what the clusters stack gives of one release.
type ClusterSetupOutputs struct {
	// Namespaces are those that charts and products live in, sorted.
	Namespaces pulumi.StringArrayOutput `pulumi:"*_namespaces"`
	// RoleARNs are the products' roles by what they are for (see aws.ProductRoles).
	RoleARNs pulumi.StringMapOutput `pulumi:"*_role_arns"`
	// TeamOperatorRoleARN and KeycloakRoleARN are of them; "" without Keycloak.
	TeamOperatorRoleARN pulumi.StringOutput `pulumi:"*_team_operator_role_arn"`
	KeycloakRoleARN     pulumi.StringOutput `pulumi:"*_keycloak_role_arn"`
	// What Karpenter's chart and pools refer to: role and profile of the nodes, and the
	// queue, by name. All are "" without autoscaling.
	KarpenterControllerRoleARN pulumi.StringOutput `pulumi:"*_karpenter_controller_role_arn"`
	KarpenterNodeRoleName      pulumi.StringOutput `pulumi:"*_karpenter_node_role_name"`
	KarpenterInstanceProfile   pulumi.StringOutput `pulumi:"*_karpenter_instance_profile"`
	KarpenterQueue             pulumi.StringOutput `pulumi:"*_karpenter_queue"`
}
