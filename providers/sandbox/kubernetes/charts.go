package kubernetes

import (
	"slices"
	"strings"
)

// chart is a Helm chart that the sandbox knows.
type chart struct {
	name string
	// repositories have it; an address that holds the chart itself ("oci://...",
	// "https://.../chart-{version}.tgz") is one, too.
	repositories []string
	// values are the top-level keys of its values. Any other is a mistake: Helm refuses it
	// where a chart has a schema, and ignores it without a word where it has none.
	values string
	schema bool
	// required are values without which its templates fail, with what they say.
	required map[string]string
	// crds are definitions that Helm installs when they are absent and never touches
	// again, templates those that belong to the release.
	crds, templates []bundle
	// accounts are its service accounts.
	accounts []account
	// objects builds what else matters to others, grown what its controller then makes,
	// which Helm does not own.
	objects, grown func(r *release) []map[string]any
}

// bundle is a set of definitions: a group, or some kinds of it.
type bundle struct {
	group string
	kinds []string
	// when is the path of a value that switches the bundle, off by absent; keep of one that
	// leaves it behind when the release goes.
	when, keep string
	absent     bool
}

// account is a service account: a fixed name, or what values below path say.
type account struct {
	path, name string
	// nameOnly is true where the values only name an account that others make.
	nameOnly bool
}

const (
	grafanaCharts = "https://grafana.github.io/helm-charts"
	kubernetesSIG = "https://kubernetes-sigs.github.io/"
)

// charts are the charts of ptd's programs. (docs/reference/aws-workload-apps.md 7, 8.1, 8.8;
// docs/reference/aws-workload-eks.md 10)
var charts = []*chart{
	{
		name: "aws-load-balancer-controller", repositories: []string{"https://aws.github.io/eks-charts"},
		values: `additionalLabels affinity autoscaling awsApiEndpoints awsApiThrottle awsMaxRetries backendSecurityGroup
			cluster clusterName clusterSecretsPermissions configureDefaultAffinity controllerConfig createIngressClassResource
			createNamespace creationTimeout defaultLoadBalancerScheme defaultSSLPolicy defaultTags defaultTargetType deploymentAnnotations
			disableIngressClassAnnotation disableIngressGroupNameAnnotation disableRestrictedSecurityGroupRules dnsPolicy
			enableBackendSecurityGroup enableCertManager enableEndpointSlices enableLeaderElection enableManageBackendSecurityGroupRules
			enablePodReadinessGateInject enableServiceMutatorWebhook enableShield enableWaf enableWafv2 env envFrom envSecretName
			externalManagedTags extraVolumeMounts extraVolumes fullnameOverride hostNetwork image imagePullSecrets ingressClass
			ingressClassConfig ingressClassParams ingressMaxConcurrentReconciles keepTLSSecret lbStabilizationMonitorInterval
			leaderElectionID leaderElectionNamespace livenessProbe loadBalancerClass logLevel metricsBindAddr nameOverride nodeSelector
			objectSelector podAnnotations podDisruptionBudget podLabels podSecurityContext priorityClassName rbac readinessProbe region
			replicaCount resources revisionHistoryLimit runtimeClassName securityContext serviceAccount serviceAnnotations
			serviceMaxConcurrentReconciles serviceMonitor serviceMutatorWebhookConfig serviceTargetENISGTags syncPeriod
			targetgroupbindingMaxConcurrentReconciles targetgroupbindingMaxExponentialBackoffDelay terminationGracePeriodSeconds
			tolerateNonExistentBackendAction tolerateNonExistentBackendService tolerations topologySpreadConstraints updateStrategy
			vpcId vpcTags watchNamespace webhookBindPort webhookCertDir webhookConfig webhookNamespaceSelectors webhookTLS`,
		required: map[string]string{"clusterName": "Chart cannot be installed without a valid clusterName!"},
		crds:     []bundle{{group: "elbv2.k8s.aws"}},
		accounts: []account{{path: "serviceAccount"}},
		objects: func(r *release) []map[string]any {
			if r.flag("createIngressClassResource", true) {
				return []map[string]any{ingressClass(r.text("ingressClass", "alb"), "ingress.k8s.aws/alb", r.flag("ingressClassConfig.default", false))}
			}
			return nil
		},
	},
	{
		name: "aws-fsx-openzfs-csi-driver", repositories: []string{kubernetesSIG + "aws-fsx-openzfs-csi-driver"},
		values: `controller csidriver customLabels fullnameOverride image imagePullSecrets nameOverride node sidecars`,
		accounts: []account{
			{path: "controller.serviceAccount", name: "fsx-openzfs-csi-controller-sa"}, {path: "node.serviceAccount", name: "fsx-openzfs-csi-node-sa"},
		},
		objects: func(*release) []map[string]any { return []map[string]any{csiDriver("fsx.openzfs.csi.aws.com")} },
	},
	{
		name: "secrets-store-csi-driver", repositories: []string{kubernetesSIG + "secrets-store-csi-driver/charts"},
		values: `additionalLabels commonAnnotations commonLabels enableSecretRotation filteredWatchSecret fullnameOverride
			imagePullSecrets linux livenessProbe logFormatJSON logVerbosity maxCallRecvMsgSize minimumProviderVersions nameOverride
			podAnnotations podLabels providerHealthCheck providerHealthCheckInterval rbac rotationPollInterval syncSecret tokenRequests windows`,
		crds:     []bundle{{group: "secrets-store.csi.x-k8s.io"}},
		accounts: []account{{name: "secrets-store-csi-driver"}},
		objects:  func(*release) []map[string]any { return []map[string]any{csiDriver("secrets-store.csi.k8s.io")} },
	},
	{
		name: "secrets-store-csi-driver-provider-aws", repositories: []string{"https://aws.github.io/secrets-store-csi-driver-provider-aws"},
		values: `affinity fullnameOverride image imagePullSecrets kubeletPath nameOverride nodeSelector podAnnotations podLabels podSecurityContext
			port priorityClassName providerVolume rbac resources secrets-store-csi-driver securityContext tolerations updateStrategy
			useFipsEndpoint k8sThrottlingParams`,
		accounts: []account{{}},
	},
	{
		name: "traefik", repositories: []string{"https://traefik.github.io/charts", "https://helm.traefik.io/traefik"}, schema: true,
		values: `additionalArguments additionalVolumeMounts affinity api autoscaling certificatesResolvers commonLabels core deployment
			env envFrom experimental extraObjects fullnameOverride gateway gatewayClass global globalArguments hostNetwork hub image
			ingressClass ingressRoute instanceLabelOverride livenessProbe logs metrics nameOverride namespaceOverride nodeSelector
			oci_meta ocsp persistence podDisruptionBudget podSecurityContext podSecurityPolicy ports priorityClassName providers rbac
			readinessProbe resources securityContext service serviceAccount serviceAccountAnnotations startupProbe tlsOptions tlsStore
			tolerations topologySpreadConstraints tracing updateStrategy versionOverride volumes`,
		crds:     []bundle{{group: "traefik.io"}},
		accounts: []account{{path: "serviceAccount", nameOnly: true}},
		objects: func(r *release) []map[string]any {
			if r.flag("ingressClass.enabled", true) {
				return []map[string]any{ingressClass(r.text("ingressClass.name", r.fullname()), "traefik.io/ingress-controller", r.flag("ingressClass.isDefaultClass", true))}
			}
			return nil
		},
	},
	{
		name: "metrics-server", repositories: []string{kubernetesSIG + "metrics-server"},
		values: `addonResizer affinity apiService args commonLabels containerPort defaultArgs deploymentAnnotations dnsConfig
			extraVolumeMounts extraVolumes fullnameOverride hostNetwork image imagePullSecrets livenessProbe metrics nameOverride
			nodeSelector podAnnotations podDisruptionBudget podLabels podSecurityContext priorityClassName rbac readinessProbe
			replicas resources revisionHistoryLimit schedulerName securityContext service serviceAccount serviceMonitor tls tmpVolume
			tolerations topologySpreadConstraints unhealthyPodEvictionPolicy updateStrategy`,
		accounts: []account{{path: "serviceAccount"}},
		objects:  func(*release) []map[string]any { return []map[string]any{apiService("metrics.k8s.io", "v1beta1")} },
	},
	{
		name: "loki", repositories: []string{grafanaCharts},
		values: `adminApi backend bloomBuilder bloomCompactor bloomGateway bloomPlanner chunksCache clusterLabelOverride commonLabels compactor
			defaults deploymentMode distributor dnsConfig enterprise extraObjects fullnameOverride gateway imagePullSecrets indexGateway
			ingester ingress kubeVersionOverride kubectlImage loki lokiCanary memberlist memcached memcachedExporter migrate
			monitoring nameOverride namespaceOverride networkPolicy overridesExporter patternIngester querier queryFrontend queryScheduler
			rbac read resultsCache ruler serviceAccount sidecar singleBinary tableManager test tracing ui write
			grafana-agent-operator minio rollout_operator`,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "grafana", repositories: []string{grafanaCharts},
		values: `admin adminPassword adminUser affinity alerting annotations args assertNoLeakedSecrets automountServiceAccountToken autoscaling
			command configMapAnnotations containerSecurityContext createConfigmap dashboardProviders dashboards dashboardsConfigMaps
			datasources defaultCurlOptions deploymentStrategy dnsConfig dnsPolicy downloadDashboards downloadDashboardsImage
			enableKubeBackwardCompatibility enableServiceLinks env envFromConfigMaps envFromSecret envFromSecrets envRenderSecret
			envValueFrom extraConfigmapMounts extraContainerVolumes extraContainers extraEmptyDirMounts extraExposePorts
			extraInitContainers extraLabels extraObjects extraSecretMounts extraVolumeMounts extraVolumes fullnameOverride gossipPortName
			grafana.ini headlessService hostAliases hostUsers image imageRenderer ingress initChownData labels ldap lifecycleHooks
			livenessProbe nameOverride namespaceOverride networkPolicy nodeSelector notifiers persistence plugins podAnnotations
			podDisruptionBudget podLabels podPortName priorityClassName rbac readinessProbe replicas resources revisionHistoryLimit route
			schedulerName securityContext service serviceAccount serviceMonitor shareProcessNamespace sidecar smtp startupProbe
			testFramework tolerations topologySpreadConstraints useStatefulSet`,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "mimir-distributed", repositories: []string{grafanaCharts},
		values: `admin-cache admin_api alertmanager chunks-cache compactor configStorageType continuous_test distributor enterprise
			externalConfigSecretName externalConfigVersion extraObjects federation_frontend fullnameOverride gateway gr-aggr-cache
			gr-metricname-cache graphite image index-cache ingester ingress ingressNGINX kafka kedaAutoscaling kubectlImage
			kubeVersionOverride license memcached memcachedExporter metaMonitoring metadata-cache mimir minio nameOverride nginx
			overrides_exporter provisioner querier query_frontend query_scheduler rbac results-cache rollout_operator ruler ruler_querier
			ruler_query_frontend ruler_query_scheduler runtimeConfig serviceAccount smoke_test store_gateway timezone tokengenJob
			useExternalConfig useExternalLicense vaultAgent`,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "kube-state-metrics", repositories: []string{"https://prometheus-community.github.io/helm-charts"},
		values: `affinity annotations automountServiceAccountToken autosharding collectors containerSecurityContext containers customLabels
			customResourceState dnsConfig dnsPolicy env extraArgs extraManifests fullnameOverride hostNetwork image imagePullSecrets
			initContainers kubeRBACProxy kubeTargetVersionOverride kubeconfig livenessProbe metricAllowlist metricAnnotationsAllowList
			metricDenylist metricLabelsAllowlist nameOverride namespaceOverride namespaces namespacesDenylist networkPolicy nodeSelector
			podAnnotations podDisruptionBudget podLabels podSecurityPolicy priorityClassName prometheus prometheusScrape rbac
			readinessProbe releaseLabel releaseNamespace replicas resources revisionHistoryLimit securityContext selectorOverride
			selfMonitor service serviceAccount startupProbe tolerations topologySpreadConstraints updateStrategy verticalPodAutoscaler
			volumeMounts volumes`,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "alloy", repositories: []string{grafanaCharts},
		values: `agent alloy configReloader controller crds extraObjects fullnameOverride image ingress nameOverride namespaceOverride
			networkPolicy rbac route service serviceAccount serviceMonitor`,
		templates: []bundle{{group: "monitoring.grafana.com", when: "crds.create", absent: true}},
		accounts:  []account{{path: "serviceAccount"}},
	},
	{
		// plugin is in the values of live workloads, and without effect.
		name: "nvidia-device-plugin", repositories: []string{"https://nvidia.github.io/k8s-device-plugin"},
		values: `affinity allowDefaultNamespace cdi compatWithCPUManager componentSelectorLabels config deviceDiscoveryStrategy deviceIDStrategy
			deviceListStrategy devicePlugin failOnInitError fullnameOverride gdrcopyEnabled gdsEnabled gfd image imagePullSecrets
			legacyDaemonsetAPI migStrategy mofedEnabled mps nameOverride namespaceOverride nfd nodeSelector nvidiaDriverRoot plugin
			podAnnotations podSecurityContext priorityClassName resources runtimeClassName securityContext selectorLabelsOverride
			tolerations updateStrategy`,
		crds:     []bundle{{group: "nfd.k8s-sigs.io", when: "nfd.enabled", absent: true}},
		accounts: []account{{path: "nfd.master.serviceAccount", name: "node-feature-discovery"}},
	},
	{
		name: "karpenter", repositories: []string{"oci://public.ecr.aws/karpenter/karpenter"},
		values: `additionalAnnotations additionalClusterRoleRules additionalLabels affinity controller dnsConfig dnsPolicy extraObjects extraVolumes
			fullnameOverride hostNetwork imagePullPolicy imagePullSecrets initContainers logConfig logErrorOutputPaths logLevel
			logOutputPaths nameOverride nodeSelector podAnnotations podDisruptionBudget podLabels podSecurityContext priorityClassName
			replicas revisionHistoryLimit schedulerName service serviceAccount serviceMonitor settings strategy
			terminationGracePeriodSeconds tolerations topologySpreadConstraints webhook`,
		crds:     []bundle{{group: "karpenter.sh"}, {group: "karpenter.k8s.aws"}},
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "karpenter-crd", repositories: []string{"oci://public.ecr.aws/karpenter/karpenter-crd"},
		values:    `additionalAnnotations additionalLabels conversion serviceName serviceNamespace webhook`,
		templates: []bundle{{group: "karpenter.sh"}, {group: "karpenter.k8s.aws"}},
	},
	{
		name: "team-operator", repositories: []string{"oci://ghcr.io/posit-dev/charts/team-operator"},
		values: `certmanager controllerManager crd fullnameOverride metrics nameOverride networkPolicy prometheus rbac sessionGroupLabels
			watchNamespace webhook`,
		templates: []bundle{{group: "core.posit.team", when: "crd.enable", absent: true, keep: "crd.keep"}},
		accounts:  []account{{name: "team-operator-controller-manager"}},
	},
	{
		name: "external-dns", repositories: []string{kubernetesSIG + "external-dns"}, schema: true,
		values: `affinity annotationFilter annotationPrefix automountServiceAccountToken commonLabels deploymentAnnotations deploymentStrategy
			dnsConfig dnsPolicy domainFilters enabled env envFrom excludeDomains extraArgs extraContainers extraVolumeMounts extraVolumes
			fullnameOverride gatewayNamespace image imagePullSecrets initContainers interval labelFilter livenessProbe logFormat logLevel
			managedRecordTypes nameOverride namespaced nodeSelector podAnnotations podLabels podSecurityContext policy priorityClassName
			provider rbac readinessProbe regexDomainExclusion regexDomainFilter registry resources revisionHistoryLimit
			secretConfiguration securityContext service serviceAccount serviceMonitor shareProcessNamespace sources
			terminationGracePeriodSeconds tolerations topologySpreadConstraints triggerLoopOnEvent txtOwnerId txtPrefix txtSuffix`,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name:         "traefik-forward-auth",
		repositories: []string{"https://github.com/colearendt/helm/releases/download/traefik-forward-auth-{version}/traefik-forward-auth-{version}.tgz"},
		values: `affinity args command config extraObjects fullnameOverride image imagePullSecrets ingress livenessProbe nameOverride
			nodeSelector pod podAnnotations podSecurityContext rbac readinessProbe replicas resources securityContext service
			serviceAccount serviceAnnotations startupProbe strategy tolerations`,
		accounts: []account{{path: "serviceAccount"}},
	},
	{
		name: "tigera-operator", repositories: []string{"https://docs.tigera.io/calico/charts", "https://projectcalico.docs.tigera.io/charts"},
		values: `additionalLabels affinity apiServer calicoctl certs defaultFelixConfiguration dnsConfig gatewayAPI goldmane imagePullSecrets
			installation kubeletVolumePluginPath kubernetesServiceEndpoint logging manageCRDs nodeSelector podAnnotations podLabels
			podSecurityContext priorityClassName rbac resources tigeraOperator tolerations whisker`,
		crds:     []bundle{{group: "operator.tigera.io"}, {group: "crd.projectcalico.org"}},
		accounts: []account{{name: "tigera-operator"}},
		objects:  calico, grown: calicoGrown,
	},
	{
		name: "cert-manager", repositories: []string{"https://charts.jetstack.io", "oci://quay.io/jetstack/charts/cert-manager"}, schema: true,
		values: `acmesolver affinity approveSignerNames automountServiceAccountToken cainjector clusterResourceNamespace config
			containerSecurityContext crds creator deploymentAnnotations disableAutoApproval dns01RecursiveNameservers
			dns01RecursiveNameserversOnly enableCertificateOwnerRef enableServiceLinks enabled extraArgs extraEnv extraObjects
			featureGates fullnameOverride hostAliases http_proxy https_proxy image imagePullSecrets ingressShim installCRDs livenessProbe
			maxConcurrentChallenges nameOverride namespace no_proxy nodeSelector podAnnotations podDisruptionBudget podDnsConfig
			podDnsPolicy podLabels prometheus replicaCount resources securityContext serviceAccount serviceAnnotations
			serviceIPFamilies serviceIPFamilyPolicy serviceLabels startupapicheck strategy tolerations topologySpreadConstraints
			volumeMounts volumes webhook`,
		templates: []bundle{
			{group: "cert-manager.io", when: "crds.enabled|installCRDs", keep: "crds.keep"},
			{group: "acme.cert-manager.io", when: "crds.enabled|installCRDs", keep: "crds.keep"},
		},
		accounts: []account{{path: "serviceAccount"}, {path: "webhook.serviceAccount", name: "cert-manager-webhook"}, {path: "cainjector.serviceAccount", name: "cert-manager-cainjector"}},
	},
}

// knows tells whether a chart has a value of that name.
func (c *chart) knows(value string) bool {
	return value == "global" || slices.Contains(strings.Fields(c.values), value)
}

func ingressClass(name, controller string, isDefault bool) map[string]any {
	metadata := map[string]any{"name": name}
	if isDefault {
		metadata["annotations"] = map[string]any{"ingressclass.kubernetes.io/is-default-class": "true"}
	}
	return map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": metadata, "spec": map[string]any{"controller": controller},
	}
}

func csiDriver(name string) map[string]any {
	return map[string]any{
		"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": map[string]any{"name": name}, "spec": map[string]any{},
	}
}

// apiService is the registration of an API server beside Kubernetes' own.
func apiService(group, version string) map[string]any {
	return map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": version + "." + group},
		"spec": map[string]any{"group": group, "version": version},
	}
}

// calico builds what the Tigera operator's release has.
// (docs/reference/aws-workload-eks.md 10)
func calico(r *release) []map[string]any {
	var objects []map[string]any
	add := func(apiVersion, kind, value string, enabled bool) {
		if !r.flag(value+".enabled", enabled) {
			return
		}
		spec := map[string]any{}
		for key, given := range r.values.Map(value) {
			if key != "enabled" {
				spec[key] = given
			}
		}
		objects = append(objects, map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "default"}, "spec": spec,
		})
	}
	add("operator.tigera.io/v1", "Installation", "installation", true)
	if add("operator.tigera.io/v1", "APIServer", "apiServer", true); r.flag("apiServer.enabled", true) {
		objects[len(objects)-1]["status"] = map[string]any{"state": "Ready"} // as the operator does
	}
	add("operator.tigera.io/v1", "Goldmane", "goldmane", true)
	add("operator.tigera.io/v1", "Whisker", "whisker", true)
	add("crd.projectcalico.org/v1", "FelixConfiguration", "defaultFelixConfiguration", false)
	return objects
}

// calicoGrown builds what the operator makes: the API server, and a FelixConfiguration
// that the chart leaves to it.
func calicoGrown(r *release) []map[string]any {
	var objects []map[string]any
	if r.flag("apiServer.enabled", true) {
		objects = append(objects, apiService("projectcalico.org", "v3"))
	}
	return append(objects, map[string]any{
		"apiVersion": "crd.projectcalico.org/v1", "kind": "FelixConfiguration", "metadata": map[string]any{"name": "default"},
		"spec": map[string]any{},
	})
}
