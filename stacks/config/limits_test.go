package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// release is a workload with one release of these keys, which begin in line 10.
func ofRelease(lines ...string) []string {
	spec := []string{"clusters:", `  "20250115":`, "    spec:"}
	for _, line := range lines {
		spec = append(spec, "      "+line)
	}
	return spec
}

// sitesOf are main and as many sites besides, of which site gives the keys.
func sitesOf(count int, site func(i int) string) string {
	sites := make([]string, count+1)
	sites[0] = "main: {spec: {domain: a.example.com}}"
	for i := range count {
		sites[i+1] = fmt.Sprintf("s%02d: {spec: {%s}}", i, site(i))
	}
	return "sites: {" + strings.Join(sites, ", ") + "}"
}

func ownDomain(i int) string      { return fmt.Sprintf("domain: s%02d.example.com", i) }
func sharedDomain(int) string     { return "domain: a.example.com" }
func mainSite(keys string) string { return "sites: {main: {spec: {" + keys + "}}}" }

func pool(keys string) []string {
	return append(ofRelease("karpenter_config: {node_pools: [{name: a, "+keys+"}]}"), "autoscaling_enabled: true")
}

func nodeGroup(keys string) []string { return ofRelease("additional_node_groups: {g: {" + keys + "}}") }

func entries(count int, entry func(i int) string) string {
	list := make([]string, count)
	for i := range list {
		list[i] = entry(i)
	}
	return strings.Join(list, ", ")
}

func tags(count int) string {
	return "resource_tags: {" + entries(count, func(i int) string { return fmt.Sprintf("t%02d: x", i) }) + "}"
}

// Each limit of the cloud: at the limit a workload loads, and one beyond it is refused, with
// its place and what to do.
func TestLimits(t *testing.T) {
	t.Parallel()
	one := func(line string) []string { return []string{line} }
	with := func(lines []string, more ...string) []string { return append(more, lines...) }
	long := func(count int) string { return strings.Repeat("x", count) }
	groups := func(count int) []string {
		return ofRelease("additional_node_groups: {" + entries(count, func(i int) string { return fmt.Sprintf("g%02d: {}", i) }) + "}")
	}
	releases := func(count int) []string {
		return one("clusters: {" + entries(count, func(i int) string { return fmt.Sprintf("r%d: {spec: {}}", i) }) + "}")
	}
	principal := func(keys ...string) []string {
		return ofRelease("eks_access_entries: {additional_entries: [{" + strings.Join(keys, "}, {") + "}]}")
	}
	const (
		quotas      = "spec.clusters.20250115.spec."
		certificate = "domain: a.example.com, certificate_arn: 'arn:aws:acm:us-east-2:123456789012:certificate/x'"
		alice       = "principalArn: 'arn:aws:iam::123456789012:role/alice'"
		requirement = "requirements: [{key: a, operator: "
	)
	label63, domain64 := long(63), long(50)+".example.co.jp"
	for _, test := range []struct {
		at, beyond []string
		problem    string // its place, then what it says, cut off
	}{
		// Quotas, which can be raised.
		{with(ofRelease(), sitesOf(24, ownDomain)), with(ofRelease(), sitesOf(25, ownDomain)),
			"6:1031: spec.sites.s24.spec.domain: 26 certificates are more than the 25 that the load balancer of a release takes: set load_balancer_per_site to true, let sites share a domain or a certificate_arn, " +
				`or have AWS raise the quota "Certificates per Application Load Balancer" and declare it as aws_quotas.certificates_per_load_balancer`},
		{with(ofRelease(), sitesOf(25, ownDomain), "load_balancer_per_site: true"), with(ofRelease(), sitesOf(25, ownDomain), "load_balancer_per_site: false"), "6:1031: "},
		{with(ofRelease(), sitesOf(30, ownDomain), "aws_quotas: {certificates_per_load_balancer: 31}"),
			with(ofRelease(), sitesOf(30, ownDomain), "aws_quotas: {certificates_per_load_balancer: 30}"), "6:1231: spec.sites.s29.spec.domain: 31 certificates are more than the 30"},
		{with(ofRelease(), sitesOf(60, sharedDomain)), with(ofRelease(), sitesOf(60, ownDomain)), "6:1031: "},
		{with(ofRelease(), sitesOf(49, ownDomain), "load_balancer_per_site: true"), with(ofRelease(), sitesOf(50, ownDomain), "load_balancer_per_site: true"),
			"7:27: spec.load_balancer_per_site: 51 load balancers, one a site and release, are more than the 50"},
		{groups(29), groups(30), "10:9: " + quotas + "additional_node_groups: 31 node groups, with the default one, are more than the 30"},
		{ofRelease("mp_max_size: 450"), ofRelease("mp_max_size: 451"), "10:22: " + quotas + "mp_max_size: 451 nodes are more than the 450"},
		{nodeGroup("max_size: 450"), nodeGroup("max_size: 451"), "10:48: " + quotas + "additional_node_groups.g.max_size: 451 nodes"},
		{releases(4), releases(5), "7:3: spec.clusters: roles that trust 5 issuers, of clusters and extra_cluster_oidc_urls, have trust policies of 2448 characters, more than the 2048 that IAM takes"},
		{with(releases(5), "aws_quotas: {role_trust_policy_length: 4096}"), one("aws_quotas: {role_trust_policy_length: 4097}"), "7:42: spec.aws_quotas.role_trust_policy_length: 4097 must be at most 4096"},
		// Names.
		{one("sites: {main: {spec: {domain: a.example.com}}, " + long(48) + ": {spec: {domain: a.example.com}}}"),
			one("sites: {main: {spec: {domain: a.example.com}}, " + long(49) + ": {spec: {domain: a.example.com}}}"),
			"6:50: spec.sites." + long(49) + ": the database " + long(49) + "_packagemanager has 64 characters, PostgreSQL keeps 63"},
		{one("sites: {main: {spec: {domain: a.example.com}}, " + long(32) + ": {spec: {domain: a.example.com, use_traefik_forward_auth: true}}}"),
			one("sites: {main: {spec: {domain: a.example.com}}, " + long(33) + ": {spec: {domain: a.example.com, use_traefik_forward_auth: true}}}"),
			"6:50: spec.sites." + long(33) + ": the Helm release traefik-forward-auth-" + long(33) + " has 54 characters, and Helm takes 53"},
		{one(mainSite("domain: " + domain64)), one(mainSite("domain: x" + domain64)), "6:33: spec.sites.main.spec.domain: "},
		{one(mainSite("domain: " + label63 + "." + label63 + "." + label63 + "." + long(46) + ", " + certificate[len("domain: a.example.com, "):])),
			one(mainSite("domain: " + label63 + "." + label63 + "." + label63 + "." + long(47) + ", " + certificate[len("domain: a.example.com, "):])), "6:33: spec.sites.main.spec.domain: "},
		{one(mainSite("domain: " + long(60) + ".de")), one(mainSite("domain: " + long(64) + ".de")), "6:33: spec.sites.main.spec.domain: "},
		{one("true_name: " + long(14)), one("true_name: " + long(15)), `7:14: spec.true_name: "` + long(15) + `-staging" has 23 characters, and the name of a bucket leaves room for 22`},
		{nodeGroup("taints: [{key: " + long(63) + ", value: " + long(63) + ", effect: NoSchedule}]"), nodeGroup("taints: [{key: " + long(64) + ", value: x, effect: NoSchedule}]"),
			`10:53: spec.clusters.20250115.spec.additional_node_groups.g.taints[0].key: "` + long(64) + `" is no key that Kubernetes takes`},
		{nodeGroup("taints: [{key: a.example/" + long(53) + ", value: x, effect: NoSchedule}]"), nodeGroup("taints: [{key: a.example/" + long(54) + ", value: x, effect: NoSchedule}]"),
			`10:53: spec.clusters.20250115.spec.additional_node_groups.g.taints[0].key: "a.example/` + long(54) + `" has 64 characters, and EKS takes 63`},
		// Tags.
		{one(tags(46)), one(tags(47)), "7:3: spec.resource_tags: 47 tags are too many: AWS takes 50 of a resource, and ptd puts 4 of its own on each"},
		{one("resource_tags: {" + long(128) + ": x}"), one("resource_tags: {" + long(129) + ": x}"), "7:19: spec.resource_tags." + long(129) + ": a tag key must have 1 to 128 characters"},
		{one("resource_tags: {a: " + strings.Repeat("ü", 256) + "}"), one("resource_tags: {a: " + strings.Repeat("ü", 257) + "}"), "7:19: spec.resource_tags.a: a tag value must have at most 256 characters"},
		{one("resource_tags: {owner: x, owners: y}"), one("resource_tags: {owner: x, Owner: y}"), `7:26: spec.resource_tags.owner: differs only in case from "Owner": IAM does not tell them apart`},
		{one("resource_tags: {Name: x}"), one("resource_tags: {name: x}"), `7:25: spec.resource_tags.name: differs only in case from "Name", which ptd sets: IAM`},
		{one("resource_tags: {awsx: x}"), one("resource_tags: {'AWS:x': x}"), "7:19: spec.resource_tags.AWS:x: a tag key must not begin with aws:"},
		{one("resource_tags: {a: '_.:/=+-@'}"), one("resource_tags: {a: 'a,b'}"), "7:22: spec.resource_tags.a: AWS takes letters"},
		{one("ignore_tags: ['corp:owner']"), one("ignore_tags: ['corp*']"), `7:17: spec.ignore_tags[0]: "corp*" is no key that a tag can have`},
		{nodeGroup("labels: {a: 'x y'}"), nodeGroup("labels: {a: 'x,y'}"), "10:50: spec.clusters.20250115.spec.additional_node_groups.g.labels.a: AWS takes letters"},
		{append(nodeGroup("labels: {a: x}"), tags(45)), append(nodeGroup("labels: {a: x}"), tags(46)), "10:38: spec.clusters.20250115.spec.additional_node_groups.g.labels: are tags of the node group, too, which has 47"},
		// Versions.
		{ofRelease("cluster_version: 1.38"), ofRelease("cluster_version: '1.39'"), `10:26: spec.clusters.20250115.spec.cluster_version: "1.39" must be a Kubernetes version that EKS offers, or soon may: 1.29 to 1.38`},
		{ofRelease("cluster_version: 1.29.3"), ofRelease("cluster_version: '1.28'"), "10:26: "},
		{ofRelease("cluster_version: '1.31'"), ofRelease("cluster_version: '2.31'"), "10:26: "},
		{one("db_engine_version: '19'"), one("db_engine_version: '20'"), `7:22: spec.db_engine_version: "20" must be a PostgreSQL version that RDS offers, or soon may: 11 to 19`},
		{one("db_engine_version: '11.22'"), one("db_engine_version: 10.23"), "7:22: "},
		{one("db_engine_version: 15.18"), one("db_engine_version: 15.18.1"), `7:22: spec.db_engine_version: "15.18.1" must be a PostgreSQL version`},
		{ofRelease("components: {loki_version: 6.0.0-rc.1}"), ofRelease("components: {loki_version: '6.0'}"), `10:36: spec.clusters.20250115.spec.components.loki_version: "6.0" must be the version of a chart`},
		{ofRelease("components: {cert_manager_version: v1.18.1}"), ofRelease("components: {cert_manager_version: v01.18.1}"), "10:44: "},
		{ofRelease("team_operator_chart_version: v1.29.1"), ofRelease("team_operator_chart_version: v1.29"), "10:38: "},
		// Networks.
		{one("vpc_cidr: 10.0.0.0/20"), one("vpc_cidr: 10.0.0.0/21"), `7:13: spec.vpc_cidr: "10.0.0.0/21" is too small`},
		{one("vpc_cidr: 10.0.0.0/16"), one("vpc_cidr: 10.0.0.0/15"), `7:13: spec.vpc_cidr: "10.0.0.0/15" is too large`},
		{one("vpc_cidr: 169.253.0.0/16"), one("vpc_cidr: 169.254.0.0/16"), `7:13: spec.vpc_cidr: "169.254.0.0/16" overlaps 169.254.0.0/16, which is for link-local`},
		{one("vpc_cidr: 126.0.0.0/16"), one("vpc_cidr: 127.1.0.0/16"), `7:13: spec.vpc_cidr: "127.1.0.0/16" overlaps 127.0.0.0/8`},
		{one("vpc_cidr: 223.0.0.0/16"), one("vpc_cidr: 224.0.0.0/16"), `7:13: spec.vpc_cidr: "224.0.0.0/16" overlaps 224.0.0.0/4`},
		{one("vpc_cidr: 100.64.0.0/16"), one("vpc_cidr: 0.1.0.0/16"), `7:13: spec.vpc_cidr: "0.1.0.0/16" overlaps 0.0.0.0/8`},
		{one("provisioned_vpc: {vpc_id: vpc-1a2b3c4d, cidr: 10.0.0.0/28, private_subnets: [a, b]}"), one("provisioned_vpc: {vpc_id: vpc-1a2b3c4d, cidr: 10.0.0.0/29, private_subnets: [a, b]}"),
			`7:49: spec.provisioned_vpc.cidr: "10.0.0.0/29" is no block of a VPC: AWS takes a /16 to a /28`},
		{ofRelease("pod_cidr: 172.16.0.0/24"), ofRelease("pod_cidr: 169.254.0.0/24"), "10:19: "},
		// Regions, accounts, addresses, ARNs.
		{one("region: eu-south-2"), one("region: eu-south-3"), `6:11: spec.region: "eu-south-3" is no region of AWS that this version of ptd knows (did you mean "eu-south-1"?)`},
		{one(`account_id: "123456789012"`), one(`account_id: "1234567890123"`), "6:15: spec.account_id: "},
		{one(mainSite(certificate)), one(mainSite(strings.Replace(certificate, "us-east-2", "us-east-1", 1))), "6:65: spec.sites.main.spec.certificate_arn: the certificate is in us-east-1"},
		{one(mainSite(certificate)), one(mainSite(strings.Replace(certificate, "123456789012", "210987654321", 1))), "6:65: spec.sites.main.spec.certificate_arn: the certificate is of account 210987654321"},
		{principal(alice), principal("principalArn: 'arn:aws:iam::123456789012:group/staff'"), "10:66: spec.clusters.20250115.spec.eks_access_entries.additional_entries[0].principalArn: "},
		{principal(alice), principal("principalArn: 'arn:aws:sts::123456789012:assumed-role/alice/x'"), "10:66: "},
		{principal(alice), principal(alice, alice), `10:122: spec.clusters.20250115.spec.eks_access_entries.additional_entries[1].principalArn: "arn:aws:iam::123456789012:role/alice" is given twice`},
		{principal(alice + ", kubernetesGroups: [ops]"), principal(alice + ", kubernetesGroups: ['system:masters']"), `10:125: spec.clusters.20250115.spec.eks_access_entries.additional_entries[0].kubernetesGroups[0]: "system:masters" must not begin with system:`},
		{principal(alice + ", accessPolicies: [{policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy'}]"),
			principal(alice + ", accessPolicies: [{policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess'}]"), "10:135: "},
		// Karpenter.
		{pool(requirement + "Gt, values: ['0']}]"), pool(requirement + "Gt, values: ['-1']}]"), "10:89: spec.clusters.20250115.spec.karpenter_config.node_pools[0].requirements[0].values: operator Gt takes an integer from 0, not -1"},
		{pool(requirement + "Lt, values: ['5']}]"), pool(requirement + "Lt, values: ['5', '6']}]"), "10:89: "},
		{pool(requirement + "In, values: [x]}]"), pool(requirement + "Include, values: [x]}]"), "10:85: "},
		{pool(requirement + "In, values: [" + long(63) + "]}]"), pool(requirement + "In, values: [" + long(64) + "]}]"), "10:98: "},
		{pool("requirements: [{key: kubernetes.io/arch, operator: Exists}]"), pool("requirements: [{key: kubernetes.io/hostname, operator: Exists}]"), "10:72: "},
		{pool("requirements: [" + entries(100, func(i int) string { return fmt.Sprintf("{key: k%d, operator: Exists}", i) }) + "]"),
			pool("requirements: [" + entries(101, func(i int) string { return fmt.Sprintf("{key: k%d, operator: Exists}", i) }) + "]"), "10:51: spec.clusters.20250115.spec.karpenter_config.node_pools[0].requirements: 101 requirements"},
		{pool("limits: {cpu: 1e3, memory: 1.5Ti}"), pool("limits: {cpu: -1}"), "10:65: "},
		{pool("limits: {cpu: 100m}"), pool("limits: {cpu: 100Mb}"), "10:65: "},
		{pool("expire_after: Never"), pool("expire_after: never"), "10:65: "},
		{pool("root_volume_size: 58Ti"), pool("root_volume_size: 59Ti"), `10:69: spec.clusters.20250115.spec.karpenter_config.node_pools[0].root_volume_size: "59Ti" is more than a volume can have: 58Ti`},
		{pool("taints: [{key: a, value: x, effect: NoSchedule}, {key: a, effect: NoExecute}]"), pool("taints: [{key: a, value: x, effect: NoSchedule}, {key: a, effect: NoSchedule}]"), "10:100: "},
		{ofRelease("karpenter_config: {node_pools: [{name: " + long(46) + ", overprovisioning_replicas: 1}]}"),
			ofRelease("karpenter_config: {node_pools: [{name: " + long(47) + ", overprovisioning_replicas: 1}]}"), "10:48: "},
		// Disks and sizes.
		{ofRelease("root_disk_size: 20"), ofRelease("root_disk_size: 19"), "10:25: spec.clusters.20250115.spec.root_disk_size: 19 must be at least 20: the image of AL2023_x86_64_STANDARD is that large"},
		{nodeGroup("additional_root_disk_size: 50, ami_type: WINDOWS_CORE_2022_x86_64"), nodeGroup("additional_root_disk_size: 49, ami_type: WINDOWS_CORE_2022_x86_64"), "10:65: "},
		{one("db_max_allocated_storage: 110"), one("db_max_allocated_storage: 109"), "7:29: "},
		{one("db_allocated_storage: 65536"), one("db_allocated_storage: 65537"), "7:25: "},
		{one("fsx_openzfs_storage_capacity: 64"), one("fsx_openzfs_storage_capacity: 63"), "7:33: "},
		{one("fsx_openzfs_throughput_capacity: 160"), one("fsx_openzfs_throughput_capacity: 161"), "7:36: "},
		{nodeGroup("min_size: 2, max_size: 2"), nodeGroup("min_size: 3, max_size: 2"), "10:48: "},
		{ofRelease("team_operator_tolerations: [{key: a, operator: Equal, value: x}]"), ofRelease("team_operator_tolerations: [{key: a, value: x}]"), "10:53: "},
	} {
		_, err := Parse("demo01-staging", "ptd.yaml", []byte(awsSpec(test.at...)))
		assert.NoError(t, err, test.problem)
		_, err = Parse("demo01-staging", "ptd.yaml", []byte(awsSpec(test.beyond...)))
		if assert.Error(t, err, test.problem) {
			assert.True(t, strings.HasPrefix(err.Error(), "ptd.yaml:"+test.problem), "%s\ngot %v", test.problem, err)
		}
	}
}

// Addresses of people become names of sessions, and a control room's bucket its name.
func TestLimitsOfControlRooms(t *testing.T) {
	t.Parallel()
	user := func(email string) string {
		return controlRoomSpec("trusted_users: [{given_name: A, family_name: B, email: " + email + "}]")
	}
	long := strings.Repeat("x", 52)
	for _, test := range []struct{ name, at, beyond, problem string }{
		{"main01-staging", user(long + "@example.com"), user(long + "x@example.com"), `ptd.yaml:6:58: spec.trusted_users[0].email: "` + long + `x@example.com" must have up to 64 letters`},
		{"main01-staging", user("a+b@example.com"), user("a@example@com"), "ptd.yaml:6:58: spec.trusted_users[0].email: "},
		{"main01-staging", user("a@b.example"), user("a@example"), "ptd.yaml:6:58: spec.trusted_users[0].email: "},
		{"main01-staging", controlRoomSpec("resource_tags: {a: x}"), controlRoomSpec("resource_tags: {a: 'x,y'}"), "ptd.yaml:6:22: spec.resource_tags.a: AWS takes letters"},
		{"main01-staging", controlRoomSpec("region: eu-west-1"), controlRoomSpec("region: eu-west-9"), "ptd.yaml:6:11: spec.region: "},
	} {
		_, err := Parse(test.name, "ptd.yaml", []byte(test.at))
		assert.NoError(t, err, test.problem)
		_, err = Parse(test.name, "ptd.yaml", []byte(test.beyond))
		if assert.Error(t, err, test.problem) {
			assert.True(t, strings.HasPrefix(err.Error(), test.problem), "%s\ngot %v", test.problem, err)
		}
	}
	_, err := Parse("m-"+strings.Repeat("x", 57), "ptd.yaml", []byte(controlRoomSpec()))
	assert.NoError(t, err)
	_, err = Parse("m-"+strings.Repeat("x", 58), "ptd.yaml", []byte(controlRoomSpec()))
	assert.ErrorContains(t, err, "has 64 characters, and S3 takes 63")
}
