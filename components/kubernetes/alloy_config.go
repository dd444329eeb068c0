package kubernetes

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// AlloyConfig is what an Alloy collects and where it sends it. Cluster, Tenant, Domain,
// LokiURL and MimirURL are required.
type AlloyConfig struct {
	// Cluster is the label cluster of everything, Tenant the label tenant_name.
	Cluster, Tenant string
	// Domain is the one whose pages (https://{Domain}) may send front-end telemetry.
	Domain string
	// LokiURL and MimirURL are the gateways in the cluster, without a path.
	LokiURL, MimirURL string
	// Sites are those whose products are probed.
	Sites []AlloySite
	// CloudWatch collects metrics of AWS, nil none.
	CloudWatch *AlloyCloudWatch
	// ControlRoom gets the metrics too, unless it is nil.
	ControlRoom *AlloyControlRoom
	// SystemLogs collects the journals of the nodes, which Alloy must be let to.
	SystemLogs bool
}

// AlloyCloudWatch says which AWS resources belong to the workload. All is required;
// names are letters, digits, dots, _ and -.
type AlloyCloudWatch struct {
	Region string
	// Name is in the tag Name of what belongs to the workload; TrueName is its tag
	// posit.team/true-name.
	Name, TrueName string
}

// AlloyControlRoom is a Mimir outside the cluster that gets metrics of many tenants.
// Domain, User and TenantID are required.
type AlloyControlRoom struct {
	// Domain is the control room's; its Mimir is https://mimir.{Domain}.
	Domain string
	// User is who the password in the Secret mimir-auth belongs to.
	User string
	// TenantID is whose metrics they are: the account's or tenant's id.
	TenantID string
	// Metrics are the names of those that are sent, all if nil (see ControlRoomMetrics).
	Metrics []string
}

const (
	alloyPasswordDirectory = "/etc/mimir/" // where the Secret mimir-auth is mounted
	alloyFaroPort          = 12347         // the default of faro.receiver
	serviceAccountFiles    = "/var/run/secrets/kubernetes.io/serviceaccount/"
)

var (
	// hostName is a name of a host; whether it resolves is not known here.
	hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	tagValue = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)
)

// check says what is wrong with the configuration.
func (c AlloyConfig) check() error {
	for _, required := range []struct{ name, value string }{
		{"cluster", c.Cluster}, {"tenant", c.Tenant}, {"domain", c.Domain}, {"Loki's URL", c.LokiURL}, {"Mimir's URL", c.MimirURL},
	} {
		if required.value == "" {
			return fmt.Errorf("%s is required", required.name)
		}
	}
	type host struct{ what, name string }
	hosts := []host{{"domain", c.Domain}}
	if room := c.ControlRoom; room != nil {
		if room.User == "" || room.TenantID == "" {
			return errors.New("control room: a user and a tenant id are required")
		}
		hosts = append(hosts, host{"domain of the control room", room.Domain})
	}
	for _, site := range c.Sites {
		for _, product := range probedProducts {
			if name, runs := site.Hosts[product.name]; runs {
				hosts = append(hosts, host{"service of " + product.name + " of site " + site.Name, site.service(product)})
				if site.FQDN {
					hosts = append(hosts, host{product.name + " of site " + site.Name, name})
				}
			}
		}
	}
	for _, host := range hosts {
		if len(host.name) > 253 || !hostName.MatchString(host.name) {
			return fmt.Errorf("%s: %q is no host name", host.what, host.name)
		}
	}
	if cloud := c.CloudWatch; cloud != nil {
		if cloud.Region == "" {
			return errors.New("CloudWatch: a region is required")
		}
		for _, name := range []string{cloud.Name, cloud.TrueName} {
			if !tagValue.MatchString(name) {
				return fmt.Errorf("CloudWatch: %q must be letters, digits, dots, _ and -", name)
			}
		}
	}
	return nil
}

// Text is the configuration in Alloy's language. Whatever is in the texts that go in,
// comes out as text.
//
// It is an error if something required is missing, a host is none, or a tag would not
// be taken literally. (docs/reference/aws-workload-apps.md 8.4 to 8.6)
func (c AlloyConfig) Text() (string, error) {
	if err := c.check(); err != nil {
		return "", fmt.Errorf("configuration of Alloy: %w", err)
	}
	var blocks []riverBlock
	for _, part := range [][]riverBlock{
		{{name: "logging", body: []riverItem{
			riverAttribute{"level", riverString("info")}, riverAttribute{"format", riverString("logfmt")},
		}}},
		c.metrics(), c.cloudWatch(), c.sendMetrics(), c.frontEnd(), c.podLogs(), c.journal(), c.sendLogs(),
	} {
		blocks = append(blocks, part...)
	}
	return riverText(blocks)
}

// What the components in the middle export.
var (
	defaultMetrics = riverReference{"prometheus.relabel", "default", "receiver"}
	localLogs      = riverReference{"loki.write", "local", "receiver"}
)

func forwardTo(receivers ...riverValue) riverAttribute {
	return riverAttribute{"forward_to", riverList(receivers)}
}

// clustered shares the work among the pods of Alloy, so that each thing is done once.
var clustered = riverBlock{name: "clustering", body: []riverItem{riverAttribute{"enabled", riverBool(true)}}}

// relabel is a rule that sets a label: to a source label, what of it regex matches, or a
// text.
type relabel struct{ target, source, regex, replacement string }

func (r relabel) rule() riverBlock {
	var body []riverItem
	if r.source != "" {
		body = append(body, riverAttribute{"source_labels", riverStrings(r.source)})
	}
	if r.regex != "" {
		body = append(body, riverAttribute{"regex", riverString(r.regex)})
	}
	body = append(body, riverAttribute{"target_label", riverString(r.target)})
	if r.replacement != "" {
		body = append(body, riverAttribute{"replacement", riverString(r.replacement)})
	}
	return riverBlock{name: "rule", body: body}
}

// relabelTo is a rule that sets a label to exactly this text: $ begins a group in others.
func relabelTo(target, text string) relabel {
	return relabel{target: target, replacement: strings.ReplaceAll(text, "$", "$$")}
}

// kubernetesLabel sets a label to what Kubernetes says of a target.
func kubernetesLabel(target, about string) relabel {
	return relabel{target: target, source: "__meta_kubernetes_" + about}
}

func discoverPods(label string, own bool, namespaces ...string) riverBlock {
	var names []riverItem
	if own {
		names = append(names, riverAttribute{"own_namespace", riverBool(false)})
	}
	names = append(names, riverAttribute{"names", riverStrings(namespaces...)})
	return riverBlock{"discovery.kubernetes", label, []riverItem{
		riverAttribute{"role", riverString("pod")},
		riverBlock{name: "namespaces", body: names},
	}}
}

func relabelTargets(label string, targets riverReference, rules ...relabel) riverBlock {
	block := riverBlock{"discovery.relabel", label, []riverItem{riverAttribute{"targets", targets}}}
	for _, rule := range rules {
		block.body = append(block.body, rule.rule())
	}
	return block
}

// scrape collects the metrics of targets.
func scrape(label string, targets riverValue, to riverReference, more ...riverItem) riverBlock {
	return riverBlock{"prometheus.scrape", label,
		append([]riverItem{riverAttribute{"targets", targets}, forwardTo(to)}, more...)}
}

// metrics collects those of products, nodes and the cluster.
func (c AlloyConfig) metrics() []riverBlock {
	pods := discoverPods("pod_metrics", false, "posit-team", "posit-team-system")
	sites := relabelTargets("pod_metrics", pods.export("targets"), kubernetesLabel("ptd_site", "pod_label_posit_team_site"))
	// A pod has a target for each port. Of Loki's only one is for metrics: the others are
	// of gRPC and of its ring, and the gateway has none.
	lokiPods := discoverPods("loki_metrics", false, "loki")
	loki := relabelTargets("loki_metrics", lokiPods.export("targets"))
	loki.body = append(loki.body,
		riverBlock{name: "rule", body: []riverItem{
			riverAttribute{"source_labels", riverStrings("__meta_kubernetes_pod_container_port_name")},
			riverAttribute{"regex", riverString("http-metrics")}, riverAttribute{"action", riverString("keep")},
		}},
		riverBlock{name: "rule", body: []riverItem{
			riverAttribute{"source_labels", riverStrings("__meta_kubernetes_pod_label_app_kubernetes_io_component")},
			riverAttribute{"regex", riverString("gateway")}, riverAttribute{"action", riverString("drop")},
		}})
	// What is below /proc/net is always that of the network of whoever reads it: the node's
	// is at its first process.
	node := unixExporter("nodes", hostProc,
		"cpu", "cpufreq", "diskstats", "filesystem", "loadavg", "meminfo", "os", "pressure", "uname", "zfs")
	nodeNetwork := unixExporter("node_network", hostProc+"/1", "netdev", "netstat")
	network := relabelTargets("node_network", nodeNetwork.export("targets"), relabelTo("job", "integrations/unix_network"))
	nodes := riverBlock{"discovery.kubernetes", "nodes", []riverItem{riverAttribute{"role", riverString("node")}}}
	kubelet := relabelTargets("kubelet", nodes.export("targets"),
		relabelTo("__address__", "kubernetes.default.svc:443"),
		relabel{
			target: "__metrics_path__", source: "__meta_kubernetes_node_name", regex: "(.+)",
			replacement: "/api/v1/nodes/${1}/proxy/metrics/cadvisor",
		})
	frontDoor := c.frontDoor()
	// The pods of Alloy agree on who probes what only if each knows the same targets,
	// whose instance would otherwise be the pod itself: many would have no prober.
	doors := relabelTargets("blackbox", frontDoor.export("targets"), relabelTo("instance", "blackbox"))
	probes := riverBlock{"prometheus.relabel", "blackbox", []riverItem{
		forwardTo(defaultMetrics), relabelTo("instance", "blackbox").rule(),
	}}
	return []riverBlock{
		pods, sites, lokiPods, loki, node, nodeNetwork, network, frontDoor,
		doors,
		scrape("blackbox", doors.export("output"), probes.export("receiver"), clustered),
		probes,
		scrape("pods", sites.export("output"), defaultMetrics, clustered),
		scrape("loki", loki.export("output"), defaultMetrics, clustered),
		scrape("kube_state_metrics", riverList{riverMap{"__address__": "kube-state-metrics.kube-system.svc:8080"}}, defaultMetrics, clustered),
		nodes, kubelet,
		scrape("kubelet_cadvisor", kubelet.export("output"), defaultMetrics,
			riverAttribute{"scheme", riverString("https")},
			riverAttribute{"bearer_token_file", riverString(serviceAccountFiles + "token")},
			riverBlock{name: "tls_config", body: []riverItem{
				riverAttribute{"ca_file", riverString(serviceAccountFiles + "ca.crt")},
				riverAttribute{"insecure_skip_verify", riverBool(false)},
			}}, clustered),
		// Every pod of Alloy tells of its own node.
		scrape("nodes", node.export("targets"), defaultMetrics),
		scrape("node_network", network.export("output"), defaultMetrics),
	}
}

// unixExporter tells of the node, whose processes are at proc.
func unixExporter(label, proc string, collectors ...string) riverBlock {
	return riverBlock{"prometheus.exporter.unix", label, []riverItem{
		riverAttribute{"procfs_path", riverString(proc)},
		riverAttribute{"sysfs_path", riverString(hostSys)},
		riverAttribute{"rootfs_path", riverString(hostRoot)},
		riverAttribute{"set_collectors", riverStrings(collectors...)},
	}}
}

// sendMetrics sends all metrics to the workload's Mimir, and to the control room's.
func (c AlloyConfig) sendMetrics() []riverBlock {
	remote := func(label, url string, more ...riverItem) riverBlock {
		endpoint := append([]riverItem{riverAttribute{"url", riverString(url)}}, more...)
		// A Mimir that was away gets what is new, not first all that it missed.
		endpoint = append(endpoint, riverBlock{name: "queue_config", body: []riverItem{
			riverAttribute{"sample_age_limit", riverString("5m")},
			riverAttribute{"max_shards", riverInt(10)},
			riverAttribute{"max_backoff", riverString("5m")},
		}})
		return riverBlock{"prometheus.remote_write", label, []riverItem{
			riverAttribute{"external_labels", riverMap{"tenant_name": c.Tenant}},
			riverBlock{name: "endpoint", body: endpoint},
		}}
	}
	workload := remote("workload", c.MimirURL+"/api/v1/push")
	receivers, writers := []riverValue{workload.export("receiver")}, []riverBlock{workload}
	if room := c.ControlRoom; room != nil {
		controlRoom := remote("control_room", "https://mimir."+room.Domain+"/api/v1/push",
			riverAttribute{"headers", riverMap{"X-Scope-OrgID": room.TenantID}},
			riverBlock{name: "basic_auth", body: []riverItem{
				riverAttribute{"username", riverString(room.User)},
				riverAttribute{"password_file", riverString(alloyPasswordDirectory + "password")},
			}})
		first := []riverBlock{controlRoom}
		if room.Metrics != nil {
			first = []riverBlock{room.filter(controlRoom.export("receiver")), controlRoom}
		}
		receivers = append([]riverValue{first[0].export("receiver")}, receivers...)
		writers = append(first, writers...)
	}
	return append([]riverBlock{{"prometheus.relabel", "default", []riverItem{
		forwardTo(receivers...), relabelTo("cluster", c.Cluster).rule(),
	}}}, writers...)
}

// filter lets only the metrics of the control room through.
func (room *AlloyControlRoom) filter(to riverReference) riverBlock {
	names := make([]string, len(room.Metrics))
	for i, name := range room.Metrics {
		names[i] = regexp.QuoteMeta(name)
	}
	return riverBlock{"prometheus.relabel", "control_room_filter", []riverItem{
		forwardTo(to),
		riverBlock{name: "rule", body: []riverItem{
			riverAttribute{"source_labels", riverStrings("__name__")},
			riverAttribute{"regex", riverString(strings.Join(names, "|"))},
			riverAttribute{"action", riverString("keep")},
		}},
	}}
}

// frontEnd receives what pages in browsers tell. Nobody can be told apart there: its
// rate is limited by default, and only the workload's own pages are let by browsers.
func (c AlloyConfig) frontEnd() []riverBlock {
	return []riverBlock{{"faro.receiver", "frontend", []riverItem{
		riverAttribute{"extra_log_labels", riverMap{"app": "home"}},
		riverBlock{name: "server", body: []riverItem{
			riverAttribute{"listen_address", riverString("0.0.0.0")},
			riverAttribute{"cors_allowed_origins", riverStrings("https://" + c.Domain)},
		}},
		riverBlock{name: "output", body: []riverItem{riverAttribute{"logs", riverList{localLogs}}}},
	}}}
}

// podLogs reads the logs of products, and of Karpenter.
func (c AlloyConfig) podLogs() []riverBlock {
	pods := discoverPods("pod_logs", true, "posit-team", "posit-team-system")
	karpenter := discoverPods("karpenter_logs", false, "kube-system")
	karpenter.body = append(karpenter.body, riverBlock{name: "selectors", body: []riverItem{
		riverAttribute{"role", riverString("pod")},
		riverAttribute{"label", riverString("app.kubernetes.io/name=karpenter")},
	}})
	cluster := relabelTo("cluster", c.Cluster)
	ofPods := relabelTargets("pod_logs", pods.export("targets"),
		kubernetesLabel("app", "pod_label_app_kubernetes_io_instance"),
		kubernetesLabel("container", "pod_container_name"),
		kubernetesLabel("container_id", "pod_container_id"),
		kubernetesLabel("host_ip", "pod_host_ip"),
		kubernetesLabel("host_name", "pod_node_name"),
		kubernetesLabel("pod_uid", "pod_uid"),
		kubernetesLabel("pod_name", "pod_name"),
		kubernetesLabel("pod_ip", "pod_ip"),
		kubernetesLabel("namespace", "namespace"),
		cluster)
	ofKarpenter := relabelTargets("karpenter_logs", karpenter.export("targets"),
		kubernetesLabel("app", "pod_label_app_kubernetes_io_name"),
		kubernetesLabel("container", "pod_container_name"),
		kubernetesLabel("pod_name", "pod_name"),
		kubernetesLabel("host_name", "pod_node_name"),
		kubernetesLabel("namespace", "namespace"),
		cluster)
	// Without clustering every pod of Alloy would ship the logs of every other pod.
	read := func(label string, from riverBlock) riverBlock {
		return riverBlock{"loki.source.kubernetes", label, []riverItem{
			riverAttribute{"targets", from.export("output")}, forwardTo(localLogs), clustered,
		}}
	}
	return []riverBlock{pods, karpenter, ofPods, read("pods", ofPods), ofKarpenter, read("karpenter", ofKarpenter)}
}

// journal reads the system's logs of the node.
func (c AlloyConfig) journal() []riverBlock {
	if !c.SystemLogs {
		return nil
	}
	unit := riverBlock{"loki.relabel", "journal", []riverItem{
		forwardTo(), relabel{target: "unit", source: "__journal__systemd_unit"}.rule(),
	}}
	return []riverBlock{unit, {"loki.source.journal", "journal", []riverItem{
		riverAttribute{"path", riverString("/var/log/journal")},
		riverAttribute{"relabel_rules", unit.export("rules")},
		forwardTo(localLogs),
	}}}
}

// sendLogs sends all logs to the workload's Loki.
func (c AlloyConfig) sendLogs() []riverBlock {
	return []riverBlock{{"loki.write", "local", []riverItem{
		riverAttribute{"external_labels", riverMap{"data": "true", "tenant_name": c.Tenant}},
		riverBlock{name: "endpoint", body: []riverItem{
			riverAttribute{"url", riverString(c.LokiURL + "/loki/api/v1/push")},
			riverAttribute{"batch_size", riverString("1MiB")},
			riverAttribute{"batch_wait", riverString("10s")},
			// Its default of 10 tries outlasts a restart of what writes; fewer lose logs.
			riverAttribute{"min_backoff_period", riverString("500ms")},
			riverAttribute{"max_backoff_period", riverString("5m")},
			riverAttribute{"retry_on_http_429", riverBool(true)},
			riverAttribute{"remote_timeout", riverString("30s")},
		}},
	}}}
}
