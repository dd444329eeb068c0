package aws

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Network is what other components need to know of a VPC, whether ptd made it (Vpc)
// or adopted it (ExistingVpc).
type Network struct {
	ID   pulumi.StringOutput
	CIDR string // the VPC's address block
	// PrivateSubnetIDs are in zone order for a VPC that ptd made, in the order of
	// the EC2 API for an adopted one. Components that take the first of them rely
	// on it, and on each being known by itself: one that is new does not make the
	// others unknown in a preview, as it would in an output of the whole list.
	PrivateSubnetIDs pulumi.StringArray
	// PublicSubnetIDs is empty for an adopted VPC.
	PublicSubnetIDs      pulumi.StringArray
	PrivateRouteTableIDs pulumi.StringArrayOutput
	// EndpointSubnetIDs are the subnets, one a zone, that interface endpoints get
	// an address in.
	EndpointSubnetIDs pulumi.StringArray
	// Zones is how many of them there are, which is known before they are.
	Zones                   int
	EndpointSecurityGroupID pulumi.StringOutput // lets in HTTPS from CIDR

	// keepEndpointSubnets: see NewInterfaceEndpoint.
	keepEndpointSubnets bool
	// adopted: a zone may have several of the private subnets.
	adopted bool
}

// tags merges tag sets, later ones over earlier ones.
func tags(sets ...map[string]string) pulumi.StringMap {
	merged := map[string]string{}
	for _, set := range sets {
		maps.Copy(merged, set)
	}
	return pulumi.ToStringMap(merged)
}

// nameTag is the tag set that names a resource.
func nameTag(name string) map[string]string { return map[string]string{"Name": name} }
