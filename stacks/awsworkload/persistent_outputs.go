package awsworkload

import (
	"cmp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/stacks/config"
)

// PersistentOutputs is what the persistent stack gives to later steps and to people
// (docs/reference/aws-workload-base.md 5.5). Those marked optional are unknown to state that
// the Python programs wrote.
type PersistentOutputs struct {
	// BastionID is the instance that the proxy goes through; "" with Tailscale.
	BastionID pulumi.StringOutput `pulumi:"bastion_id"`
	// AccessSecurityGroupID is the group of ptd's own bastion or Tailscale router, which
	// clusters let in; "" when the bastion is the customer's.
	AccessSecurityGroupID pulumi.StringOutput `pulumi:"access_security_group_id,optional"`

	VpcID   pulumi.StringOutput `pulumi:"vpc"`
	VpcCIDR pulumi.StringOutput `pulumi:"vpc_cidr,optional"` // see vpcCIDR

	PrivateSubnetIDs pulumi.StringArrayOutput `pulumi:"private_subnet_ids"`
	// SubnetIDs are the private subnets too.
	SubnetIDs pulumi.StringArrayOutput `pulumi:"subnet_ids"`

	DB        pulumi.StringOutput `pulumi:"db"`         // the RDS identifier
	DBAddress pulumi.StringOutput `pulumi:"db_address"` // the host name
	RDSHost   pulumi.StringOutput `pulumi:"rds_host"`   // the host name too
	// DBSecretARN is the secret, kept and rotated by RDS, with the keys username and password.
	DBSecretARN pulumi.StringOutput `pulumi:"db_secret_arn"`
	DBURL       pulumi.StringOutput `pulumi:"db_url"` // without user and password

	PackageManagerBucket pulumi.StringOutput `pulumi:"packagemanager_bucket"`
	ChronicleBucket      pulumi.StringOutput `pulumi:"chronicle_bucket"`
	MimirBucket          pulumi.StringOutput `pulumi:"mimir_bucket"`
	LokiBucket           pulumi.StringOutput `pulumi:"loki_bucket,optional"`
	MimirPassword        pulumi.StringOutput `pulumi:"mimir_password"` // secret

	FSDNSName      pulumi.StringOutput `pulumi:"fs_dns_name"`
	FSRootVolumeID pulumi.StringOutput `pulumi:"fs_root_volume_id"`
	FSID           pulumi.StringOutput `pulumi:"fs_id,optional"`
	// EFSID is the file system that ptd made, EFSAccessPointID the way to its root; ""
	// when it made none.
	EFSID            pulumi.StringOutput `pulumi:"efs_id,optional"`
	EFSAccessPointID pulumi.StringOutput `pulumi:"efs_access_point_id,optional"`
	// The groups that nodes join to reach the file systems; that of EFS is "" when
	// nothing uses EFS.
	NodesFSxSecurityGroupID pulumi.StringOutput `pulumi:"eks_nodes_fsx_nfs_security_group_id,optional"`
	NodesEFSSecurityGroupID pulumi.StringOutput `pulumi:"eks_nodes_efs_nfs_security_group_id,optional"`

	// CertARNs are in the order of each domain's first site by name; CertificateARNs are by
	// domain (see certificatesOf).
	CertARNs        pulumi.StringArrayOutput `pulumi:"cert_arns"`
	CertificateARNs pulumi.StringMapOutput   `pulumi:"certificate_arns,optional"`

	DomainNSMap pulumi.StringArrayMapOutput `pulumi:"domain_ns_map"` // domain: name servers
	// HostedZoneNameServers says of each site its domain, name_servers and zone_id.
	HostedZoneNameServers pulumi.MapMapOutput `pulumi:"hosted_zone_name_servers"`
	// CertificateValidationRecords lists by domain the name, type and value of records.
	CertificateValidationRecords pulumi.StringMapArrayMapOutput `pulumi:"certificate_validation_records"`
	// HostedZoneInfo says that others manage the zones; "" when ptd does.
	HostedZoneInfo pulumi.StringOutput    `pulumi:"hosted_zone_info,optional"`
	ZoneIDs        pulumi.StringMapOutput `pulumi:"zone_ids,optional"` // domain: zone

	// OIDCIssuers are all issuers that the service-account roles trust, sorted.
	OIDCIssuers pulumi.StringArrayOutput `pulumi:"oidc_issuers,optional"`
	// ClusterOIDCIssuers are those of them that are the clusters', and not of
	// extra_cluster_oidc_urls alone. The next ordinary run passes them in again, so that it
	// does not undo persistent_reprise.
	ClusterOIDCIssuers pulumi.StringArrayOutput `pulumi:"cluster_oidc_issuers,optional"`
	// RoleARNs are the service-account roles by what uses them ("loki", "external-dns", ...).
	RoleARNs              pulumi.StringMapOutput `pulumi:"role_arns,optional"`
	TeamOperatorPolicyARN pulumi.StringOutput    `pulumi:"team_operator_policy_arn,optional"`
}

// vpcCIDR is the address block of the VPC. What state of before there was this output does
// not tell, the configuration does.
func (o *PersistentOutputs) vpcCIDR(workload *config.AWSWorkload) pulumi.StringOutput {
	return apply.To(o.VpcCIDR, func(made string) string { return cmp.Or(made, workload.ResolvedVpcCIDR()) }).(pulumi.StringOutput)
}
