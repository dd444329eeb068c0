package config

// AWSControlRoom is the spec of kind AWSControlRoomConfig.
// (docs/reference/config-and-cli.md 1.12)
type AWSControlRoom struct {
	// Name is the target: the directory the configuration was read from.
	Name string `yaml:"-"`

	AccountID string `yaml:"account_id" required:"true" check:"account-id"`
	Domain    string `yaml:"domain" required:"true" check:"domain"`
	// FrontDoor is a domain with single sign-on in front of Domain; hosts move to it.
	FrontDoor string `yaml:"front_door" check:"domain"`
	Region    string `yaml:"region" default:"us-east-2" blank:"default" check:"aws-region"`
	// HostedZoneID is the parent zone; "" looks it up by name (see ParentZoneName).
	HostedZoneID string `yaml:"hosted_zone_id" check:"zone-id"`
	// PowerUserARN goes before each trusted user's email in the admin role's trust policy.
	PowerUserARN string        `yaml:"power_user_arn" check:"arn"`
	TrustedUsers []TrustedUser `yaml:"trusted_users"`

	DBAllocatedStorage int    `yaml:"db_allocated_storage" default:"100" min:"20" max:"65536"`
	DBEngineVersion    string `yaml:"db_engine_version" default:"16.4" check:"db-engine-version"`
	DBInstanceClass    string `yaml:"db_instance_class" default:"db.t3.small" check:"db-instance-class"`

	EKSK8sVersion string `yaml:"eks_k8s_version" default:"1.30" check:"eks-version" norm:"minor"`
	// The node group starts at its maximum.
	EKSNodeGroupMin     int              `yaml:"eks_node_group_min" default:"3" min:"0"`
	EKSNodeGroupMax     int              `yaml:"eks_node_group_max" default:"3" min:"1"`
	EKSNodeInstanceType string           `yaml:"eks_node_instance_type" default:"m6a.xlarge" check:"instance-type"`
	EKSAccessEntries    EKSAccessEntries `yaml:"eks_access_entries"`
	EBSCSIAddonVersion  string           `yaml:"ebs_csi_addon_version" default:"v1.41.0-eksbuild.1" check:"addon-version"`

	ProtectPersistentResources bool              `yaml:"protect_persistent_resources" default:"true"`
	ResourceTags               map[string]string `yaml:"resource_tags" check:"tags"`
	IgnoreTags                 []string          `yaml:"ignore_tags"`
	// TailscaleEnabled reaches the control room through its subnet router, without a proxy.
	TailscaleEnabled bool `yaml:"tailscale_enabled" default:"true"`
	// WorkspacesEnabled off makes the workspaces step do nothing.
	WorkspacesEnabled bool `yaml:"workspaces_enabled" default:"true"`

	TraefikDeploymentReplicas        int    `yaml:"traefik_deployment_replicas" default:"3" min:"1"`
	GrafanaVersion                   string `yaml:"grafana_version" default:"7.0.14" check:"chart-version"`
	MimirVersion                     string `yaml:"mimir_version" default:"5.1.3" check:"chart-version"`
	MetricsServerVersion             string `yaml:"metrics_server_version" default:"3.11.0" check:"chart-version"`
	SecretStoreCSIVersion            string `yaml:"secret_store_csi_version" default:"1.3.4" check:"chart-version"`
	SecretStoreCSIAWSProviderVersion string `yaml:"secret_store_csi_aws_provider_version" default:"0.3.5" check:"chart-version"`
	TraefikForwardAuthVersion        string `yaml:"traefik_forward_auth_version" default:"0.0.14" check:"chart-version"`

	TraefikVersion          string   `yaml:"traefik_version" default:"24.0.0" noeffect:"Traefik's version is fixed in a control room"`
	AWSLBCVersion           string   `yaml:"aws_lbc_version" default:"1.6.0" noeffect:"the load balancer controller's version is fixed in a control room"`
	ExternalDNSVersion      string   `yaml:"external_dns_version" default:"1.14.4" noeffect:"a control room has no ExternalDNS"`
	KubeStateMetricsVersion string   `yaml:"kube_state_metrics_version" default:"5.16.0" noeffect:"a control room has no kube-state-metrics"`
	TigeraOperatorVersion   string   `yaml:"tigera_operator_version" default:"3.27.2" noeffect:"a control room has no Calico"`
	AWSFSxOpenZFSCSIVersion string   `yaml:"aws_fsx_openzfs_csi_version" default:"1.1.0" noeffect:"a control room has no FSx"`
	ManageECRRepositories   bool     `yaml:"manage_ecr_repositories" default:"false" noeffect:"nothing reads it"`
	TrustedPrincipals       []string `yaml:"trusted_principals" noeffect:"use trusted_users"`
	TrueNameOverride        string   `yaml:"true_name" noeffect:"a control room is named by its directory"`
	EnvironmentOverride     string   `yaml:"environment" noeffect:"a control room is named by its directory"`
}

// TrustedUser is a person who may administer targets and gets a workspace.
type TrustedUser struct {
	Email       string      `yaml:"email" required:"true" check:"email"`
	GivenName   string      `yaml:"given_name" required:"true"`
	FamilyName  string      `yaml:"family_name" required:"true"`
	IPAddresses []IPAddress `yaml:"ip_addresses"`
}

// IPAddress is where a trusted user comes from: an address or a CIDR block.
type IPAddress struct {
	IP      string `yaml:"ip" required:"true" check:"ip-or-cidr"`
	Comment string `yaml:"comment" default:""`
}
