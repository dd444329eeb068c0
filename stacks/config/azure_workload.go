package config

// AzureWorkload is the spec of kind AzureWorkloadConfig.
// (docs/reference/config-and-cli.md 1.3, 1.9)
type AzureWorkload struct {
	WorkloadCommon `yaml:",inline"`

	HostedZoneID string `yaml:"hosted_zone_id" noeffect:"set root_domain, or the domains of sites"`

	SubscriptionID string                  `yaml:"subscription_id" required:"true" check:"uuid"`
	TenantID       string                  `yaml:"tenant_id" required:"true" check:"uuid"`
	Region         string                  `yaml:"region" required:"true" check:"azure-region"`
	Network        AzureNetwork            `yaml:"network" required:"true"`
	Clusters       map[string]AzureCluster `yaml:"clusters" keycheck:"release"`
	Sites          map[string]AzureSite    `yaml:"sites" required:"true" keycheck:"site" nested:"spec" siblings:"*"`

	// AdminGroupID is the object id of the group that bootstrap makes administrator.
	AdminGroupID        string `yaml:"admin_group_id" check:"uuid"`
	BastionInstanceType string `yaml:"bastion_instance_type" default:"Standard_B1s" check:"vm-size"`
	// PPMFileShareSizeGiB is the size of Package Manager's file share.
	PPMFileShareSizeGiB int `yaml:"ppm_file_share_size_gib" default:"100" min:"1"`
	// RootDomain makes one zone, certificate and role scope for all sites instead of one each.
	RootDomain string `yaml:"root_domain" check:"domain"`

	NvidiaGPUEnabled            bool   `yaml:"nvidia_gpu_enabled" default:"false"`
	AutomatedVolumeProvisioning bool   `yaml:"automated_volume_provisioning" default:"false"`
	NetappBackupRetentionDays   int    `yaml:"netapp_backup_retention_days" default:"30" min:"1"`
	NetappDailyBackupStartTime  string `yaml:"netapp_daily_backup_start_time" default:"02:00" check:"hh:mm"`
	NetappSnapshotsToKeep       int    `yaml:"netapp_snapshots_to_keep" default:"7" min:"1" max:"255"`
	// Netapp*Capacity are in GiB.
	NetappVolumeConnectCapacity         int `yaml:"netapp_volume_connect_capacity" default:"200" min:"50"`
	NetappVolumeWorkbenchCapacity       int `yaml:"netapp_volume_workbench_capacity" default:"200" min:"50"`
	NetappVolumeWorkbenchSharedCapacity int `yaml:"netapp_volume_workbench_shared_capacity" default:"50" min:"50"`
}

// AzureNetwork is the network of an Azure workload: every subnet is given.
type AzureNetwork struct {
	PrivateSubnetCIDR    string `yaml:"private_subnet_cidr" required:"true" check:"cidr"`
	DBSubnetCIDR         string `yaml:"db_subnet_cidr" required:"true" check:"cidr"`
	NetappSubnetCIDR     string `yaml:"netapp_subnet_cidr" required:"true" check:"cidr"`
	AppGatewaySubnetCIDR string `yaml:"app_gateway_subnet_cidr" required:"true" check:"cidr"`
	BastionSubnetCIDR    string `yaml:"bastion_subnet_cidr" required:"true" check:"cidr"`
	// PublicSubnetCIDR makes a public subnet with a NAT gateway.
	PublicSubnetCIDR string `yaml:"public_subnet_cidr" check:"cidr"`
	// VnetCIDR makes a network; ProvisionedVnetName uses one that is there.
	VnetCIDR            string `yaml:"vnet_cidr" check:"cidr"`
	ProvisionedVnetName string `yaml:"provisioned_vnet_name"`
	ProvisionedVnetID   string `yaml:"provisioned_vnet_id" noeffect:"use provisioned_vnet_name"`
	// VnetRsgName is the resource group of network, bastion and jump box; "" is the workload's.
	VnetRsgName               string             `yaml:"vnet_rsg_name"`
	PrivateSubnetRouteTableID string             `yaml:"private_subnet_route_table_id"`
	DNSForwardDomains         []DNSForwardDomain `yaml:"dns_forward_domains"`
	// CustomerManagedNetwork leaves the subnets' address prefixes alone.
	CustomerManagedNetwork bool `yaml:"customer_managed_network" default:"false"`
}

// DNSForwardDomain sends queries for a host's domain to a name server.
type DNSForwardDomain struct {
	Host string `yaml:"host" required:"true"`
	IP   string `yaml:"ip" required:"true" check:"ip"`
}

// AzureCluster is one release's AKS cluster; its keys stand directly below the release.
type AzureCluster struct {
	_ struct{} `kebab:"true"`

	// KubernetesVersion is stored as AKS spells it, without a leading v.
	KubernetesVersion          string         `yaml:"kubernetes_version" default:"1.31.1" blank:"default" check:"kubernetes-version" norm:"unprefixed"`
	OutboundType               OutboundType   `yaml:"outbound_type" default:"LoadBalancer" blank:"default" enum:"LoadBalancer,UserDefinedRouting,ManagedNatGateway,AssignedNatGateway"`
	SystemNodePoolInstanceType string         `yaml:"system_node_pool_instance_type" default:"Standard_D2s_v6" blank:"default" check:"vm-size"`
	SystemNodePoolRootDiskSize int            `yaml:"system_node_pool_root_disk_size" default:"128" blank:"default" min:"30" max:"4095"`
	UserNodePools              []UserNodePool `yaml:"user_node_pools" required:"true"`
	UseLetsEncrypt             bool           `yaml:"use_lets_encrypt" default:"false"`
	// ForceMaintenance lets an upgrade pass what would hold it up.
	ForceMaintenance       bool            `yaml:"force_maintenance" default:"false"`
	Components             AzureComponents `yaml:"components"`
	ExternalSecretsEnabled bool            `yaml:"external_secrets_enabled" default:"false"`

	ReleaseCommon `yaml:",inline"`

	PublicEndpointAccess     bool             `yaml:"public_endpoint_access" default:"true" noeffect:"the cluster is always private"`
	UserNodePoolInstanceType string           `yaml:"user_node_pool_instance_type" default:"Standard_D2s_v6" noeffect:"use user_node_pools"`
	UseLegacyUserPool        bool             `yaml:"use_legacy_user_pool" default:"false" noeffect:"use user_node_pools"`
	EKSAccessEntries         EKSAccessEntries `yaml:"eks_access_entries" noeffect:"there is no EKS on Azure"`
}

// OutboundType is how a cluster's traffic leaves it, as the configuration spells it.
type OutboundType string

// AKS is the outbound type as the AKS API spells it.
func (o OutboundType) AKS() string {
	switch o {
	case "UserDefinedRouting":
		return "userDefinedRouting"
	case "ManagedNatGateway":
		return "managedNATGateway"
	case "AssignedNatGateway":
		return "userAssignedNATGateway"
	default:
		return "loadBalancer"
	}
}

// UserNodePool is an AKS agent pool for workload pods.
type UserNodePool struct {
	_ struct{} `kebab:"true"`

	Name              string   `yaml:"name" required:"true" check:"pool-name"`
	VMSize            string   `yaml:"vm_size" required:"true" check:"vm-size"`
	MinCount          int      `yaml:"min_count" required:"true" min:"0" max:"1000"`
	MaxCount          int      `yaml:"max_count" required:"true" min:"0" max:"1000"`
	InitialCount      int      `yaml:"initial_count" default:"=min_count" min:"0" max:"1000"`
	EnableAutoScaling bool     `yaml:"enable_auto_scaling" default:"true"`
	AvailabilityZones []string `yaml:"availability_zones" default:"2,3" enum:"1,2,3"`
	// NodeTaints are written key=value:Effect.
	NodeTaints []string          `yaml:"node_taints" check:"node-taint"`
	NodeLabels map[string]string `yaml:"node_labels"`
	MaxPods    int               `yaml:"max_pods" default:"110" blank:"default" min:"10" max:"250"`
	// RootDiskSize is in GB.
	RootDiskSize int `yaml:"root_disk_size" default:"256" blank:"default" min:"30" max:"4095"`
}

// AzureSite is a site's spec. (docs/reference/config-and-cli.md 1.10)
type AzureSite struct {
	_ struct{} `kebab:"true"`

	Domain                string `yaml:"domain" required:"true" check:"domain"`
	DomainType            string `yaml:"domain_type" noeffect:"nothing reads it"`
	UseTraefikForwardAuth bool   `yaml:"use_traefik_forward_auth" default:"false" noeffect:"there is none on Azure"`
	// TLSSecrets replace the wildcard TLS entry of the site's ingress.
	TLSSecrets []TLSSecret `yaml:"tls_secrets"`
}

// TLSSecret is a certificate in a Kubernetes secret and the hosts it is for.
type TLSSecret struct {
	Hosts      []string `yaml:"hosts" required:"true"`
	SecretName string   `yaml:"secret_name" required:"true"`
}
