package config

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// Limits that names run into, and what ptd puts around a name.
const (
	maxBucketPrefix = 37
	maxRoleName     = 64
	// node groups take 63 characters, with a suffix of up to 8.
	maxNodeGroupName = 55
)

var awsName = pattern(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)

// armFamily are the instance families with Graviton processors.
var armFamily = pattern(`^(a1|[a-z]+\d+g[a-z]*(-[a-z0-9]+)?)\.`)

func (d *decoder) validateAWSWorkload(w *AWSWorkload) {
	if d.validateName(&w.WorkloadCommon) {
		d.validateAWSNames(w)
	}
	d.validateControlRoomKeys(&w.WorkloadCommon)
	_, hasMain := w.Sites[MainSite]
	d.validateMain(hasMain)
	d.moveHostedZoneID(w)
	d.validateAWSAccess(w)
	d.validateAWSNetwork(w)
	d.validateAWSTags("spec.resource_tags", w.ResourceTags)
	d.validateIgnoredTags("spec.ignore_tags", w.IgnoreTags)
	d.validateQuotas(w)
	d.validateDatabase(w)
	d.validateFSx(w)
	d.validateAWSSites(w)
	for release, cluster := range w.SortedClusters() {
		d.validateAWSCluster(w, release, cluster)
	}
	d.warnUnused(w)
}

// moveHostedZoneID gives the site called main the zone that stands at the top.
// (docs/reference/config-and-cli.md 1.4)
func (d *decoder) moveHostedZoneID(w *AWSWorkload) {
	const path = "spec.hosted_zone_id"
	site, ok := w.Sites[MainSite]
	switch {
	case w.HostedZoneID == "" || !ok:
	case site.ZoneID != "" && site.ZoneID != w.HostedZoneID:
		d.reject(path, "%q is not the zone_id of site %s, which is %q: remove one", w.HostedZoneID, MainSite, site.ZoneID)
	default:
		site.ZoneID = w.HostedZoneID
		w.Sites[MainSite] = site
		d.warn(path, "is taken for sites.%s.spec.zone_id: move it there", MainSite)
	}
}

// validateAWSNames checks the lengths that AWS would only reject at apply time.
// (docs/reference/aws-workload-base.md 12.18; docs/reference/aws-workload-eks.md 2.5)
func (d *decoder) validateAWSNames(w *AWSWorkload) {
	name := w.CompoundName()
	if !awsName().MatchString(name) || !awsName().MatchString(w.Name) {
		d.reject("spec.true_name", "the names of buckets and databases need a target of lower-case letters, digits and single hyphens that begins with a letter, not %q", w.Name)
	}
	d.validateTargetName(w)
	if over := len(w.ChronicleBucketPrefix()) - maxBucketPrefix; over > 0 {
		d.reject("spec.true_name", "%q has %d characters, and the name of a bucket leaves room for %d", name, len(name), len(name)-over)
	}
	d.validateSiteNames(w)
	// Of the roles of a release and of those of a site in it, the longest each.
	// (docs/reference/aws-workload-apps.md 7.3, 15 point 19)
	longest := ""
	for release := range w.SortedClusters() {
		d.validateRoleName("spec.clusters."+release, w.ScopedName("team-operator."+release))
		if len(release) > len(longest) {
			longest = release
		}
	}
	for site := range w.SortedSites() {
		if longest != "" {
			d.validateRoleName("spec.sites."+site, w.ScopedName("dev-ses."+longest+"."+site))
		}
	}
}

func (d *decoder) validateRoleName(path, role string) {
	if len(role) > maxRoleName {
		d.reject(path, "the role %s has %d characters, and IAM takes %d", role, len(role), maxRoleName)
	}
}

func (d *decoder) validateAWSAccess(w *AWSWorkload) {
	if w.CustomRole != nil && w.Profile == "" {
		d.warn("spec.custom_role", "is assumed only together with profile; without it ptd works as the admin role")
	}
	if w.TailscaleEnabled && w.CustomerManagedBastionID != "" {
		d.warn("spec.customer_managed_bastion_id", "is not used: tailscale_enabled replaces the bastion")
	}
	if w.BastionAMI == "" && w.BastionInstanceType != "" && !armFamily().MatchString(w.BastionInstanceType) {
		d.reject("spec.bastion_instance_type", "%q must be an arm64 type such as t4g.nano: the image is arm64", w.BastionInstanceType)
	}
}

// validateAWSNetwork checks that there are subnets in two zones: RDS takes no fewer.
func (d *decoder) validateAWSNetwork(w *AWSWorkload) {
	switch {
	case w.ProvisionedVpc == nil && w.VpcAZCount == 1:
		d.reject("spec.vpc_az_count", "1 must be at least 2: the database needs subnets in two availability zones")
	case w.ProvisionedVpc != nil && len(w.ProvisionedVpc.PrivateSubnets) < 2:
		d.reject("spec.provisioned_vpc.private_subnets", "the database needs at least 2 private subnets (values of their Name tag), in different availability zones")
	}
	d.warnOfVpcCIDR(w)
	if w.ProvisionedVpc == nil && w.Region == "us-west-1" && w.VpcAZCount > 2 {
		d.warn("spec.vpc_az_count", "%d may be too many: most accounts see 2 availability zones in us-west-1", w.VpcAZCount)
	}
	if !slices.Contains(logRetentions, w.FlowLogRetentionDays) {
		d.reject("spec.flow_log_retention_days", "%d must be one of %s", w.FlowLogRetentionDays, integers(logRetentions))
	}
}

func (d *decoder) validateDatabase(w *AWSWorkload) {
	if least := (w.DBAllocatedStorage*11 + 9) / 10; w.DBMaxAllocatedStorage != 0 && w.DBMaxAllocatedStorage < least {
		d.reject("spec.db_max_allocated_storage", "%d must be at least %d, a tenth more than db_allocated_storage", w.DBMaxAllocatedStorage, least)
	}
	ptds := w.databaseNames()
	names := w.ExtraPostgresDBNames()
	for i, name := range names {
		path := "spec.extra_postgres_dbs" + index(i)
		switch {
		case slices.Contains([]string{"postgres", "template0", "template1", "public", "none"}, name) || strings.HasPrefix(name, "pg_"):
			d.reject(path, "%q is a name of PostgreSQL's own", name)
		case strings.HasPrefix(name, "rds"):
			d.reject(path, "%q begins with rds: such roles are those of RDS", name)
		case slices.Contains(names[:i], name):
			d.reject(path, "%q is given twice (- and _ make the same name)", name)
		case ptds[name] != "":
			d.reject(path, "%q is the database of %s", name, ptds[name])
		}
	}
}

// databaseNames are the databases that ptd or the Team Operator makes, each with whose
// it is.
func (w *AWSWorkload) databaseNames() map[string]string {
	names := map[string]string{"grafana": "Grafana"}
	for site := range w.Sites {
		for _, product := range DatabaseProducts() {
			names[product.Database(site)] = product.Name + " of site " + site
		}
	}
	return names
}

// fsxThroughput are the throughputs, in MB/s, that the two generations of OpenZFS offer.
var fsxThroughput = map[bool][]int{
	true:  {64, 128, 256, 512, 1024, 2048, 3072, 4096},
	false: {160, 320, 640, 1280, 2560, 3840, 5120, 7680, 10240},
}

func (d *decoder) validateFSx(w *AWSWorkload) {
	deployment := w.FSxDeploymentType()
	offered := fsxThroughput[strings.HasPrefix(deployment, "SINGLE") && strings.HasSuffix(deployment, "_1")]
	if !slices.Contains(offered, w.FSxOpenZFSThroughputCapacity) {
		d.reject("spec.fsx_openzfs_throughput_capacity", "%d must be one of %s for a %s file system",
			w.FSxOpenZFSThroughputCapacity, integers(offered), deployment)
	}
}

// validateAWSSites checks zones and certificates.
// (docs/reference/aws-workload-base.md 4.10, 12.10-11)
func (d *decoder) validateAWSSites(w *AWSWorkload) {
	for name, site := range w.SortedSites() {
		path := "spec.sites." + name + ".spec"
		d.validateCertificateARN(path+".certificate_arn", w, site.CertificateARN)
		if !w.HostedZoneManagementEnabled {
			if site.CertificateARN == "" {
				d.reject(path+".certificate_arn", "required value is missing: hosted_zone_management_enabled is false")
			}
			if site.CertificateValidationEnabled {
				d.reject(path+".certificate_validation_enabled", "must be false: hosted_zone_management_enabled is false")
			}
			continue
		}
		if !site.PrivateZone {
			continue
		}
		ownVpc := w.ProvisionedVpc == nil || site.AutoAssociateProvisionedVpc
		if site.ZoneID == "" && !ownVpc && len(site.VpcAssociations) == 0 {
			d.reject(path+".private_zone", "a private zone needs a VPC: list vpc_associations or leave auto_associate_provisioned_vpc on")
		}
		if site.CertificateValidationEnabled && site.CertificateARN == "" {
			d.reject(path+".private_zone", "ACM cannot validate a certificate in a private zone: give certificate_arn, or set certificate_validation_enabled to false")
		}
	}
}

func (d *decoder) validateAWSCluster(w *AWSWorkload, release string, c AWSCluster) {
	key := "spec.clusters." + release
	path := key + ".spec"
	name := w.ClusterName(release)
	longestRole := w.CSIDriverRoleName(release, "ebs")
	if w.AutoscalingEnabled {
		longestRole = "KarpenterControllerRole-" + name + ".posit.team"
	}
	if over := len(longestRole) - maxRoleName; over > 0 {
		d.reject(key, "the cluster name %s has %d characters, and the names of its roles leave room for %d", name, len(name), len(name)-over)
	}
	if c.MPMinSize > c.MPMaxSize {
		d.reject(path+".mp_min_size", "%d must be at most mp_max_size, which is %d", c.MPMinSize, c.MPMaxSize)
	}
	d.warnSmall(path+".mp_instance_type", c.MPInstanceType)
	d.validateImage(path+".mp_instance_type", c.MPInstanceType, c.AMIType)
	d.warnDrivers(path+".mp_instance_type", c.MPInstanceType, c.AMIType)
	if w.AutoscalingEnabled && c.KarpenterConfig == nil {
		d.warn(path+".karpenter_config", "is not given: release %s gets Karpenter's roles and queue, and neither Karpenter nor node pools", release)
	}
	if !w.AutoscalingEnabled && c.KarpenterConfig != nil {
		d.warn(path+".karpenter_config", "is not used: autoscaling_enabled is false")
	}
	if c.KarpenterConfig != nil {
		d.validateKarpenter(path+".karpenter_config", c.KarpenterConfig, c.Components.KarpenterVersion)
	}
	d.validateCalico(w, path, c)
	d.validateTolerations(path+".team_operator_tolerations", c.TeamOperatorTolerations)
	d.validateDisk(path+".root_disk_size", c.RootDiskSize, c.AMIType)
	if !slices.Contains(logRetentions, c.LogRetentionDays) {
		d.reject(path+".log_retention_days", "%d must be one of %s", c.LogRetentionDays, integers(logRetentions))
	}
	for group, g := range sorted(c.AdditionalNodeGroups) {
		d.validateNodeGroup(path+".additional_node_groups."+group, name+"-"+group, g)
		if count := len(w.ResourceTags) + len(g.Labels); len(g.Labels) > 0 && count > maxTags-ownTags {
			d.reject(path+".additional_node_groups."+group+".labels", "are tags of the node group, too, which has %d with resource_tags: AWS takes %d, and ptd puts %d of its own there",
				count, maxTags, ownTags)
		}
		image := cmp.Or(g.AMIType, c.AMIType)
		d.validateImage(path+".additional_node_groups."+group+".instance_type", g.InstanceType, image)
		d.warnDrivers(path+".additional_node_groups."+group+".instance_type", g.InstanceType, image)
		d.validateDisk(path+".additional_node_groups."+group+".additional_root_disk_size", g.AdditionalRootDiskSize, image)
	}
	d.validateAccessEntries(path+".eks_access_entries", c.EKSAccessEntries)
	for site, s := range w.SortedSites() {
		if s.UseTraefikForwardAuth && c.Components.TraefikForwardAuthVersion == "" {
			d.warn(path+".components", "traefik_forward_auth_version is not set, so site %s has no forward auth in release %s", site, release)
		}
	}
}

// validateImage checks that instances of a type can run the image of their nodes: EKS would
// refuse the node group when everything before it is made.
func (d *decoder) validateImage(key, instance, image string) {
	arm := strings.Contains(image, "_ARM_64")
	if instance == "" || image == "" || image == "CUSTOM" || armFamily().MatchString(instance) == arm {
		return
	}
	if arm {
		d.reject(key, "%q must be an arm64 type such as m7g.large: ami_type is %s", instance, image)
		return
	}
	d.reject(key, "%q has arm64 processors, and ami_type is %s: choose another type, or an image such as AL2023_ARM_64_STANDARD", instance, image)
}

func (d *decoder) validateNodeGroup(path, name string, g AWSNodeGroup) {
	if len(name) > maxNodeGroupName {
		d.reject(path, "the node group name %s has %d characters, and there is room for %d", name, len(name), maxNodeGroupName)
	}
	if g.MinSize > g.MaxSize {
		d.reject(path+".min_size", "%d must be at most max_size, which is %d", g.MinSize, g.MaxSize)
	} else if g.DesiredSize < g.MinSize || g.DesiredSize > g.MaxSize {
		d.reject(path+".desired_size", "%d must be from min_size to max_size, %d to %d", g.DesiredSize, g.MinSize, g.MaxSize)
	}
	d.warnSmall(path+".instance_type", g.InstanceType)
	d.validateTagText(path+".labels", g.Labels)
	taints := make([][2]string, len(g.Taints))
	for i, taint := range g.Taints {
		taints[i] = [2]string{taint.Key, string(taint.Effect)}
		if len(taint.Key) > maxTaintKey {
			d.reject(path+".taints"+index(i)+".key", "%q has %d characters, and EKS takes %d of a taint's key", taint.Key, len(taint.Key), maxTaintKey)
		}
	}
	d.validateTaints(path+".taints", taints)
	labels := g.KubernetesLabels()
	for key := range sorted(g.Labels) {
		if _, ok := labels[key]; !ok {
			d.warn(path+".labels."+key, "is not a label that nodes can have: it becomes a tag of the node group only")
		}
	}
}

// logRetentions are the days that CloudWatch keeps logs for.
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// validateCalico checks that isolation which is asked for is there, and the addresses of
// the pods. EKS takes one of two blocks for
// services. (docs/reference/aws-workload-eks.md 21.25)
func (d *decoder) validateCalico(w *AWSWorkload, path string, c AWSCluster) {
	switch {
	case c.CalicoEnabled:
	case w.NetworkTrust.Level() < NetworkTrust("FULL").Level():
		d.reject(path+".calico_enabled", "network_trust %s needs Calico, which alone keeps sites apart: set calico_enabled to true, or network_trust to FULL "+
			"where sites may reach each other", w.NetworkTrust)
	default:
		d.warn(path+".calico_enabled", "without Calico nothing keeps pods from the metadata address 169.254.169.254, where they take the role of their node")
	}
	pods, err := netip.ParsePrefix(c.PodCIDR)
	if err != nil || !c.CalicoEnabled {
		return
	}
	if pods.Bits() > 24 {
		d.reject(path+".pod_cidr", "%s is too small: every node takes blocks of 64 addresses, a /24 is the least", pods)
	}
	for _, services := range []string{"10.100.0.0/16", "172.20.0.0/16"} {
		if pods.Overlaps(netip.MustParsePrefix(services)) {
			d.reject(path+".pod_cidr", "%s overlaps %s, where EKS puts services", pods, services)
		}
	}
	if vpc, err := netip.ParsePrefix(w.ResolvedVpcCIDR()); err == nil && pods.Overlaps(vpc) {
		d.warn(path+".pod_cidr", "%s overlaps the VPC's %s: pods cannot reach what is in both", pods, vpc)
	}
}

// warnSmall is about instances that Kubernetes' own pods nearly fill.
func (d *decoder) warnSmall(path, instanceType string) {
	_, size, _ := strings.Cut(instanceType, ".")
	if slices.Contains([]string{"nano", "micro", "small", "medium"}, size) {
		d.warn(path, "%s is small for a node: system pods may fill it", instanceType)
	}
}
