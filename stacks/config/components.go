package config

// ComponentVersions are chart versions and replicas that mean the same on both clouds.
// (docs/reference/config-and-cli.md 1.8)
type ComponentVersions struct {
	// AlloyVersion "" (or null) installs no Alloy.
	AlloyVersion string `yaml:"alloy_version" default:"0.12.6" null:"zero" blank:"allowed" check:"chart-version"`
	// ExternalDNSVersion is dotted integers.
	ExternalDNSVersion        string `yaml:"external_dns_version" default:"1.14.4" null:"error" check:"dotted"`
	GrafanaVersion            string `yaml:"grafana_version" default:"7.0.14" check:"chart-version"`
	KubeStateMetricsVersion   string `yaml:"kube_state_metrics_version" default:"5.30.1" check:"chart-version"`
	LokiVersion               string `yaml:"loki_version" default:"5.42.0" check:"chart-version"`
	MimirVersion              string `yaml:"mimir_version" default:"5.2.1" check:"chart-version"`
	NvidiaDevicePluginVersion string `yaml:"nvidia_device_plugin_version" default:"0.17.1" check:"chart-version"`
	TraefikDeploymentReplicas int    `yaml:"traefik_deployment_replicas" default:"3" min:"1"`
}

// AWSComponents are the versions of what runs on an EKS cluster.
type AWSComponents struct {
	ComponentVersions `yaml:",inline"`

	Given GivenKeys `yaml:"-"`

	AWSEBSCSIDriverVersion           string `yaml:"aws_ebs_csi_driver_version" default:"2.31.0" noeffect:"the EBS driver is an add-on: use ebs_csi_addon_version"`
	AWSFSxOpenZFSCSIDriverVersion    string `yaml:"aws_fsx_openzfs_csi_driver_version" default:"v1.0.0" check:"chart-version"`
	AWSLoadBalancerControllerVersion string `yaml:"aws_load_balancer_controller_version" default:"1.6.0" check:"chart-version"`
	CertManagerVersion               string `yaml:"cert_manager_version" default:"v1.18.1" blank:"default" check:"chart-version"`
	KarpenterVersion                 string `yaml:"karpenter_version" default:"1.6.0" check:"chart-version"`
	LokiReplicas                     int    `yaml:"loki_replicas" default:"3" min:"1"`
	MetricsServerVersion             string `yaml:"metrics_server_version" default:"3.11.0" check:"chart-version"`
	MimirReplicas                    int    `yaml:"mimir_replicas" default:"3" min:"1"`
	// LokiRetentionDays and MimirRetentionDays are after how long logs and metrics are
	// deleted; 0 is never.
	LokiRetentionDays                      int    `yaml:"loki_retention_days" default:"0" min:"0" max:"3653"`
	MimirRetentionDays                     int    `yaml:"mimir_retention_days" default:"0" min:"0" max:"3653"`
	SecretStoreCSIDriverVersion            string `yaml:"secret_store_csi_driver_version" default:"1.3.4" check:"chart-version"`
	SecretStoreCSIDriverAWSProviderVersion string `yaml:"secret_store_csi_driver_aws_provider_version" default:"0.3.5" check:"chart-version"`
	TigeraOperatorVersion                  string `yaml:"tigera_operator_version" default:"3.31.4" blank:"default" check:"chart-version"`
	// TraefikForwardAuthVersion "" installs none.
	TraefikForwardAuthVersion string `yaml:"traefik_forward_auth_version" check:"chart-version"`
	TraefikVersion            string `yaml:"traefik_version" default:"37.1.2" check:"chart-version"`
}

// AzureComponents are the versions of what runs on an AKS cluster.
type AzureComponents struct {
	ComponentVersions `yaml:",inline"`

	ExternalSecretsVersion string `yaml:"external_secrets_version" default:"2.8.0" check:"chart-version"`

	LokiReplicas                             int    `yaml:"loki_replicas" default:"2" min:"1" noeffect:"Loki's replicas are fixed on Azure"`
	MimirReplicas                            int    `yaml:"mimir_replicas" default:"2" min:"1" noeffect:"Mimir's replicas are fixed on Azure"`
	MetricsServerVersion                     string `yaml:"metrics_server_version" default:"3.11.0" noeffect:"AKS brings its own"`
	SecretStoreCSIDriverVersion              string `yaml:"secret_store_csi_driver_version" default:"1.3.4" noeffect:"AKS brings its own"`
	SecretStoreCSIDriverAzureProviderVersion string `yaml:"secret_store_csi_driver_azure_provider_version" default:"1.5.6" noeffect:"AKS brings its own"`
	TigeraOperatorVersion                    string `yaml:"tigera_operator_version" default:"3.31.4" blank:"default" noeffect:"AKS brings its own Calico"`
	TraefikForwardAuthVersion                string `yaml:"traefik_forward_auth_version" noeffect:"there is none on Azure"`
	TraefikVersion                           string `yaml:"traefik_version" default:"37.1.2" noeffect:"Traefik's version is fixed on Azure"`
}
