package config

// WorkloadCommon holds the keys that AWS and Azure workloads share.
// (docs/reference/config-and-cli.md 1.3)
type WorkloadCommon struct {
	// Name is the target: the directory the configuration was read from.
	Name string `yaml:"-"`

	// TrueNameOverride and EnvironmentOverride win over the split of the directory name.
	TrueNameOverride    string `yaml:"true_name" check:"name"`
	EnvironmentOverride string `yaml:"environment" enum:"development,staging,production,validation"`

	// ControlRoom* say where the control room is; a workload without them has none.
	// Account and cluster name are given together or not at all; without a region it is the
	// control room's own when it is in the tree, else us-east-2.
	ControlRoomAccountID   string `yaml:"control_room_account_id" check:"account-id"`
	ControlRoomClusterName string `yaml:"control_room_cluster_name" check:"control-room-name"`
	// ControlRoomDomain is the control room's domain or front door; "" sends no metrics to it.
	ControlRoomDomain      string `yaml:"control_room_domain" check:"domain"`
	ControlRoomRegion      string `yaml:"control_room_region" check:"aws-region"`
	ControlRoomRoleName    string `yaml:"control_room_role_name" noeffect:"the control room is reached with its admin role"`
	ControlRoomStateBucket string `yaml:"control_room_state_bucket" noeffect:"the state bucket is named after the control room"`
	// FilterControlRoomMetrics forwards only the metrics that shipped alerts and dashboards use.
	FilterControlRoomMetrics bool `yaml:"filter_control_room_metrics" default:"false"`

	NetworkTrust NetworkTrust `yaml:"network_trust" default:"FULL" enum:"ZERO,SAMESITE,FULL" fold:"true"`
	// TenantName labels metrics and logs; "" means the compound name (see Tenant).
	TenantName                 string            `yaml:"tenant_name"`
	ThirdPartyTelemetryEnabled bool              `yaml:"third_party_telemetry_enabled" default:"true"`
	ResourceTags               map[string]string `yaml:"resource_tags" check:"tags"`
	// ProtectPersistentResources protects durable resources; off also skips RDS final snapshots.
	ProtectPersistentResources bool `yaml:"protect_persistent_resources" default:"true"`
	// AllowUnknownSiteFields lets fields through that ptd does not know in site.yaml, for
	// operators newer than ptd.
	AllowUnknownSiteFields bool `yaml:"allow_unknown_site_fields" default:"false"`

	// AppendSiteLists appends the lists of site.yaml to ptd's, as the programs in Python did; off, they take their place.
	AppendSiteLists bool `yaml:"append_site_lists" default:"false"`

	// Domain moved to the site called main.
	Domain string `yaml:"domain" noeffect:"set sites.main.spec.domain instead"`
}

// NetworkTrust is how far sites trust each other on the network.
type NetworkTrust string

// Level is the number the operator and the network policies work with: ZERO 0,
// SAMESITE 50, FULL 100.
func (n NetworkTrust) Level() int {
	switch n {
	case "ZERO":
		return 0
	case "SAMESITE":
		return 50
	default:
		return 100
	}
}

// AWSWorkload is the spec of kind AWSWorkloadConfig.
// (docs/reference/config-and-cli.md 1.3, 1.4)
type AWSWorkload struct {
	WorkloadCommon `yaml:",inline"`
	Given          GivenKeys `yaml:"-"`

	// HostedZoneID is another name of the zone_id of site main.
	HostedZoneID string `yaml:"hosted_zone_id" check:"zone-id"`

	AccountID string                `yaml:"account_id" required:"true" check:"account-id"`
	Region    string                `yaml:"region" required:"true" check:"aws-region"`
	Clusters  map[string]AWSCluster `yaml:"clusters" keycheck:"release" nested:"spec" siblings:"vpc_id,=unread"`
	Sites     map[string]AWSSite    `yaml:"sites" required:"true" keycheck:"site" nested:"spec" siblings:"*"`

	// Profile is a profile of the shared AWS configuration; CustomRole is assumed with it.
	Profile    string      `yaml:"profile"`
	CustomRole *CustomRole `yaml:"custom_role"`
	// CreateAdminPolicyAsResource makes bootstrap create the policy PositTeamDedicatedAdmin.
	CreateAdminPolicyAsResource bool     `yaml:"create_admin_policy_as_resource" default:"false"`
	ExternalID                  string   `yaml:"external_id" check:"uuid" noeffect:"use custom_role.external_id"`
	RoleARN                     string   `yaml:"role_arn" check:"role-arn" noeffect:"use profile and custom_role.role_arn"`
	TrustedPrincipals           []string `yaml:"trusted_principals" noeffect:"nothing reads it"`
	DomainSource                string   `yaml:"domain_source" default:"LABEL" enum:"LABEL,ANNOTATION_JSON,ROUTE53_PRIVATE_ZONE" noeffect:"nothing reads it"`
	// IgnoreTags are exact AWS tag keys that others set and the provider leaves alone.
	IgnoreTags []string `yaml:"ignore_tags"`
	// AWSQuotas are the quotas of the account that are more than AWS' defaults.
	AWSQuotas AWSQuotas `yaml:"aws_quotas"`

	// VpcCIDR is the block of a VPC that ptd makes, at least a /20; "" derives one
	// (see ResolvedVpcCIDR).
	VpcCIDR        string          `yaml:"vpc_cidr" check:"vpc-cidr"`
	VpcAZCount     int             `yaml:"vpc_az_count" default:"3" min:"1" max:"3"`
	VpcEndpoints   VpcEndpoints    `yaml:"vpc_endpoints"`
	ProvisionedVpc *ProvisionedVpc `yaml:"provisioned_vpc"`
	// ExistingFlowLogTargetARNs are destinations of VPC flow logs besides ptd's own.
	ExistingFlowLogTargetARNs []string `yaml:"existing_flow_log_target_arns" check:"flow-log-target"`
	// FlowLogRetentionDays is how long ptd's own flow logs are kept.
	FlowLogRetentionDays int `yaml:"flow_log_retention_days" default:"30" min:"1" max:"3653"`

	// TailscaleEnabled makes a Tailscale subnet router instead of a bastion, and no proxy.
	TailscaleEnabled    bool   `yaml:"tailscale_enabled" default:"false"`
	BastionInstanceType string `yaml:"bastion_instance_type" default:"t4g.nano" check:"instance-type"`
	// BastionAMI pins the bastion's image (arm64). "" takes the newest when the bastion
	// is created, and ignores newer ones from then on.
	BastionAMI string `yaml:"bastion_ami" default:"" check:"ami-id"`
	// CustomerManagedBastionID is an instance to go through instead of making one.
	CustomerManagedBastionID string `yaml:"customer_managed_bastion_id" check:"instance-id"`

	// DBAllocatedStorage and DBMaxAllocatedStorage are in GiB; the latter is the limit
	// of storage autoscaling, 0 for none.
	DBAllocatedStorage           int    `yaml:"db_allocated_storage" default:"100" min:"20" max:"65536"`
	DBMaxAllocatedStorage        int    `yaml:"db_max_allocated_storage" default:"0" min:"20" max:"65536"`
	DBDeletionProtection         bool   `yaml:"db_deletion_protection" default:"false"`
	DBEngineVersion              string `yaml:"db_engine_version" default:"15.18" check:"db-engine-version"`
	DBInstanceClass              string `yaml:"db_instance_class" default:"db.t3.small" check:"db-instance-class"`
	DBPerformanceInsightsEnabled bool   `yaml:"db_performance_insights_enabled" default:"false"`
	// DBParameters are settings of the server besides ptd's, over which they win.
	DBParameters map[string]string `yaml:"db_parameters" keycheck:"db-parameter"`
	// DBAllowMajorVersionUpgrade lets a new major version in db_engine_version take
	// effect, at once and with a restart.
	DBAllowMajorVersionUpgrade bool `yaml:"db_allow_major_version_upgrade" default:"false"`
	// ExtraPostgresDBs are databases, each with a role of its name (see ExtraPostgresDBNames).
	ExtraPostgresDBs []string `yaml:"extra_postgres_dbs" check:"db-name"`
	// ExtraPostgresExtensions are created in every database besides those ptd needs.
	ExtraPostgresExtensions []string `yaml:"extra_postgres_extensions" check:"extension"`
	// ProductDatabases says who makes the databases and roles of the products: ptd
	// (postgres_config), or team-operator; "" for whoever has made those that are there, and
	// ptd where there are none.
	ProductDatabases string `yaml:"product_databases" enum:"ptd,team-operator"`

	FSxOpenZFSDailyAutomaticBackupStartTime string `yaml:"fsx_openzfs_daily_automatic_backup_start_time" default:"02:00" check:"hh:mm"`
	FSxOpenZFSMultiAZ                       bool   `yaml:"fsx_openzfs_multi_az" default:"true"`
	// FSxOpenZFSOverrideDeploymentType wins over FSxOpenZFSMultiAZ (see FSxDeploymentType).
	FSxOpenZFSOverrideDeploymentType string `yaml:"fsx_openzfs_override_deployment_type" enum:"SINGLE_AZ_1,SINGLE_AZ_2,SINGLE_AZ_HA_1,SINGLE_AZ_HA_2,MULTI_AZ_1"`
	// FSxOpenZFSStorageCapacity is in GiB, FSxOpenZFSThroughputCapacity in MB/s.
	FSxOpenZFSStorageCapacity    int `yaml:"fsx_openzfs_storage_capacity" default:"100" min:"64" max:"524288"`
	FSxOpenZFSThroughputCapacity int `yaml:"fsx_openzfs_throughput_capacity" default:"320" min:"64" max:"10240"`
	// EFS is the file system that ptd makes when asked; efs_config of a cluster names one
	// that is there already.
	EFS EFS `yaml:"efs"`

	// ForceDestroyBuckets lets destroy delete buckets that still hold objects.
	ForceDestroyBuckets bool `yaml:"force_destroy_buckets" default:"false"`

	// HostedZoneManagementEnabled makes zones and certificates; without it every site
	// brings its certificate.
	HostedZoneManagementEnabled bool `yaml:"hosted_zone_management_enabled" default:"true"`
	ExternalDNSEnabled          bool `yaml:"external_dns_enabled" default:"true"`
	LoadBalancerPerSite         bool `yaml:"load_balancer_per_site" default:"false"`
	PublicLoadBalancer          bool `yaml:"public_load_balancer" default:"true"`

	// ExtraClusterOIDCURLs are issuers that the service-account roles trust besides
	// those of the workload's clusters.
	ExtraClusterOIDCURLs []string `yaml:"extra_cluster_oidc_urls" check:"https-url"`
	// AutoscalingEnabled installs Karpenter; every cluster then needs karpenter_config.
	AutoscalingEnabled bool `yaml:"autoscaling_enabled" default:"false"`
	// GrafanaScrapeSystemLogs runs Alloy privileged, with the nodes' logs mounted.
	GrafanaScrapeSystemLogs bool `yaml:"grafana_scrape_system_logs" default:"false"`
	KeycloakEnabled         bool `yaml:"keycloak_enabled" default:"false"`
	// CertManagerEnabled installs cert-manager; ptd's own certificates come from ACM.
	CertManagerEnabled bool `yaml:"cert_manager_enabled" default:"false"`
	// BedrockEnabled lets sessions use the models of Amazon Bedrock.
	BedrockEnabled   bool `yaml:"bedrock_enabled" default:"true"`
	NvidiaGPUEnabled bool `yaml:"nvidia_gpu_enabled" default:"false"`
	// SecretsStoreAddonEnabled takes the EKS add-on instead of the two Helm charts.
	SecretsStoreAddonEnabled bool `yaml:"secrets_store_addon_enabled" default:"true"`
}

// CustomRole is a role to assume instead of the admin role.
type CustomRole struct {
	RoleARN    string `yaml:"role_arn" required:"true" check:"role-arn"`
	ExternalID string `yaml:"external_id" required:"true"`
}

// ProvisionedVpc is a VPC that is there already and belongs to somebody else.
type ProvisionedVpc struct {
	VpcID string `yaml:"vpc_id" required:"true" check:"any-vpc-id"`
	CIDR  string `yaml:"cidr" required:"true" check:"any-vpc-cidr"`
	// PrivateSubnets are values of the subnets' Name tag.
	PrivateSubnets []string `yaml:"private_subnets"`
}

// VpcEndpoints says which of the standard endpoints a VPC made by ptd gets.
type VpcEndpoints struct {
	Enabled          bool     `yaml:"enabled" default:"true"`
	ExcludedServices []string `yaml:"excluded_services" enum:"ec2,ec2messages,fsx,kms,s3,ssm,ssmmessages"`
}

// EFS is a file system made by ptd.
type EFS struct {
	Enabled        bool   `yaml:"enabled" default:"false"`
	ThroughputMode string `yaml:"throughput_mode" default:"elastic" enum:"bursting,elastic"`
	// TransitionToIA is after how long files move to infrequent access; "" is never.
	TransitionToIA string `yaml:"transition_to_ia" default:"" enum:"AFTER_1_DAY,AFTER_7_DAYS,AFTER_14_DAYS,AFTER_30_DAYS,AFTER_60_DAYS,AFTER_90_DAYS,AFTER_180_DAYS,AFTER_270_DAYS,AFTER_365_DAYS"`
}

// AWSSite is a site's spec. Sites that share a domain share its zone and certificate;
// the first by name decides about them (see Domains). (docs/reference/config-and-cli.md 1.5)
type AWSSite struct {
	_ struct{} `kebab:"true"`

	Domain     string `yaml:"domain" required:"true" check:"domain"`
	DomainType string `yaml:"domain_type" noeffect:"nothing reads it"`
	// UseTraefikForwardAuth needs components.traefik_forward_auth_version.
	UseTraefikForwardAuth bool `yaml:"use_traefik_forward_auth" default:"false"`
	// TraefikForwardAuthIssuer is the URL of the OIDC issuer of that login.
	TraefikForwardAuthIssuer string `yaml:"traefik_forward_auth_issuer" default:"https://posit.okta.com" check:"https-url"`
	CertificateARN           string `yaml:"certificate_arn" check:"certificate-arn"`
	// CertificateValidationEnabled waits for the certificate; its records are always made.
	CertificateValidationEnabled bool   `yaml:"certificate_validation_enabled" default:"true"`
	ZoneID                       string `yaml:"zone_id" check:"zone-id"`
	PrivateZone                  bool   `yaml:"private_zone" default:"false"`
	// VpcAssociations are VPCs of the private zone besides the workload's own.
	VpcAssociations             []string `yaml:"vpc_associations" check:"vpc-id"`
	AutoAssociateProvisionedVpc bool     `yaml:"auto_associate_provisioned_vpc" default:"true"`
	// ExtraSecretARNs are secrets that the site's products, and the Team Operator, read besides
	// those that ptd names: ARNs, in which * stands for any text and ? for a character.
	ExtraSecretARNs []string `yaml:"extra_secret_arns" check:"secret-arn"`
	TLSSecrets      any      `yaml:"tls_secrets" noeffect:"the load balancer ends TLS, with certificate_arn or a certificate of ptd's"`
}
