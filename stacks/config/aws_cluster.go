package config

// AWSCluster is the spec of one release's EKS cluster. (docs/reference/config-and-cli.md 1.6)
type AWSCluster struct {
	_ struct{} `kebab:"true" unread:"cluster_name,node_group_name,node_instance_type,node_group_min_size,node_group_max_size,node_group_desired_size,k8s_version,subnet_ids,security_group_ids,iam_role_arn,cluster_endpoint,cluster_ca,cluster_oidc_issuer_url,cluster_oidc_client_id,cluster_oidc_client_secret"`

	Given GivenKeys `yaml:"-"`

	// ClusterVersion is major.minor, of the control plane and every node group. EKS knows
	// no patch versions: one that is given is dropped.
	ClusterVersion string `yaml:"cluster_version" default:"1.35" check:"eks-version" norm:"minor"`
	AMIType        string `yaml:"ami_type" default:"AL2023_x86_64_STANDARD" blank:"default" check:"ami-type"`
	// MP* and RootDiskSize (GB) are of the default node group; its desired size is the minimum.
	MPInstanceType       string                  `yaml:"mp_instance_type" default:"t3.large" check:"instance-type"`
	MPMinSize            int                     `yaml:"mp_min_size" default:"4" min:"0"`
	MPMaxSize            int                     `yaml:"mp_max_size" default:"10" min:"1"`
	RootDiskSize         int                     `yaml:"root_disk_size" default:"200" min:"1" max:"16384"`
	AdditionalNodeGroups map[string]AWSNodeGroup `yaml:"additional_node_groups" keycheck:"node-group"`
	KarpenterConfig      *KarpenterConfig        `yaml:"karpenter_config"`
	Components           AWSComponents           `yaml:"components"`
	// ChartValues are values by Helm release; they win over ptd's, and null removes one.
	ChartValues map[string]map[string]any `yaml:"chart_values"`

	// CalicoEnabled makes Calico the pods' network; off keeps the VPC CNI. It is decided when
	// a cluster is made. PodCIDR is Calico's pool of addresses.
	CalicoEnabled bool   `yaml:"calico_enabled" default:"true"`
	PodCIDR       string `yaml:"pod_cidr" default:"172.16.0.0/16" check:"cidr"`
	// NodeMetadataHopLimit is how far from a node its metadata can be read: 1 keeps the
	// node's role from pods, 0 is 1 for new launch templates and leaves others alone.
	NodeMetadataHopLimit int `yaml:"node_metadata_hop_limit" default:"0" min:"0" max:"64"`
	// AMIReleaseVersion is the release of the nodes' image, for groups of the same operating
	// system as AMIType; "" keeps the one that nodes got with their version of Kubernetes.
	AMIReleaseVersion string `yaml:"ami_release_version" default:"" check:"ami-release"`
	// SecretsEncryptionEnabled makes a KMS key for the Kubernetes secrets of a new cluster; off,
	// EKS encrypts them with a key of AWS'. It needs rights that the admin policy has since
	// this program writes it: older ones lack kms:EnableKeyRotation, kms:GetKeyPolicy and
	// kms:GetKeyRotationStatus.
	SecretsEncryptionEnabled bool `yaml:"secrets_encryption_enabled" default:"false"`
	// LogRetentionDays is how long the control plane's logs of new clusters are kept.
	LogRetentionDays int `yaml:"log_retention_days" default:"90" min:"1" max:"3653"`

	EBSCSIAddonVersion string `yaml:"ebs_csi_addon_version" default:"v1.41.0-eksbuild.1" check:"addon-version"`
	// EBSCSIDriverPolicy is the AWS managed policy of the EBS driver's role.
	EBSCSIDriverPolicy string `yaml:"ebs_csi_driver_policy" default:"AmazonEBSCSIDriverPolicyV2" enum:"AmazonEBSCSIDriverPolicy,AmazonEBSCSIDriverPolicyV2"`
	// EFSCSIAddonVersion and SecretsStoreAddonVersion: "" installs the version that ptd was
	// tested with, and leaves the one that is installed alone.
	EFSCSIAddonVersion       string `yaml:"efs_csi_addon_version" default:"" check:"addon-version"`
	SecretsStoreAddonVersion string `yaml:"secrets_store_addon_version" default:"" check:"addon-version"`
	// CorednsAddonVersion and KubeProxyAddonVersion make what EKS installed an add-on of this
	// version; "" leaves it as it is, which no upgrade of the cluster touches.
	CorednsAddonVersion   string `yaml:"coredns_addon_version" default:"" check:"addon-version"`
	KubeProxyAddonVersion string `yaml:"kube_proxy_addon_version" default:"" check:"addon-version"`
	// EnableEFSCSIDriver installs the EFS add-on. EFSConfig only names what pods mount: its
	// driver may be somebody else's (see EFSNeeded).
	EnableEFSCSIDriver bool             `yaml:"enable_efs_csi_driver" default:"false"`
	EFSConfig          *EFSConfig       `yaml:"efs_config"`
	EKSAccessEntries   EKSAccessEntries `yaml:"eks_access_entries"`
	// ForceMaintenance forces updates of the control plane and node groups.
	ForceMaintenance bool `yaml:"force_maintenance" default:"false"`
	// RoutingWeight is the weight of the release's DNS records.
	RoutingWeight string `yaml:"routing_weight" default:"100" check:"weight"`

	ReleaseCommon `yaml:",inline"`

	Cert                 string   `yaml:"cert" check:"uuid" noeffect:"nothing reads it"`
	Flavor               string   `yaml:"flavor" default:"eks-managedmachinepool" noeffect:"nothing reads it"`
	PublicEndpointAccess bool     `yaml:"public_endpoint_access" default:"true" noeffect:"the endpoint is always private"`
	Subnets              []string `yaml:"subnets" noeffect:"the workload's private subnets are used"`
	VpcID                string   `yaml:"vpc_id" noeffect:"the workload's VPC is used"`
}

// ReleaseCommon holds the keys that releases have on both clouds.
type ReleaseCommon struct {
	// TeamOperatorImage is a tag or a full reference, "" the chart's own;
	// AdhocTeamOperatorImage wins over it (see OperatorImage).
	TeamOperatorImage        string       `yaml:"team_operator_image" norm:"trim"`
	AdhocTeamOperatorImage   string       `yaml:"adhoc_team_operator_image"`
	TeamOperatorChartVersion string       `yaml:"team_operator_chart_version" default:"v1.29.1" blank:"default" check:"v-version"`
	TeamOperatorSkipCRDs     bool         `yaml:"team_operator_skip_crds" default:"false"`
	TeamOperatorTolerations  []Toleration `yaml:"team_operator_tolerations"`
	// CustomK8sResources are folders of {target}/custom_k8s_resources to apply.
	CustomK8sResources []string `yaml:"custom_k8s_resources" check:"folder"`
	PTDControllerImage string   `yaml:"ptd_controller_image" default:"latest" blank:"default" norm:"trim,lower" noeffect:"use team_operator_image"`
}

// OperatorImage is the Team Operator image to run: the ad-hoc one, else the release's,
// else "" for the chart's own.
func (r ReleaseCommon) OperatorImage() string {
	if r.AdhocTeamOperatorImage != "" {
		return r.AdhocTeamOperatorImage
	}
	return r.TeamOperatorImage
}

// Toleration is a Kubernetes toleration.
type Toleration struct {
	Key      string      `yaml:"key" required:"true" check:"label-key"`
	Operator string      `yaml:"operator" default:"Exists" enum:"Exists,Equal"`
	Effect   TaintEffect `yaml:"effect" default:"NoSchedule" enum:"NoSchedule=NO_SCHEDULE,NoExecute=NO_EXECUTE,PreferNoSchedule=PREFER_NO_SCHEDULE"`
	Value    string      `yaml:"value" check:"label-value"`
}

// TaintEffect is a taint's effect in Kubernetes spelling.
type TaintEffect string

// EKS is the effect as the EKS API spells it.
func (e TaintEffect) EKS() string {
	switch e {
	case "NoExecute":
		return "NO_EXECUTE"
	case "PreferNoSchedule":
		return "PREFER_NO_SCHEDULE"
	default:
		return "NO_SCHEDULE"
	}
}

// EFSConfig names an EFS file system that is there already.
type EFSConfig struct {
	FileSystemID  string `yaml:"file_system_id" required:"true" check:"file-system-id"`
	AccessPointID string `yaml:"access_point_id" check:"access-point-id"`
	// MountTargetsManaged attaches the nodes' security group to the mount targets.
	MountTargetsManaged bool `yaml:"mount_targets_managed" default:"true"`
}

// EKSAccessEntries says who may enter a cluster.
type EKSAccessEntries struct {
	// Enabled takes access entries; off takes the legacy aws-auth ConfigMap.
	Enabled                     bool          `yaml:"enabled" default:"true"`
	AdditionalEntries           []AccessEntry `yaml:"additional_entries"`
	IncludeSameAccountPoweruser bool          `yaml:"include_same_account_poweruser" default:"false"`
	// PoweruserPolicy is the EKS access policy of the account's power users.
	PoweruserPolicy string `yaml:"poweruser_policy" default:"AmazonEKSClusterAdminPolicy" enum:"AmazonEKSClusterAdminPolicy,AmazonEKSAdminPolicy,AmazonEKSEditPolicy,AmazonEKSViewPolicy"`
}

// AccessEntry is one principal's access to a cluster.
type AccessEntry struct {
	PrincipalARN     string         `yaml:"principalArn" required:"true" check:"principal-arn"`
	Type             string         `yaml:"type" default:"STANDARD" enum:"STANDARD,EC2_LINUX,EC2_WINDOWS,EC2,FARGATE_LINUX,HYBRID_LINUX,HYPERPOD_LINUX"`
	KubernetesGroups []string       `yaml:"kubernetesGroups"`
	AccessPolicies   []AccessPolicy `yaml:"accessPolicies"`
}

// AccessPolicy is an EKS access policy and where it holds.
type AccessPolicy struct {
	PolicyARN   string      `yaml:"policyArn" required:"true" check:"access-policy"`
	AccessScope AccessScope `yaml:"accessScope"`
}

// AccessScope is the whole cluster, or some namespaces of it.
type AccessScope struct {
	Type       string   `yaml:"type" default:"cluster" enum:"cluster,namespace"`
	Namespaces []string `yaml:"namespaces"`
}

// AWSNodeGroup is a managed node group besides the default one.
// (docs/reference/config-and-cli.md 1.7)
type AWSNodeGroup struct {
	InstanceType string `yaml:"instance_type" default:"t3.large" check:"instance-type"`
	MinSize      int    `yaml:"min_size" default:"1" min:"0"`
	MaxSize      int    `yaml:"max_size" default:"1" min:"1"`
	DesiredSize  int    `yaml:"desired_size" default:"=min_size" blank:"default" min:"0"`
	// AMIType "" is the cluster's.
	AMIType                    string           `yaml:"ami_type" check:"ami-type"`
	AdditionalSecurityGroupIDs []string         `yaml:"additional_security_group_ids" check:"security-group-id"`
	AdditionalRootDiskSize     int              `yaml:"additional_root_disk_size" default:"200" min:"1" max:"16384"`
	Taints                     []NodeGroupTaint `yaml:"taints"`
	// Labels are labels of the nodes (see KubernetesLabels), and AWS tags of the node group.
	Labels map[string]string `yaml:"labels" check:"tags"`
	// SystemNodes labels the nodes posit.team/node-role=system.
	SystemNodes bool `yaml:"system_nodes" default:"false"`
}

// NodeGroupTaint is a taint of a node group's nodes.
type NodeGroupTaint struct {
	Key    string      `yaml:"key" required:"true" check:"label-key"`
	Value  string      `yaml:"value" required:"present" check:"label-value"`
	Effect TaintEffect `yaml:"effect" required:"true" enum:"NoSchedule=NO_SCHEDULE,NoExecute=NO_EXECUTE,PreferNoSchedule=PREFER_NO_SCHEDULE"`
}

// KarpenterConfig is a cluster's autoscaling.
type KarpenterConfig struct {
	_ struct{} `kebab:"true"`

	NodePools []KarpenterNodePool `yaml:"node_pools"`
}

// KarpenterNodePool is a NodePool and the EC2NodeClass of the same name.
type KarpenterNodePool struct {
	Name         string                 `yaml:"name" required:"true" check:"label"`
	Requirements []KarpenterRequirement `yaml:"requirements"`
	Limits       *KarpenterLimits       `yaml:"limits"`
	ExpireAfter  string                 `yaml:"expire_after" spelling:"expireAfter" check:"karpenter-duration"`
	Taints       []KarpenterTaint       `yaml:"taints"`
	// SessionTaints keeps the pool for sessions (see EffectiveTaints).
	SessionTaints  bool   `yaml:"session_taints" default:"false"`
	Weight         int    `yaml:"weight" default:"100" min:"1" max:"100"`
	RootVolumeSize string `yaml:"root_volume_size" default:"100Gi" check:"volume-size"`
	// AMIAlias is the image of the nodes, {family}@{version}. With latest, Karpenter replaces
	// nodes whenever Amazon publishes an image; a version pins it.
	AMIAlias            string `yaml:"ami_alias" default:"al2023@latest" check:"ami-alias"`
	ConsolidationPolicy string `yaml:"consolidation_policy" default:"WhenEmptyOrUnderutilized" enum:"WhenEmpty,WhenEmptyOrUnderutilized"`
	ConsolidateAfter    string `yaml:"consolidate_after" default:"5m" check:"karpenter-duration"`
	// OverprovisioningReplicas above 0 keeps that many pods' worth of room free.
	OverprovisioningReplicas         int    `yaml:"overprovisioning_replicas" default:"0" min:"0"`
	OverprovisioningCPURequest       string `yaml:"overprovisioning_cpu_request" check:"quantity"`
	OverprovisioningMemoryRequest    string `yaml:"overprovisioning_memory_request" check:"quantity"`
	OverprovisioningNvidiaGPURequest string `yaml:"overprovisioning_nvidia_gpu_request" check:"quantity"`
	SystemNodes                      bool   `yaml:"system_nodes" default:"false"`
}

// EffectiveTaints are the pool's taints and, with session_taints, the session taint
// workload-type=session:NoSchedule unless one with that key and effect is listed.
func (p KarpenterNodePool) EffectiveTaints() []KarpenterTaint {
	taints := append([]KarpenterTaint(nil), p.Taints...)
	if !p.SessionTaints {
		return taints
	}
	session := KarpenterTaint{Key: "workload-type", Value: "session", Effect: "NoSchedule"}
	for _, t := range taints {
		if t.Key == session.Key && t.Effect == session.Effect {
			return taints
		}
	}
	return append(taints, session)
}

// KarpenterRequirement restricts the instances of a pool. Gte and Lte are operators since
// Karpenter 1.9.
type KarpenterRequirement struct {
	Key      string   `yaml:"key" required:"true" check:"label-key"`
	Operator string   `yaml:"operator" required:"true" enum:"In,NotIn,Exists,DoesNotExist,Gt,Lt,Gte,Lte"`
	Values   []string `yaml:"values"`
}

// KarpenterLimits bounds a pool; "" is no bound.
type KarpenterLimits struct {
	CPU       string `yaml:"cpu" check:"quantity"`
	Memory    string `yaml:"memory" check:"quantity"`
	NvidiaGPU string `yaml:"nvidia.com/gpu" check:"quantity"`
}

// KarpenterTaint is a taint of a pool's nodes.
type KarpenterTaint struct {
	Key    string      `yaml:"key" required:"true" check:"label-key"`
	Value  string      `yaml:"value" default:"" check:"label-value"`
	Effect TaintEffect `yaml:"effect" required:"true" enum:"NoSchedule=NO_SCHEDULE,NoExecute=NO_EXECUTE,PreferNoSchedule=PREFER_NO_SCHEDULE"`
}
